//! Sends admitted reads with the credential of the grant.

use super::call::{Delivery, GateError};
use super::gate::Gate;
use crate::client::exchange::{failure_of, get_as};
use crate::client::transport::{Answer, Connection, Route};
use infisical_skill_policy::{ApiVersion, IdentityKind, Operation};
use secrecy::ExposeSecret;
use std::sync::Arc;

impl Gate {
    /// Sends an admitted operation and reads its answer.
    pub(crate) async fn perform(&self, api_version: ApiVersion, operation: &Operation) -> Result<Delivery, GateError> {
        // Nothing closes the semaphore, so waiting always ends with a permit.
        let turn = Arc::clone(&self.call.turn).acquire_owned().await.map_err(|_| GateError::Denied)?;
        // The request was checked before it waited, and a violation may have happened since.
        self.check_no_violation()?;
        let answer = self.send(operation, api_version).await?;
        self.deliver(operation, answer, turn)
    }

    /// Sends with the credential of the grant. Logs in again, once, if the server no longer accepts
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
}
