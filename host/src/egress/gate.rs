//! The gate between the component and the network. It reads, checks and rewrites every request of
//! the component.
//!
//! The checks run in this order, before anything leaves: origin, headers, route, grant, scopes,
//! number of requests, body. Only then does the host fetch a credential, which the grant and the
//! operation determine. The host sends nothing that the component wrote: it writes each request
//! from the parsed [`Operation`].

use super::changes::Ledger;
pub(crate) use super::exchange::{bearer, failed, failure_of, get};
use super::exchange::{elsewhere, get_as};
use super::purpose::CallPurpose;
use super::reveals::ApprovedSecret;
use super::transport::{Answer, Connection, Route, Transport, TransportError};
use crate::audit::{CallLog, Trail};
use crate::changes::PlanService;
use crate::error::{Detail, Error, HttpFailure, Layer};
use crate::identity::Identities;
use crate::reveals::RevealService;
use crate::server::Server;
use crate::session::Client;
use infisical_skill_policy::answers::{self, AnswerRefusal};
use infisical_skill_policy::exposure::Exposure;
use infisical_skill_policy::headers::{is_json, may_leave, retry_after_seconds};
use infisical_skill_policy::reveal::Reveal;
use infisical_skill_policy::{ApiVersion, Grant, IdentityKind, Operation, Place, Scopes, SecretName, route};
use secrecy::ExposeSecret;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use zeroize::Zeroizing;

/// What all calls of a skill share.
pub(crate) struct Shared {
    pub(crate) transport: Transport,
    pub(crate) identities: Identities,
    pub(crate) scopes: Scopes,
    /// Where values may be revealed, within the scopes.
    pub(crate) reveal_scopes: Scopes,
    /// The scopes of each client that has its own.
    pub(crate) client_scopes: Vec<Scopes>,
    pub(crate) server: Server,
    pub(crate) plan_service: PlanService,
    pub(crate) reveals: RevealService,
    pub(crate) trail: Trail,
}

impl Shared {
    /// Where a client may read and change something.
    pub(crate) fn scopes_of<'a>(&'a self, client: &'a Client) -> &'a Scopes {
        client.rights.scopes.as_ref().unwrap_or(&self.scopes)
    }

    /// The settings that a client's change is checked against, so that it widens no access.
    pub(crate) fn exposure<'a>(&'a self, client: &'a Client) -> Exposure<'a> {
        let (scopes, reveal_scopes) = (self.scopes_of(client), &self.reveal_scopes);
        Exposure {
            scopes,
            reveal_scopes,
            protected: &self.plan_service.rules().protected,
            clients: &self.client_scopes,
        }
    }
}

/// One call's gate.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(super) shared: Arc<Shared>,
    pub(super) grant: Grant,
    pub(super) purpose: Arc<CallPurpose>,
    /// The audit records of the call.
    pub(super) log: Arc<CallLog>,
    pub(super) call: Arc<Call>,
}

/// What a call's requests share.
pub(super) struct Call {
    /// Determined once, also if that fails: a component can't make the host log in and probe
    /// repeatedly.
    api_version: OnceCell<Result<ApiVersion, GateError>>,
    /// One request at a time, from sending it until its answer is read or dropped. A call therefore
    /// keeps at most one answer in the host's memory.
    pub(super) turn: Arc<Semaphore>,
    record: Mutex<Record>,
    pub(super) ledger: Mutex<Ledger>,
}

/// What happened at the gate during a call.
#[derive(Default)]
struct Record {
    admitted: u32,
    revealed: bool,
    /// The secret whose value a person approved to be shown in this call.
    approved: Option<ApprovedSecret>,
    cause: Option<Error>,
    /// The last failed answer, which the component's error is about.
    failed: Option<HttpFailure>,
    /// The first violation. The shipped component never commits one.
    violation: Option<Error>,
}

/// Why a request may not leave.
pub(super) enum Denial {
    /// It matches no known route.
    Route(String),
    Egress(String),
    OutOfScope,
    TooMany,
    /// A draft that may not be filed.
    Draft(Error),
    Refused(Error),
}

/// An answer as the component gets it.
pub(crate) struct Delivery {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<u32>,
    pub(crate) body: DeliveredBody,
}

/// A body on its way to the component. The next request waits until it is dropped.
pub(crate) struct DeliveredBody {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    pub(super) _turn: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for DeliveredBody {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// How a request of the component failed, as far as the component may know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GateError {
    /// The request may not leave.
    Denied,
    /// The request left, or may have left, and there is no answer.
    Transport(TransportError),
    /// The answer may not be passed on.
    Answer,
}

impl Gate {
    pub(crate) fn new(shared: Arc<Shared>, grant: Grant, purpose: CallPurpose, log: Arc<CallLog>) -> Self {
        let turn = Arc::new(Semaphore::new(1));
        let call = Call { api_version: OnceCell::new(), turn, record: Mutex::default(), ledger: Mutex::default() };
        Self { shared, grant, purpose: Arc::new(purpose), log, call: Arc::new(call) }
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.log.deadline()
    }

    /// Whether the component has, or may have, seen a value in this call other than one that it was
    /// given to write.
    pub(crate) fn has_values(&self) -> bool {
        let has_revealed = self.lock().revealed;
        has_revealed || self.has_opened()
    }

    /// The last failed answer in this call.
    pub(crate) fn failed(&self) -> Option<HttpFailure> {
        self.lock().failed.clone()
    }

    /// Remembers a failed answer.
    pub(super) fn note_failed(&self, answer: &Answer) -> HttpFailure {
        let failed = failed(answer);
        self.lock().failed = Some(failed.clone());
        failed
    }

    /// Why the host stopped something during this call. It is more exact than what the component
    /// can say about it.
    pub(crate) fn cause(&self) -> Option<Error> {
        self.lock().cause.clone()
    }

    /// The call's violation. No later answer of the component makes up for it.
    pub(crate) fn violation(&self) -> Option<Error> {
        self.lock().violation.clone()
    }

    /// Which API version the server speaks.
    pub(crate) async fn api_version(&self) -> Result<ApiVersion, GateError> {
        if self.grant == Grant::Nothing {
            return Err(GateError::Denied);
        }
        self.check_no_violation()?;
        let ask = || async {
            let found = self.shared.server.api_version(&self.shared, &self.log).await;
            found.map_err(|error| self.stop(error, GateError::Answer))
        };
        *self.call.api_version.get_or_init(ask).await
    }

    /// Refuses to do anything more in a call in which the component committed a violation.
    pub(super) fn check_no_violation(&self) -> Result<(), GateError> {
        if self.lock().violation.is_some() { Err(GateError::Denied) } else { Ok(()) }
    }

    /// Checks a request's target and headers before anything is sent on its behalf.
    pub(crate) fn check_head(&self, head: &http::request::Parts) -> Result<(), GateError> {
        self.check_no_violation()?;
        let scheme = head.uri.scheme_str().unwrap_or_default();
        let authority = head.uri.authority().map(http::uri::Authority::as_str).unwrap_or_default();
        if !self.shared.transport.origin().is(scheme, authority) {
            return Err(self.deny(Denial::Egress("it isn't for the configured origin".to_owned())));
        }
        for (name, value) in &head.headers {
            if head.headers.get_all(name).iter().count() > 1 || !may_leave(name.as_str(), value.as_bytes()) {
                return Err(self.deny(Denial::Egress("it has a header that isn't allowed".to_owned())));
            }
        }
        Ok(())
    }

    /// Checks what a request asks for, as far as that works without knowing the server. A request
    /// that neither API version allows is refused before the host sends anything itself.
    pub(crate) fn check_request(&self, head: &http::request::Parts) -> Result<(), GateError> {
        match (self.judge(ApiVersion::V4, head), self.judge(ApiVersion::V3, head)) {
            (Ok(_), _) | (_, Ok(_)) => Ok(()),
            // The denial of a request that was parsed says more than that of one that wasn't.
            (Err(Denial::Route(_)), Err(denial)) | (Err(denial), Err(_)) => Err(self.deny(denial)),
        }
    }

    /// Where the client may read and change something.
    pub(super) fn scopes(&self) -> &Scopes {
        self.shared.scopes_of(self.log.client())
    }

    /// The most that the call may do.
    pub(crate) fn grant(&self) -> Grant {
        self.grant
    }

    fn too_many(&self) -> GateError {
        self.deny(Denial::TooMany)
    }

    /// Checks what a request asks for, and counts it.
    pub(crate) fn admit(&self, api_version: ApiVersion, head: &http::request::Parts) -> Result<Operation, GateError> {
        let operation = self.judge(api_version, head).map_err(|denial| self.deny(denial))?;
        let mut record = self.lock();
        record.admitted += 1;
        let is_reveal = matches!(operation, Operation::RevealSecret { .. });
        let revealed_before = record.revealed && is_reveal;
        record.revealed |= is_reveal;
        let too_many = record.admitted > self.grant.max_requests(api_version) || revealed_before;
        drop(record);
        if too_many {
            return Err(self.too_many());
        }
        if let Operation::RevealSecret { place, name } = &operation {
            self.admit_reveal(place, name).map_err(|error| self.deny(Denial::Refused(error)))?;
        }
        Ok(operation)
    }

    /// The final check before a value is read: switch, person, budget, in this order.
    fn admit_reveal(&self, place: &Place, name: &SecretName) -> Result<(), Error> {
        let CallPurpose::Reveal { request, .. } = &*self.purpose else {
            return Err(Error::refused(Layer::RevealGate, "the call may not reveal a value", "report this"));
        };
        let reveal = Reveal { place: place.clone(), name: name.clone() };
        let client = self.log.client();
        let take_budget = || self.shared.plan_service.take_reveal(client);
        let card = self.shared.reveals.admit(&reveal, request.as_deref(), client, take_budget)?;
        self.lock().approved = card.as_ref().map(ApprovedSecret::of);
        Ok(())
    }

    fn judge(&self, api_version: ApiVersion, head: &http::request::Parts) -> Result<Operation, Denial> {
        let denied = |reason: String| Err(Denial::Egress(reason));
        let path_and_query = head.uri.path_and_query().map(http::uri::PathAndQuery::as_str).unwrap_or_default();
        let operation = match route::read(api_version, head.method.as_str(), path_and_query) {
            Ok(operation) => operation,
            Err(refusal) => return Err(Denial::Route(refusal.to_string())),
        };
        if !self.grant.allows(&operation) {
            let (operation, grant) = (operation.name(), self.grant.as_str());
            return denied(format!("the grant `{grant}` doesn't allow `{operation}`"));
        }
        if !self.is_within_purpose(&operation) {
            return denied(format!("`{}` isn't within the purpose of the call", operation.name()));
        }
        match &operation {
            Operation::ListProjects { organization: Some(organization) }
                if self.shared.server.organization() != Some(organization) =>
            {
                denied("it is about an organization other than the configured one".to_owned())
            }
            Operation::RevealSecret { place, name } if !matches!(&*self.purpose, CallPurpose::Reveal { target, .. } if target.is(place, name.as_str(), &self.named())) => {
                denied("it is about another secret than the one to reveal".to_owned())
            }
            _ if self.scopes().check(&operation).is_err() => Err(Denial::OutOfScope),
            Operation::RevealSecret { .. } if self.shared.reveal_scopes.check(&operation).is_err() => {
                Err(Denial::Refused(Error::refused(
                    Layer::RevealGate,
                    "the operator doesn't allow values to be revealed in this place",
                    "work with the secret by its name; if its value is really needed, ask the operator, who can extend `reveal_scopes`",
                )))
            }
            _ => Ok(operation),
        }
    }

    /// Refuses a body: no read has one.
    pub(crate) fn refuse_body(&self) -> GateError {
        self.deny(Denial::Egress("it has a body".to_owned()))
    }

    pub(super) fn deny(&self, denial: Denial) -> GateError {
        let stopped = |reason: &str| {
            Error::refused(
                Layer::Egress,
                format!("a request was blocked at the sandbox boundary: {reason}"),
                "it wasn't sent; this is a bug or a violation in the component: report it",
            )
        };
        let is_attempt = !matches!(denial, Denial::Refused(_) | Denial::TooMany);
        let error = match denial {
            Denial::Refused(error) | Denial::Draft(error) => error,
            Denial::Route(reason) | Denial::Egress(reason) => stopped(&reason),
            Denial::TooMany => stopped("the call has sent as many requests as a call may send"),
            Denial::OutOfScope => Error::refused(
                Layer::Scope,
                "this place is outside of the scopes that the operator allows",
                "ask for a place in scope, or ask the operator to add it to `scopes` in the configuration",
            ),
        };
        if is_attempt {
            self.lock().violation.get_or_insert_with(|| error.clone());
            self.log.note_violation(&error);
        }
        self.stop(error, GateError::Denied)
    }

    /// Sends an admitted operation and reads its answer.
    pub(crate) async fn perform(&self, api_version: ApiVersion, operation: &Operation) -> Result<Delivery, GateError> {
        // Nothing closes the semaphore, so waiting always ends with a permit.
        let turn = Arc::clone(&self.call.turn).acquire_owned().await.map_err(|_| GateError::Denied)?;
        // The request was checked before it waited, and a violation may have happened since.
        self.check_no_violation()?;
        let answer = self.send(operation, api_version).await?;
        self.deliver(operation, answer, turn)
    }

    /// Sends with the credential of the grant. Logs in again, once, if the server no longer takes
    /// the token.
    pub(super) async fn send(&self, operation: &Operation, api_version: ApiVersion) -> Result<Answer, GateError> {
        let with_values = operation.is_answered_with_values(api_version);
        let kind = match self.grant.identity(operation) {
            IdentityKind::Reveal => {
                self.shared.reveals.identity().map_err(|error| self.stop(error, GateError::Denied))?
            }
            kind => kind,
        };
        self.send_as(kind, operation.name(), &operation.path_and_query(api_version), with_values).await
    }

    /// The same for a read that is already written: an operation's, or one of the host's own.
    pub(super) async fn send_read(
        &self,
        name: &'static str,
        path_and_query: &str,
        with_values: bool,
    ) -> Result<Answer, GateError> {
        // Whatever the grant, the read identity makes reads.
        self.send_as(IdentityKind::Read, name, path_and_query, with_values).await
    }

    async fn send_as(
        &self,
        kind: IdentityKind,
        name: &'static str,
        path_and_query: &str,
        with_values: bool,
    ) -> Result<Answer, GateError> {
        let connection = if with_values { Connection::Own } else { Connection::Kept };
        let mut stale = None;
        loop {
            let token = self.shared.identities.token(kind, &self.shared.transport, stale.as_ref(), &self.log).await;
            let token = token.map_err(|error| self.stop(error, GateError::Denied))?;
            let audited = self.log.note().await.map_err(|error| self.stop(error, GateError::Denied))?;
            self.check_no_violation()?;
            let transport = &self.shared.transport;
            let token_text = token.expose_secret();
            let route = Route { name, identity: kind };
            let answer =
                get_as(transport, audited, route, path_and_query, token_text, connection, self.deadline()).await;
            let answer = answer.map_err(|error| {
                self.stop(error.into_error(self.shared.transport.origin()), GateError::Transport(error))
            })?;
            self.check_for_tokens(&answer)?;
            if stale.is_none() && answer.status >= 400 && failure_of(&answer).wants_login() {
                stale = Some(token);
                continue;
            }
            return Ok(answer);
        }
    }

    fn deliver(
        &self,
        operation: &Operation,
        answer: Answer,
        turn: OwnedSemaphorePermit,
    ) -> Result<Delivery, GateError> {
        let status = answer.status;
        let is_by_slug = matches!(operation, Operation::ProjectBySlug { .. });
        let delivery =
            |retry_after, bytes| Delivery { status, retry_after, body: DeliveredBody { bytes, _turn: turn } };
        match status {
            200 if !answer.content_type.as_deref().is_some_and(is_json) => {
                let reason = "the answer isn't JSON";
                Err(self.stop(Error::UnexpectedAnswer(reason.into()), GateError::Answer))
            }
            200 => match answers::rewrite(operation, self.scopes(), &answer.body) {
                Ok(body) => {
                    self.check_for_credentials(&body)?;
                    self.check_approved(operation, &body)?;
                    self.note_names(operation, &body, &answer.body);
                    Ok(delivery(None, body))
                }
                Err(AnswerRefusal::OutOfScope) if is_by_slug => Err(self.deny(Denial::Refused(no_such_project()))),
                Err(AnswerRefusal::OutOfScope) => Err(self.deny(Denial::OutOfScope)),
                Err(AnswerRefusal::Elsewhere) => {
                    Err(self.stop(elsewhere(operation, self.scopes(), &answer.body), GateError::Answer))
                }
                Err(refusal) => Err(self.stop(Error::UnexpectedAnswer(refusal.to_string().into()), GateError::Answer)),
            },
            400.. => {
                let failure = failure_of(&answer);
                if is_by_slug && self.scopes().as_slice().is_some() && failure.is_of_no_project() {
                    return Err(self.deny(Denial::Refused(no_such_project())));
                }
                self.note_failed(&answer);
                self.note_unseen(operation, &failure);
                self.shared.server.note(&failure);
                let retry_after = answer.retry_after.as_deref().and_then(retry_after_seconds);
                Ok(delivery(retry_after, Zeroizing::new(failure.body())))
            }
            300..400 => Err(self.stop(
                Error::UnexpectedAnswer(Detail {
                    http: Some(status.into()),
                    remedy: Some("ask the operator to configure the address that it redirects to".to_owned()),
                    ..Detail::from("the server redirects elsewhere, and the skill doesn't follow redirects")
                }),
                GateError::Answer,
            )),
            _ => Err(self.stop(
                Error::UnexpectedAnswer(
                    format!("the server answered with HTTP status {status}, which isn't one of Infisical's").into(),
                ),
                GateError::Answer,
            )),
        }
    }

    /// Refuses an answer that holds one of the host's access tokens, before anything of it is
    /// parsed.
    pub(super) fn check_for_tokens(&self, answer: &Answer) -> Result<(), GateError> {
        let is_in = self.shared.identities.have_token_in(&answer.body);
        if is_in { Err(self.stop(holds_credential(), GateError::Answer)) } else { Ok(()) }
    }

    /// Refuses to pass on bytes that hold one of the host's credentials: somebody may have stored
    /// it as a secret.
    pub(super) fn check_for_credentials(&self, written: &[u8]) -> Result<(), GateError> {
        let is_in = self.shared.identities.have_credential_in(written);
        if is_in { Err(self.stop(holds_credential(), GateError::Answer)) } else { Ok(()) }
    }

    /// Keeps the first cause. Errors that follow from it say less.
    pub(super) fn stop(&self, cause: Error, error: GateError) -> GateError {
        tracing::debug!(grant = self.grant.as_str(), kind = cause.kind(), "blocked at the gate");
        self.lock().cause.get_or_insert(cause);
        error
    }

    /// Runs one of the host's own operations whose failure isn't the call's failure.
    pub(super) async fn without_cause<T>(&self, deed: impl Future<Output = T>) -> T {
        let cause = self.cause();
        let done = deed.await;
        self.lock().cause = cause;
        done
    }

    /// Refuses a value of another secret than the one that a person approved, or of another
    /// version of it: names and values can change between the approval and the call.
    fn check_approved(&self, operation: &Operation, body: &[u8]) -> Result<(), GateError> {
        let approved = self.lock().approved.clone();
        let (Operation::RevealSecret { .. }, Some(approved)) = (operation, approved) else { return Ok(()) };
        approved.check(body).map_err(|error| self.stop(error, GateError::Answer))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Record> {
        self.call.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The same message whether the project doesn't exist, is out of scope, or doesn't have the
/// identity as a member. Otherwise, guesses could reveal the names of hidden projects.
fn no_such_project() -> Error {
    Error::refused(
        Layer::Scope,
        "no project in scope has this slug",
        "list the projects, and use a slug or an id from there; if the project is missing, ask the operator, who can add its id to `scopes`",
    )
}

fn holds_credential() -> Error {
    Error::UnexpectedAnswer(Detail {
        remedy: Some(
            "ask the operator to look for it among the names and values in this place, and to revoke the credential"
                .to_owned(),
        ),
        ..Detail::from("the server's answer holds a credential of the skill's own, so nothing of it is shown")
    })
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
