use super::*;
use crate::state::DirectoryState;
use infisical_skill_policy::approver::Means;
use infisical_skill_policy::{Environment, Place, Project, SecretName, SecretPath};
use std::path::{Path, PathBuf};

const BOUNDS: Bounds<'static> = (Duration::from_secs(600), 3, &|_| true);

fn keys(secret: &str) -> PlanKeys {
    PlanKeys::new(secret.into(), "a server".to_owned())
}

fn store(folder: &Path) -> RevealRequests {
    RevealRequests::new(Arc::new(DirectoryState::new(folder)), "https://infisical.example".to_owned())
}

fn secret(environment: &str, path: &str, name: &str) -> SecretToReveal {
    SecretToReveal::for_tests(&reveal(environment, path, name))
}

fn reveal(environment: &str, path: &str, name: &str) -> Reveal {
    Reveal {
        place: Place {
            project: Project::new("7d4ddb3e-83b2-413a-ba53-99a3c4e6b79b").unwrap(),
            environment: Environment::new(environment).unwrap(),
            path: SecretPath::new(path).unwrap(),
        },
        name: SecretName::new(name).unwrap(),
    }
}

fn by() -> ApprovedBy {
    ApprovedBy::here(Means::Terminal, "another session", &AskedBy::default(), false)
}

fn id(card: &RevealCard) -> PlanId {
    PlanId::new(&card.request).unwrap()
}

fn file_of(folder: &Path, extension: &str) -> PathBuf {
    let mut entries = std::fs::read_dir(folder.join("reveals")).unwrap().map(|entry| entry.unwrap().path());
    entries.find(|path| path.extension().is_some_and(|it| it == extension)).unwrap()
}

#[test]
fn reveal_request_is_approved_once_and_used_once() {
    let folder = tempfile::tempdir().unwrap();
    let (store, keys) = (store(folder.path()), keys("secret"));
    let wanted = reveal("prod", "/app", "KEY");
    let card = store.file(&keys, &SecretToReveal::for_tests(&wanted), (None, &AskedBy::default()), BOUNDS).unwrap();
    assert_eq!(card.target(), "prod:/app/KEY");
    assert!(card.is_for(&wanted) && !card.is_for(&reveal("prod", "/app", "KEY2")));
    assert!(store.open(&keys, &id(&card)).unwrap().approval.is_none());
    store.approve(&keys, &id(&card), &card, &by()).unwrap();
    assert!(store.open(&keys, &id(&card)).unwrap().approval.is_some());
    assert!(store.list(&keys).unwrap().first().unwrap().approved);
    store.use_up(&id(&card), PlanOutcome::Redeemed).unwrap();
    assert!(matches!(store.use_up(&id(&card), PlanOutcome::Redeemed), Err(StoreRefusal::Used(PlanOutcome::Redeemed))));
    assert!(matches!(store.open(&keys, &id(&card)), Err(StoreRefusal::Used(PlanOutcome::Redeemed))));
    assert!(store.list(&keys).unwrap().is_empty());
}

#[test]
fn rejects_forged_or_changed_reveal_requests() {
    let folder = tempfile::tempdir().unwrap();
    let (store, ours) = (store(folder.path()), keys("secret"));
    let card = store.file(&ours, &secret("dev", "/app", "KEY"), (None, &AskedBy::default()), BOUNDS).unwrap();
    store.approve(&ours, &id(&card), &card, &by()).unwrap();
    let file = file_of(folder.path(), "request");
    let text = std::fs::read_to_string(&file).unwrap();
    for (from, to) in [
        ("\"dev\"", "\"prod\""),
        ("KEY", "OTHER"),
        ("/app", "/billing"),
        ("id of KEY", "id of another"),
        ("\"version\":1", "\"version\":2"),
        ("\"names\":{", "\"names\":{\"name\":\"a playground\","),
    ] {
        let changed = text.replace(from, to);
        assert_ne!(changed, text, "{from}");
        std::fs::write(&file, changed).unwrap();
        assert!(matches!(store.open(&ours, &id(&card)), Err(StoreRefusal::NotOurs)), "{from}");
        assert!(store.list(&ours).unwrap().is_empty(), "{from}: nobody should be asked about a forged request");
    }
    std::fs::write(&file, &text).unwrap();
    assert!(store.open(&ours, &id(&card)).unwrap().approval.is_some());
    assert!(matches!(store.open(&keys("other"), &id(&card)), Err(StoreRefusal::NotOurs)), "another identity's");
    std::fs::write(file_of(folder.path(), "approved"), [0; 32]).unwrap();
    assert!(store.open(&ours, &id(&card)).unwrap().approval.is_none(), "an approval that nobody gave");
}

#[test]
fn rejects_the_approval_of_another_request() {
    let folder = tempfile::tempdir().unwrap();
    let (store, keys) = (store(folder.path()), keys("secret"));
    let one = store.file(&keys, &secret("prod", "/app", "A"), (None, &AskedBy::default()), BOUNDS).unwrap();
    store.approve(&keys, &id(&one), &one, &by()).unwrap();
    let approved = std::fs::read(file_of(folder.path(), "approved")).unwrap();
    let other = store.file(&keys, &secret("prod", "/app", "A"), (None, &AskedBy::default()), BOUNDS).unwrap();
    std::fs::write(store.state.directory().path(ItemKind::Reveal, &id(&other), "approved"), approved).unwrap();
    assert!(store.open(&keys, &id(&other)).unwrap().approval.is_none());
    assert!(
        matches!(store.approve(&keys, &id(&other), &one, &by()), Err(StoreRefusal::NotOurs)),
        "another card was shown"
    );
}

#[cfg(unix)]
#[test]
fn expired_request_stays_expired_and_frees_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let (store, keys) = (store(folder.path()), keys("secret"));
    let start = 2_000_000_000_000;
    crate::base::test_clock::set(start);
    let short: Bounds<'_> = (Duration::from_millis(20), 3, &|_| true);
    let cards: Vec<_> = ["A", "B", "C"]
        .map(|name| store.file(&keys, &secret("dev", "/", name), (None, &AskedBy::default()), short).unwrap())
        .into();
    assert!(matches!(
        store.file(&keys, &secret("dev", "/", "D"), (None, &AskedBy::default()), short),
        Err(StoreRefusal::TooMany)
    ));
    crate::base::test_clock::set(start + 20);
    for card in &cards {
        assert!(matches!(store.open(&keys, &id(card)), Err(StoreRefusal::Unknown)));
    }
    crate::base::test_clock::set(start + 1);
    assert!(matches!(store.open(&keys, &id(&cards[0])), Err(StoreRefusal::Unknown)), "the clock went back");
    assert_eq!(
        store.state.pending(ItemKind::Reveal).unwrap().len(),
        0,
        "nothing is left that a clock could bring back"
    );
    store.file(&keys, &secret("dev", "/", "D"), (None, &AskedBy::default()), BOUNDS).unwrap();
}

#[test]
fn signature_covers_the_session() {
    let folder = tempfile::tempdir().unwrap();
    let (store, keys) = (store(folder.path()), keys("secret"));
    let card = store.file(&keys, &secret("dev", "/", "A"), (Some("session-1"), &AskedBy::default()), BOUNDS).unwrap();
    let file = file_of(folder.path(), "request");
    let text = std::fs::read_to_string(&file).unwrap();
    for to in ["\"session-2\"", "null"] {
        std::fs::write(&file, text.replace("\"session-1\"", to)).unwrap();
        assert!(matches!(store.open(&keys, &id(&card)), Err(StoreRefusal::NotOurs)), "{to}");
    }
}

#[test]
fn one_token_cannot_use_up_the_room_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let (store, keys) = (store(folder.path()), keys("secret"));
    let file = |token: &str| {
        let asked = AskedBy { token: Some(token.to_owned()), ..AskedBy::default() };
        let counts = |filed: Option<&str>| filed == Some(token);
        store.file(&keys, &secret("prod", "/", "KEY"), (None, &asked), (Duration::from_secs(600), 2, &counts))
    };
    assert!(file("one").is_ok() && file("one").is_ok());
    assert!(matches!(file("one"), Err(StoreRefusal::TooMany)));
    assert!(file("two").is_ok());
}
