//! The steps that may happen, and how often.

use super::{DAY, KINDS, LIFETIME, LONGEST_ON};
use proptest::prelude::*;
use proptest::sample::Index;

/// The process that takes a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Process {
    Ours,
    OtherKeys,
    OtherServer,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Phrase {
    Right,
    Missing,
    Wrong,
}

/// A step. Each `Index` picks one of the filed plans.
#[derive(Debug, Clone)]
pub(super) enum Step {
    File {
        is_irreversible: bool,
        session: usize,
    },
    Approve {
        plan: Index,
        process: Process,
        is_shown_otherwise: bool,
    },
    Discard {
        plan: Index,
        process: Process,
        session: usize,
    },
    Reject {
        plan: Index,
    },
    Redeem {
        plan: Index,
        process: Process,
        session: usize,
        phrase: Phrase,
        at_once: usize,
    },
    /// Opens a plan and sends nothing.
    Open {
        plan: Index,
        process: Process,
        session: usize,
        phrase: Phrase,
    },
    Time {
        forward: i64,
    },
    SwitchOn {
        time: u64,
    },
    SwitchOff,
    AcceptClock,
    Outside(Outside),
}

/// What an outsider, who isn't the host, does to the directory.
#[derive(Debug, Clone)]
pub(super) enum Outside {
    Remove {
        plan: Index,
        kind: usize,
    },
    Flip {
        plan: Index,
        kind: usize,
        at: Index,
        bit: u8,
    },
    Cut {
        plan: Index,
        kind: usize,
        at: Index,
    },
    /// Restores an earlier copy of a file.
    PutBack {
        plan: Index,
        kind: usize,
    },
    PutBackAll {
        plan: Index,
    },
    /// Replaces a file with another plan's.
    Swap {
        plan: Index,
        other: Index,
        kind: usize,
    },
    /// Replaces a file with a link to a good copy.
    Link {
        plan: Index,
        kind: usize,
    },
    /// Makes the directory writable for all users, or for its owner only.
    Open(bool),
    Switch {
        since: i64,
        time: u64,
    },
    SwitchGarbage,
}

pub(super) fn steps() -> impl Strategy<Value = Step> {
    let plan = || any::<Index>();
    let process =
        || prop_oneof![8 => Just(Process::Ours), 1 => Just(Process::OtherKeys), 1 => Just(Process::OtherServer)];
    let session = || prop_oneof![6 => Just(0_usize), 1 => Just(1), 1 => Just(2)];
    let phrase = || prop_oneof![8 => Just(Phrase::Right), 1 => Just(Phrase::Missing), 1 => Just(Phrase::Wrong)];
    let near = || prop_oneof![Just(0_i64), -3..4_i64, -20_000..20_000_i64];
    let time = prop_oneof![
        6 => near(),
        2 => near().prop_map(|by| by + i64::try_from(LIFETIME).unwrap()),
        1 => near().prop_map(|by| by - i64::try_from(LIFETIME).unwrap()),
        1 => prop::sample::select(vec![-35, -1, 1, 35]).prop_map(|days: i64| days * i64::try_from(DAY).unwrap()),
    ];
    let kind = || 0..KINDS.len();
    let outside = prop_oneof![
        2 => (plan(), kind()).prop_map(|(plan, kind)| Outside::Remove { plan, kind }),
        2 => (plan(), kind(), any::<Index>(), 0..8_u8).prop_map(|(plan, kind, at, bit)| Outside::Flip { plan, kind, at, bit }),
        1 => (plan(), kind(), any::<Index>()).prop_map(|(plan, kind, at)| Outside::Cut { plan, kind, at }),
        4 => (plan(), kind()).prop_map(|(plan, kind)| Outside::PutBack { plan, kind }),
        3 => plan().prop_map(|plan| Outside::PutBackAll { plan }),
        2 => (plan(), plan(), kind()).prop_map(|(plan, other, kind)| Outside::Swap { plan, other, kind }),
        1 => (plan(), kind()).prop_map(|(plan, kind)| Outside::Link { plan, kind }),
        1 => prop::bool::weighted(0.3).prop_map(Outside::Open),
        1 => (near(), 0..2 * LONGEST_ON).prop_map(|(since, time)| Outside::Switch { since, time }),
        1 => Just(Outside::SwitchGarbage),
    ];
    prop_oneof![
        4 => (any::<bool>(), session()).prop_map(|(is_irreversible, session)| Step::File { is_irreversible, session }),
        4 => (plan(), process(), prop::bool::weighted(0.1))
            .prop_map(|(plan, process, is_shown_otherwise)| Step::Approve { plan, process, is_shown_otherwise }),
        1 => (plan(), process(), session()).prop_map(|(plan, process, session)| Step::Discard { plan, process, session }),
        1 => plan().prop_map(|plan| Step::Reject { plan }),
        9 => (plan(), process(), session(), phrase(), prop_oneof![3 => Just(1_usize), 1 => Just(3)]).prop_map(
            |(plan, process, session, phrase, at_once)| Step::Redeem { plan, process, session, phrase, at_once }
        ),
        3 => (plan(), process(), session(), phrase())
            .prop_map(|(plan, process, session, phrase)| Step::Open { plan, process, session, phrase }),
        3 => time.prop_map(|forward| Step::Time { forward }),
        3 => prop_oneof![4 => 1..LONGEST_ON + 2, 1 => Just(LONGEST_ON), 1 => Just(0)].prop_map(|time| Step::SwitchOn { time }),
        1 => Just(Step::SwitchOff),
        1 => Just(Step::AcceptClock),
        6 => outside.prop_map(Step::Outside),
    ]
}
