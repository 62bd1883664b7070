use super::super::PlanKeys;
use super::*;
use std::fs;

const LIFETIME: Duration = Duration::from_secs(60);

fn keys() -> PlanKeys {
    PlanKeys::new("write-secret".into(), "https://a client".to_owned())
}

fn store(folder: &Path) -> PlanStore {
    PlanStore::new(folder, "https://a".to_owned())
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
    }
}

fn file(store: &PlanStore, value: &str) -> PlanId {
    let card = store.file(&keys(), Generation::V4, draft(value), b"payload", (LIFETIME, 8)).unwrap();
    PlanId::new(&card.plan).unwrap()
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

fn is_not_ours(opened: Result<Kept, StoreRefusal>) -> bool {
    matches!(opened, Err(StoreRefusal::NotOurs))
}

#[test]
fn a_plan_comes_back_as_it_was_filed_and_shows_nothing_of_its_values_at_rest() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let id = file(&store, "canary-value");
    let kept = store.open(&keys(), &id).unwrap();
    assert_eq!(kept.plan.requests, draft("canary-value").requests);
    assert_eq!(
        (kept.payload.as_slice(), kept.plan.generation, kept.approval),
        (b"payload".as_slice(), Generation::V4, None)
    );
    assert_eq!((kept.plan.acknowledge.as_deref(), kept.plan.expires - kept.plan.filed), (Some("phrase"), 60_000));
    let path = files_of(folder.path(), "plan").remove(0);
    let bytes = fs::read(&path).unwrap();
    for secret in ["canary", &to_hex(b"canary"), &to_hex(b"payload")] {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
    }
    assert!(!path.to_string_lossy().contains(id.as_str()), "found by a hash");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    }
}

#[test]
fn of_many_that_claim_a_plan_at_once_one_gets_it() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..20 {
        let id = file(&store(folder.path()), "v");
        let claims: usize = std::thread::scope(|scope| {
            let claim = || usize::from(store(folder.path()).claim(&id).is_ok());
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(claim)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(claims, 1);
        assert!(matches!(store(folder.path()).open(&keys(), &id), Err(StoreRefusal::Used(Fate::Redeemed))));
    }
}

#[test]
fn a_used_plan_stays_used_even_if_its_file_is_put_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let id = file(&store, "v");
    let path = files_of(folder.path(), "plan").remove(0);
    let copy = fs::read(&path).unwrap();
    store.claim(&id).unwrap();
    assert!(files_of(folder.path(), "plan").is_empty(), "what it would have written is gone");
    files::create_new(&path, &copy).unwrap();
    assert!(matches!(store.open(&keys(), &id), Err(StoreRefusal::Used(_))));
    assert!(matches!(store.claim(&id), Err(StoreRefusal::Used(_))));
    store.note(&id, Fate::Applied).unwrap();
    let listed = store.list().unwrap();
    assert_eq!((listed.len(), listed[0].fate), (1, Some(Fate::Applied)));
}

#[test]
fn another_key_another_server_and_anything_changed_is_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let (one, two) = (file(&store, "one"), file(&store, "two"));
    let other = PlanKeys::new("other-secret".into(), "https://a client".to_owned());
    assert!(is_not_ours(store.open(&other, &one)));
    let elsewhere = PlanStore::new(folder.path(), "https://b".to_owned());
    assert!(is_not_ours(elsewhere.open(&keys(), &one)));

    let paths = files_of(folder.path(), "plan");
    let contents: Vec<_> = paths.iter().map(|path| fs::read(path).unwrap()).collect();
    // Every byte of the one, one after the other: the card, the nonce, the ciphertext, the tag.
    for at in 0..contents[0].len() {
        let mut changed = contents[0].clone();
        changed[at] ^= 1;
        fs::write(&paths[0], &changed).unwrap();
        assert!([&one, &two].into_iter().filter(|id| store.open(&keys(), id).is_ok()).count() == 1, "byte {at}");
    }
    // One put in the other's place.
    fs::write(&paths[0], &contents[1]).unwrap();
    fs::write(&paths[1], &contents[0]).unwrap();
    assert!(is_not_ours(store.open(&keys(), &one)) && is_not_ours(store.open(&keys(), &two)));
    fs::write(&paths[0], b"").unwrap();
    fs::write(&paths[1], b"{}\n").unwrap();
    assert!(is_not_ours(store.open(&keys(), &one)) && is_not_ours(store.open(&keys(), &two)));
}

#[test]
fn an_approval_is_for_its_plan_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let (one, two) = (file(&store, "one"), file(&store, "two"));
    store.approve(&keys(), &one).unwrap();
    let approved = |id: &PlanId| store.open(&keys(), id).unwrap().approval.is_some();
    assert!(approved(&one) && !approved(&two));
    let (from, to) = (store.path(&one, "approved"), store.path(&two, "approved"));
    fs::copy(&from, &to).unwrap();
    assert!(!approved(&two), "copied from another plan");
    for garbage in [&b""[..], b"yes", &[0; 32], &[0; 2_000]] {
        fs::write(&to, garbage).unwrap();
        assert!(store.open(&keys(), &two).map_or(true, |kept| kept.approval.is_none()));
    }
    let other = PlanKeys::new("other-secret".into(), "https://a client".to_owned());
    assert!(store.approve(&other, &two).is_err(), "who can't open it can't approve it");
}

#[test]
fn so_many_plans_wait_and_no_more_and_expired_ones_make_room() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let short = Duration::from_millis(30);
    let file = || store.file(&keys(), Generation::V4, draft("v"), b"", (short, 2));
    let first = PlanId::new(&file().unwrap().plan).unwrap();
    file().unwrap();
    assert!(matches!(file(), Err(StoreRefusal::TooMany)));
    std::thread::sleep(Duration::from_millis(40));
    assert!(store.list().unwrap().iter().all(|plan| plan.expired));
    assert!(matches!(store.approve(&keys(), &first), Err(StoreRefusal::Unknown)), "too late");
    file().unwrap();
    assert_eq!(store.list().unwrap().len(), 1);
    assert!(matches!(store.open(&keys(), &first), Err(StoreRefusal::Unknown)));
}

#[test]
fn threads_that_file_at_once_do_not_get_more_places_than_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let filed: usize = std::thread::scope(|scope| {
        let file = || {
            let filed = store(folder.path()).file(&keys(), Generation::V4, draft("v"), b"", (LIFETIME, 3));
            usize::from(filed.is_ok())
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(file)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(filed, 3);
}

#[test]
fn discarded_and_rejected_plans_are_gone_and_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    for fate in [Fate::Discarded, Fate::Rejected] {
        let id = file(&store, "v");
        store.approve(&keys(), &id).unwrap();
        store.discard(&id, fate).unwrap();
        assert!(matches!(store.open(&keys(), &id), Err(StoreRefusal::Used(found)) if found == fate));
        assert!(matches!(store.claim(&id), Err(StoreRefusal::Used(_))));
    }
    assert!(files_of(folder.path(), "approved").is_empty() && files_of(folder.path(), "plan").is_empty());
}

#[test]
fn guesses_find_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let real = file(&store, "v");
    for guess in 0..20_000 {
        let id = PlanId::new(&format!("{guess:016}")).unwrap();
        assert!(id != real && matches!(store.open(&keys(), &id), Err(StoreRefusal::Unknown)));
    }
    for text in ["", "..", "a/b", "A", "a b", "a\0", &"x".repeat(65)] {
        assert!(PlanId::new(text).is_none(), "{text}");
    }
    assert_eq!((real.as_str().len(), real.as_str().matches('-').count()), (19, 3));
}
