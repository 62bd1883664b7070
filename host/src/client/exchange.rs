//! Sends reads, and says what the host reports about answers that refuse or are about another
//! object.

use super::transport::{Answer, Connection, Outgoing, Route, Transport, TransportError};
use crate::audit::AuditedCall;
use crate::model::error::{Detail, Error, HttpFailure};
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use infisical_skill_policy::answers::{self, Failure, request_id, shown_request_id};
use infisical_skill_policy::text::escape_capped;
use infisical_skill_policy::{IdentityKind, Operation, Scopes};
use tokio::time::Instant;
use zeroize::Zeroizing;

/// Sends a GET with the read identity's token.
pub(crate) async fn get(
    transport: &Transport,
    audited: AuditedCall<'_>,
    name: &'static str,
    path_and_query: &str,
    token: &str,
    connection: Connection,
    deadline: Instant,
) -> Result<Answer, TransportError> {
    let route = Route { name, identity: IdentityKind::Read };
    get_as(transport, audited, route, path_and_query, token, connection, deadline).await
}

/// Sends a GET with the token of the route's identity.
pub(crate) async fn get_as(
    transport: &Transport,
    audited: AuditedCall<'_>,
    route: Route,
    path_and_query: &str,
    token: &str,
    connection: Connection,
    deadline: Instant,
) -> Result<Answer, TransportError> {
    let headers = [(ACCEPT, HeaderValue::from_static("application/json")), (AUTHORIZATION, bearer(token)?)];
    let body = Bytes::new();
    let get = Outgoing { route, method: http::Method::GET, path_and_query, headers: &headers, body, connection };
    transport.send(audited, get, deadline).await
}

/// The header that carries a token.
pub(crate) fn bearer(token: &str) -> Result<HeaderValue, TransportError> {
    let mut bearer =
        HeaderValue::from_str(&Zeroizing::new(format!("Bearer {token}"))).map_err(|_| TransportError::NotHttp)?;
    bearer.set_sensitive(true);
    Ok(bearer)
}

/// What the host reports about a failed answer, next to the component's own account of it.
pub(crate) fn failed(answer: &Answer) -> HttpFailure {
    let id = request_id(&answer.body).and_then(|id| shown_request_id(&id).map(str::to_owned));
    HttpFailure::new(answer.status, id)
}

/// The error for an answer that holds another folder's secret. It names that folder if it is in
/// scope.
pub(crate) fn elsewhere(operation: &Operation, scopes: &Scopes, body: &[u8]) -> Error {
    let (from, remedy) = match answers::imported_from(operation, scopes, body) {
        Some((environment, path)) => {
            let path = escape_capped(path.as_str(), 200);
            (
                format!(
                    "the server answered with a secret of {path} in {environment}: the name is imported from there"
                ),
                format!("ask for it with `environment` {environment} and `path` {path}"),
            )
        }
        None => (
            "the server answered with a secret of another place, which isn't in scope: the name is imported from there"
                .to_owned(),
            "ask the operator, who can say which folder it is imported from and add that to `scopes`".to_owned(),
        ),
    };
    Error::UnexpectedAnswer(Detail { remedy: Some(remedy), ..Detail::from(from) })
}

pub(crate) fn failure_of(answer: &Answer) -> Failure {
    answers::failure(answer.status, answer.content_type.as_deref(), &answer.body)
}
