//! Names and paths: what is accepted is written into a request so that it reads back as exactly itself, and no reader of URLs changes it.

use crate::route::assert_kept;
use infisical_skill_policy::change::{self, Change, ChangeRequest};
use infisical_skill_policy::{
    Email, Environment, EnvironmentSlug, EventType, FolderId, FolderName, Generation, Moment, NewSecretName, Operation,
    OrganizationId, Place, Project, ProjectSlug, Role, SecretKey, SecretName, SecretPath, Tag, Title, WriteName, route,
};
use serde_json::Value;
use url::Url;

/// Holds the invariant above for one input.
pub fn target(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for operation in operations(text) {
        // Only an older server is asked for an organization's projects.
        let generations = match operation {
            Operation::ListProjects { .. } => vec![Generation::V3],
            _ => vec![Generation::V3, Generation::V4],
        };
        for generation in generations {
            let request = operation.path_and_query(generation);
            // One that this generation hasn't isn't read back.
            let Ok(read) = route::read(generation, "GET", &request) else { continue };
            assert_eq!(read, operation);
            assert_kept(&request);
            assert_says(&request, text);
        }
    }
    for change in changes(text) {
        // An older server takes no roles.
        let generations = match change {
            Change::InviteMembers { .. } => vec![Generation::V4],
            _ => vec![Generation::V3, Generation::V4],
        };
        for generation in generations {
            let ChangeRequest { method, path, body } = change.request(generation);
            let Ok(read) = change::read(generation, method, &path, &body) else { continue };
            assert_eq!(read, change);
            assert_kept(&path);
            let body: Value = serde_json::from_str(&body).expect("a body is JSON");
            assert!(says(&body, text) || has_segment(&path, text), "{text:?} got lost in {path} {body}");
        }
    }
    // A secret's name is addressed in one way.
    if !text.is_empty() && text.len() <= 1024 {
        assert!(WriteName::new(text).is_ok() != SecretKey::new(text).is_ok());
    }
    if let (Ok(path), Ok(child)) = (SecretPath::new(text), SecretPath::new(format!("{text}/x"))) {
        assert!(path.covers(&child) && !child.covers(&path));
    }
}

/// Every operation that has this text as a name, for each kind that takes it.
fn operations(text: &str) -> Vec<Operation> {
    let project = || Project::new("p").unwrap();
    let place = || Place {
        project: project(),
        environment: Environment::new("dev").unwrap(),
        path: SecretPath::new("/app").unwrap(),
    };
    let list = |place| Operation::ListSecrets { place, recursive: true, tags: Vec::new() };
    let since = || Moment::new("2026-11-23T07:00:00.000Z").unwrap();
    let logs = |events, since, until| Operation::ListAuditLogs {
        project: project(),
        events,
        since,
        until,
        offset: 0,
        limit: 1,
    };
    let secret = |name: SecretName| {
        [
            Operation::GetSecret { place: place(), name: name.clone(), version: None },
            Operation::RevealSecret { place: place(), name },
        ]
    };
    let in_project = |project: Project| {
        [
            Operation::ProjectById { project: project.clone() },
            Operation::ProjectBySlug { slug: project.clone() },
            Operation::ListTags { project: project.clone() },
            list(Place { project, ..place() }),
        ]
    };
    let in_path = |path: SecretPath| {
        [
            list(Place { path: path.clone(), ..place() }),
            Operation::ListFolders { place: Place { path, ..place() }, recursive: false },
        ]
    };
    let tagged = |tag| Operation::ListSecrets { place: place(), recursive: false, tags: vec![tag] };
    let mut all = Vec::new();
    all.extend(SecretName::new(text).into_iter().flat_map(secret));
    all.extend(Project::new(text).into_iter().flat_map(in_project));
    all.extend(SecretPath::new(text).into_iter().flat_map(in_path));
    all.extend(Environment::new(text).map(|environment| list(Place { environment, ..place() })));
    all.extend(Tag::new(text).map(tagged));
    all.extend(OrganizationId::new(text).map(|id| Operation::ListProjects { organization: Some(id) }));
    all.extend(EventType::new(text).map(|event| logs(vec![event], since(), None)));
    all.extend(Moment::new(text).map(|moment| logs(Vec::new(), moment.clone(), Some(moment))));
    all
}

/// Every change that has this text as a name, for each kind that takes it.
fn changes(text: &str) -> Vec<Change> {
    let place = || Place {
        project: Project::new("p").unwrap(),
        environment: Environment::new("dev").unwrap(),
        path: SecretPath::root(),
    };
    let project = || Project::new("p").unwrap();
    let renamed = |new_name| Change::UpdateSecret {
        place: place(),
        name: WriteName::new("A").unwrap(),
        value: None,
        new_name: Some(new_name),
        comment: None,
        tags: None,
    };
    let invited = |emails, roles| Change::InviteMembers { project: project(), emails, roles };
    let email = || Email::new("a@example.com").unwrap();
    let mut all = Vec::new();
    all.extend(WriteName::new(text).map(|name| Change::DeleteSecret { place: place(), name }));
    all.extend(SecretKey::new(text).map(|key| Change::DeleteSecretByKey { place: place(), key }));
    all.extend(NewSecretName::new(text).map(renamed));
    all.extend(FolderName::new(text).map(|name| Change::CreateFolder { place: place(), name }));
    all.extend(FolderId::new(text).map(|id| Change::DeleteFolder { place: place(), id }));
    all.extend(
        SecretPath::new(text)
            .map(|path| Change::CreateFolder { place: Place { path, ..place() }, name: FolderName::new("f").unwrap() }),
    );
    all.extend(ProjectSlug::new(text).map(|slug| Change::CreateProject { name: Title::new("T").unwrap(), slug }));
    all.extend(Title::new(text).map(|name| Change::CreateEnvironment {
        project: project(),
        name,
        slug: EnvironmentSlug::new("dev").unwrap(),
    }));
    all.extend(EnvironmentSlug::new(text).map(|slug| Change::CreateEnvironment {
        project: project(),
        name: Title::new("T").unwrap(),
        slug,
    }));
    all.extend(Email::new(text).map(|email| invited(vec![email], vec![Role::member()])));
    all.extend(Role::new(text).map(|role| invited(vec![email()], vec![role])));
    all
}

/// Holds that a reader of URLs finds `text` in a request, as a whole segment or a whole parameter.
fn assert_says(request: &str, text: &str) {
    let url = Url::parse(&format!("https://vault.example{request}")).expect("what is kept is a URL");
    let is_parameter = url.query_pairs().any(|(_, value)| value == text);
    assert!(is_parameter || has_segment(request, text), "{text:?} got lost in {request}");
}

fn has_segment(request: &str, text: &str) -> bool {
    let url = Url::parse(&format!("https://vault.example{request}")).expect("what is kept is a URL");
    url.path_segments().into_iter().flatten().any(|segment| decoded(segment).as_deref() == Some(text.as_bytes()))
}

/// Percent-decoded, by rules of its own.
fn decoded(segment: &str) -> Option<Vec<u8>> {
    let mut parts = segment.split('%');
    let mut out = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        out.push(u8::from_str_radix(digits, 16).ok()?);
        out.extend_from_slice(rest.as_bytes());
    }
    Some(out)
}

/// Whether the text is a whole text in this JSON.
fn says(value: &Value, text: &str) -> bool {
    match value {
        Value::String(found) => found == text,
        Value::Array(items) => items.iter().any(|item| says(item, text)),
        Value::Object(fields) => fields.values().any(|field| says(field, text)),
        _ => false,
    }
}
