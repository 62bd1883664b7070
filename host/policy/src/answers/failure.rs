//! Answers that say no. A server's text can echo queries, rules and worse, so none of it gets in: only which of the known texts it
//! begins with.

use super::fields::Object;
use super::known::{Known, KnownText};
use super::{MAX_DEPTH, depth};
use crate::headers::is_json;
use serde::Deserialize;

/// What `error` may begin with.
#[derive(Debug, Default)]
struct Errors;

impl Known for Errors {
    const TEXTS: &[&str] = &[
        "BadRequest",
        "NotFound",
        "Not Found",
        "UnauthorizedError",
        "TokenError",
        "PermissionDenied",
        "ForbiddenError",
        "ValidationFailure",
        "RateLimitExceeded",
        "RateLimitError",
        "SecretPathNotFound",
        "GetSecretByName",
        "InternalServerError",
        "Identity is not a member",
        "Forbidden access to",
        "Failed to find project",
        "Find by secret path",
        "PolicyViolationError",
        "CreateFolder",
        "UpdateFolder",
        "CreateEnvironment",
        // An older server's, of secrets that aren't there and folders that aren't.
        "CreateSecret",
        "UpdateSecret",
        "DeleteSecret",
        "DeleteManySecret",
    ];
}

/// What `message` may begin with.
#[derive(Debug, Default)]
struct Messages;

impl Known for Messages {
    const TEXTS: &[&str] = &[
        "Secret with name",
        "Secret not found",
        "Folder with path",
        "Project with ID",
        "A project with the slug",
        "Project not found",
        "Environment with slug",
        "Route GET:",
        "Missing workspace id or environment",
        "Missing project id or environment",
        "You do not have permission to view secret value",
        "Secret already exist",
        "Secret with the new name already exists",
        "Folder with specified name already exists",
        "Folder is not empty",
        "Folder with ID",
        "Failed to delete folder with ID",
        "One or more secrets does not exist",
        "Tag not found",
        "One or more tags not found",
        "Secret name cannot contain",
        "Invalid folder name",
        "Route POST:",
        "Route PATCH:",
        "Route DELETE:",
    ];
}

/// The largest failure that is read, in bytes. Infisical's are a few hundred; those that list faults, a few thousand.
const MAX_BODY: usize = 64 * 1024;

/// What is understood of an answer with a status of 400 or above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// The HTTP status.
    pub status: u16,
    error: &'static str,
    message: &'static str,
}

/// Reads an answer with a status of 400 or above. Anything is understood, if only by its status.
#[must_use]
pub fn failure(status: u16, content_type: Option<&str>, body: &[u8]) -> Failure {
    #[derive(Deserialize)]
    struct Body {
        #[serde(default)]
        error: KnownText<Errors>,
        #[serde(default)]
        message: KnownText<Messages>,
    }

    let readable = body.len() <= MAX_BODY && content_type.is_some_and(is_json) && !depth::exceeds(body, MAX_DEPTH);
    let parsed: Option<Object<Body>> = if readable { serde_json::from_slice(body).ok() } else { None };
    let (error, message) = parsed.map(|Object(body)| (body.error.text, body.message.text)).unwrap_or_default();
    Failure { status, error, message }
}

/// Infisical's own name for a request, which current servers put into what says no: `req-` and letters, digits, `-` or `_`. Worth keeping for whoever
/// looks into the server's log. Anything else isn't one.
#[must_use]
pub fn request_id(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body {
        req_id: String,
    }

    if body.len() > MAX_BODY || depth::exceeds(body, MAX_DEPTH) {
        return None;
    }
    let Object(Body { req_id }) = serde_json::from_slice(body).ok()?;
    let name = req_id.strip_prefix("req-")?;
    let fits = (1..=40).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    fits.then_some(req_id)
}

impl Failure {
    /// Whether the server no longer takes the token: the one case for logging in anew. A lack of permission is none.
    #[must_use]
    pub fn wants_login(&self) -> bool {
        matches!((self.status, self.error), (401, "UnauthorizedError") | (403, "TokenError"))
    }

    /// Whether the server hasn't got the route at all, which tells the generations apart. A secret that is missing is not that.
    #[must_use]
    pub fn is_unknown_route(&self) -> bool {
        self.status == 404 && self.error == "Not Found" && self.message.starts_with("Route ")
    }

    /// Whether it is in the form that Infisical gives its failures: the `error` is one of the known ones.
    #[must_use]
    pub fn is_from_infisical(&self) -> bool {
        !self.error.is_empty()
    }

    /// The body that the component gets.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        serde_json::json!({ "statusCode": self.status, "error": self.error, "message": self.message })
            .to_string()
            .into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: Option<&str> = Some("application/json; charset=utf-8");

    fn body(failure: &Failure) -> String {
        String::from_utf8(failure.body()).unwrap()
    }

    #[test]
    fn nothing_of_the_servers_own_text_gets_in() {
        let answer = br#"{"statusCode":404,"message":"Route GET:/api/v4/secrets?secretValue=hunter2 not found","error":"Not Found","details":["hunter2"]}"#;
        let failure = failure(404, JSON, answer);
        assert!(failure.is_unknown_route());
        assert_eq!(body(&failure), r#"{"error":"Not Found","message":"Route GET:","statusCode":404}"#);
    }

    #[test]
    fn a_slug_that_is_taken_is_told_without_the_slug() {
        for (error, message, known) in [
            (
                "BadRequest",
                "A project with the slug \"hunter2\" already exists in your organization.",
                "A project with the slug",
            ),
            ("CreateEnvironment", "Environment with slug already exist", "Environment with slug"),
        ] {
            let answer = serde_json::json!({ "statusCode": 400, "error": error, "message": message }).to_string();
            let failure = failure(400, JSON, answer.as_bytes());
            assert!(failure.is_from_infisical());
            assert_eq!(body(&failure), format!(r#"{{"error":"{error}","message":"{known}","statusCode":400}}"#));
        }
    }

    #[test]
    fn a_requests_name_is_taken_in_its_own_form_alone() {
        let of = |id: serde_json::Value| {
            request_id(serde_json::json!({ "reqId": id, "statusCode": 404 }).to_string().as_bytes())
        };
        assert_eq!(of("req-Ab3_x-9".into()).as_deref(), Some("req-Ab3_x-9"));
        let long = format!("req-{}", "a".repeat(41));
        for id in ["", "req-", "hunter2", "req-a b", "req-a\nb", "req-é", &long] {
            assert_eq!(of(id.into()), None, "{id}");
        }
        assert_eq!(of(5.into()), None);
        assert_eq!(request_id("[".repeat(100_000).as_bytes()), None);
        let padded = |length: usize| format!(r#"{{"reqId":"req-a"}}{}"#, " ".repeat(length - 17));
        assert_eq!(request_id(padded(65_536).as_bytes()).as_deref(), Some("req-a"));
        assert_eq!(request_id(padded(65_537).as_bytes()), None, "too long");
        let deep = format!(r#"{{"x":{}{},"reqId":"req-a"}}"#, "[".repeat(40), "]".repeat(40));
        assert_eq!(request_id(deep.as_bytes()), None, "too deep");
        assert_eq!(request_id(b""), None);
    }

    #[test]
    fn only_an_expired_or_revoked_token_is_a_reason_to_log_in() {
        for (status, error, login) in [
            (401, "UnauthorizedError", true),
            (403, "TokenError", true),
            (403, "PermissionDenied", false),
            (401, "ValidationFailure", false),
            (403, "Identity is not a member of the specified project with ID 'p'", false),
            (403, "Forbidden access to /api/v1/workspace", false),
            (500, "UnauthorizedError", false),
            (401, "", false),
        ] {
            let answer = serde_json::json!({ "statusCode": status, "error": error, "message": "x" }).to_string();
            assert_eq!(failure(status, JSON, answer.as_bytes()).wants_login(), login, "{status} {error}");
        }
    }

    #[test]
    fn a_missing_secret_does_not_look_like_a_missing_route() {
        let answer = br#"{"statusCode":404,"message":"Secret with name 'Route GET:' not found","error":"NotFound"}"#;
        assert!(!failure(404, JSON, answer).is_unknown_route());
        assert!(!failure(404, Some("text/html"), b"Route GET:").is_unknown_route());
        let of = |status: u16, error: &str, message: &str| {
            let answer = serde_json::json!({ "statusCode": status, "error": error, "message": message }).to_string();
            failure(status, JSON, answer.as_bytes()).is_unknown_route()
        };
        assert!(of(404, "Not Found", "Route GET:/api/v4/secrets not found"));
        for (status, error, message) in [
            (400, "Not Found", "Route GET:/api/v4/secrets not found"),
            (404, "NotFound", "Route GET:/api/v4/secrets not found"),
            (404, "Not Found", "Folder with path '/' not found"),
            (404, "Not Found", "Something else"),
        ] {
            assert!(!of(status, error, message), "{status} {error} {message}");
        }
    }

    #[test]
    fn only_json_of_a_failures_size_and_depth_is_read() {
        let answer = br#"{"statusCode":403,"error":"TokenError","message":"x"}"#;
        let padded = |length: usize| [answer.as_slice(), &b" ".repeat(length - answer.len())].concat();
        let deep = [br#"{"error":"TokenError","x":"#.as_slice(), &b"[".repeat(40), &b"]".repeat(40), b"}"].concat();
        let is_read = |content_type: Option<&str>, body: &[u8]| failure(403, content_type, body).is_from_infisical();
        assert!(is_read(JSON, answer) && is_read(JSON, &padded(65_536)));
        assert!(!is_read(JSON, &padded(65_537)), "too long");
        assert!(!is_read(JSON, &deep), "too deep");
        assert!(!is_read(Some("text/html"), answer) && !is_read(None, answer), "not JSON by its own word");
        assert!(!is_read(JSON, br#"{"statusCode":403,"error":"Something","message":"x"}"#), "not a known one");
    }

    #[test]
    fn any_body_is_understood_if_only_by_its_status() {
        let deep = "[".repeat(100_000);
        for answer in
            ["", "<html>", "null", "[]", "{\"error\":5}", "{\"message\":[{}],\"error\":null}", "\u{feff}{}", &deep]
        {
            assert_eq!(body(&failure(502, JSON, answer.as_bytes())), r#"{"error":"","message":"","statusCode":502}"#);
        }
    }
}
