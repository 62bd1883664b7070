use super::*;
use crate::client::known_texts;
use crate::guard::grammar::FolderPath;
use crate::testing::{PROJECT, answer, fault, ok};

fn located() -> Located {
    Located {
        project: Word::parse(PROJECT).unwrap(),
        environment: Word::parse("dev").unwrap(),
        path: FolderPath::parse("/app").unwrap(),
    }
}

/// Summarises the failure of a request for one secret.
fn short(answer: &Answer) -> String {
    match from_answer(answer, Asked::Secret(&located(), "KEY")) {
        Error::NotFound(missing) => format!("no {} {}", missing.kind, missing.name),
        Error::Denied(_) => "denied".to_owned(),
        Error::Unauthenticated(_) => "unauthenticated".to_owned(),
        Error::RateLimited(seconds) => format!("limited {seconds:?}"),
        Error::Invalid(_) => "invalid".to_owned(),
        Error::TimedOut => "timed out".to_owned(),
        Error::ServerFailed(status) => format!("failed {status}"),
        Error::UnexpectedAnswer(_) => "unexpected".to_owned(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_failure_of_a_server_is_one_of_the_closed_set() {
    for (status, error, message, expected) in [
        (400, "BadRequest", "Missing workspace id or environment", "invalid"),
        (401, "UnauthorizedError", "Token missing", "unauthenticated"),
        (401, "ValidationFailure", "", "invalid"),
        (403, "TokenError", "Your token has expired. Please re-authenticate.", "unauthenticated"),
        (403, "PermissionDenied", "You are not allowed to read on secrets", "denied"),
        (403, "Identity is not a member of the specified project", "You are not allowed", "denied"),
        (403, "Forbidden access to /api/v1/workspace", "", "denied"),
        (403, "PolicyViolationError", "", "denied"),
        (403, "ForbiddenError", "You do not have permission to view secret value on secret with name 'X'", "denied"),
        (404, "NotFound", "Secret with name 'KEY' not found", "no secret KEY"),
        (404, "NotFound", "Secret not found", "no secret KEY"),
        (404, "GetSecretByName", "Folder with path '/app' in environment with slug 'dev' not found", "no folder /app"),
        (404, "SecretPathNotFound", "", "no folder /app"),
        (404, "GetSecretByName", "", "no folder /app"),
        (404, "NotFound", "Project with ID 'x' not found during bot lookup", "no project PROJECT"),
        (404, "NotFound", "Environment with slug 'dev' not found", "no environment dev"),
        (404, "NotFound", "Something else", "no secret KEY"),
        (404, "Not Found", "Route GET:/api/v4/secrets/KEY not found", "unexpected"),
        (404, "Not Found", "nginx", "unexpected"),
        (404, "", "", "unexpected"),
        (408, "", "", "timed out"),
        (410, "GoneError", "", "no secret KEY"),
        (422, "ValidationFailure", "", "invalid"),
        (429, "RateLimitExceeded", "", "limited None"),
        (500, "InternalServerError", "Something went wrong", "failed 500"),
        (500, "Failed to find project by id", "Something went wrong", "no project PROJECT"),
        (500, "Find by secret path", "Something went wrong", "invalid"),
        (502, "", "", "failed 502"),
        (504, "", "", "failed 504"),
        (599, "", "", "failed 599"),
        (301, "", "", "unexpected"),
        (307, "", "", "unexpected"),
        (100, "", "", "unexpected"),
        (405, "", "", "unexpected"),
        (407, "", "", "unexpected"),
        (418, "", "", "unexpected"),
        (600, "", "", "unexpected"),
    ] {
        let expected = expected.replace("PROJECT", PROJECT);
        assert_eq!(short(&fault(status, error, message)), expected, "{status} {error} {message}");
    }
}

#[test]
fn classifies_fault_list_by_its_error() {
    let body = r#"{"statusCode":401,"error":"ValidationFailure","message":[{"code":"x","path":["recursive"]}]}"#;
    assert_eq!(short(&answer(401, body)), "invalid");
    assert_eq!(short(&answer(401, r#"{"error":{"a":1},"message":null}"#)), "unexpected");
}

#[test]
fn an_error_that_cant_be_read_counts_by_its_status() {
    for body in ["", "<html>", "[]", "{\"error\":", "\u{feff}{}", "{}"] {
        // Something other than Infisical refuses here, so neither the identity nor its role is at
        // fault.
        for status in [400, 401, 403, 404, 405, 409, 410, 422] {
            assert_eq!(short(&answer(status, body)), "unexpected", "{status} {body}");
        }
        for status in [413, 414, 431] {
            assert_eq!(short(&answer(status, body)), "invalid", "{status} {body}");
        }
        assert_eq!(short(&answer(429, body)), "limited None", "{body}");
        assert_eq!(short(&answer(500, body)), "failed 500", "{body}");
    }
}

#[test]
fn no_text_of_the_servers_gets_into_an_error() {
    let located = located();
    for status in 300..=599 {
        for error in known_texts::all() {
            let answer = fault(status, &format!("{error} CANARY"), "Route GET:/CANARY");
            let failure = from_answer(&answer, Asked::Secret(&located, "KEY"));
            assert!(!format!("{failure:?}").contains("CANARY"), "{failure:?}");
        }
    }
}

#[test]
fn reads_retry_after_only_as_seconds_up_to_a_day() {
    for (text, wait) in [
        ("0", Some(0)),
        ("59", Some(59)),
        ("86400", Some(86_400)),
        ("86401", None),
        ("99999999999999999999", None),
        ("", None),
        ("-1", None),
        ("+1", None),
        ("1.5", None),
        (" 1", None),
        ("1 s", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
    ] {
        let limited = Answer { retry_after: Some(text.to_owned()), ..answer(429, "{}") };
        assert_eq!(from_answer(&limited, Asked::Projects), Error::RateLimited(wait), "{text:?}");
    }
}

#[test]
fn an_answer_is_json_only_if_it_says_so() {
    for (text, json) in [
        (Some("application/json"), true),
        (Some("Application/JSON"), true),
        (Some("application/json; charset=utf-8"), true),
        (Some("application/json ;x"), true),
        (Some("application/jsonx"), false),
        (Some("application/problem+json"), false),
        (Some("text/html"), false),
        (Some("text/html; application/json"), false),
        (Some(""), false),
        (None, false),
    ] {
        let answer = Answer { content_type: text.map(str::to_owned), ..ok("{}") };
        assert_eq!(is_json(&answer), json, "{text:?}");
    }
}

#[test]
fn names_missing_thing_as_requested_and_escaped() {
    let located = located();
    let Error::NotFound(missing) = not_found(Asked::Secret(&located, "a\u{202e}b")) else { panic!() };
    assert_eq!((missing.kind.as_str(), missing.name.as_str()), ("secret", r"a\u{202e}b"));
    let org = Word::parse("org").unwrap();
    let Error::NotFound(missing) = not_found(Asked::ProjectsOf(&org)) else { panic!() };
    assert_eq!((missing.kind.as_str(), missing.name.as_str()), ("organization", "org"));
    assert!(missing.remedy.contains("INFISICAL_ORG_ID"));
    let root = Located { path: FolderPath::parse("/").unwrap(), ..located };
    let Error::NotFound(missing) = not_found(Asked::Folder(&root)) else { panic!() };
    assert_eq!(
        (missing.kind.as_str(), missing.name.as_str()),
        ("environment", "dev"),
        "every environment has a root, so the environment is missing"
    );
    assert!(matches!(not_found(Asked::Projects), Error::UnexpectedAnswer(_)));
}

#[test]
fn a_broken_transport_is_one_of_the_closed_set_too() {
    assert!(
        matches!(from_transport(TransportError::Refused), Error::Refused(refusal) if refusal.layer == Layer::Egress)
    );
    assert!(matches!(from_transport(TransportError::Unreachable), Error::Unreachable(_)));
    assert!(matches!(from_transport(TransportError::CutShort), Error::Unreachable(_)));
    assert!(matches!(from_transport(TransportError::Tls), Error::Unreachable(_)));
    assert!(matches!(from_transport(TransportError::TimedOut), Error::TimedOut));
    assert!(matches!(from_transport(TransportError::TooLarge), Error::TooLarge(_)));
    assert!(matches!(from_transport(TransportError::BadAnswer), Error::UnexpectedAnswer(_)));
}

/// The whole text of a failure.
fn said(answer: &Answer, asked: Asked<'_>) -> String {
    format!("{:?}", from_answer(answer, asked))
}

#[test]
fn distinguishes_fixable_failures_of_the_same_status() {
    let (at, project) = (located(), Word::parse(PROJECT).unwrap());
    let of_secret = |answer: &Answer| said(answer, Asked::Secret(&at, "KEY"));
    for (answer, words) in [
        (answer(302, ""), "redirects aren't followed"),
        (fault(403, "Identity is not a member of the specified project", ""), "isn't a member of this project"),
        (fault(404, "Not Found", "Route GET:/x not found"), "doesn't know this route"),
        (fault(404, "Not Found", "nginx"), "doesn't have Infisical's form"),
        (fault(400, "BadRequest", "Environment with slug 'dev' already exist"), "The slug is taken"),
        (fault(400, "BadRequest", "A project with the slug 'x' already exists"), "The slug is taken"),
        (fault(400, "BadRequest", "Secret name cannot contain colons"), "doesn't accept this name"),
        (fault(400, "BadRequest", "Invalid folder name. Only"), "doesn't accept this name"),
        (fault(400, "BadRequest", "Something else"), "Check the secret's name"),
    ] {
        assert!(of_secret(&answer).contains(words), "{words}: {}", of_secret(&answer));
    }
    let denied = fault(403, "PermissionDenied", "You are not allowed");
    assert!(said(&denied, Asked::AuditLogs(&project)).contains("audit logs"));
    assert!(!of_secret(&denied).contains("audit logs"));
    // The error for a missing tag doesn't name the secret or the folder.
    let tag = fault(404, "NotFound", "One or more tags not found");
    let Error::NotFound(missing) = from_answer(&tag, Asked::Secret(&at, "KEY")) else { panic!() };
    assert_eq!((missing.kind.as_str(), missing.name.as_str()), ("tag", ""));
}
