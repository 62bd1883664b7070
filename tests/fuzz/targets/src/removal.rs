//! Value removal: whatever a server answers, in whatever shape and escapes, nothing that is hidden comes in. Only a reveal lets a value through, and that
//! one only.
//!
//! The input is a line that says which characters are written as escapes, then an answer: JSON, or bytes that one is built from.

use crate::plant::{CANARY, Json, assert_clean};
use infisical_skill_policy::change::{self, Change, Method};
use infisical_skill_policy::{
    Environment, Generation, Moment, Operation, Place, Project, Scopes, SecretName, SecretPath, answers,
};
use serde_json::Value;

/// Holds the invariant above for one input.
pub fn target(bytes: &[u8]) {
    let (escapes, body) = bytes.split_at(bytes.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1));
    let mut answer = Json::from_bytes(body);
    answer.plant();
    let answer = answer.write(escapes);
    let scopes = Scopes::everything();
    for operation in operations() {
        let Ok(written) = answers::rewrite(&operation, &scopes, answer.as_bytes()) else { continue };
        if let Operation::RevealSecret { .. } = operation {
            assert_clean(without_value(&answer, &written).as_bytes());
        } else {
            assert_clean(&written);
        }
        let again = answers::rewrite(&operation, &scopes, &written);
        assert_eq!(again.as_ref(), Ok(&written), "what was written is written the same again");
    }
    for change in changes() {
        if let Ok((_, written)) = answers::changed(&change, answer.as_bytes()) {
            assert_clean(&written);
        }
    }
    for content_type in [Some("application/json"), Some("text/html"), None] {
        let failure = answers::failure(422, content_type, answer.as_bytes());
        assert_clean(&failure.body());
        assert_clean(format!("{failure:?}").as_bytes());
    }
    if let Err(refusal) = answers::rewrite(&operations()[0], &scopes, answer.as_bytes()) {
        assert_clean(format!("{refusal} {refusal:?}").as_bytes());
    }
}

/// What was revealed, but for the value; which is the answer's own.
fn without_value(answer: &str, written: &[u8]) -> String {
    let mut written: Value = serde_json::from_slice(written).expect("what is written is JSON");
    let revealed = written["secret"].as_object_mut().and_then(|secret| secret.remove("secretValue"));
    if let Some(value) = revealed {
        assert!(value.as_str().is_some_and(|value| value.ends_with(CANARY)), "a value that wasn't the secret's");
        let answer: Value = serde_json::from_str(answer).expect("what is revealed was JSON");
        assert_eq!(answer["secret"]["secretValue"], value);
    }
    written.to_string()
}

fn operations() -> [Operation; 10] {
    let project = Project::new("p").unwrap();
    let place =
        Place { project: project.clone(), environment: Environment::new("dev").unwrap(), path: SecretPath::root() };
    let name = SecretName::new("A").unwrap();
    [
        Operation::ListProjects { organization: None },
        Operation::ProjectById { project: project.clone() },
        Operation::ProjectBySlug { slug: project.clone() },
        Operation::ListFolders { place: place.clone(), recursive: true },
        Operation::ListSecrets { place: place.clone(), recursive: true, tags: Vec::new() },
        Operation::GetSecret { place: place.clone(), name: name.clone(), version: None },
        Operation::RevealSecret { place: place.clone(), name },
        Operation::ListTags { project: project.clone() },
        Operation::ListAuditLogs {
            project,
            events: Vec::new(),
            since: Moment::new("2026-11-23T07:00:00.000Z").unwrap(),
            until: None,
            offset: 0,
            limit: 200,
        },
        Operation::ListFolders { place, recursive: false },
    ]
}

/// One change of each kind whose answer has a form of its own.
fn changes() -> Vec<Change> {
    let place = r#""projectId":"p","environment":"dev","secretPath":"/""#;
    [
        (Method::Delete, "/api/v4/secrets/A", format!(r#"{{{place},"type":"shared"}}"#)),
        (
            Method::Delete,
            "/api/v4/secrets/batch",
            format!(r#"{{{place},"secrets":[{{"secretKey":"a/b","type":"shared"}}]}}"#),
        ),
        (
            Method::Delete,
            "/api/v2/folders/f",
            r#"{"projectId":"p","environment":"dev","path":"/","forceDelete":true}"#.to_owned(),
        ),
        (Method::Post, "/api/v1/projects", r#"{"projectName":"P","slug":"ppppp","type":"secret-manager"}"#.to_owned()),
        (Method::Post, "/api/v1/projects/p/environments", r#"{"slug":"dev","name":"D"}"#.to_owned()),
        (
            Method::Post,
            "/api/v1/projects/p/memberships",
            r#"{"emails":["a@example.com"],"roleSlugs":["member"]}"#.to_owned(),
        ),
    ]
    .into_iter()
    .map(|(method, path, body)| change::read(Generation::V4, method, path, &body).expect("a change of the table"))
    .collect()
}
