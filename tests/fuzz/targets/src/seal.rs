//! Plans in the state directory under any edits of their files. A plan opens exactly as it was
//! filed, or not at all. A plan is approved only if a person approved it. A redeemed plan equals
//! the filed one, and is redeemed once, with its confirmation phrase and that approval.
//!
//! The input is a byte (which plan, and which phrase is given), then edits of the plan's file and
//! of its approval, in steps of four bytes.

use infisical_skill::fuzzing::{Opened, PlanCard, Plans};
use infisical_skill::{SwitchPolicy, TimedSwitch};
use infisical_skill_policy::ApiVersion;
use infisical_skill_policy::change::{ChangeRequest, Method};
use infisical_skill_policy::exposure::Exposure;
use infisical_skill_policy::plan::{self, AuthorizationRefusal, Folders};
use infisical_skill_policy::switch::{SwitchedOn, WritesOn, writes_on};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tempfile::TempDir;

/// The plans, filed once and restored before each input.
struct Stage {
    folder: TempDir,
    plans: Plans,
    filed: Vec<Filed>,
}

/// A plan as it was filed.
struct Filed {
    card: PlanCard,
    opened: Opened,
    path: PathBuf,
    file: Vec<u8>,
    /// The bytes of a valid approval, whether the person gave it or not.
    approval: Vec<u8>,
}

/// How far an input got.
#[derive(Debug, PartialEq, Eq)]
enum Reached {
    /// The file doesn't open.
    Closed,
    /// The file opens, but the plan isn't redeemed.
    Opened,
    /// The plan was redeemed. Holds the number of requests that left.
    Left(usize),
}

/// Checks the invariant above for one input.
pub fn target(bytes: &[u8]) {
    if let Some((first, steps)) = bytes.split_first() {
        run(*first, steps);
    }
}

fn run(first: u8, steps: &[u8]) -> Reached {
    // The process has one state directory, so run one input at a time.
    let stage = stage().lock().unwrap_or_else(PoisonError::into_inner);
    let mine = &stage.filed[usize::from(first & 1)];
    let other = &stage.filed[usize::from(first & 1 ^ 1)];
    let mut file = mine.file.clone();
    let mut approval = Vec::new();
    for step in steps.chunks_exact(4).take(64) {
        edit(&mut file, &mut approval, mine, other, [step[0], step[1], step[2], step[3]]);
    }
    fs::write(&mine.path, &file).unwrap();
    fs::write(mine.path.with_extension("approved"), &approval).unwrap();
    let opened = stage.plans.open(&mine.card.plan);
    if file == mine.file {
        assert!(opened.is_some(), "an untouched plan doesn't open");
    }
    let mut reached = Reached::Closed;
    if let Some(opened) = opened {
        let is_approved = opened.is_approved;
        assert_eq!(is_approved, approval == mine.approval, "approved without a valid approval");
        assert!(opened == Opened { is_approved, ..copy(&mine.opened) }, "the plan opens with other contents");
        assert!(file == mine.file, "an edited file opens");
        reached = Reached::Opened;
    }
    // Another identity's key opens no plan, and a changed card is only text.
    let strangers = strangers(stage.folder.path());
    assert!(strangers.open(&mine.card.plan).is_none());
    let phrase = match first >> 1 & 3 {
        1 => None,
        2 => other.card.acknowledge.as_deref(),
        _ => mine.card.acknowledge.as_deref(),
    };
    assert!(strangers.redeem(&mine.card.plan, phrase).is_none(), "redeemed by another identity");
    let listed = stage.plans.cards();
    assert!(listed.iter().any(|card| card.plan == other.card.plan));
    for card in listed.iter().filter(|card| **card != mine.card && card.plan == mine.card.plan) {
        assert!(!stage.plans.approve(card), "an edited card was approved");
    }
    let is_due = file == mine.file && approval == mine.approval && phrase == mine.card.acknowledge.as_deref();
    if let Some(left) = redeem(&stage.plans, mine, other, phrase) {
        assert!(is_due, "redeemed after an edit or with another phrase");
        reached = Reached::Left(left);
        // A plan is redeemed once, even if somebody restores its files.
        assert!(!mine.path.exists());
        fs::write(&mine.path, &mine.file).unwrap();
        fs::write(mine.path.with_extension("approved"), &mine.approval).unwrap();
        assert!(redeem(&stage.plans, mine, other, phrase).is_none(), "redeemed twice");
        assert!(stage.plans.open(&mine.card.plan).is_none() && !stage.plans.approve(&mine.card));
        fs::remove_file(mark_of(&mine.path)).unwrap();
        let _ = fs::remove_file(stage.folder.path().join("budget-writes"));
    } else {
        assert!(!is_due, "an untouched plan isn't redeemed");
    }
    fs::write(&mine.path, &mine.file).unwrap();
    let _ = fs::remove_file(mine.path.with_extension("approved"));
    reached
}

/// Redeems a plan and sends all of it. Returns the number of requests that left, or `None` if it
/// wasn't redeemed.
fn redeem(plans: &Plans, mine: &Filed, other: &Filed, phrase: Option<&str>) -> Option<usize> {
    let (mut redeemed, payload) = plans.redeem(&mine.card.plan, phrase)?;
    assert_eq!(payload, mine.opened.payload);
    let (on, now) = (on(mine.card.filed), mine.card.filed);
    let mut left = 0;
    let all = |opened: &Opened| opened.requests.clone();
    let mut next = |it: &ChangeRequest| redeemed.next(&on, now, it.method, &it.path, &it.body);
    for (at, request) in all(&mine.opened).iter().enumerate() {
        for stranger in all(&other.opened).iter().chain(all(&mine.opened).iter().filter(|it| *it != request)) {
            assert_eq!(next(stranger).map(|_| ()), Err(AuthorizationRefusal::NotPlanned), "sent out of order");
        }
        let authorized = next(request).expect("this is the next request");
        assert_eq!(authorized.index(), at);
        assert!(authorized.into_request() == *request, "a different request leaves");
        left += 1;
    }
    for request in all(&mine.opened) {
        assert_eq!(next(&request).map(|_| ()), Err(AuthorizationRefusal::NotPlanned), "sent twice");
    }
    Some(left)
}

/// Changes are on from that time for one second.
fn on(at: u64) -> WritesOn {
    let switched = SwitchedOn { since: at, until: at + 1_000 };
    writes_on(SwitchPolicy::Switchable { max: Duration::from_secs(1) }, Some(switched), at).unwrap()
}

/// Applies one step: the operation, the position in the file, and two parameters.
fn edit(file: &mut Vec<u8>, approval: &mut Vec<u8>, mine: &Filed, other: &Filed, [what, high, low, with]: [u8; 4]) {
    let place = usize::from(u16::from_be_bytes([high, low]));
    let at = place % (file.len() + 1);
    match what % 12 {
        0 | 1 => {
            if let Some(byte) = file.get_mut(at) {
                *byte ^= with;
            }
        }
        2 => file.truncate(at),
        3 => file.insert(at, with),
        4 if at < file.len() => drop(file.remove(at)),
        // Splice in the rest of the other plan's file, or the other plan's card before this plan's
        // seal.
        5 => {
            file.truncate(at);
            file.extend_from_slice(other.file.get(at..).unwrap_or_default());
        }
        6 => *file = [card_of(&other.file), seal_of(&mine.file)].concat(),
        7 => *file = [card_of(&mine.file), seal_of(&other.file)].concat(),
        8 => file.clone_from(&mine.file),
        9 => approval.clone_from(if with & 1 == 0 { &mine.approval } else { &other.approval }),
        10 => {
            let at = place % (approval.len() + 1);
            match approval.get_mut(at) {
                Some(byte) => *byte ^= with,
                None => approval.push(with),
            }
        }
        // Replace a text of the card with another one of the same length.
        11 if at < card_of(file).len() && with.is_ascii_graphic() => file[at] = with,
        _ => {}
    }
}

fn card_of(file: &[u8]) -> &[u8] {
    &file[..end_of_card(file)]
}

fn seal_of(file: &[u8]) -> &[u8] {
    &file[end_of_card(file)..]
}

fn end_of_card(file: &[u8]) -> usize {
    file.iter().position(|byte| *byte == b'\n').map_or(file.len(), |at| at + 1)
}

fn copy(opened: &Opened) -> Opened {
    let Opened { card, requests, payload, is_approved } = opened;
    Opened { card: card.clone(), requests: requests.clone(), payload: payload.clone(), is_approved: *is_approved }
}

const ORIGIN: &str = "https://vault.example";

fn strangers(folder: &Path) -> Plans {
    Plans::new(folder, ORIGIN, "another secret")
}

fn stage() -> &'static Mutex<Stage> {
    static STAGE: OnceLock<Mutex<Stage>> = OnceLock::new();
    STAGE.get_or_init(|| {
        let folder = TempDir::new().unwrap();
        let plans = Plans::new(folder.path(), ORIGIN, "a secret");
        let filed = [("A", vec![deletion("A")]), ("B", vec![deletion("B"), creation("NEW")])];
        let filed = filed.map(|(name, requests)| file(&plans, folder.path(), name, requests)).into();
        // The key lives as long as the plans.
        let day = Duration::from_secs(24 * 3_600);
        TimedSwitch::new(folder.path(), SwitchPolicy::Switchable { max: day }).turn_on(day, None).unwrap();
        Mutex::new(Stage { folder, plans, filed })
    })
}

fn deletion(name: &str) -> ChangeRequest {
    let body = r#"{"projectId":"p","environment":"dev","secretPath":"/","type":"shared"}"#.to_owned().into();
    ChangeRequest { method: Method::Delete, path: format!("/api/v4/secrets/{name}"), body }
}

fn creation(name: &str) -> ChangeRequest {
    let body = r#"{"projectId":"p","environment":"dev","secretPath":"/","secretValue":"v","type":"shared"}"#;
    ChangeRequest { method: Method::Post, path: format!("/api/v4/secrets/{name}"), body: body.to_owned().into() }
}

/// Where the host marks the plan with this file as used.
fn mark_of(plan: &Path) -> PathBuf {
    let name = plan.with_extension("used");
    plan.with_file_name("used").join(name.file_name().unwrap())
}

/// Files a plan that deletes a secret, and reads back its files.
fn file(plans: &Plans, folder: &Path, name: &str, requests: Vec<ChangeRequest>) -> Filed {
    let phrase = format!("delete secret dev:/{name} in project p");
    let checked =
        plan::check(ApiVersion::V4, &Exposure::unlimited(), &Folders::default(), (2, 2), requests, Some(&phrase));
    let card = plans.file(ApiVersion::V4, checked.unwrap(), name.as_bytes()).unwrap();
    let entries = || fs::read_dir(folder.join("plans")).unwrap().map(|entry| entry.unwrap().path());
    let is_its_own = |path: &PathBuf| {
        path.extension().is_some_and(|it| it == "plan")
            && String::from_utf8_lossy(&fs::read(path).unwrap()).contains(&card.plan)
    };
    let path = entries().find(is_its_own).unwrap();
    let opened = plans.open(&card.plan).unwrap();
    assert!(plans.approve(&card));
    let approval = fs::read(path.with_extension("approved")).unwrap();
    fs::remove_file(path.with_extension("approved")).unwrap();
    Filed { file: fs::read(&path).unwrap(), card, opened, path, approval }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_reach_exactly_their_expected_stage() {
        macro_rules! reached {
            ($($seed:literal),+) => {
                [$({
                    let seed = include_bytes!(concat!("../../seeds/seal/", $seed));
                    ($seed, run(seed[0], &seed[1..]))
                }),+]
            };
        }
        assert_eq!(
            reached!(
                "approved",
                "approved-one",
                "untouched",
                "flipped",
                "forged-approval",
                "other-approval",
                "other-card",
                "other-seal",
                "spliced",
                "back-again",
                "without-its-phrase",
                "another-phrase"
            ),
            [
                ("approved", Reached::Left(2)),
                ("approved-one", Reached::Left(1)),
                ("untouched", Reached::Opened),
                ("flipped", Reached::Closed),
                ("forged-approval", Reached::Opened),
                ("other-approval", Reached::Opened),
                ("other-card", Reached::Closed),
                ("other-seal", Reached::Closed),
                ("spliced", Reached::Closed),
                ("back-again", Reached::Left(1)),
                ("without-its-phrase", Reached::Opened),
                ("another-phrase", Reached::Opened),
            ]
        );
    }
}
