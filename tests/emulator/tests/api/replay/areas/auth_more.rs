//! The current server, continued: logins by other methods that succeed, and who can end a token.

use crate::replay::area::{Area, nothing};
use crate::replay::recording::Recorded;
use crate::replay::stage::{SetUp, Stage};

/// Sections 34 and 35.
pub(crate) const AREA: Area = Area {
    name: "auth-more",
    covers: |recorded| matches!(recorded.section, 34 | 35),
    before,
    after: nothing,
    not_replayed: &[],
};

fn before(_: &mut Stage, _: &Recorded) -> SetUp {
    Ok(())
}
