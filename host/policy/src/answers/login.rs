//! Why a login was refused, by the server's fixed texts. Nothing else of the answer is kept.

use super::fields::Object;
use super::known::{Known, KnownText};
use super::{exceeds_depth, failure};
use crate::headers::is_json;
use serde::Deserialize;

/// Why the server refuses a login. Each reason has its own remedy, and most of them don't mean that
/// the credential is bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoginRefusal {
    /// Too many wrong secrets were tried. The right one is refused, too, until the lockout ends.
    LockedOut,
    /// The client secret has expired.
    SecretExpired,
    /// The client secret has no uses left.
    SecretUsedUp,
    /// The id or the secret is wrong, or the secret was revoked. The first login that reports an
    /// expired or used up secret also revokes it.
    WrongCredentials,
    /// There is no such client id. Older servers tell this apart.
    UnknownClient,
    /// The identity may not log in from this address.
    AddressNotAllowed,
    /// The server gives another reason, or none.
    Unknown,
}

/// The texts that `message` begins with.
#[derive(Debug, Default)]
struct Messages;

const LOCKED_OUT: &str = "This identity auth method is temporarily locked";
const SECRET_EXPIRED: &str = "Access denied due to expired client secret";
const SECRET_USED_UP: &str = "Access denied due to client secret usage limit reached";
const WRONG_CREDENTIALS: &str = "Invalid credentials";
const UNKNOWN_CLIENT: &str = "No identity with specified client ID was found";
const ADDRESS_NOT_ALLOWED: &str = "You are not allowed to access this resource from the current IP address";

impl Known for Messages {
    const TEXTS: &[&str] =
        &[LOCKED_OUT, SECRET_EXPIRED, SECRET_USED_UP, WRONG_CREDENTIALS, UNKNOWN_CLIENT, ADDRESS_NOT_ALLOWED];
}

/// The largest answer that is read, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// Reads the answer to a login with a status of 4xx. `None` if it isn't a refusal of Infisical, but
/// a proxy's page, a missing route or a rate limit.
#[must_use]
pub fn login_refusal(status: u16, content_type: Option<&str>, body: &[u8]) -> Option<LoginRefusal> {
    #[derive(Deserialize)]
    struct Body {
        #[serde(default)]
        message: KnownText<Messages>,
    }

    let failure = failure(status, content_type, body);
    if !matches!(status, 400..=428 | 430..=499) || !failure.is_from_infisical() || failure.is_unknown_route() {
        return None;
    }
    let is_readable = body.len() <= MAX_BODY && content_type.is_some_and(is_json) && !exceeds_depth(body);
    let parsed: Option<Object<Body>> = if is_readable { serde_json::from_slice(body).ok() } else { None };
    Some(match parsed.map(|Object(body)| body.message.text).unwrap_or_default() {
        LOCKED_OUT => LoginRefusal::LockedOut,
        SECRET_EXPIRED => LoginRefusal::SecretExpired,
        SECRET_USED_UP => LoginRefusal::SecretUsedUp,
        WRONG_CREDENTIALS => LoginRefusal::WrongCredentials,
        UNKNOWN_CLIENT => LoginRefusal::UnknownClient,
        ADDRESS_NOT_ALLOWED => LoginRefusal::AddressNotAllowed,
        _ => LoginRefusal::Unknown,
    })
}

/// Whether an answer refuses the address of the request. Then no permission is missing.
#[must_use]
pub fn refuses_address(status: u16, content_type: Option<&str>, body: &[u8]) -> bool {
    status == 403 && login_refusal(status, content_type, body) == Some(LoginRefusal::AddressNotAllowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const JSON: Option<&str> = Some("application/json; charset=utf-8");

    #[test]
    fn distinguishes_fixed_texts_of_the_server() {
        use LoginRefusal as R;
        // Recorded exchanges of a current server: 012, 043, 046, 061, 068. Of an older server: 004,
        // 005, 007.
        for (status, error, message, refusal) in [
            (401, "UnauthorizedError", json!("Invalid credentials"), Some(R::WrongCredentials)),
            (
                401,
                "UnauthorizedError",
                json!("Access denied due to client secret usage limit reached"),
                Some(R::SecretUsedUp),
            ),
            (401, "UnauthorizedError", json!("Access denied due to expired client secret"), Some(R::SecretExpired)),
            (
                403,
                "ForbiddenError",
                json!("You are not allowed to access this resource from the current IP address"),
                Some(R::AddressNotAllowed),
            ),
            (
                401,
                "UnauthorizedError",
                json!("This identity auth method is temporarily locked, please try again later"),
                Some(R::LockedOut),
            ),
            (404, "NotFound", json!("No identity with specified client ID was found"), Some(R::UnknownClient)),
            (401, "ValidationFailure", json!([{ "code": "invalid_type", "message": "Required" }]), Some(R::Unknown)),
            (401, "UnauthorizedError", json!("Rotate hunter2 now"), Some(R::Unknown)),
            (429, "RateLimitExceeded", json!("Invalid credentials"), None),
            (500, "InternalServerError", json!("Invalid credentials"), None),
            (404, "Not Found", json!("Route POST:/api/v1/auth/universal-auth/login not found"), None),
            (401, "Something", json!("Invalid credentials"), None),
        ] {
            let body = json!({ "statusCode": status, "error": error, "message": message }).to_string();
            assert_eq!(login_refusal(status, JSON, body.as_bytes()), refusal, "{status} {message}");
            assert_eq!(login_refusal(status, Some("text/html"), body.as_bytes()), None);
        }
    }

    #[test]
    fn refused_address_is_not_a_missing_permission() {
        let body = |error: &str, message: &str| {
            json!({ "statusCode": 403, "error": error, "message": message }).to_string().into_bytes()
        };
        let address = "You are not allowed to access this resource from the current IP address";
        assert!(refuses_address(403, JSON, &body("ForbiddenError", address)));
        assert!(!refuses_address(401, JSON, &body("ForbiddenError", address)));
        assert!(!refuses_address(403, JSON, &body("PermissionDenied", "You are not allowed to read on identity")));
    }
}
