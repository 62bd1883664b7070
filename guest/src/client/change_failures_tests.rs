use super::*;
use crate::client::requests::Located;
use crate::guard::grammar::{FolderPath, Word};
use crate::guard::validated_change::Kind;
use crate::testing::{PROJECT, answer, fault, ok};

fn at() -> Located {
    let word = |text: &str| Word::parse(text).unwrap();
    Located { project: word(PROJECT), environment: word("dev"), path: FolderPath::parse("/app").unwrap() }
}

fn classified(answer: Result<Answer, TransportError>) -> Sent {
    classify(answer, Kind::UpdateSecret, Asked::Secret(&at(), "KEY"))
}

/// Summarises an outcome in one word.
fn short(sent: Sent) -> String {
    match sent {
        Sent::Done => "done".to_owned(),
        Sent::Waits(id) => ["waits ", &id].concat(),
        Sent::Unsure => "unsure".to_owned(),
        Sent::Failed(error) => match error {
            Error::NotFound(missing) => ["no ", &missing.kind].concat(),
            Error::Denied(text) | Error::Unauthenticated(text) => {
                assert!(text.contains("write identity"), "{text}");
                "denied".to_owned()
            }
            Error::RateLimited(_) => "limited".to_owned(),
            Error::Conflict(_) => "conflict".to_owned(),
            Error::Invalid(_) => "invalid".to_owned(),
            Error::UnexpectedAnswer(_) => "unexpected".to_owned(),
            Error::Unreachable(_) => "unreachable".to_owned(),
            Error::Refused(refusal) => format!("{:?}", refusal.layer),
            other => panic!("{other:?}"),
        },
    }
}

#[test]
fn only_infisicals_answer_makes_a_change_done_or_waiting() {
    for (answer, expected) in [
        (ok(r#"{"secret":{"id":"1"}}"#), "done"),
        (ok(r#"{"approval":{"id":"a-1"}}"#), "waits a-1"),
        (ok("{}"), "unsure"),
        (ok("<html>"), "unsure"),
        (ok(r#"{"folder":{}}"#), "unsure"),
        (Answer { content_type: None, ..ok(r#"{"secret":{}}"#) }, "unsure"),
        (answer(302, "{}"), "unsure"),
        (answer(100, "{}"), "unsure"),
    ] {
        assert_eq!(short(classified(Ok(answer.clone()))), expected, "{answer:?}");
    }
}

#[test]
fn refusal_is_failure_from_infisical_and_unsure_from_others() {
    for (status, error, message, expected) in [
        (400, "BadRequest", "Secret already exist", "conflict"),
        (400, "BadRequest", "Secret already exists", "conflict"),
        (400, "BadRequest", "Secret with the new name already exists", "conflict"),
        (400, "UpdateFolder", "Folder with specified name already exists", "conflict"),
        (400, "BadRequest", "Folder is not empty", "conflict"),
        (400, "BadRequest", "something", "invalid"),
        (422, "ValidationFailure", "Secret name cannot contain colon or forward slash.", "invalid"),
        (422, "ValidationFailure", "Invalid folder name. Only ...", "invalid"),
        (401, "ValidationFailure", "", "invalid"),
        (401, "UnauthorizedError", "", "denied"),
        (403, "TokenError", "", "denied"),
        (403, "PermissionDenied", "You are not allowed to create on secrets", "denied"),
        (403, "Identity is not a member of", "", "denied"),
        (404, "NotFound", "Tag not found. Found ...", "no tag"),
        (404, "NotFound", "One or more tags not found", "no tag"),
        (404, "NotFound", "Secret with name KEY not found", "no secret"),
        (404, "DeleteSecret", "Secret with name 'KEY' not found", "no secret"),
        (404, "NotFound", "One or more secrets does not exist: B1", "no secret"),
        (404, "UpdateFolder", "Folder with ID 'x' not found", "no folder"),
        (404, "NotFound", "Failed to delete folder with ID 'nope', not found", "no folder"),
        (404, "CreateSecret", "Folder with path '/no' in environment with slug 'dev' not found", "no folder"),
        (404, "Not Found", "Route PATCH:/api/v4/secrets/KEY not found", "unexpected"),
        (429, "RateLimitExceeded", "", "limited"),
        (400, "nginx", "Secret already exist", "unsure"),
        (403, "", "", "unsure"),
        (404, "cloud", "", "unsure"),
        (408, "BadRequest", "", "unsure"),
        (500, "InternalServerError", "Something went wrong", "unsure"),
        (500, "Failed to find project", "", "unsure"),
        (502, "", "", "unsure"),
        (503, "BadRequest", "", "unsure"),
        (504, "", "", "unsure"),
    ] {
        assert_eq!(short(classified(Ok(fault(status, error, message)))), expected, "{status} {error} {message}");
    }
    assert_eq!(short(classified(Ok(answer(400, "<html>")))), "unsure");
}

#[test]
fn unsent_change_is_failed_and_maybe_sent_one_is_unsure() {
    for (error, expected) in [
        (TransportError::Refused, "Layer::Egress"),
        (TransportError::Unreachable, "unreachable"),
        (TransportError::Tls, "unreachable"),
        (TransportError::TimedOut, "unsure"),
        (TransportError::CutShort, "unsure"),
        (TransportError::TooLarge, "unsure"),
        (TransportError::BadAnswer, "unsure"),
    ] {
        assert_eq!(short(classified(Err(error))), expected, "{error:?}");
    }
}
