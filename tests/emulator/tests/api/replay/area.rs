//! Assigns the sections of a recording to areas.

use crate::client::Answer;

use super::recording::Recorded;
use super::stage::{SetUp, Stage};

/// Sections of a recording whose set-up and exceptions are in one file.
#[derive(Debug)]
pub(crate) struct Area {
    pub(crate) name: &'static str,
    /// Selects the area's exchanges.
    pub(crate) covers: fn(&Recorded) -> bool,
    /// Performs the unrecorded steps before an exchange.
    pub(crate) before: fn(&mut Stage, &Recorded) -> SetUp,
    /// Performs the unrecorded steps after an exchange, and further comparisons.
    pub(crate) after: fn(&mut Stage, &Recorded, &Answer) -> SetUp,
    /// Exchanges that are not replayed, each with the reason.
    pub(crate) not_replayed: &'static [(u32, &'static str)],
}

/// The `after` of an area that has no such steps.
pub(crate) fn nothing(_: &mut Stage, _: &Recorded, _: &Answer) -> SetUp {
    Ok(())
}
