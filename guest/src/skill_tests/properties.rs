//! Properties that hold for any arguments and answers.

use crate::testing::{Operator, PROJECT, Script, answer, operator, raw_secret, scope};
use crate::{ApiVersion, Error, HostPort, Place, Reveals, SecretFilter, Transport};
use proptest::prelude::*;

/// Arguments that are often nearly right.
fn text() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        Just(None),
        any::<String>().prop_map(Some),
        "[a-z./ %\\\\]{0,8}".prop_map(Some),
        Just(Some(PROJECT.to_owned())),
        Just(Some("dev".to_owned())),
        "(/[a-zé .]{1,3}){1,3}".prop_map(Some),
    ]
}

fn places() -> impl Strategy<Value = Place> {
    let likely = |text: &str| Just(Some(text.to_owned()));
    (
        prop_oneof![2 => likely(PROJECT), 1 => likely("vault"), 1 => text()],
        prop_oneof![3 => likely("dev"), 1 => text()],
        prop_oneof![1 => likely("/"), 2 => text()],
    )
        .prop_map(|(project, environment, path)| Place { project, environment, path })
}

fn operators() -> impl Strategy<Value = Operator> {
    let api_version = prop_oneof![Just(ApiVersion::V3), Just(ApiVersion::V4)];
    (api_version, any::<bool>(), any::<bool>(), text()).prop_map(|(api_version, scoped, reveal, default)| {
        let operator = operator(api_version).with(|policy| {
            policy.reveal = if reveal { Reveals::On } else { Reveals::Off };
            policy.project.clone_from(&default);
            policy.organization = default;
        });
        if scoped { operator.scoped(&[scope(PROJECT, &["dev"], &["/", "/a"])]) } else { operator }
    })
}

#[derive(Debug, Clone)]
enum Call {
    Projects,
    Folders(Place, bool),
    Secrets(Place, SecretFilter),
    Get(Place, String, Option<u32>),
    Reveal(Place, String),
}

fn calls() -> impl Strategy<Value = Call> {
    let names = || prop_oneof![Just("KEY".to_owned()), any::<String>(), "[ A-Z/%.é]{0,6}"];
    let filters = (any::<bool>(), text(), prop::collection::vec("[a-z, ]{0,5}", 0..4))
        .prop_map(|(recursive, name_contains, tags)| SecretFilter { recursive, name_contains, tags });
    prop_oneof![
        Just(Call::Projects),
        (places(), any::<bool>()).prop_map(|(at, recursive)| Call::Folders(at, recursive)),
        (places(), filters).prop_map(|(at, filter)| Call::Secrets(at, filter)),
        (places(), names(), any::<Option<u32>>()).prop_map(|(at, name, version)| Call::Get(at, name, version)),
        (places(), names()).prop_map(|(at, name)| Call::Reveal(at, name)),
    ]
}

/// Makes the call and returns the `Debug` text of its result.
fn make<T: Transport, W: HostPort>(call: &Call, skill: &mut crate::Skill<T, W>) -> Result<String, Error> {
    Ok(match call {
        Call::Projects => format!("{:?}", skill.list_projects()?),
        Call::Folders(at, recursive) => format!("{:?}", skill.list_folders(at, *recursive)?),
        Call::Secrets(at, filter) => format!("{:?}", skill.list_secrets(at, filter)?),
        Call::Get(at, name, version) => format!("{:?}", skill.get_secret(at, name, *version)?),
        Call::Reveal(at, name) => format!("{:?}", skill.reveal_secret(at, name)?),
    })
}

/// Whether a text has only unreserved characters and upper-case `%XX`.
fn is_encoded(text: &str) -> bool {
    let mut parts = text.split('%');
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    let hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'A'..=b'F');
    parts.next().is_some_and(plain)
        && parts.all(|part| part.len() >= 2 && part.as_bytes()[..2].iter().all(hex) && plain(&part[2..]))
}

fn is_word(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Whether `path` is encoded, and decodes to a path without dot segments and extra slashes.
fn is_path(text: &str) -> bool {
    let slashes = text.replace("%2F", "/");
    let segments = || slashes.strip_prefix('/').into_iter().flat_map(|rest| rest.split('/'));
    is_encoded(text)
        && (slashes == "/" || (segments().count() > 0 && segments().all(|part| !matches!(part, "" | "." | ".."))))
}

/// Whether a request is in the table of docs/routes.md. This is a second, independent reading of
/// the table.
fn is_in_the_table(path_with_query: &str, api_version: ApiVersion, reveal: bool) -> bool {
    let (path, query) = path_with_query.split_once('?').unwrap_or((path_with_query, ""));
    let pairs: Vec<(&str, &str)> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
    let (project_key, secrets, imports) = match api_version {
        ApiVersion::V3 => ("workspaceId", "/api/v3/secrets/raw", "include_imports"),
        ApiVersion::V4 => ("projectId", "/api/v4/secrets", "includeImports"),
    };
    let flag = |text: &str| matches!(text, "true" | "false");
    let view = if reveal { "true" } else { "false" };
    let is_place = |key: &str| match pairs.as_slice() {
        [(project, id), ("environment", environment), (path_key, path), ..] => {
            *project == project_key && is_word(id) && is_word(environment) && *path_key == key && is_path(path)
        }
        _ => false,
    };
    let rest = pairs.get(3..).unwrap_or_default();
    if let Some(name) = path.strip_prefix(secrets).and_then(|rest| rest.strip_prefix('/')) {
        let base = [("viewSecretValue", view), ("expandSecretReferences", "false"), (imports, "false")];
        let version = |pairs: &[(&str, &str)]| match pairs {
            [] => true,
            [("version", number)] => !reveal && !number.starts_with('0') && number.parse::<u32>().is_ok(),
            _ => false,
        };
        let is_name = is_encoded(name) && (1..=100).contains(&name.len()) && !matches!(name, "." | "..");
        let is_safe = !["%2F", "%5C", "%25", "%0", "%1", "%7F"].iter().any(|unsafe_part| name.contains(unsafe_part));
        return is_name && is_safe && is_place("secretPath") && rest.get(..3) == Some(&base) && version(&rest[3..]);
    }
    if path == secrets {
        return !reveal
            && is_place("secretPath")
            && match rest {
                [
                    ("viewSecretValue", "false"),
                    ("expandSecretReferences", "false"),
                    ("recursive", recursive),
                    (key, "false"),
                    tags @ ..,
                ] => {
                    *key == imports
                        && flag(recursive)
                        && match tags {
                            [] => true,
                            [("tagSlugs", tags)] => tags.split("%2C").all(is_word),
                            _ => false,
                        }
                }
                _ => false,
            };
    }
    let word_after = |prefix: &str| path.strip_prefix(prefix).is_some_and(is_word) && query.is_empty();
    match api_version {
        ApiVersion::V3 if path == "/api/v1/secret-imports" => is_place("path") && rest.is_empty(),
        ApiVersion::V4 if path == "/api/v2/secret-imports" => is_place("path") && rest.is_empty(),
        ApiVersion::V3 if path == "/api/v1/folders" => !reveal && is_place("path") && rest.is_empty(),
        ApiVersion::V4 if path == "/api/v2/folders" => {
            !reveal && is_place("path") && matches!(rest, [("recursive", recursive)] if flag(recursive))
        }
        ApiVersion::V3 => {
            let organization =
                path.strip_suffix("/workspaces").and_then(|path| path.strip_prefix("/api/v2/organizations/"));
            word_after("/api/v2/workspace/")
                || (!reveal && (word_after("/api/v1/workspace/") || organization.is_some_and(is_word)))
        }
        ApiVersion::V4 => {
            word_after("/api/v1/projects/slug/")
                || (!reveal
                    && (word_after("/api/v1/projects/") || path_with_query == "/api/v1/projects?type=secret-manager"))
        }
    }
}

/// An answer that fits any request for the place, with canaries in all fields that must stay
/// hidden.
fn fitting() -> String {
    let secret = raw_secret("KEY", "/");
    let project = serde_json::json!({ "id": PROJECT, "slug": "vault", "name": "V", "environments": [] });
    let mut body = serde_json::json!({
        "secret": secret, "secrets": [secret, raw_secret("a/b", "/")], "folders": [{ "id": "1", "name": "f", "relativePath": "/f" }],
        "imports": [{ "secrets": [secret] }], "secretImports": [{ "importPath": "/CANARY it", "importEnv": { "slug": "dev" } }], "projects": [project], "workspace": project,
    });
    body["id"] = PROJECT.into();
    body["slug"] = "vault".into();
    body["name"] = "V".into();
    body["environments"] = serde_json::json!([]);
    body.to_string()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn requests_are_in_the_table_and_results_hide_secrets(operator in operators(), call in calls()) {
        let mut script = Script { then: Some(answer(200, &fitting())), ..Script::default() };
        let result = make(&call, &mut script.skill(&operator));
        let api_version = operator.api_version.unwrap();
        let reveal = matches!(call, Call::Reveal(..));
        for path in script.paths() {
            prop_assert!(is_in_the_table(path, api_version, reveal), "{} is not in the table", path);
        }
        let shown = format!("{result:?}");
        prop_assert!(!shown.contains("CANARY"), "{}", shown);
    }

    #[test]
    fn a_refused_call_sends_nothing_but_the_question_for_a_slug(operator in operators(), call in calls()) {
        let mut script = Script { then: Some(answer(200, &fitting())), ..Script::default() };
        if let Err(Error::Refused(_)) = make(&call, &mut script.skill(&operator)) {
            let slug = |path: &&str| path.starts_with("/api/v1/projects/slug/") || path.starts_with("/api/v2/workspace/");
            prop_assert!(script.paths().iter().all(slug), "{:?}", script.paths());
        }
    }

    #[test]
    fn no_answer_leaks_its_text_into_the_result(
        operator in operators(), call in calls(), status in 100_u16..700, noise in prop_oneof![any::<String>(), "[\\[\\]{}:,\"secrtidnul0-9 ]{0,40}"],
    ) {
        for body in [format!("CANARY{noise}"), noise, format!("{{\"message\":\"CANARY\",\"error\":\"CANARY\",\"x\":{}}}", fitting())] {
            let mut script = Script { then: Some(answer(status, &body)), ..Script::default() };
            let result = make(&call, &mut script.skill(&operator));
            let shown = format!("{result:?}");
            prop_assert!(!shown.contains("CANARY"), "{}", shown);
        }
    }
}
