//! Property tests of changes: each has one request, each request has one change, and a request with
//! one wrong byte has none.

use crate::common::API_VERSIONS;
use infisical_skill_policy::change::value::{Comment, SecretValue};
use infisical_skill_policy::change::{self, ChangeRequest, Method, ParsedChange};
use infisical_skill_policy::{
    ApiVersion, Email, Environment, EnvironmentSlug, FolderId, FolderName, NewSecretName, Place, Project, ProjectSlug,
    Role, SecretKey, SecretPath, TagId, Title, WriteName,
};
use proptest::prelude::*;
use proptest::sample::Index;

/// The parts of a change as plain texts, so that the test can write them without the code that it
/// tests.
#[derive(Debug, Clone)]
struct Texts {
    project: String,
    environment: String,
    path: String,
    name: String,
    new_name: Option<String>,
    value: Option<String>,
    comment: Option<String>,
    tags: Option<Vec<String>>,
    id: String,
    title: String,
    emails: Vec<String>,
    roles: Vec<String>,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    CreateSecret,
    UpdateSecret,
    DeleteSecret,
    DeleteByKey,
    CreateFolder,
    RenameFolder,
    DeleteFolder,
    CreateProject,
    CreateEnvironment,
    InviteMembers,
}

/// Text with everything that is difficult for JSON, URLs and people.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[\\x00-\\x20\"\\\\/\\x7f${}]{0,12}",
        "(<hidden|\\*|•|\\$\\{|[a-z\u{202e}\u{feff}\u{2028}\u{10ffff}é]){0,8}",
    ]
}

fn texts() -> impl Strategy<Value = Texts> {
    let slug = || "[A-Za-z0-9_-]{1,64}";
    let path = "(/|(/[^/\\\\\\p{Cc}.][^/\\\\\\p{Cc}]{0,8}){1,5})";
    let kind = prop_oneof![
        Just(Kind::CreateSecret),
        Just(Kind::UpdateSecret),
        Just(Kind::DeleteSecret),
        Just(Kind::DeleteByKey),
        Just(Kind::CreateFolder),
        Just(Kind::RenameFolder),
        Just(Kind::DeleteFolder),
        Just(Kind::CreateProject),
        Just(Kind::CreateEnvironment),
        Just(Kind::InviteMembers),
    ];
    let tags = prop::option::of(prop::collection::btree_set("[A-Za-z0-9_-]{1,20}", 0..=20));
    let new_name = || "[A-Za-z_][A-Za-z0-9_.-]{0,99}";
    let options = (prop::option::of(new_name()), prop::option::of(any_text()), prop::option::of(any_text()), tags);
    let named = kind.prop_flat_map(move |kind| {
        let name = match kind {
            Kind::CreateSecret => new_name().boxed(),
            Kind::UpdateSecret | Kind::DeleteSecret => "[^/\\\\%\\p{Cc}]{1,30}".boxed(),
            Kind::DeleteByKey => {
                prop_oneof!["[/\\\\% .]{0,3}.{0,20}[/% ]", "batch|move|\\.|\\.\\.", any_text()].boxed()
            }
            Kind::CreateFolder | Kind::RenameFolder | Kind::DeleteFolder | Kind::InviteMembers => slug().boxed(),
            Kind::CreateProject | Kind::CreateEnvironment => "[a-z0-9]{1,6}(-[a-z0-9]{1,6}){0,4}".boxed(),
        };
        (slug(), slug(), path, name, slug(), Just(kind))
    });
    let title = prop_oneof!["[!-~é日🔐]{1,20}([ !-~]{0,20}[!-~é日🔐])?", any_text()];
    let email = "[a-z0-9]{1,8}([._+-][a-z0-9]{1,8}){0,3}@([a-z0-9]{1,4}(-[a-z0-9]{1,4})?\\.){1,3}[a-z]{1,4}";
    let invited = (prop::collection::btree_set(email, 1..=20), prop::collection::btree_set("[a-z0-9_-]{1,12}", 1..=5));
    (named, options, title, invited).prop_map(|(named, options, title, (emails, roles))| {
        let ((project, environment, path, name, id, kind), (new_name, value, comment, tags)) = (named, options);
        let tags = tags.map(|tags| tags.into_iter().collect());
        let (emails, roles) = (emails.into_iter().collect(), roles.into_iter().collect());
        Texts { project, environment, path, name, new_name, value, comment, tags, id, title, emails, roles, kind }
    })
}

/// The change with these texts, if a change may have them.
fn change_of(texts: &Texts) -> Option<ParsedChange> {
    let place = Place {
        project: Project::new(&*texts.project).ok()?,
        environment: Environment::new(&*texts.environment).ok()?,
        path: SecretPath::new(&*texts.path).ok()?,
    };
    let comment = texts.comment.clone().map(Comment::new).transpose().ok()?;
    let tags = texts.tags.as_ref().map(|tags| tags.iter().map(|tag| TagId::new(&**tag).unwrap()).collect::<Vec<_>>());
    let value = texts.value.clone().map(SecretValue::new).transpose().ok()?;
    Some(match texts.kind {
        Kind::CreateSecret => {
            let name = NewSecretName::new(&*texts.name).ok()?;
            ParsedChange::CreateSecret { place, name, value: value?, comment, tags }
        }
        Kind::UpdateSecret => {
            let new_name = texts.new_name.as_ref().map(|name| NewSecretName::new(&**name)).transpose().ok()?;
            if value.is_none() && new_name.is_none() && comment.is_none() && tags.is_none() {
                return None;
            }
            let name = WriteName::new(&*texts.name).ok()?;
            ParsedChange::UpdateSecret { place, name, value, new_name, comment, tags }
        }
        Kind::DeleteSecret => ParsedChange::DeleteSecret { place, name: WriteName::new(&*texts.name).ok()? },
        Kind::DeleteByKey => ParsedChange::DeleteSecretByKey { place, key: SecretKey::new(&*texts.name).ok()? },
        Kind::CreateFolder => ParsedChange::CreateFolder { place, name: FolderName::new(&*texts.name).ok()? },
        Kind::RenameFolder => {
            let (id, name) = (FolderId::new(&*texts.id).ok()?, FolderName::new(&*texts.name).ok()?);
            ParsedChange::RenameFolder { place, id, name }
        }
        Kind::DeleteFolder => ParsedChange::DeleteFolder { place, id: FolderId::new(&*texts.id).ok()? },
        Kind::CreateProject => ParsedChange::CreateProject {
            name: Title::new(&*texts.title).ok()?,
            slug: ProjectSlug::new(&*texts.name).ok()?,
        },
        Kind::CreateEnvironment => {
            let (name, slug) = (Title::new(&*texts.title).ok()?, EnvironmentSlug::new(&*texts.name).ok()?);
            ParsedChange::CreateEnvironment { project: place.project, name, slug }
        }
        Kind::InviteMembers => ParsedChange::InviteMembers {
            project: place.project,
            emails: texts.emails.iter().map(|email| Email::new(&**email).unwrap()).collect(),
            roles: texts.roles.iter().map(|role| Role::new(&**role).unwrap()).collect(),
        },
    })
}

/// An old server's update needs a value.
fn is_of(change: &ParsedChange, api_version: ApiVersion) -> bool {
    api_version == ApiVersion::V4 || !matches!(change, ParsedChange::UpdateSecret { value: None, .. })
}

/// The change that a request is parsed as. A request to an old server names no roles, and the
/// server gives its default role.
fn as_read(change: &ParsedChange, api_version: ApiVersion) -> ParsedChange {
    let mut change = change.clone();
    if let (ParsedChange::InviteMembers { roles, .. }, ApiVersion::V3) = (&mut change, api_version) {
        *roles = vec![Role::member()];
    }
    change
}

/// A text in JSON, as docs/routes.md has it.
fn json(text: &str) -> String {
    let escaped = text.chars().map(|c| match c {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\u{8}' => "\\b".to_owned(),
        '\t' => "\\t".to_owned(),
        '\n' => "\\n".to_owned(),
        '\u{c}' => "\\f".to_owned(),
        '\r' => "\\r".to_owned(),
        '\0'..='\u{1f}' => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

/// A text in a path, as docs/routes.md has it.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// The request as docs/routes.md has it: method, path, body.
fn spelled(texts: &Texts, api_version: ApiVersion) -> (&'static str, String, String) {
    let (project, secrets, batch, folders, force) = match api_version {
        ApiVersion::V4 => ("projectId", "/api/v4/secrets", "/api/v4/secrets/batch", "/api/v2/folders", true),
        ApiVersion::V3 => ("workspaceId", "/api/v3/secrets/raw", "/api/v3/secrets/batch/raw", "/api/v1/folders", false),
    };
    let (name, folder) = (format!("{secrets}/{}", encoded(&texts.name)), format!("{folders}/{}", texts.id));
    let located = [(project, json(&texts.project)), ("environment", json(&texts.environment))];
    let tags = texts.tags.as_ref().map(|tags| tags.iter().map(|tag| json(tag)).collect::<Vec<_>>().join(","));
    let (comment, tags) = (texts.comment.as_deref().map(json), tags.map(|tags| format!("[{tags}]")));
    let (value, new_name) = (texts.value.as_deref().map(json), texts.new_name.as_deref().map(json));
    let secret = |fields: Vec<(&'static str, Option<String>)>| {
        let mut all = vec![("secretPath", Some(json(&texts.path)))];
        all.extend(fields);
        all
    };
    let shared = ("type", Some(json("shared")));
    let (own_name, path) = (("name", Some(json(&texts.name))), ("path", Some(json(&texts.path))));
    let (method, url, rest) = match texts.kind {
        Kind::CreateSecret => {
            let fields = vec![("secretValue", value), ("secretComment", comment), ("tagIds", tags), shared];
            ("POST", name, secret(fields))
        }
        Kind::UpdateSecret => {
            let fields =
                vec![("secretValue", value), ("newSecretName", new_name), ("secretComment", comment), ("tagIds", tags)];
            ("PATCH", name, secret([fields, vec![shared]].concat()))
        }
        Kind::DeleteSecret => ("DELETE", name, secret(vec![shared])),
        Kind::DeleteByKey => {
            let keys = format!(r#"[{{"secretKey":{},"type":"shared"}}]"#, json(&texts.name));
            ("DELETE", batch.to_owned(), secret(vec![("secrets", Some(keys))]))
        }
        Kind::CreateFolder => ("POST", folders.to_owned(), vec![own_name, path]),
        Kind::RenameFolder => ("PATCH", folder, vec![own_name, path]),
        Kind::DeleteFolder => ("DELETE", folder, vec![path, ("forceDelete", force.then(|| "true".to_owned()))]),
        Kind::CreateProject | Kind::CreateEnvironment | Kind::InviteMembers => {
            return administrative(texts, api_version);
        }
    };
    let fields = located.map(|(field, text)| (field, Some(text))).into_iter().chain(rest);
    let fields = fields.filter_map(|(field, text)| Some(format!("\"{field}\":{}", text?)));
    (method, url, format!("{{{}}}", fields.collect::<Vec<_>>().join(",")))
}

/// The administrative ones, which have no place.
fn administrative(texts: &Texts, api_version: ApiVersion) -> (&'static str, String, String) {
    let is_new = api_version == ApiVersion::V4;
    let (title, slug) = (json(&texts.title), json(&texts.name));
    let list = |texts: &[String]| texts.iter().map(|text| json(text)).collect::<Vec<_>>().join(",");
    let in_project = |old: &str, what: &str| {
        let projects = if is_new { "/api/v1/projects" } else { old };
        format!("{projects}/{}/{what}", texts.project)
    };
    let (path, body) = match texts.kind {
        Kind::CreateProject if is_new => {
            let body = format!(r#"{{"projectName":{title},"slug":{slug},"type":"secret-manager"}}"#);
            ("/api/v1/projects".to_owned(), body)
        }
        Kind::CreateProject => ("/api/v2/workspace".to_owned(), format!(r#"{{"projectName":{title},"slug":{slug}}}"#)),
        Kind::CreateEnvironment => {
            (in_project("/api/v1/workspace", "environments"), format!(r#"{{"slug":{slug},"name":{title}}}"#))
        }
        _ => {
            let roles = if is_new { format!(r#","roleSlugs":[{}]"#, list(&texts.roles)) } else { String::new() };
            let body = format!(r#"{{"emails":[{}]{roles}}}"#, list(&texts.emails));
            (in_project("/api/v2/workspace", "memberships"), body)
        }
    };
    ("POST", path, body)
}

fn a_change() -> impl Strategy<Value = (Texts, ParsedChange)> {
    texts().prop_filter_map("a change", |texts| change_of(&texts).map(|change| (texts, change)))
}

/// A text that differs in one character or a few.
fn altered(text: &str, at: Index, other: char, how: u8) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let at = at.index(chars.len());
    match how % 6 {
        0 => chars[at] = other,
        1 => chars.insert(at, other),
        2 => drop(chars.remove(at)),
        3 => chars.insert(at, chars[at]),
        4 => {
            chars[at] = if chars[at].is_ascii_uppercase() {
                chars[at].to_ascii_lowercase()
            } else {
                chars[at].to_ascii_uppercase()
            }
        }
        _ => drop(chars.drain(at..)),
    }
    chars.into_iter().collect()
}

fn is_the_same(read: &ParsedChange, api_version: ApiVersion, (method, path, body): (Method, &str, &str)) -> bool {
    let ChangeRequest { method: again, path: again_path, body: again_body } = read.request(api_version);
    again == method && again_path == path && *again_body == body
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn writes_changes_as_the_route_table_says((texts, change) in a_change()) {
        for api_version in API_VERSIONS {
            let request = change.request(api_version);
            let written = (request.method.as_str(), request.path.clone(), request.body.to_string());
            prop_assert_eq!(written, spelled(&texts, api_version));
        }
    }

    #[test]
    fn parsing_reverses_writing((_, change) in a_change()) {
        for api_version in API_VERSIONS {
            let request = change.request(api_version);
            let read = change::parse(api_version, request.method, &request.path, &request.body);
            if is_of(&change, api_version) {
                prop_assert_eq!(read, Ok(as_read(&change, api_version)));
            } else {
                prop_assert!(read.is_err());
            }
            let other = if api_version == ApiVersion::V3 { ApiVersion::V4 } else { ApiVersion::V3 };
            prop_assert!(change::parse(other, request.method, &request.path, &request.body).is_err());
        }
    }

    #[test]
    fn altered_request_is_another_canonical_change_or_none(
        (_, change) in a_change(), at in any::<Index>(), other in prop_oneof![proptest::char::range(' ', '~'), any::<char>()],
        how in any::<u8>(), part in 0..3,
    ) {
        for api_version in API_VERSIONS {
            let request = change.request(api_version);
            let (mut method, mut path, mut body) = (request.method, request.path.clone(), request.body.to_string());
            match part {
                0 => method = [Method::Post, Method::Patch, Method::Delete][usize::from(how) % 3],
                1 => path = altered(&path, at, other, how),
                _ => body = altered(&body, at, other, how),
            }
            if let Ok(read) = change::parse(api_version, method, &path, &body) {
                prop_assert!(is_the_same(&read, api_version, (method, &path, &body)), "{method:?} {path} {body}");
                let is_unaltered = method == request.method && path == request.path && body == *request.body;
                prop_assert_eq!(read == as_read(&change, api_version), is_unaltered, "{:?} {} {}", method, path, body);
            }
        }
    }

    #[test]
    fn no_text_makes_it_panic(path in any_text(), body in any_text(), fields in prop::collection::vec((any_text(), any_text()), 0..4)) {
        let of_fields: serde_json::Map<_, _> = fields.into_iter().map(|(key, text)| (key, text.into())).collect();
        for body in [body, serde_json::Value::from(of_fields).to_string()] {
            for method in [Method::Post, Method::Patch, Method::Delete] {
                for path in [
                    path.clone(),
                    format!("/api/v3/secrets/raw/{path}"),
                    format!("/api/v4/secrets/{path}"),
                    format!("/api/v2/folders/{path}"),
                    format!("/api/v1/projects{path}"),
                    format!("/api/v1/projects/{path}/environments"),
                    format!("/api/v2/workspace/{path}/memberships"),
                    "/api/v1/projects/p/environments".to_owned(),
                    "/api/v2/workspace".to_owned(),
                ] {
                    for api_version in API_VERSIONS {
                        prop_assert!(change::parse(api_version, method, &path, &body).is_err());
                    }
                }
            }
        }
    }

    #[test]
    fn debug_output_omits_fields_that_can_hold_values((mut texts, _) in a_change(), body in any_text()) {
        const CANARY: &str = "CANARY-VALUE";
        texts.value = texts.value.map(|value| format!("{value}{CANARY}"));
        texts.comment = texts.comment.map(|comment| format!("{CANARY}{comment}"));
        if let Some(change) = change_of(&texts) {
            let request = change.request(ApiVersion::V4);
            let reading = change::describe::describe(&change, None);
            let phrase = change::acknowledgement::phrase(ApiVersion::V3, std::slice::from_ref(&change), 0, |_| None);
            let printed = format!("{change:?} {request:?} {reading} {phrase:?}");
            prop_assert!(!printed.contains(CANARY), "{}", printed);
        }
        for body in [format!("{{{body}{CANARY}"), serde_json::json!({ CANARY: body }).to_string()] {
            let refusal = change::parse(ApiVersion::V4, Method::Post, "/api/v4/secrets/A", &body).unwrap_err();
            let printed = format!("{refusal} {refusal:?}");
            prop_assert!(!printed.contains(CANARY), "{}", printed);
        }
    }
}
