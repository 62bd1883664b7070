//! Who looks after which sections of a recording.

use crate::client::Answer;

use super::recording::Recorded;
use super::stage::{SetUp, Stage};

/// Sections of a recording that have their set-up and their exceptions in one file.
#[derive(Debug)]
pub(crate) struct Area {
    pub(crate) name: &'static str,
    /// The numbers of the exchanges that it has.
    pub(crate) covers: fn(&Recorded) -> bool,
    /// What happened unrecorded before an exchange.
    pub(crate) before: fn(&mut Stage, &Recorded) -> SetUp,
    /// What happened unrecorded after it, and what else is to be compared.
    pub(crate) after: fn(&mut Stage, &Recorded, &Answer) -> SetUp,
    /// Exchanges that are not replayed, each with the reason.
    pub(crate) not_replayed: &'static [(u32, &'static str)],
}

/// For an area without anything to do afterwards.
pub(crate) fn nothing(_: &mut Stage, _: &Recorded, _: &Answer) -> SetUp {
    Ok(())
}
