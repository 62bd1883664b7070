//! Error answers. A server's text can repeat queries, rules and worse, so none of it gets in. The
//! host only determines which of the known texts it begins with or contains.

use super::fields::Object;
use super::known::{Known, KnownText};
use super::{MAX_DEPTH, depth};
use crate::headers::is_json;
use serde::Deserialize;

/// The texts that `error` may begin with.
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
        // An older server uses these for missing secrets and folders.
        "CreateSecret",
        "UpdateSecret",
        "DeleteSecret",
        "DeleteManySecret",
        "ProjectMembershipNotFound",
        "ForbiddenReadSecretError",
        "deleteFolder",
        "GoneError",
    ];
}

/// The texts that `message` may begin with.
#[derive(Debug, Default)]
struct Messages;

impl Known for Messages {
    const TEXTS: &[&str] = &[
        "Secret with name",
        "Secret not found",
        "Secret does not exist",
        "Folder with path",
        "Folder with name",
        "Project with ID",
        "Project with slug",
        "A project with the slug",
        "Project not found",
        "Environment with slug",
        "Route GET:",
        "Missing workspace id or environment",
        "Missing project id or environment",
        "Missing environment",
        "You do not have permission to view secret",
        "You do not have permission to read secret",
        "Failed to expand one or more secret references",
        "Secret already exist",
        "Secret with the new name already exists",
        "Folder with specified name already exists",
        "Folder is not empty",
        "Cannot delete folder",
        "Folder with ID",
        "Failed to delete folder with ID",
        "One or more secrets does not exist",
        "Tag not found",
        "One or more tags not found",
        "Secret name cannot contain",
        "Invalid folder name",
        "Invalid secret path",
        "Route POST:",
        "Route PATCH:",
        "Route DELETE:",
        "You are not a member of this project",
        "You are not allowed to access this resource from the current IP address",
        "You are not allowed to read on secrets",
        "You are not allowed to describeSecret on secrets",
        "You are not allowed to readValue on secrets",
        "You are not allowed to create on secrets",
        "You are not allowed to edit on secrets",
        "You are not allowed to delete on secrets",
        "You are not allowed to create on secret-folders",
        "You are not allowed to edit on secret-folders",
        "You are not allowed to delete on secret-folders",
        "You are not allowed to read on tags",
        "You are not allowed to read on audit-logs",
        "You are not allowed to create on environments",
        "You are not allowed to create on member",
        "You don't have permission to create a project",
        "Failed to authorize: token has been revoked",
        "Failed to authorize: token usage limit reached",
        "Failed to authorize: client secret has been revoked",
        "Failed to renew MI access token",
        "Unable to renew because access token number of uses limit reached",
        "No identity access token found",
        "Identity is not a member of the organization",
        "Your token has expired",
        "Dates must be within 3 months",
    ];

    const IN_LISTS: bool = true;

    const PARTS: &[&str] =
        &["due to plan", "your current plan", "Upgrade plan", "Upgrade your plan", "secret rotation", "rotated secret"];
}

/// Stands for an error in Infisical's form whose name isn't in the list. It is known to be
/// Infisical's, and nothing else is known.
const UNLISTED: &str = "UnlistedError";

/// The largest error answer that is read, in bytes. Infisical's have a few hundred bytes, and those
/// with a list of faults a few thousand.
const MAX_BODY: usize = 64 * 1024;

/// What is understood of an answer with a status of 400 or above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// The HTTP status.
    pub status: u16,
    error: &'static str,
    message: &'static str,
}

/// Reads an answer with a status of 400 or above. It understands at least the status.
#[must_use]
pub fn failure(status: u16, content_type: Option<&str>, body: &[u8]) -> Failure {
    #[derive(Deserialize)]
    struct Body {
        #[serde(default)]
        error: KnownText<Errors>,
        #[serde(default)]
        message: KnownText<Messages>,
        #[serde(default, rename = "statusCode")]
        status: Number,
    }

    let readable = body.len() <= MAX_BODY && content_type.is_some_and(is_json) && !depth::exceeds(body, MAX_DEPTH);
    let parsed: Option<Object<Body>> = if readable { serde_json::from_slice(body).ok() } else { None };
    let (error, message, said) =
        parsed.map(|Object(body)| (body.error.text, body.message.text, body.status.0)).unwrap_or_default();
    let is_in_form = || readable && said == Some(u64::from(status)) && request_id(body).is_some();
    let error = if error.is_empty() && is_in_form() { UNLISTED } else { error };
    Failure { status, error, message }
}

/// Returns Infisical's own name for a request, which current servers put into error answers: `req-`
/// and letters, digits, `-` or `_`. It helps to find the cause in the server's log.
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

/// A whole number, or `None` if anything else is there.
#[derive(Debug, Default)]
struct Number(Option<u64>);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(serde_json::Value::deserialize(deserializer)?.as_u64()))
    }
}

/// Returns the name of the request if it may be shown to an agent: `req-` and at most 14 letters
/// and digits, as Infisical writes it. Somebody could have chosen a longer text.
#[must_use]
pub fn shown_request_id(id: &str) -> Option<&str> {
    let name = id.strip_prefix("req-")?;
    let fits = (1..=14).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    fits.then_some(id)
}

impl Failure {
    /// Whether the server no longer accepts the token. Only then the host logs in again. A missing
    /// permission isn't such a case.
    #[must_use]
    pub fn wants_login(&self) -> bool {
        matches!((self.status, self.error), (401, "UnauthorizedError") | (403, "TokenError"))
    }

    /// Whether the server says that a project doesn't exist, or isn't for this identity.
    #[must_use]
    pub fn is_of_no_project(&self) -> bool {
        let is_missing = self.status == 500 && self.error == "Failed to find project";
        !self.wants_login() && (is_missing || matches!(self.status, 403 | 404))
    }

    /// Whether the server doesn't have the route. That tells the API versions apart. A missing
    /// secret is another case.
    #[must_use]
    pub fn is_unknown_route(&self) -> bool {
        self.status == 404 && self.error == "Not Found" && self.message.starts_with("Route ")
    }

    /// Whether it is a known failure of Infisical: `error` is in the list.
    #[must_use]
    pub fn is_from_infisical(&self) -> bool {
        !self.error.is_empty() && self.error != UNLISTED
    }

    /// Whether it has the form of Infisical's failures, known or not. Anything else comes from
    /// something in front of the server.
    #[must_use]
    pub fn is_in_infisicals_form(&self) -> bool {
        !self.error.is_empty()
    }

    /// Whether the status says that nobody looked at the request. A part of it was too large, so it
    /// is refused before it is read (RFC 9110, 15.5.14 and 15.5.15; RFC 6585, 5). That holds
    /// whoever answers.
    #[must_use]
    pub fn is_before_anything(&self) -> bool {
        matches!(self.status, 413 | 414 | 431)
    }

    /// Returns the body that the component gets.
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
    fn drops_the_servers_own_text() {
        let answer = br#"{"statusCode":404,"message":"Route GET:/api/v4/secrets?secretValue=hunter2 not found","error":"Not Found","details":["hunter2"]}"#;
        let failure = failure(404, JSON, answer);
        assert!(failure.is_unknown_route());
        assert_eq!(body(&failure), r#"{"error":"Not Found","message":"Route GET:","statusCode":404}"#);
    }

    #[test]
    fn reports_taken_slug_without_the_slug() {
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
    fn accepts_only_well_formed_request_names() {
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
    fn distinguishes_infisical_errors_from_proxy_errors() {
        let of = |content_type: Option<&str>, text: &str| failure(400, content_type, text.as_bytes());
        let unlisted = r#"{"reqId":"req-Abc123","statusCode":400,"error":"NewKindOfError","message":"secret text"}"#;
        let known = of(JSON, unlisted);
        assert!(known.is_in_infisicals_form() && !known.is_from_infisical());
        assert_eq!(body(&known), r#"{"error":"UnlistedError","message":"","statusCode":400}"#);
        for text in [
            r#"{"reqId":"req-Abc123","statusCode":401,"error":"NewKindOfError"}"#,
            r#"{"reqId":"req-Abc123","statusCode":"400","error":"NewKindOfError"}"#,
            r#"{"statusCode":400,"error":"NewKindOfError","message":"x"}"#,
            r#"{"reqId":"abc","statusCode":400,"error":"NewKindOfError"}"#,
            r#"{"message":"no Route matched with those values"}"#,
            "<html>413 Request Entity Too Large</html>",
        ] {
            assert!(!of(JSON, text).is_in_infisicals_form(), "{text}");
        }
        assert!(!of(Some("text/html"), unlisted).is_in_infisicals_form());
    }

    #[test]
    fn finds_known_text_in_fault_lists_and_within_sentences() {
        let of = |message: serde_json::Value| {
            let answer = serde_json::json!({ "statusCode": 422, "error": "ValidationFailure", "message": message });
            failure(422, JSON, answer.to_string().as_bytes()).message
        };
        let issue =
            |text: &str| serde_json::json!({ "code": "custom", "path": ["Invalid folder name"], "message": text });
        let name = "Secret name cannot contain colon or forward slash.";
        assert_eq!(of(serde_json::json!([issue(name)])), "Secret name cannot contain");
        assert_eq!(of(serde_json::json!([issue("Required"), issue(name)])), "Secret name cannot contain");
        assert_eq!(of(serde_json::json!([{ "path": [name] }, name, 5, null])), "Secret name cannot contain");
        assert_eq!(of(serde_json::json!([{ "path": [name] }])), "", "a path isn't a message");
        assert_eq!(of("Cannot update secret that is managed by a secret rotation".into()), "secret rotation");
        assert_eq!(
            of("Failed to create custom role due to plan RBAC restriction. Upgrade to go on.".into()),
            "due to plan"
        );
        let in_error = br#"{"statusCode":403,"error":[{"message":"TokenError"}],"message":"x"}"#;
        assert!(!failure(403, JSON, in_error).wants_login(), "an error's name stands by itself");
    }

    #[test]
    fn shows_request_id_only_in_infisicals_format() {
        for id in ["req-Ab3xY9Qw12Zz00", "req-ROT1"] {
            assert_eq!(shown_request_id(id), Some(id));
        }
        for id in ["req-", "req-Ab3xY9Qw12Zz001", "req-Ab3_x", "req-a-b", "REQ-a", "a"] {
            assert_eq!(shown_request_id(id), None, "{id}");
        }
    }

    #[test]
    fn classifies_any_body_at_least_by_status() {
        let deep = "[".repeat(100_000);
        for answer in
            ["", "<html>", "null", "[]", "{\"error\":5}", "{\"message\":[{}],\"error\":null}", "\u{feff}{}", &deep]
        {
            assert_eq!(body(&failure(502, JSON, answer.as_bytes())), r#"{"error":"","message":"","statusCode":502}"#);
        }
    }
}
