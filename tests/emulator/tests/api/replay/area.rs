//! Who looks after which sections of a recording.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::client::Answer;

use super::recording::Recorded;
use super::stage::{SetUp, Stage};

/// Sections of a recording that have their set-up and their exceptions in one file.
#[derive(Debug)]
pub(crate) struct Area {
    /// Exchanges that don't match yet are in `pending/NAME.txt`.
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

fn pending_file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/api/replay/pending").join(format!("{name}.txt"))
}

/// The exchanges that don't match yet.
pub(crate) fn pending(name: &str) -> BTreeSet<u32> {
    let text = std::fs::read_to_string(pending_file(name)).unwrap_or_default();
    text.lines().map(|line| line.parse().unwrap()).collect()
}

/// Writes the list anew; an empty one has no file.
pub(crate) fn set_pending(name: &str, numbers: &BTreeSet<u32>) {
    let file = pending_file(name);
    if numbers.is_empty() {
        let _ = std::fs::remove_file(file);
        return;
    }
    let lines: String = numbers.iter().map(|number| format!("{number}\n")).collect();
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, lines).unwrap();
}
