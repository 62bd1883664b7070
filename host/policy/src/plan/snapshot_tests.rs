use super::*;
use crate::change::{self, Method};
use crate::names::{Email, Environment, EnvironmentSlug, Project, ProjectSlug, Role, Title};
use crate::operation::ApiVersion;

fn at(path: &str) -> Place {
    Place {
        project: Project::new("p").unwrap(),
        environment: Environment::new("dev").unwrap(),
        path: SecretPath::new(path).unwrap(),
    }
}

fn change(method: &str, path: &str, rest: &str) -> ParsedChange {
    let body = format!(r#"{{"projectId":"p","environment":"dev",{rest}}}"#);
    change::parse(ApiVersion::V4, Method::named(method).unwrap(), path, &body).unwrap()
}

fn update() -> ParsedChange {
    change("PATCH", "/api/v4/secrets/A", r#""secretPath":"/app","secretValue":"v","type":"shared""#)
}

fn rename() -> ParsedChange {
    change("PATCH", "/api/v4/secrets/A", r#""secretPath":"/app","newSecretName":"B","type":"shared""#)
}

fn create() -> ParsedChange {
    change("POST", "/api/v4/secrets/B", r#""secretPath":"/app","secretValue":"v","type":"shared""#)
}

fn delete_folder() -> ParsedChange {
    change("DELETE", "/api/v2/folders/f1", r#""path":"/","forceDelete":true"#)
}

fn create_folder() -> ParsedChange {
    change("POST", "/api/v2/folders", r#""name":"app","path":"/""#)
}

fn secret(id: &str, name: &str, version: u32) -> ListedSecret {
    ListedSecret { id: id.to_owned(), name: name.to_owned(), version }
}

fn folder(id: &str, name: &str) -> ListedFolder {
    ListedFolder { id: id.to_owned(), name: name.to_owned(), relative_path: None }
}

fn seeing(secrets: Vec<ListedSecret>) -> Snapshot {
    let mut snapshot = Snapshot::default();
    snapshot.note_secrets(&at("/app"), false, secrets);
    snapshot
}

#[test]
fn detects_changed_deleted_new_or_recreated_target() {
    let before = || vec![secret("s1", "A", 3), secret("s9", "Z", 1)];
    for (change, now, is_same) in [
        (update(), before(), true),
        (update(), vec![secret("s9", "Z", 2), secret("s1", "A", 3)], true),
        (update(), vec![secret("s1", "A", 4)], false),
        (update(), vec![secret("s2", "A", 3)], false),
        (update(), vec![], false),
        (update(), vec![secret("s1", "A", 3), secret("s2", "A", 3)], false),
        (rename(), before(), true),
        (rename(), vec![secret("s1", "A", 3), secret("s3", "B", 1)], false),
        (create(), before(), true),
        (create(), vec![secret("s3", "B", 1)], false),
    ] {
        let changes = [change];
        assert_eq!(seeing(before()).of(&changes) == seeing(now.clone()).of(&changes), is_same, "{changes:?} {now:?}");
    }
    assert_eq!(seeing(before()).of(&[update()])[0].id.as_deref(), Some("s1"));
    assert_eq!(seeing(before()).of(&[create()])[0].id, None);
}

#[test]
fn snapshot_covers_everything_below_a_folder() {
    let seeing = |secrets: Vec<ListedSecret>, folders: Vec<ListedFolder>| {
        let mut snapshot = Snapshot::default();
        snapshot.note_folders(&at("/"), false, vec![folder("f1", "app"), folder("f2", "other")]);
        snapshot.note_secrets(&at("/app"), true, secrets);
        snapshot.note_folders(&at("/app"), true, folders);
        snapshot.note_secrets(&at("/other"), true, vec![secret("s9", "Z", 1)]);
        snapshot.of(&[delete_folder()])
    };
    let before = seeing(vec![secret("s1", "A", 1)], vec![folder("f3", "db")]);
    assert_eq!(before, seeing(vec![secret("s1", "A", 1)], vec![folder("f3", "db")]));
    for (secrets, folders) in [
        (vec![secret("s1", "A", 2)], vec![folder("f3", "db")]),
        (vec![secret("s1", "A", 1), secret("s2", "B", 1)], vec![folder("f3", "db")]),
        (vec![secret("s1", "A", 1)], vec![]),
        (vec![secret("s1", "A", 1)], vec![folder("f3", "db"), folder("f4", "x")]),
        (vec![], vec![folder("f3", "db")]),
    ] {
        assert_ne!(before, seeing(secrets, folders));
    }
}

fn new_project() -> ParsedChange {
    ParsedChange::CreateProject { name: Title::new("Pay").unwrap(), slug: ProjectSlug::new("pay-eu").unwrap() }
}

fn new_environment() -> ParsedChange {
    let (name, slug) = (Title::new("Quality").unwrap(), EnvironmentSlug::new("qa").unwrap());
    ParsedChange::CreateEnvironment { project: Project::new("p").unwrap(), name, slug }
}

fn invitation() -> ParsedChange {
    let (emails, roles) = (vec![Email::new("ada@example.com").unwrap()], vec![Role::member()]);
    ParsedChange::InviteMembers { project: Project::new("p").unwrap(), emails, roles }
}

fn by_id() -> Operation {
    Operation::ProjectById { project: Project::new("p").unwrap() }
}

fn by_slug() -> Operation {
    Operation::ProjectBySlug { slug: Project::new("pay-eu").unwrap() }
}

fn listed(id: &str, environments: &[&str]) -> Option<ListedProject> {
    let environments = environments.iter().map(|slug| (*slug).to_owned()).collect();
    Some(ListedProject { id: id.to_owned(), environments })
}

#[test]
fn snapshot_covers_targets_of_administrative_changes() {
    let seeing = |change: ParsedChange, operation: Operation, project: Option<ListedProject>| {
        let mut snapshot = Snapshot::default();
        snapshot.note_project(&operation, project);
        assert_eq!(snapshot.missing(std::slice::from_ref(&change), false), None, "{change:?}");
        snapshot.of(&[change]).remove(0)
    };
    for (change, operation, before, now, is_same) in [
        (new_environment(), by_id(), listed("p", &["dev"]), listed("p", &["dev"]), true),
        (new_environment(), by_id(), listed("p", &["dev"]), listed("p", &["prod", "dev"]), true),
        (new_environment(), by_id(), listed("p", &["dev"]), listed("p", &["dev", "qa"]), false),
        (new_environment(), by_id(), listed("p", &["qa"]), listed("p", &["qa", "qa"]), false),
        (new_environment(), by_id(), listed("p", &["dev"]), None, false),
        (new_environment(), by_id(), None, None, true),
        (invitation(), by_id(), listed("p", &["dev"]), listed("p", &["dev", "qa"]), true),
        (invitation(), by_id(), listed("p", &["dev"]), None, false),
        (new_project(), by_slug(), None, None, true),
        (new_project(), by_slug(), None, listed("q", &[]), false),
        (new_project(), by_slug(), listed("q", &[]), listed("r", &[]), false),
    ] {
        let observed = |project| seeing(change.clone(), operation.clone(), project);
        assert_eq!(observed(before.clone()) == observed(now.clone()), is_same, "{change:?} {before:?} {now:?}");
    }
    assert_eq!(seeing(new_project(), by_slug(), listed("q", &[])).id.as_deref(), Some("q"));
}

#[test]
fn keeps_the_later_answer_about_a_project() {
    let mut snapshot = Snapshot::default();
    let before = snapshot.of(&[new_environment()]);
    snapshot.note_project(&by_id(), listed("p", &["dev"]));
    assert_ne!(snapshot.of(&[new_environment()]), before);
    snapshot.note_project(&by_id(), None);
    assert_eq!(snapshot.of(&[new_environment()]), before);
}

#[test]
fn requests_missing_parts_until_complete() {
    for (changes, walks, expected) in [
        (vec![update(), rename()], false, vec!["list secrets false /app"]),
        (vec![create_folder()], false, vec!["list folders false /"]),
        (
            vec![delete_folder()],
            false,
            vec!["list folders false /", "list secrets true /app", "list folders true /app"],
        ),
        (vec![delete_folder()], true, vec!["list folders false /", "list secrets true /app"]),
        // Nothing is there yet if the plan itself creates the folder.
        (vec![create_folder(), create()], false, vec!["list folders false /"]),
        (vec![create(), create_folder()], false, vec!["list secrets false /app", "list folders false /"]),
        (vec![new_project()], false, vec!["project by slug pay-eu"]),
        (vec![new_environment(), invitation()], true, vec!["project by id p"]),
    ] {
        let (mut snapshot, mut asked) = (Snapshot::default(), Vec::new());
        while let Some(operation) = snapshot.missing(&changes, walks) {
            match &operation {
                Operation::ListSecrets { place, recursive, .. } => {
                    asked.push(format!("list secrets {recursive} {}", place.path));
                    snapshot.note_secrets(place, *recursive, vec![secret("s1", "A", 1)]);
                }
                Operation::ListFolders { place, recursive } => {
                    asked.push(format!("list folders {recursive} {}", place.path));
                    snapshot.note_folders(place, *recursive, vec![folder("f1", "app")]);
                }
                Operation::ProjectBySlug { slug } => {
                    asked.push(format!("project by slug {slug}"));
                    snapshot.note_project(&operation, None);
                }
                Operation::ProjectById { project } => {
                    asked.push(format!("project by id {project}"));
                    snapshot.note_project(&operation, listed("p", &["dev"]));
                }
                other => panic!("{other:?}"),
            }
            assert!(asked.len() < 9, "{asked:?}");
        }
        assert_eq!(asked, expected);
    }
}

fn rename_folder() -> ParsedChange {
    change("PATCH", "/api/v2/folders/f1", r#""name":"renamed","path":"/""#)
}

fn affected_counts(secrets: u32, folders: u32, unseen: Option<&[u32]>) -> AffectedCounts {
    AffectedCounts { secrets, folders, is_at_least: unseen.is_some(), unseen: unseen.unwrap_or_default().to_vec() }
}

/// `/` has the folders `app` and `other`; `/app` has the secrets A and Z.
fn looked() -> Snapshot {
    let mut snapshot = seeing(vec![secret("s1", "A", 3), secret("s9", "Z", 1)]);
    snapshot.note_folders(&at("/"), false, vec![folder("f1", "app"), folder("f2", "other")]);
    snapshot
}

#[test]
fn each_secret_and_folder_counts_once() {
    let again = || change("PATCH", "/api/v4/secrets/A", r#""secretPath":"/app","secretComment":"c","type":"shared""#);
    for (changes, expected) in [
        (vec![], affected_counts(0, 0, None)),
        (vec![update()], affected_counts(1, 0, None)),
        (vec![update(), again(), create()], affected_counts(2, 0, None)),
        (vec![create_folder(), create()], affected_counts(1, 1, None)),
    ] {
        assert_eq!(looked().affected_counts(&changes), expected, "{changes:?}");
    }
}

#[test]
fn counts_folder_content_as_far_as_it_was_listed() {
    // A current server lists all below at once.
    let mut at_once = looked();
    at_once.note_secrets(&at("/app"), true, vec![secret("s1", "A", 3), secret("s9", "Z", 1), secret("s3", "DEEP", 1)]);
    at_once.note_folders(&at("/app"), true, vec![folder("f3", "db"), folder("f4", "deep")]);
    at_once.note_secrets(&at("/other"), true, vec![secret("s5", "ELSEWHERE", 1)]);
    // An older one lists the folders of each folder.
    let mut one_by_one = looked();
    one_by_one.note_secrets(
        &at("/app"),
        true,
        vec![secret("s1", "A", 3), secret("s9", "Z", 1), secret("s3", "DEEP", 1)],
    );
    one_by_one.note_folders(&at("/app"), false, vec![folder("f3", "db")]);
    one_by_one.note_folders(&at("/app/db"), false, vec![folder("f4", "deep")]);
    let unfinished = one_by_one.clone();
    one_by_one.note_folders(&at("/app/db/deep"), false, vec![]);
    for (snapshot, changes, expected) in [
        (&at_once, vec![delete_folder()], affected_counts(3, 3, Some(&[]))),
        (&at_once, vec![rename_folder()], affected_counts(3, 3, Some(&[]))),
        (&at_once, vec![update(), delete_folder()], affected_counts(3, 3, Some(&[]))),
        (&one_by_one, vec![delete_folder()], affected_counts(3, 3, Some(&[]))),
        (&unfinished, vec![create(), delete_folder()], affected_counts(1, 1, Some(&[2]))),
        // Nothing below was listed.
        (&looked(), vec![rename_folder()], affected_counts(0, 1, Some(&[1]))),
        (&Snapshot::default(), vec![rename_folder(), delete_folder()], affected_counts(0, 1, Some(&[1, 2]))),
    ] {
        assert_eq!(snapshot.affected_counts(&changes), expected, "{changes:?}");
    }
}

#[test]
fn counting_ends_where_a_server_lists_a_name_many_times() {
    let mut snapshot = looked();
    snapshot.note_secrets(&at("/app"), true, vec![]);
    let mut path = "/app".to_owned();
    for _ in 0..40 {
        let twins = (0..40).map(|n| folder(&format!("{path}-{n}"), "x")).collect();
        snapshot.note_folders(&at(&path), false, twins);
        path.push_str("/x");
    }
    snapshot.note_folders(&at(&path), false, vec![]);
    assert_eq!(snapshot.affected_counts(&[delete_folder()]), affected_counts(0, 1 + 40 * 40, Some(&[])));
}
