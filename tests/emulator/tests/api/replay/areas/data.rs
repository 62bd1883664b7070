//! The current server: projects, environments, folders, secrets, imports, tags, snapshots, and the
//! old routes.

use crate::replay::area::{Area, nothing};
use crate::replay::recording::Recorded;
use crate::replay::stage::{SetUp, Stage};

/// Sections 5 to 16, 21, and 23 to 25.
pub(crate) const AREA: Area = Area {
    name: "data",
    covers: |recorded| matches!(recorded.section, 5..=16 | 21 | 23..=25),
    before,
    after: nothing,
    not_replayed: &[
        (774, "a catalogue of 21 entries, of which the recording shows three"),
        (791, "a catalogue of 73 entries, of which the recording shows two"),
    ],
};

fn before(_: &mut Stage, _: &Recorded) -> SetUp {
    Ok(())
}
