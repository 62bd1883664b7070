//! Logging in by Universal Auth.

use super::credential::AccessToken;
use crate::audit::CallLog;
use crate::egress::gate::failure_of;
use crate::egress::transport::{Connection, Outgoing, Route, Transport};
use crate::error::Error;
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use infisical_skill_policy::IdentityKind;
use infisical_skill_policy::headers::{is_json, retry_after_seconds};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use zeroize::Zeroizing;

const LOGIN: &str = "/api/v1/auth/universal-auth/login";

/// Why there is no token.
pub(super) enum LoginError {
    /// The server says that the id or the secret is wrong, or may no longer be used. Trying again can lock the identity out.
    Refused,
    /// Something else, which another try may get over.
    Failed(Error),
}

pub(super) async fn universal_auth(
    transport: &Transport,
    kind: IdentityKind,
    client_id: &str,
    client_secret: &SecretString,
    log: &CallLog,
) -> Result<AccessToken, LoginError> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Login<'a> {
        client_id: &'a str,
        client_secret: &'a str,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct LoggedIn {
        access_token: Zeroizing<String>,
        expires_in: u64,
    }

    let unexpected =
        || LoginError::Failed(Error::UnexpectedAnswer("the answer to the login isn't one of Infisical's".to_owned()));
    let login = Login { client_id, client_secret: client_secret.expose_secret() };
    let body = serde_json::to_vec(&login).map(Zeroizing::new).map_err(|_| unexpected())?;
    let json = HeaderValue::from_static("application/json");
    let headers = [(ACCEPT, json.clone()), (CONTENT_TYPE, json)];
    let login = Outgoing {
        route: Route { name: "login", identity: kind },
        method: http::Method::POST,
        path_and_query: LOGIN,
        headers: &headers,
        body: Bytes::from_owner(body),
        connection: Connection::Kept,
    };
    let noted = log.note().await.map_err(LoginError::Failed)?;
    let answer = transport.send(noted, login, log.deadline()).await;
    let answer = answer.map_err(|error| LoginError::Failed(error.into_error(transport.origin())))?;
    match answer.status {
        200 if answer.content_type.as_deref().is_some_and(is_json) => {
            let answer: LoggedIn = serde_json::from_slice(&answer.body).map_err(|_| unexpected())?;
            Ok(AccessToken {
                token: SecretString::from(answer.access_token.as_str()),
                // Infisical's 0 is "doesn't expire".
                expires_in: (answer.expires_in > 0).then(|| Duration::from_secs(answer.expires_in)),
            })
        }
        400..500 => {
            let failure = failure_of(&answer);
            match answer.status {
                429 => Err(LoginError::Failed(Error::RateLimited {
                    retry_after: answer.retry_after.as_deref().and_then(retry_after_seconds),
                })),
                // An old server answers an unknown client id with 404. A login route that is missing is another matter.
                _ if failure.is_from_infisical() && !failure.is_unknown_route() => Err(LoginError::Refused),
                _ => Err(unexpected()),
            }
        }
        status @ 500.. => Err(LoginError::Failed(Error::ServerFailed(status))),
        _ => Err(unexpected()),
    }
}

/// The error for a credential that the server refuses.
pub(super) fn not_taken(kind: IdentityKind) -> Error {
    let (name, variables) = match kind {
        IdentityKind::Read => {
            ("read", "INFISICAL_READ_CLIENT_ID and INFISICAL_READ_CLIENT_SECRET, or INFISICAL_READ_TOKEN")
        }
        IdentityKind::Write => {
            ("write", "INFISICAL_WRITE_CLIENT_ID and INFISICAL_WRITE_CLIENT_SECRET, or INFISICAL_WRITE_TOKEN")
        }
    };
    Error::Unauthenticated(format!(
        "the operator must check the {name} identity's credential ({variables}): it may be wrong, expired, revoked or used up. Don't try \
         again before that: wrong credentials lock an identity out"
    ))
}
