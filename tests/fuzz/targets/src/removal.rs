//! Value removal: whatever a server answers, in any shape and with any escapes, the rewritten
//! answer contains nothing hidden, and neither does a refusal's text. Only a reveal lets a value
//! through, and only the requested one.
//!
//! The input is a line that selects the characters written as escapes, then an answer: JSON, or
//! bytes to build it from.

use crate::json::Json;
use crate::plant::{CANARY, assert_clean};
use crate::shape::{assert_is, of_change, of_read};
use crate::table::{changes, operations};
use infisical_skill_policy::answers::ChangeAnswer;
use infisical_skill_policy::{Operation, Scopes, answers};
use serde_json::Value;
use std::collections::BTreeSet;

/// Checks the invariant above for one input.
pub fn target(bytes: &[u8]) {
    run(bytes);
}

/// Runs one input. Returns the requests whose answer it was accepted as.
fn run(bytes: &[u8]) -> BTreeSet<String> {
    let mut taken = BTreeSet::new();
    let (escapes, body) = bytes.split_at(bytes.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1));
    let mut planted = Json::from_bytes(body);
    planted.plant();
    let answer = planted.write(escapes);
    let scopes = Scopes::everything();
    for operation in operations() {
        let written = match answers::rewrite(&operation, &scopes, answer.as_bytes()) {
            Ok(written) => written,
            Err(refusal) => {
                assert_clean(format!("{refusal} {refusal:?}").as_bytes());
                continue;
            }
        };
        taken.insert(operation.name().to_owned());
        assert_is(&written, of_read(&operation));
        if let Operation::RevealSecret { .. } = operation {
            assert_clean(without_value(&planted, &written).as_bytes());
        } else {
            assert_clean(&written);
        }
        let again = answers::rewrite(&operation, &scopes, &written);
        assert_eq!(again.as_ref(), Ok(&written), "what was written is written the same again");
    }
    for (api_version, change) in changes(CANARY) {
        match answers::changed(&change, answer.as_bytes()) {
            Ok((kind, written)) => {
                assert_clean(&written);
                assert_is(&written, of_change(&change, kind));
                let waits = if kind == ChangeAnswer::WaitsForApproval { " waits" } else { "" };
                taken.insert(format!("{api_version:?} {}{waits}", change.name()));
            }
            Err(refusal) => assert_clean(format!("{refusal} {refusal:?}").as_bytes()),
        }
    }
    for content_type in [Some("application/json"), Some("text/html"), None] {
        let failure = answers::failure(422, content_type, answer.as_bytes());
        assert_clean(&failure.body());
        assert_clean(format!("{failure:?}").as_bytes());
    }
    taken
}

/// Checks the revealed value against the answer and returns the rest.
fn without_value(planted: &Json, written: &[u8]) -> String {
    let mut written: Value = serde_json::from_slice(written).expect("what is written is JSON");
    let revealed = written["secret"].as_object_mut().and_then(|secret| secret.remove("secretValue"));
    let sent = planted.get("secret").and_then(|secret| secret.get("secretValue"));
    match (revealed, sent) {
        (Some(Value::String(value)), Some(Json::Text(sent))) => {
            assert!(value.ends_with(CANARY), "a value of something other than the secret");
            assert_eq!(&value, sent);
        }
        (None, None | Some(Json::Atom(_))) => {}
        (revealed, sent) => panic!("{revealed:?} was revealed, but {sent:?} was sent"),
    }
    written.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! taken {
        ($($seed:literal),+) => {
            [$(($seed, run(include_bytes!(concat!("../../seeds/removal/", $seed))))),+]
        };
    }

    #[test]
    fn seeds_cover_every_read_and_change_of_both_api_versions() {
        let taken = taken!(
            "one-escaped",
            "list",
            "imports",
            "by-key",
            "folders",
            "changed",
            "projects",
            "project",
            "bare",
            "tags",
            "audit-logs",
            "administration",
            "waits"
        );
        for (seed, taken) in &taken {
            assert!(!taken.is_empty(), "{seed} is an answer to nothing");
        }
        let taken: BTreeSet<String> = taken.into_iter().flat_map(|(_, taken)| taken).collect();
        let mut expected: BTreeSet<String> = operations().iter().map(|it| it.name().to_owned()).collect();
        expected.extend(changes("x").iter().map(|(api_version, change)| format!("{api_version:?} {}", change.name())));
        for kind in ["create", "update", "delete"] {
            expected.extend(["V3", "V4"].map(|api_version| format!("{api_version} {kind} secret waits")));
        }
        assert_eq!(taken, expected);
    }
}
