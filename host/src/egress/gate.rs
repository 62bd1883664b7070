//! The gate between the component and the network: each request of the component's is read, judged, and written anew.
//!
//! In this order, before anything leaves: the origin, the headers, the route, the grant, the scopes, the number of requests, the body. Only
//! then is a credential fetched, chosen by the grant and the operation. Nothing that the component wrote is sent: what is sent is written from
//! the [`Operation`] that was understood.

use super::transport::{Answer, Transport, TransportError};
use crate::error::{Error, Layer};
use crate::identity::Identities;
use crate::server::Server;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use infisical_skill_policy::answers::{self, AnswerRefusal, Failure};
use infisical_skill_policy::headers::{is_json, may_leave, retry_after_seconds};
use infisical_skill_policy::{Generation, Grant, Operation, Scopes, route};
use secrecy::ExposeSecret;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::time::Instant;
use zeroize::Zeroizing;

/// What all calls of a skill share.
pub(crate) struct Shared {
    pub(crate) transport: Transport,
    pub(crate) identities: Identities,
    pub(crate) scopes: Scopes,
    pub(crate) server: Server,
}

/// One call's gate.
#[derive(Clone)]
pub(crate) struct Gate {
    shared: Arc<Shared>,
    grant: Grant,
    deadline: Instant,
    record: Arc<Mutex<Record>>,
}

/// What happened at the gate during a call.
#[derive(Default)]
struct Record {
    admitted: u32,
    cause: Option<Error>,
}

/// An answer as the component gets it.
pub(crate) struct Delivery {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<u32>,
    pub(crate) body: Zeroizing<Vec<u8>>,
}

/// How a request of the component's failed, as far as the component may know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GateError {
    /// It may not leave.
    Denied,
    /// It left, or should have, and there is no answer.
    Transport(TransportError),
    /// The answer may not come in.
    Answer,
}

impl Gate {
    pub(crate) fn new(shared: Arc<Shared>, grant: Grant, deadline: Instant) -> Self {
        Self { shared, grant, deadline, record: Arc::default() }
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Why the host stopped something during this call: more exact than what the component can say about it.
    pub(crate) fn cause(&self) -> Option<Error> {
        self.lock().cause.clone()
    }

    /// Which API the server speaks.
    pub(crate) async fn generation(&self) -> Result<Generation, GateError> {
        if self.grant == Grant::Nothing {
            return Err(GateError::Denied);
        }
        let found = self.shared.server.generation(&self.shared, self.deadline).await;
        found.map_err(|error| self.stop(error, GateError::Answer))
    }

    /// Judges where a request goes and what it carries along, before anything at all is sent on its behalf.
    pub(crate) fn check_head(&self, head: &http::request::Parts) -> Result<(), GateError> {
        let scheme = head.uri.scheme_str().unwrap_or_default();
        let authority = head.uri.authority().map(http::uri::Authority::as_str).unwrap_or_default();
        if !self.shared.transport.origin().is(scheme, authority) {
            return Err(self.deny("it isn't for the configured origin"));
        }
        for (name, value) in &head.headers {
            if head.headers.get_all(name).iter().count() > 1 || !may_leave(name.as_str(), value.as_bytes()) {
                return Err(self.deny("it has a header that may not leave"));
            }
        }
        Ok(())
    }

    /// Judges what a request asks for.
    pub(crate) fn admit(&self, generation: Generation, head: &http::request::Parts) -> Result<Operation, GateError> {
        let path_and_query = head.uri.path_and_query().map(http::uri::PathAndQuery::as_str).unwrap_or_default();
        let operation = route::read(generation, head.method.as_str(), path_and_query)
            .map_err(|refusal| self.deny(&refusal.to_string()))?;
        if !self.grant.allows(&operation) {
            let (operation, grant) = (operation.name(), self.grant.as_str());
            return Err(self.deny(&format!("`{operation}` isn't among what `{grant}` may ask for")));
        }
        if let Operation::ListProjects { organization: Some(organization) } = &operation
            && self.shared.server.organization() != Some(organization)
        {
            return Err(self.deny("it is about another organization than the configured one"));
        }
        if self.shared.scopes.check(&operation).is_err() {
            return Err(self.out_of_scope());
        }
        let mut record = self.lock();
        record.admitted += 1;
        let admitted = record.admitted;
        drop(record);
        if admitted > self.grant.max_requests() {
            return Err(self.deny("the call has sent as many requests as one call may"));
        }
        Ok(operation)
    }

    /// Refuses a body: no operation that is let out so far has one.
    pub(crate) fn refuse_body(&self) -> GateError {
        self.deny("it has a body")
    }

    fn deny(&self, reason: &str) -> GateError {
        let reason = format!("a request was stopped at the sandbox's wall: {reason}");
        let remedy = "nothing was sent; this is an error in the component, or an attempt: report it";
        self.stop(Error::refused(Layer::Egress, reason, remedy), GateError::Denied)
    }

    /// Sends an admitted operation and reads its answer.
    pub(crate) async fn perform(&self, generation: Generation, operation: &Operation) -> Result<Delivery, GateError> {
        let answer = self.send(&operation.path_and_query(generation), operation).await?;
        self.deliver(operation, answer)
    }

    /// Sends with the credential of the grant; logs in anew, once, if the server no longer takes the token.
    async fn send(&self, path_and_query: &str, operation: &Operation) -> Result<Answer, GateError> {
        let kind = self.grant.identity(operation);
        let mut stale = None;
        loop {
            let token = self.shared.identities.token(kind, &self.shared.transport, stale.as_ref(), self.deadline).await;
            let token = token.map_err(|error| self.stop(error, GateError::Denied))?;
            let answer = get(&self.shared.transport, path_and_query, token.expose_secret(), self.deadline).await;
            let answer = answer.map_err(|error| {
                self.stop(error.into_error(self.shared.transport.origin()), GateError::Transport(error))
            })?;
            if stale.is_none() && answer.status >= 400 && failure_of(&answer).wants_login() {
                stale = Some(token);
                continue;
            }
            return Ok(answer);
        }
    }

    fn deliver(&self, operation: &Operation, answer: Answer) -> Result<Delivery, GateError> {
        let status = answer.status;
        match status {
            200 if !answer.content_type.as_deref().is_some_and(is_json) => {
                let reason = "the answer isn't JSON".to_owned();
                Err(self.stop(Error::UnexpectedAnswer(reason), GateError::Answer))
            }
            200 => match answers::rewrite(operation, &self.shared.scopes, &answer.body) {
                Ok(body) => Ok(Delivery { status, retry_after: None, body }),
                Err(AnswerRefusal::OutOfScope) => Err(self.out_of_scope()),
                Err(refusal) => Err(self.stop(Error::UnexpectedAnswer(refusal.to_string()), GateError::Answer)),
            },
            400.. => {
                let failure = failure_of(&answer);
                self.shared.server.note(&failure);
                let retry_after = answer.retry_after.as_deref().and_then(retry_after_seconds);
                Ok(Delivery { status, retry_after, body: Zeroizing::new(failure.body()) })
            }
            300..400 => Err(self.stop(
                Error::UnexpectedAnswer("the server redirects elsewhere, which isn't followed".to_owned()),
                GateError::Answer,
            )),
            _ => Err(self.stop(
                Error::UnexpectedAnswer(format!(
                    "the server answered with HTTP status {status}, which isn't one of Infisical's"
                )),
                GateError::Answer,
            )),
        }
    }

    fn out_of_scope(&self) -> GateError {
        let reason = "this place is outside of the scopes that the operator allows";
        let remedy = "ask for a place in scope, or ask the operator to add it to `scopes` in the configuration";
        self.stop(Error::refused(Layer::Scope, reason, remedy), GateError::Denied)
    }

    /// Keeps the first cause: what follows from it says less.
    fn stop(&self, cause: Error, error: GateError) -> GateError {
        tracing::debug!(grant = self.grant.as_str(), kind = cause.kind(), "stopped at the gate");
        self.lock().cause.get_or_insert(cause);
        error
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A GET with a token.
pub(crate) async fn get(
    transport: &Transport,
    path_and_query: &str,
    token: &str,
    deadline: Instant,
) -> Result<Answer, TransportError> {
    let mut bearer =
        HeaderValue::from_str(&Zeroizing::new(format!("Bearer {token}"))).map_err(|_| TransportError::NotHttp)?;
    bearer.set_sensitive(true);
    let headers = [(ACCEPT, HeaderValue::from_static("application/json")), (AUTHORIZATION, bearer)];
    transport.send(http::Method::GET, path_and_query, &headers, Bytes::new(), deadline).await
}

pub(crate) fn failure_of(answer: &Answer) -> Failure {
    answers::failure(answer.status, answer.content_type.as_deref(), &answer.body)
}
