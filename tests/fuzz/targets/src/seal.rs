//! Plans in the state folder, whatever is done to their files: one opens as it was filed, or not at all; and none is approved but the one that a person
//! approved.
//!
//! The input is edits of a plan's file: which plan, then steps of four bytes.

use infisical_skill::fuzzing::{Opened, PlanCard, Plans};
use infisical_skill_policy::change::{ChangeRequest, Method};
use infisical_skill_policy::plan::{self, Folders};
use infisical_skill_policy::{Generation, Scopes};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tempfile::TempDir;

/// What is filed once, and written back before each input.
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
    /// What says that a person approved it, whether they did or not.
    approval: Vec<u8>,
}

/// Holds the invariant above for one input.
pub fn target(bytes: &[u8]) {
    let stage = stage();
    let Some((first, steps)) = bytes.split_first() else { return };
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
    if let Some(opened) = opened {
        let is_approved = opened.is_approved;
        assert_eq!(is_approved, approval == mine.approval, "an approval that nobody gave");
        assert!(opened == Opened { is_approved, ..copy(&mine.opened) }, "it opens as something else");
        assert!(file == mine.file, "a file that was changed opens");
    }
    // Other identities' keys open none, and what a changed card says is text alone.
    assert!(strangers(stage.folder.path()).open(&mine.card.plan).is_none());
    let listed = stage.plans.cards();
    assert!(listed.iter().any(|card| card.plan == other.card.plan));
    for card in listed.iter().filter(|card| **card != mine.card && card.plan == mine.card.plan) {
        assert!(!stage.plans.approve(card), "a card that was changed was approved");
    }
    fs::write(&mine.path, &mine.file).unwrap();
    fs::remove_file(mine.path.with_extension("approved")).unwrap();
}

/// One step: what is done, where in the file, and with what.
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
        // The other plan's end from here on, and the other's card before one's own seal.
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
        // A text of the card, with another of the same length.
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

fn stage() -> &'static Stage {
    static STAGE: OnceLock<Stage> = OnceLock::new();
    STAGE.get_or_init(|| {
        let folder = TempDir::new().unwrap();
        let plans = Plans::new(folder.path(), ORIGIN, "a secret");
        let filed = ["A", "B"].map(|name| file(&plans, folder.path(), name)).into();
        Stage { folder, plans, filed }
    })
}

/// Files the deletion of a secret, and finds out what its files hold.
fn file(plans: &Plans, folder: &Path, name: &str) -> Filed {
    let request = ChangeRequest {
        method: Method::Delete,
        path: format!("/api/v4/secrets/{name}"),
        body: r#"{"projectId":"p","environment":"dev","secretPath":"/","type":"shared"}"#.to_owned().into(),
    };
    let phrase = format!("delete secret {name} in dev");
    let scopes = Scopes::everything();
    let checked = plan::check(Generation::V4, &scopes, &Folders::default(), (1, 1), vec![request], Some(&phrase));
    let card = plans.file(Generation::V4, checked.unwrap(), name.as_bytes()).unwrap();
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
