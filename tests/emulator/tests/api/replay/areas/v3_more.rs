//! The old server, continued: snapshots, moves, members, privileges.

use crate::replay::area::{Area, nothing};
use crate::replay::recording::Recorded;
use crate::replay::stage::{SetUp, Stage};

/// All of it.
pub(crate) const AREA: Area = Area { name: "v3-more", covers: |_| true, before, after: nothing, not_replayed: &[] };

/// What there is before the first exchange.
pub(crate) fn begin(stage: &mut Stage) -> SetUp {
    stage.name_standard_identities();
    Ok(())
}

fn before(_: &mut Stage, _: &Recorded) -> SetUp {
    Ok(())
}
