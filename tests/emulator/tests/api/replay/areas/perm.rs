//! The current server: who may do what, members, roles, privileges, approval policies.

use crate::replay::area::{Area, nothing};
use crate::replay::recording::Recorded;
use crate::replay::stage::{SetUp, Stage};

/// Sections 17, 18 and 20.
pub(crate) const AREA: Area = Area {
    name: "perm",
    covers: |recorded| matches!(recorded.section, 17 | 18 | 20),
    before,
    after: nothing,
    not_replayed: &[],
};

fn before(_: &mut Stage, _: &Recorded) -> SetUp {
    Ok(())
}
