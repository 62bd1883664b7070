//! Rewrites answers for the component, and refuses those that it may not see.

use super::call::{DeliveredBody, Delivery, Denial, GateError};
use super::gate::Gate;
use crate::client::exchange::{elsewhere, failure_of};
use crate::client::transport::Answer;
use crate::model::error::{Detail, Error, Layer};
use infisical_skill_policy::Operation;
use infisical_skill_policy::answers::{self, AnswerRefusal};
use infisical_skill_policy::headers::{is_json, retry_after_seconds};
use tokio::sync::OwnedSemaphorePermit;
use zeroize::Zeroizing;

impl Gate {
    pub(super) fn deliver(
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

    /// Refuses a value of another secret than the one that a person approved, or of another
    /// version of it: names and values can change between the approval and the call.
    fn check_approved(&self, operation: &Operation, body: &[u8]) -> Result<(), GateError> {
        let approved = self.lock().approved.clone();
        let (Operation::RevealSecret { .. }, Some(approved)) = (operation, approved) else { return Ok(()) };
        approved.check(body).map_err(|error| self.stop(error, GateError::Answer))
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
        ..Detail::from("the server's answer contains one of the skill's own credentials, so it isn't shown")
    })
}
