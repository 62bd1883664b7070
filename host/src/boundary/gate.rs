//! The gate between the component and the network. It reads, checks and rewrites every request of
//! the component.
//!
//! The checks run in this order, before anything leaves: origin, headers, route, grant, scopes,
//! number of requests, body. Only then does the host fetch a credential, which the grant and the
//! operation determine. The host sends nothing that the component wrote: it writes each request
//! from the parsed operation.

use super::call::{Call, Denial, GateError, GateRecord};
use super::purpose::CallPurpose;
use super::shared::Shared;
use crate::audit::CallLog;
use crate::client::exchange::failed;
use crate::client::transport::Answer;
use crate::model::error::{Error, HttpFailure, Layer};
use infisical_skill_policy::{ApiVersion, Grant, Scopes};
use std::sync::{Arc, MutexGuard, PoisonError};
use tokio::time::Instant;

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

impl Gate {
    pub(crate) fn new(shared: Arc<Shared>, grant: Grant, purpose: CallPurpose, log: Arc<CallLog>) -> Self {
        Self { shared, grant, purpose: Arc::new(purpose), log, call: Arc::new(Call::new()) }
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

    /// Which API version the server speaks.
    pub(crate) async fn api_version(&self) -> Result<ApiVersion, GateError> {
        if self.grant == Grant::Nothing {
            return Err(GateError::Denied);
        }
        self.check_no_violation()?;
        let ask = || async {
            let found =
                self.shared.server.api_version((&self.shared.identities, &self.shared.transport), &self.log).await;
            found.map_err(|error| self.stop(error, GateError::Answer))
        };
        *self.call.api_version.get_or_init(ask).await
    }

    /// Refuses to do anything more in a call in which the component committed a violation.
    pub(super) fn check_no_violation(&self) -> Result<(), GateError> {
        if self.lock().violation.is_some() { Err(GateError::Denied) } else { Ok(()) }
    }

    /// Where the client may read and change something.
    pub(super) fn scopes(&self) -> &Scopes {
        self.shared.scopes_of(self.log.client())
    }

    /// The most that the call may do.
    pub(crate) fn grant(&self) -> Grant {
        self.grant
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

    pub(super) fn deny(&self, denial: Denial) -> GateError {
        let stopped = |reason: &str| {
            Error::refused(
                Layer::Egress,
                format!("a request was blocked at the sandbox boundary: {reason}"),
                "the request wasn't sent; the component has a bug or committed a violation: report it",
            )
        };
        let is_violation = !matches!(denial, Denial::Refused(_) | Denial::TooMany);
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
        if is_violation {
            self.lock().violation.get_or_insert_with(|| error.clone());
            self.log.note_violation(&error);
        }
        self.stop(error, GateError::Denied)
    }

    /// Keeps the first cause. Errors that follow from it say less.
    pub(super) fn stop(&self, cause: Error, error: GateError) -> GateError {
        tracing::debug!(grant = self.grant.as_str(), kind = cause.kind(), "blocked at the gate");
        self.lock().cause.get_or_insert(cause);
        error
    }

    /// Runs one of the host's own operations whose failure isn't the call's failure.
    pub(super) async fn without_cause<T>(&self, operation: impl Future<Output = T>) -> T {
        let cause = self.cause();
        let output = operation.await;
        self.lock().cause = cause;
        output
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, GateRecord> {
        self.call.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
