//! Names and paths: an accepted one reads back from the request exactly as it was, and no URL
//! parser changes it.

use crate::route::assert_kept;
use infisical_skill_policy::change::value::SecretValue;
use infisical_skill_policy::change::{self, ChangeRequest, ParsedChange};
use infisical_skill_policy::{
    ApiVersion, Email, Environment, EnvironmentSlug, EventType, FolderId, FolderName, Moment, NewSecretName, Operation,
    OrganizationId, Place, Project, ProjectSlug, Role, SecretKey, SecretName, SecretPath, Tag, TagId, Title, WriteName,
    route,
};
use serde_json::Value;
use url::Url;

/// Checks the invariant above for one input.
pub fn target(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        run(text);
    }
}

/// Runs one input. Returns the number of reads and of changes that it was written to and read back
/// from.
fn run(text: &str) -> (usize, usize) {
    let (mut reads, mut written) = (0, 0);
    for operation in operations(text) {
        // Only an older server is asked for an organization's projects.
        let api_versions = match operation {
            Operation::ListProjects { .. } => vec![ApiVersion::V3],
            _ => vec![ApiVersion::V3, ApiVersion::V4],
        };
        for api_version in api_versions {
            let request = operation.path_and_query(api_version);
            let read = route::read(api_version, "GET", &request);
            if is_another(api_version, &operation) {
                assert_ne!(read, Ok(operation.clone()), "the exception is outdated");
                continue;
            }
            assert_eq!(read.as_ref(), Ok(&operation), "{request}");
            assert_kept(&request);
            assert_says(&request, text);
            reads += 1;
        }
    }
    for change in changes(text) {
        // An older server gets no roles, and accepts no update without a value.
        let api_versions = match &change {
            ParsedChange::InviteMembers { roles, .. } if *roles != [Role::member()] || text == "member" => {
                vec![ApiVersion::V4]
            }
            ParsedChange::UpdateSecret { value: None, .. } => vec![ApiVersion::V4],
            _ => vec![ApiVersion::V3, ApiVersion::V4],
        };
        for api_version in api_versions {
            let ChangeRequest { method, path, body } = change.request(api_version);
            let read = change::parse(api_version, method, &path, &body);
            assert_eq!(read.as_ref(), Ok(&change), "{path} {}", *body);
            assert_kept(&path);
            let body: Value = serde_json::from_str(&body).expect("a body is JSON");
            assert!(says(&body, text) || has_segment(&path, text), "{text:?} is missing from {path} {body}");
            written += 1;
        }
    }
    // A secret's name has exactly one address. It has none if the server would trim it to another
    // name.
    if !text.is_empty() && text.len() <= 1024 {
        let is_cut = text.starts_with(is_blank) || text.ends_with(is_blank);
        assert_eq!(WriteName::new(text).is_ok() != SecretKey::new(text).is_ok(), !is_cut);
        assert!(!is_cut || WriteName::new(text).is_err());
    }
    if let (Ok(path), Ok(child)) = (SecretPath::new(text), SecretPath::new(format!("{text}/x"))) {
        assert!(path.covers(&child) && !child.covers(&path));
    }
    (reads, written)
}

/// True for what JavaScript trims, and for the next-line character, which Unicode also counts as
/// white space.
fn is_blank(c: char) -> bool {
    matches!(
        c,
        '\t'..='\r' | ' ' | '\u{85}' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}' | '\u{feff}'
    )
}

/// The one request with another meaning: in v4, the tags of a project with the id `slug` would read
/// as the project with the slug `tags`.
fn is_another(api_version: ApiVersion, operation: &Operation) -> bool {
    api_version == ApiVersion::V4 && matches!(operation, Operation::ListTags { project } if project.as_str() == "slug")
}

/// Every operation with this text as a name, one for each kind of name that accepts it.
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
            Operation::ListFolders { place: Place { path: path.clone(), ..place() }, recursive: false },
            Operation::ListImports { place: Place { path, ..place() } },
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

/// Every change with this text as a name, one for each kind of name that accepts it.
fn changes(text: &str) -> Vec<ParsedChange> {
    let place = || Place {
        project: Project::new("p").unwrap(),
        environment: Environment::new("dev").unwrap(),
        path: SecretPath::root(),
    };
    let project = || Project::new("p").unwrap();
    let value = || SecretValue::new("v".to_owned()).unwrap();
    let updated = |name: &WriteName, value, new_name| ParsedChange::UpdateSecret {
        place: place(),
        name: name.clone(),
        value,
        new_name,
        comment: None,
        tags: None,
    };
    let written = |name: WriteName| {
        let renamed = NewSecretName::new("B").unwrap();
        [
            updated(&name, Some(value()), None),
            updated(&name, None, Some(renamed)),
            ParsedChange::DeleteSecret { place: place(), name },
        ]
    };
    let named = |name: NewSecretName| {
        let old = WriteName::new("A").unwrap();
        let (comment, tags) = (None, None);
        [
            updated(&old, None, Some(name.clone())),
            updated(&old, Some(value()), Some(name.clone())),
            ParsedChange::CreateSecret { place: place(), name, value: value(), comment, tags },
        ]
    };
    let tagged = |id: TagId| ParsedChange::UpdateSecret {
        place: place(),
        name: WriteName::new("A").unwrap(),
        value: Some(value()),
        new_name: None,
        comment: None,
        tags: Some(vec![id]),
    };
    let created = |name| ParsedChange::CreateFolder { place: place(), name };
    let renamed = |name| ParsedChange::RenameFolder { place: place(), id: FolderId::new("f").unwrap(), name };
    let invited = |emails, roles| ParsedChange::InviteMembers { project: project(), emails, roles };
    let email = || Email::new("a@example.com").unwrap();
    let mut all = Vec::new();
    all.extend(WriteName::new(text).into_iter().flat_map(written));
    all.extend(SecretKey::new(text).map(|key| ParsedChange::DeleteSecretByKey { place: place(), key }));
    all.extend(NewSecretName::new(text).into_iter().flat_map(named));
    all.extend(TagId::new(text).map(tagged));
    all.extend(FolderName::new(text).into_iter().flat_map(|name| [created(name.clone()), renamed(name)]));
    all.extend(FolderId::new(text).map(|id| ParsedChange::DeleteFolder { place: place(), id }));
    all.extend(SecretPath::new(text).map(|path| ParsedChange::CreateFolder {
        place: Place { path, ..place() },
        name: FolderName::new("f").unwrap(),
    }));
    all.extend(ProjectSlug::new(text).map(|slug| ParsedChange::CreateProject { name: Title::new("T").unwrap(), slug }));
    all.extend(Title::new(text).map(|name| ParsedChange::CreateEnvironment {
        project: project(),
        name,
        slug: EnvironmentSlug::new("dev").unwrap(),
    }));
    all.extend(EnvironmentSlug::new(text).map(|slug| ParsedChange::CreateEnvironment {
        project: project(),
        name: Title::new("T").unwrap(),
        slug,
    }));
    all.extend(Email::new(text).map(|email| invited(vec![email], vec![Role::member()])));
    all.extend(Role::new(text).map(|role| invited(vec![email()], vec![role])));
    all
}

/// Checks that a URL parser finds `text` in a request as a whole segment or parameter.
fn assert_says(request: &str, text: &str) {
    let url = Url::parse(&format!("https://vault.example{request}")).expect("what is kept is a URL");
    let is_parameter = url.query_pairs().any(|(_, value)| value == text);
    assert!(is_parameter || has_segment(request, text), "{text:?} is missing from {request}");
}

fn has_segment(request: &str, text: &str) -> bool {
    let url = Url::parse(&format!("https://vault.example{request}")).expect("what is kept is a URL");
    url.path_segments().into_iter().flatten().any(|segment| decoded(segment).as_deref() == Some(text.as_bytes()))
}

/// Percent-decodes a segment, independently of the code under test.
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

/// True if the JSON contains the text as a whole string.
fn says(value: &Value, text: &str) -> bool {
    match value {
        Value::String(found) => found == text,
        Value::Array(items) => items.iter().any(|item| says(item, text)),
        Value::Object(fields) => fields.values().any(|field| says(field, text)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! taken {
        ($($seed:literal),+) => {
            [$(($seed, run(include_str!(concat!("../../seeds/name/", $seed))))),+]
        };
    }

    #[test]
    fn seeds_have_valid_names_of_many_kinds_and_invalid_ones() {
        assert_eq!(
            taken!(
                "plain",
                "key",
                "dots",
                "blank",
                "path",
                "odd-path",
                "unicode",
                "title",
                "email",
                "moment",
                "member",
                "role",
                "route-word",
                "slug",
                "tags",
                "quotes"
            ),
            [
                ("plain", (19, 20)),
                ("key", (0, 4)),
                ("dots", (0, 4)),
                ("blank", (4, 7)),
                ("path", (6, 6)),
                ("odd-path", (6, 6)),
                ("unicode", (4, 7)),
                ("title", (4, 7)),
                ("email", (4, 9)),
                ("moment", (6, 7)),
                ("member", (19, 25)),
                ("role", (19, 21)),
                ("route-word", (19, 17)),
                ("slug", (18, 23)),
                ("tags", (19, 23)),
                ("quotes", (0, 2)),
            ]
        );
    }
}
