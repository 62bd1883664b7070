//! Logs in by Universal Auth.

use super::transport::{Connection, Outgoing, Route, Transport};
use crate::audit::CallLog;
use crate::model::credential::AccessToken;
use crate::model::error::Error;
use crate::model::login_cause::LoginCause;
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use infisical_skill_policy::IdentityKind;
use infisical_skill_policy::answers::login_refusal;
use infisical_skill_policy::headers::{is_json, retry_after_seconds};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use zeroize::Zeroizing;

const LOGIN: &str = "/api/v1/auth/universal-auth/login";

/// Why there is no token.
pub(super) enum LoginError {
    /// The server refused the identity. Trying again can lock it out.
    Refused(LoginCause),
    /// Another failure, after which a retry may succeed.
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
        || LoginError::Failed(Error::UnexpectedAnswer("the answer to the login isn't one of Infisical's".into()));
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
        // Never sent twice: each login counts towards a client secret's use limit, and each refused
        // one towards the lockout.
        connection: Connection::Unused,
    };
    let audited = log.note().await.map_err(LoginError::Failed)?;
    let answer = transport.send(audited, login, log.deadline()).await;
    let answer = answer.map_err(|error| LoginError::Failed(error.into_error(transport.origin())))?;
    match answer.status {
        200 if answer.content_type.as_deref().is_some_and(is_json) => {
            let answer: LoggedIn = serde_json::from_slice(&answer.body).map_err(|_| unexpected())?;
            Ok(AccessToken {
                token: SecretString::from(answer.access_token.as_str()),
                // Infisical's 0 means "doesn't expire".
                expires_in: (answer.expires_in > 0).then(|| Duration::from_secs(answer.expires_in)),
            })
        }
        429 => Err(LoginError::Failed(Error::RateLimited {
            retry_after: answer.retry_after.as_deref().and_then(retry_after_seconds),
        })),
        status @ 400..500 => match login_refusal(status, answer.content_type.as_deref(), &answer.body) {
            Some(refusal) => Err(LoginError::Refused(refusal.into())),
            None => Err(unexpected()),
        },
        status @ 500.. => Err(LoginError::Failed(Error::ServerFailed(status.into()))),
        _ => Err(unexpected()),
    }
}
