//! Revokes an access token that the host logged in for.

use super::transport::{Connection, Outgoing, Route, Transport};
use crate::audit::CallLog;
use crate::model::error::Error;
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use infisical_skill_policy::IdentityKind;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use zeroize::Zeroizing;

const REVOKE: &str = "/api/v1/auth/token/revoke";

/// Revokes the token, and with it every other token of the same login. If the server knows no such
/// token, that counts as success.
pub(super) async fn revoke(
    transport: &Transport,
    kind: IdentityKind,
    token: &SecretString,
    log: &CallLog,
) -> Result<(), Error> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Revoke<'a> {
        access_token: &'a str,
    }

    let body = serde_json::to_vec(&Revoke { access_token: token.expose_secret() })
        .map(Zeroizing::new)
        .map_err(|_| Error::Sandbox("a request can't be written".to_owned()))?;
    let json = HeaderValue::from_static("application/json");
    let headers = [(ACCEPT, json.clone()), (CONTENT_TYPE, json)];
    let revoke = Outgoing {
        route: Route { name: "revoke token", identity: kind },
        method: http::Method::POST,
        path_and_query: REVOKE,
        headers: &headers,
        body: Bytes::from_owner(body),
        connection: Connection::Kept,
    };
    let audited = log.note().await?;
    let answer = transport.send(audited, revoke, log.deadline()).await;
    match answer.map_err(|error| error.into_error(transport.origin()))?.status {
        200 | 401 | 403 => Ok(()),
        status @ 500.. => Err(Error::ServerFailed(status.into())),
        status => Err(Error::UnexpectedAnswer(format!("the server answered with HTTP status {status}").into())),
    }
}
