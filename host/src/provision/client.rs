//! Sends one request with the administrator's token.

use super::ProvisionError;
use crate::audit::CallLog;
use crate::client::exchange::{bearer, failed, failure_of};
use crate::client::transport::{Answer, Transport};
use crate::model::error::Error;
use bytes::Bytes;
use http::Method;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use infisical_skill_policy::headers::{is_json, retry_after_seconds};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The remedy when the token doesn't suffice.
const NEEDED: &str = "Use the token of an administrator of the project";

pub(super) struct AdminClient<'a> {
    pub(super) transport: &'a Transport,
    pub(super) token: &'a SecretString,
    pub(super) log: &'a CallLog,
}

impl AdminClient<'_> {
    /// Sends a request and returns the answer, whatever its status.
    pub(super) async fn ask(
        &self,
        name: &'static str,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, ProvisionError> {
        let is_change = method != Method::GET;
        let audited = self.log.note().await?;
        let json = HeaderValue::from_static("application/json");
        let Ok(bearer) = bearer(self.token.expose_secret()) else {
            return Err(ProvisionError::new(format!(
                "the token contains characters that no access token has. {NEEDED}"
            )));
        };
        let mut headers = vec![(ACCEPT, json.clone()), (AUTHORIZATION, bearer)];
        headers.extend(body.map(|_| (CONTENT_TYPE, json)));
        let body = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        let outgoing = (method, path, headers.as_slice(), body);
        let answer = self.transport.send_for_operator(audited, name, outgoing, self.log.deadline()).await;
        answer.map_err(|error| {
            let error = error.into_error(self.transport.origin());
            let unsure = if is_change {
                " The change may have been made anyway: run this again; it first checks what exists."
            } else {
                ""
            };
            ProvisionError::new(format!("{name}: {error}{unsure}"))
        })
    }

    /// Sends a read, and parses its successful answer.
    pub(super) async fn get<T: DeserializeOwned>(&self, name: &'static str, path: &str) -> Result<T, ProvisionError> {
        understood(name, &accepted(name, self.ask(name, Method::GET, path, None).await?)?)
    }

    /// Sends a change, and parses its successful answer.
    pub(super) async fn change(
        &self,
        name: &'static str,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, ProvisionError> {
        accepted(name, self.ask(name, method, path, body).await?)
    }
}

/// Parses an answer in the expected form.
pub(super) fn understood<T: DeserializeOwned>(name: &str, answer: &Answer) -> Result<T, ProvisionError> {
    // The parser's message could quote a secret.
    serde_json::from_slice(&answer.body).map_err(|_| {
        ProvisionError::new(format!(
            "{name}: the answer isn't in Infisical's form. Run this again; if that doesn't help, check the server's version"
        ))
    })
}

/// Returns the answer if its status is a success.
pub(super) fn accepted(name: &str, answer: Answer) -> Result<Answer, ProvisionError> {
    let failure = failure_of(&answer);
    let status = answer.status;
    Err(ProvisionError::new(match status {
        200 if answer.content_type.as_deref().is_some_and(is_json) => return Ok(answer),
        429 => {
            let retry_after = answer.retry_after.as_deref().and_then(retry_after_seconds);
            format!("{name}: {}", Error::RateLimited { retry_after })
        }
        401 => format!("{name}: the server refuses the token (HTTP status 401): it is wrong or has expired. {NEEDED}"),
        403 if failure.wants_login() => {
            format!("{name}: the server refuses the token (HTTP status 403): it is wrong or has expired. {NEEDED}")
        }
        403 => format!("{name}: this token's owner isn't allowed to do this (HTTP status 403). {NEEDED}"),
        404 => format!(
            "{name}: it doesn't exist, or this token's owner may not see it (HTTP status 404). Check the project. {NEEDED}"
        ),
        500.. => format!("{name}: {}", Error::ServerFailed(failed(&answer))),
        _ => format!(
            "{name}: the server answered with HTTP status {status}. Look at the identities in Infisical, and run this again"
        ),
    }))
}
