//! Closes a skill: revokes the access tokens that the host logged in for.

use super::Skill;
use crate::audit::{CallEnd, Failed, OpenCall};
use crate::model::error::Error;
use infisical_skill_policy::Grant;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How long the server may take to revoke the tokens.
const REVOKING: Duration = Duration::from_secs(2);
/// How long the disk may take for the record after that.
const RECORDING: Duration = Duration::from_millis(500);

impl Skill {
    /// Revokes the access tokens that this skill logged in for (Universal Auth). Call it when the
    /// skill isn't used any more. Otherwise each token stays valid until it expires, which may take
    /// a month. It is best effort and takes at most 2.5 seconds. A token that you supplied
    /// ([`Credential::AccessToken`](crate::Credential::AccessToken),
    /// [`Credential::Source`](crate::Credential::Source)) stays valid.
    ///
    /// A later or concurrent call logs in again. The audit trail records the revocation as the tool
    /// `revoke-tokens`.
    ///
    /// # Errors
    ///
    /// [`Error`] if a token may still be valid. You can't do anything about it: the token expires
    /// by itself.
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
