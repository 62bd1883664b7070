//! Changes that a component requests. The target either refuses a change or accepts it. An accepted
//! change has canonical spelling, is planned under exactly one confirmation phrase, and is
//! described in one plainly visible line. That line doesn't depend on the value or the comment. The
//! answer to it, whatever the server sends, has the shape in docs/routes.md.
//!
//! The input consists of lines: method, path, body. The rest is an answer.

use crate::shape::{assert_is, of_change};
use crate::visible::assert_visible;
use infisical_skill_policy::answers::{self, AnswerRefusal, ChangeAnswer};
use infisical_skill_policy::change::value::ValueRefusal;
use infisical_skill_policy::change::{self, ChangeRefusal, Method, ParsedChange, acknowledgement, describe};
use infisical_skill_policy::exposure::Exposure;
use infisical_skill_policy::plan::{self, Checked, Folders};
use infisical_skill_policy::{ApiVersion, Scopes};
use serde_json::Value;

/// Prefixes of values and comments: two that differ in text and length.
const CANARIES: [&str; 2] = ["CANARY", "QZQZQZQZQZQZQZQZ"];

/// Checks that a plan of this change alone is accepted with its own confirmation phrase and with no
/// other. Returns the plan.
fn check_plan(api_version: ApiVersion, change: &ParsedChange) -> Checked {
    let mut folders = Folders::default();
    let name = change.folder_id().zip(change.place()).map(|(id, place)| {
        folders.note(place, None, id.as_str(), "a folder\u{202e}");
        "a folder\u{202e}"
    });
    let phrase = acknowledgement::phrase(api_version, std::slice::from_ref(change), 1, |_| name);
    let check = |phrase: Option<&str>| {
        let requests = vec![change.request(api_version)];
        let scopes = Scopes::everything().with_administration(true);
        plan::check(
            api_version,
            &Exposure { scopes: &scopes, ..Exposure::unlimited() },
            &folders,
            (1, 1),
            requests,
            phrase,
        )
    };
    let is_administrative = change.place().is_none();
    assert_eq!(Scopes::everything().check_change(change).is_err(), is_administrative);
    let kept = check(phrase.as_deref()).expect("what is read can be planned");
    assert!(kept.readings == [describe::describe(change, name)] && kept.acknowledge == phrase);
    let is_many = matches!(change, ParsedChange::InviteMembers { emails, .. } if emails.len() > 1);
    assert!(kept.target.is_ascii() && kept.target.contains(char::is_whitespace) == is_many);
    assert!(kept.acknowledge.is_some() || !is_administrative);
    assert!(check(Some("x")).is_err() && check(None).is_ok() == phrase.is_none());
    kept.readings.iter().for_each(|line| assert_one_line(line));
    kept
}

fn assert_one_line(line: &str) {
    assert_visible(line);
    assert!(!line.contains('\n') && !line.is_empty(), "{line:?} isn't one line");
}

/// Checks that no description of a change depends on its value or comment.
fn check_hides_values(api_version: ApiVersion, method: Method, path: &str, body: &str) {
    // Names and paths may be described, so skip inputs that have a canary in them.
    if CANARIES.iter().any(|canary| path.contains(canary) || body.contains(canary)) {
        return;
    }
    let said = CANARIES.map(|canary| {
        // Quotes inside texts are escaped, so this pattern matches the fields only.
        let value = format!(r#""secretValue":"{canary}"#);
        let comment = format!(r#""secretComment":"{canary}"#);
        let planted = body.replace(r#""secretValue":""#, &value).replace(r#""secretComment":""#, &comment);
        let change = match change::parse(api_version, method, path, &planted) {
            Ok(change) => change,
            Err(ChangeRefusal::TooLong | ChangeRefusal::Value(ValueRefusal::TooLong)) => return None,
            Err(refusal) => panic!("refused with another value: {refusal}"),
        };
        let Checked { requests, readings, acknowledge, target, .. } = check_plan(api_version, &change);
        assert!(*requests[0].body == planted);
        let said = format!("{readings:?} {acknowledge:?} {target:?} {change:?} {requests:?}");
        assert!(!said.contains(canary), "the description contains a value: {said}");
        Some(said)
    });
    if let [Some(one), Some(other)] = said {
        assert_eq!(one, other, "the description depends on the value");
    }
}

/// True if a mask may occur in the change: in names, titles and paths, not in values and comments.
fn may_contain_mask(change: &ParsedChange) -> bool {
    let name = match change {
        ParsedChange::DeleteSecretByKey { key, .. } => key.as_str(),
        ParsedChange::CreateProject { name, .. } | ParsedChange::CreateEnvironment { name, .. } => name.as_str(),
        _ => "",
    };
    name.contains("<hidden") || change.place().is_some_and(|place| place.path.as_str().contains("<hidden"))
}

/// Checks the invariant above for one input.
pub fn target(bytes: &[u8]) {
    drop(run(bytes));
}

/// Runs one input. Returns the change and how the answer to it was interpreted.
fn run(bytes: &[u8]) -> Option<(ParsedChange, Result<ChangeAnswer, AnswerRefusal>)> {
    let input = std::str::from_utf8(bytes).ok()?;
    let mut lines = input.splitn(4, '\n');
    let (method, path, body) = (lines.next()?, lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let method = Method::named(method)?;
    let answer = lines.next().unwrap_or_default();
    let read = |api_version| change::parse(api_version, method, path, body).ok();
    assert!(read(ApiVersion::V3).is_none() || read(ApiVersion::V4).is_none(), "accepted by both API versions");
    let (api_version, change) = [ApiVersion::V3, ApiVersion::V4].into_iter().find_map(|it| Some((it, read(it)?)))?;
    let request = change.request(api_version);
    assert!(request.method == method && request.path == path && *request.body == body);
    assert!(path.is_ascii() && path.starts_with("/api/v") && !path.contains("//") && !path.contains("/../"));
    assert!(!path.ends_with("/..") && !path.contains(['?', '#', '\\', ';', ' ']));
    assert!(!body.contains(|c: char| c < ' '), "a control character as itself");
    let is_mask = body.contains("<hidden>") || body.contains("<hidden-by-infisical>");
    assert!(!is_mask || may_contain_mask(&change), "a mask would be written");
    assert_one_line(&describe::describe(&change, None));
    let phrase = acknowledgement::phrase(api_version, std::slice::from_ref(&change), 1, |_| None);
    assert!(phrase.is_some() || !change.name().starts_with("delete"));
    assert!(phrase.is_none_or(|phrase| phrase.bytes().all(|byte| (b' '..=b'~').contains(&byte))));
    check_plan(api_version, &change);
    check_hides_values(api_version, method, path, body);
    let taken = answers::changed(&change, answer.as_bytes()).map(|(kind, written)| {
        assert_is(&written, of_change(&change, kind));
        let written: Value = serde_json::from_slice(&written).expect("what is written is JSON");
        assert_eq!(kind == ChangeAnswer::WaitsForApproval, written.get("approval").is_some());
        kind
    });
    Some((change, taken))
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! read {
        ($($seed:literal),+) => {
            [$({
                let (change, taken) = run(include_bytes!(concat!("../../seeds/change/", $seed))).unwrap();
                format!("{}: {}, {taken:?}", $seed, change.name())
            }),+]
        };
    }

    #[test]
    fn seeds_have_changes_with_every_kind_of_answer() {
        assert_eq!(
            read!(
                "create",
                "update-old",
                "value-and-comment",
                "blank",
                "delete",
                "batch",
                "create-folder",
                "rename",
                "folder",
                "approval",
                "list-for-object"
            ),
            [
                "create: create secret, Ok(Done)",
                "update-old: update secret, Ok(Done)",
                "value-and-comment: update secret, Ok(Done)",
                "blank: update secret, Err(SomethingElse)",
                "delete: delete secret, Err(SomethingElse)",
                "batch: delete secret, Err(SomethingElse)",
                "create-folder: create folder, Ok(Done)",
                "rename: rename folder, Ok(Done)",
                "folder: delete folder, Ok(Done)",
                "approval: create secret, Ok(WaitsForApproval)",
                "list-for-object: create secret, Err(Malformed)",
            ]
        );
    }
}
