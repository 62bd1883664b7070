//! The end: access tokens that the host logged in for are revoked.

use super::Skill;
use crate::audit::{CallEnd, Failed, OpenCall};
use crate::error::Error;
use infisical_skill_policy::Grant;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How long the server may take to revoke the tokens, and the disk to take the record after that.
const REVOKING: Duration = Duration::from_secs(2);
const RECORDING: Duration = Duration::from_millis(500);

impl Skill {
    /// Revokes the access tokens that this skill logged in for (Universal Auth). Call it when the skill isn't used any more: otherwise each token stays
    /// valid until it expires, which may take a month. It is an attempt, and takes 2.5 seconds at most. A token that you brought along
    /// ([`Credential::AccessToken`](crate::Credential::AccessToken), [`Credential::Source`](crate::Credential::Source)) stays valid.
    ///
    /// A call that is made later, or at the same time, logs in again. What is revoked is in the audit trail, as the tool `revoke-tokens`.
    ///
    /// # Errors
    /// [`Error`] if a token may still be valid. There is nothing to do about it: it expires.
    pub async fn close(&self) -> Result<(), Error> {
        let deadline = Instant::now() + REVOKING;
        let shared = &self.inner.shared;
        if !timeout_at(deadline, shared.identities.have_tokens()).await.unwrap_or(true) {
            return Ok(());
        }
        let log = OpenCall::new(self.call_log_until(deadline, "revoke-tokens", Vec::new(), Grant::Nothing));
        let work = async {
            let revoked = shared.identities.end(&shared.transport, &log).await;
            log.end(CallEnd::of(&revoked.clone().map_err(Failed::from))).await?;
            revoked
        };
        let closed = timeout_at(deadline + RECORDING, work).await.unwrap_or(Err(Error::TimedOut));
        if let Err(error) = &closed {
            tracing::debug!(kind = error.kind(), "an access token may still be valid");
        }
        closed
    }
}
