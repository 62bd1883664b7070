use super::*;
use crate::state::DirectoryState;
use infisical_skill_policy::approver::Means;
use std::fs;
use std::path::{Path, PathBuf};

const LIFETIME: Duration = Duration::from_secs(60);

fn keys() -> PlanKeys {
    PlanKeys::new("write-secret".into(), "https://a client".to_owned())
}

/// The folder of the marks of used plans.
const USED: &str = "used";

fn state(folder: &Path) -> Arc<dyn State> {
    Arc::new(DirectoryState::new(folder))
}

fn store(folder: &Path) -> PlanStore {
    PlanStore::new(state(folder), "https://a".to_owned())
}

fn draft(value: &str) -> Checked {
    Checked {
        requests: vec![ChangeRequest {
            method: Method::Post,
            path: "/api/v4/secrets/A".to_owned(),
            body: Zeroizing::new(format!(r#"{{"secretValue":"{value}"}}"#)),
        }],
        readings: vec!["create secret A".to_owned()],
        acknowledge: Some("phrase".to_owned()),
        target: "A".to_owned(),
        is_protected: false,
        settings_fingerprint: String::new(),
        observed: Vec::new(),
        excess: Vec::new(),
    }
}

fn file(store: &PlanStore, value: &str) -> PlanId {
    let card = store
        .file(
            &keys(),
            ApiVersion::V4,
            (draft(value), PlanFindings::default()),
            b"payload",
            (None, &AskedBy::default()),
            (LIFETIME, 8, &|_| true),
        )
        .unwrap();
    PlanId::new(&card.plan).unwrap()
}

fn card(store: &PlanStore, id: &PlanId) -> PlanCard {
    let all = store.list(None).unwrap();
    all.into_iter().map(|status| status.card).find(|card| card.plan == id.as_str()).unwrap()
}

fn approve(store: &PlanStore, id: &PlanId) -> Result<(), StoreRefusal> {
    let card = store.open(&keys(), id)?.card;
    store.approve(&keys(), id, &card, &by())
}

fn by() -> ApprovedBy {
    ApprovedBy::here(Means::Terminal, "approves", &AskedBy::default(), false)
}

fn files_of(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder.join("plans"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    paths.sort();
    paths
}

fn is_not_ours(opened: Result<StoredPlan, StoreRefusal>) -> bool {
    matches!(opened, Err(StoreRefusal::NotOurs))
}

/// The encodings in which a file could contain a text without containing it literally.
fn forms(text: &str) -> Vec<Vec<u8>> {
    let bytes = text.as_bytes();
    let mut reversed = bytes.to_vec();
    reversed.reverse();
    // The text has one of three alignments, whatever precedes it. Both ends depend on the
    // neighbours and are left out.
    let base64 = (0..3).map(|skip| base64(bytes.get(skip..).unwrap_or_default())).collect::<Vec<_>>();
    let url = base64.iter().map(|text| text.replace('+', "-").replace('/', "_"));
    let hex = to_hex(bytes);
    let texts = base64.iter().cloned().chain(url).chain([hex.to_uppercase(), hex]);
    texts.map(String::into_bytes).chain([bytes.to_vec(), reversed]).collect()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |group: &[u8]| -> String {
        let bits = group.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        [18, 12, 6, 0].map(|shift| char::from(DIGITS[bits >> shift & 63])).into_iter().collect()
    };
    bytes.chunks_exact(3).map(group).collect()
}

fn assert_hidden(folder: &Path, secrets: &[&str]) {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = fs::read(&path).unwrap();
            for form in secrets.iter().flat_map(|secret| forms(secret)) {
                let hit = bytes.windows(form.len()).any(|window| window == form);
                assert!(!hit, "{} has {}", path.display(), String::from_utf8_lossy(&form));
            }
        }
    }
}

#[test]
fn canary_forms_include_hex_and_base64() {
    assert_eq!(base64(b"canary"), "Y2FuYXJ5");
    assert!(forms("canary").contains(&b"63616e617279".to_vec()));
}

#[test]
fn stored_plan_round_trips_and_hides_its_values() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let secret = "canary-value\",\"secretComment\":\"canary-comment";
    let filed = store
        .file(
            &keys(),
            ApiVersion::V4,
            (draft(secret), PlanFindings::default()),
            b"canary-payload",
            (None, &AskedBy::default()),
            (LIFETIME, 8, &|_| true),
        )
        .unwrap();
    let id = PlanId::new(&filed.plan).unwrap();
    let kept = store.open(&keys(), &id).unwrap();
    assert_eq!(kept.plan.requests, draft(secret).requests);
    assert_eq!(
        (kept.payload.as_slice(), kept.plan.api_version, kept.approval),
        (b"canary-payload".as_slice(), ApiVersion::V4, None)
    );
    assert_eq!((kept.plan.acknowledge.as_deref(), kept.plan.expires - kept.plan.filed), (Some("phrase"), 60_000));
    assert_eq!(kept.card, filed);
    let path = files_of(folder.path(), "plan").remove(0);
    assert!(!path.to_string_lossy().contains(id.as_str()), "found by a hash");
    let secrets = ["canary-value", "canary-comment", "canary-payload", "secretComment", "write-secret"];
    assert_hidden(folder.path(), &secrets);
    approve(&store, &id).unwrap();
    assert_hidden(folder.path(), &secrets);
    store.claim(&id, None).unwrap();
    store.note(&id, PlanOutcome::Partial).unwrap();
    assert_hidden(folder.path(), &secrets);
    let printed = format!("{store:?} {:?} {filed:?} {:?}", keys(), kept.plan);
    assert!(!printed.contains("canary") && !printed.contains("write-secret"), "{printed}");
}

#[test]
fn plan_keeps_its_api_version() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let card = store
        .file(
            &keys(),
            ApiVersion::V3,
            (draft("v"), PlanFindings::default()),
            b"",
            (None, &AskedBy::default()),
            (LIFETIME, 8, &|_| true),
        )
        .unwrap();
    let kept = store.open(&keys(), &PlanId::new(&card.plan).unwrap()).unwrap();
    assert_eq!((kept.plan.api_version, kept.payload.len()), (ApiVersion::V3, 0));
}

#[test]
#[cfg(unix)]
fn plan_files_are_private_to_the_user() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder.path().join("state"));
    let (one, two) = (file(&store, "v"), file(&store, "w"));
    approve(&store, &one).unwrap();
    store.claim(&two, None).unwrap();
    store.note(&two, PlanOutcome::Applied).unwrap();
    let plans = folder.path().join("state/plans");
    assert_eq!((mode(&plans), mode(&folder.path().join("state"))), (0o700, 0o700));
    let entries = |folder: &Path| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    let (files, folders): (Vec<PathBuf>, _) = entries(&plans).into_iter().partition(|path| path.is_file());
    assert_eq!(files.len(), 4, "a plan, its approval, the lock, the last sweep: {files:?}");
    assert_eq!((folders.as_slice(), mode(&plans.join(USED))), ([plans.join(USED)].as_slice(), 0o700));
    let used = entries(&plans.join(USED));
    assert_eq!(used.len(), 1, "of the used one: {used:?}");
    for path in files.into_iter().chain(used) {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    // If other users may put files there, nothing is stored or read.
    fs::set_permissions(&plans, fs::Permissions::from_mode(0o777)).unwrap();
    assert!(matches!(store.open(&keys(), &one), Err(StoreRefusal::Io(_))));
    assert!(matches!(store.claim(&one, None), Err(StoreRefusal::Io(_))));
    assert!(matches!(
        store.file(
            &keys(),
            ApiVersion::V4,
            (draft("v"), PlanFindings::default()),
            b"",
            (None, &AskedBy::default()),
            (LIFETIME, 8, &|_| true)
        ),
        Err(StoreRefusal::Io(_))
    ));
}

#[test]
#[cfg(unix)]
fn refuses_plans_that_are_links_or_writable_by_others() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let id = file(&store, "v");
    let path = store.path(&id, "plan");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    assert!(matches!(store.open(&keys(), &id), Err(StoreRefusal::Io(_))));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let elsewhere = folder.path().join("elsewhere");
    fs::rename(&path, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
    assert!(matches!(store.open(&keys(), &id), Err(StoreRefusal::Io(_))));
    assert!(matches!(store.claim(&id, None), Err(StoreRefusal::Io(_))) && store.list(None).unwrap().is_empty());
}

#[test]
fn only_one_of_many_concurrent_claims_succeeds() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..20 {
        let id = file(&store(folder.path()), "v");
        let claims: usize = std::thread::scope(|scope| {
            let claim = || match store(folder.path()).claim(&id, None) {
                Ok(_) => 1,
                Err(StoreRefusal::Used(PlanOutcome::Redeemed)) => 0,
                Err(other) => panic!("{other:?}"),
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(claim)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(claims, 1);
        assert!(matches!(store(folder.path()).open(&keys(), &id), Err(StoreRefusal::Used(PlanOutcome::Redeemed))));
    }
}

/// One process opens the plan and several redeem it, in any order. Opening uses nothing up, and
/// exactly one redeems it.
#[test]
fn opening_a_plan_uses_nothing_up() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..10 {
        let id = file(&store(folder.path()), "v");
        approve(&store(folder.path()), &id).unwrap();
        let is_open = || match store(folder.path()).open(&keys(), &id) {
            Ok(kept) => kept.approval.is_some(),
            Err(StoreRefusal::Used(PlanOutcome::Redeemed)) => true,
            Err(other) => panic!("{other:?}"),
        };
        let claims: usize = std::thread::scope(|scope| {
            let claimants = (0..4).map(|_| scope.spawn(|| usize::from(store(folder.path()).claim(&id, None).is_ok())));
            let claimants: Vec<_> = claimants.collect();
            let lookers: Vec<_> = (0..4).map(|_| scope.spawn(|| (0..5).all(|_| is_open()))).collect();
            assert!(lookers.into_iter().all(|thread| thread.join().unwrap()));
            claimants.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(claims, 1);
        assert!(matches!(store(folder.path()).open(&keys(), &id), Err(StoreRefusal::Used(PlanOutcome::Redeemed))));
    }
}

#[test]
fn limits_pending_plans_and_frees_expired_ones() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let short = Duration::from_millis(30);
    crate::base::test_clock::set(2_000_000_000_000);
    let file = || {
        store.file(
            &keys(),
            ApiVersion::V4,
            (draft("v"), PlanFindings::default()),
            b"",
            (None, &AskedBy::default()),
            (short, 2, &|_| true),
        )
    };
    let first = PlanId::new(&file().unwrap().plan).unwrap();
    file().unwrap();
    assert!(matches!(file(), Err(StoreRefusal::TooMany)));
    crate::base::test_clock::set(2_000_000_000_030);
    assert!(store.list(None).unwrap().iter().all(|plan| plan.expired));
    assert!(matches!(approve(&store, &first), Err(StoreRefusal::Unknown)), "too late");
    file().unwrap();
    assert_eq!(store.list(None).unwrap().len(), 1);
    assert!(matches!(store.open(&keys(), &first), Err(StoreRefusal::Unknown)));
}

#[test]
fn lists_no_plans_if_none_was_ever_filed() {
    let folder = tempfile::tempdir().unwrap();
    let (store, id) = (store(folder.path()), new_id().unwrap());
    assert!(matches!(store.open(&keys(), &id), Err(StoreRefusal::Unknown)));
    assert!(matches!(store.claim(&id, None), Err(StoreRefusal::Unknown)));
    assert!(store.list(None).unwrap().is_empty());
}

#[test]
fn unreadable_plans_are_an_error_and_not_an_empty_list() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("plans"), b"a file where the folder should be").unwrap();
    assert!(store(folder.path()).list(None).is_err());
}

#[test]
fn reserves_enough_room_before_writing_a_plan() {
    let request = |body: &str| Request {
        method: "DELETE".to_owned(),
        path: "/api/v4/secrets/batch".to_owned(),
        body: Zeroizing::new(body.to_owned()),
    };
    for (body, requests, payload) in [("", 1, 0), ("", 50, 0), ("\"", 1, 9_000), ("\"\\", 50, 1), ("x", 50, 9_000)] {
        let requests = (0..requests).map(|_| request(&body.repeat(2_000))).collect();
        let content = Content {
            requests,
            payload: "0".repeat(payload),
            settings_fingerprint: String::new(),
            observed: Vec::new(),
        };
        let written = write(&content).unwrap();
        assert_eq!(written.capacity(), room(&content), "it was never moved");
        assert!(room(&content) < 2 * written.len() + 512 * 51, "and there isn't much too much of it");
    }
}

#[test]
fn concurrent_filings_cannot_exceed_the_plan_limit() {
    let folder = tempfile::tempdir().unwrap();
    let filed: usize = std::thread::scope(|scope| {
        let file = || {
            let filed = store(folder.path()).file(
                &keys(),
                ApiVersion::V4,
                (draft("v"), PlanFindings::default()),
                b"",
                (None, &AskedBy::default()),
                (LIFETIME, 3, &|_| true),
            );
            usize::from(filed.is_ok())
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(file)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(filed, 3);
}

#[test]
fn discarded_and_rejected_plans_report_their_outcome() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    for outcome in [PlanOutcome::Discarded, PlanOutcome::Rejected] {
        let id = file(&store, "v");
        approve(&store, &id).unwrap();
        store.discard(&id, outcome).unwrap();
        assert!(matches!(store.open(&keys(), &id), Err(StoreRefusal::Used(found)) if found == outcome));
        assert!(matches!(store.claim(&id, None), Err(StoreRefusal::Used(_))));
    }
    assert!(files_of(folder.path(), "approved").is_empty() && files_of(folder.path(), "plan").is_empty());
}

#[test]
fn guessed_ids_find_no_plan() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let real = file(&store, "v");
    let (keys, started) = (keys(), std::time::Instant::now());
    for guess in 0..100_000 {
        let id = PlanId::new(&format!("{guess:016}")).unwrap();
        assert!(id != real && matches!(store.open(&keys, &id), Err(StoreRefusal::Unknown)));
    }
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
    assert_eq!(fs::read_dir(folder.path().join("plans")).unwrap().count(), 4, "asking leaves nothing behind");
    for text in ["", "..", "a/b", "A", "a b", "a\0", &"x".repeat(65)] {
        assert!(PlanId::new(text).is_none(), "{text}");
    }
    assert_eq!((real.as_str().len(), real.as_str().matches('-').count()), (19, 3));
}

/// Approvals, and what a card shows.
#[path = "store_card_tests.rs"]
mod cards;

/// The marks of used plans.
#[path = "store_used_tests.rs"]
mod used;
