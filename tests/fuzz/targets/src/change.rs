//! Whatever a component would change: a request that is spelled as we would spell it, or a refusal. And whatever a server answers to it: no
//! planted value comes in.
//!
//! The input is lines: method, path, body; what follows is an answer. Fields that may be seen are the server's to fill: nothing is asked of those.

use infisical_skill_policy::answers::{self, ChangeAnswer};
use infisical_skill_policy::change::{self, Change, Method, acknowledgement, reading};
use infisical_skill_policy::plan::{self, Folders};
use infisical_skill_policy::{Generation, Scopes};
use serde_json::Value;

const CANARY: &str = "CANARY";

const PARTS: [&str; 11] = [
    "secret",
    "secrets",
    "imports",
    "folder",
    "approval",
    "tags",
    "actor",
    "version",
    "secretValueHidden",
    "project",
    "memberships",
];
const TEXTS: [&str; 11] = [
    "id",
    "secretKey",
    "secretPath",
    "environment",
    "type",
    "createdAt",
    "updatedAt",
    "slug",
    "actorType",
    "name",
    "actorId",
];
const MASKED: [&str; 3] = ["secretComment", "secretReminderNote", "secretMetadata"];

/// Only the fields of docs/routes.md, and no planted text but where the server itself says a name.
fn check_answer(value: &Value) {
    match value {
        Value::Array(items) => items.iter().for_each(check_answer),
        Value::Object(fields) => {
            for (key, value) in fields {
                match key.as_str() {
                    key if PARTS.contains(&key) => check_answer(value),
                    // A secret's is its slug; a new one has fields.
                    "environment" if value.is_object() => check_answer(value),
                    key if TEXTS.contains(&key) => assert!(value.is_string(), "{key}"),
                    key => assert!(MASKED.contains(&key) && value == "<hidden>", "{key}"),
                }
            }
        }
        Value::String(text) => assert!(!text.contains(CANARY)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A plan of this change alone is kept with the phrase that follows from it, and with no other.
fn check_plan(generation: Generation, change: &Change) {
    let mut folders = Folders::default();
    let name = change.folder_id().zip(change.place()).map(|(id, place)| {
        folders.note(place, None, id.as_str(), "a folder\u{202e}");
        "a folder\u{202e}"
    });
    let phrase = acknowledgement::phrase(generation, std::slice::from_ref(change), 1, |_| name);
    let check = |phrase: Option<&str>| {
        let requests = vec![change.request(generation)];
        let scopes = Scopes::everything().with_administration(true);
        plan::check(generation, &scopes, &folders, (1, 1), requests, phrase)
    };
    let is_administrative = change.place().is_none();
    assert_eq!(Scopes::everything().check_change(change).is_err(), is_administrative);
    let kept = check(phrase.as_deref()).expect("what is read can be planned");
    assert!(kept.readings == [reading::reading(change, name)] && kept.acknowledge == phrase);
    let is_many = matches!(change, Change::InviteMembers { emails, .. } if emails.len() > 1);
    assert!(kept.target.is_ascii() && kept.target.contains(char::is_whitespace) == is_many);
    assert!(kept.acknowledge.is_some() || !is_administrative);
    assert!(check(Some("x")).is_err() && check(None).is_ok() == phrase.is_none());
}

/// Names, titles and paths may have a mask in them: values and comments may not.
fn may_speak_of_masks(change: &Change) -> bool {
    let name = match change {
        Change::DeleteSecretByKey { key, .. } => key.as_str(),
        Change::CreateProject { name, .. } | Change::CreateEnvironment { name, .. } => name.as_str(),
        _ => "",
    };
    name.contains("<hidden") || change.place().is_some_and(|place| place.path.as_str().contains("<hidden"))
}

/// Holds the invariant above for one input.
pub fn target(bytes: &[u8]) {
    let Ok(input) = std::str::from_utf8(bytes) else { return };
    let mut lines = input.splitn(4, '\n');
    let (method, path, body) = (lines.next(), lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let Some(method) = method.and_then(Method::named) else { return };
    let answer = lines.next().unwrap_or_default();
    let read = |generation| change::read(generation, method, path, body).ok();
    assert!(read(Generation::V3).is_none() || read(Generation::V4).is_none(), "of two generations");
    for generation in [Generation::V3, Generation::V4] {
        let Some(change) = read(generation) else { continue };
        let request = change.request(generation);
        assert!(request.method == method && request.path == path && *request.body == body);
        assert!(path.is_ascii() && path.starts_with("/api/v") && !path.contains("//") && !path.contains("/../"));
        assert!(!path.ends_with("/..") && !path.contains(['?', '#', '\\', ';', ' ']));
        assert!(!body.contains(|c: char| c < ' '), "a control character as itself");
        let is_mask = body.contains("<hidden>") || body.contains("<hidden-by-infisical>");
        assert!(!is_mask || may_speak_of_masks(&change), "a mask would be written");
        let line = reading::reading(&change, None);
        assert!(!line.chars().any(char::is_control) && line.lines().count() == 1);
        let phrase = acknowledgement::phrase(generation, std::slice::from_ref(&change), 1, |_| None);
        assert!(phrase.is_some() || !change.name().starts_with("delete"));
        assert!(phrase.is_none_or(|phrase| phrase.bytes().all(|byte| (b' '..=b'~').contains(&byte))));
        check_plan(generation, &change);
        if let Ok((kind, written)) = answers::changed(&change, answer.as_bytes()) {
            let written: Value = serde_json::from_slice(&written).expect("what is written is JSON");
            assert_eq!(kind == ChangeAnswer::WaitsForApproval, written.get("approval").is_some());
            check_answer(&written);
        }
    }
}
