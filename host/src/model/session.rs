//! The client of a call: its session, and whether anybody still waits for the call to end.

use super::clients::ClientRights;
use super::error::{Error, Layer};
use super::people::AskedBy;
use crate::base::hex::to_hex;
use crate::base::random::fill_random;
use infisical_skill_policy::Grant;
use infisical_skill_policy::client::{self, NotAllowed};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// One session with a client. A plan that was previewed in it can be applied or discarded only in
/// it. The audit trail names the session.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Session(Arc<str>);

impl Session {
    /// Creates a unique session.
    ///
    /// # Errors
    ///
    /// [`std::io::Error`] if this machine provides no randomness.
    pub fn new() -> std::io::Result<Self> {
        let mut bytes = [0; 8];
        fill_random(&mut bytes).map_err(|_| std::io::Error::other("this machine's random number generator fails"))?;
        Ok(Self(to_hex(&bytes).into()))
    }

    /// Derives another session, always the same for the same parts.
    #[cfg(feature = "mcp")]
    pub(crate) fn derived(&self, parts: &[&str]) -> Self {
        let mut text = self.0.to_string();
        for part in parts {
            text.push_str(&format!(" {} {part}", part.len()));
        }
        let hash = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
        Self(to_hex(hash.as_ref().get(..8).unwrap_or_default()).into())
    }

    /// Its name in the audit trail. Not a secret: it gives no access.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Monitors a running call, and can cancel it.
#[derive(Default)]
pub(crate) struct CallMonitor {
    answered: AtomicU32,
    withdrawn: AtomicBool,
    on_answer: Option<Box<dyn Fn(u32) + Send + Sync>>,
}

impl CallMonitor {
    /// `on_answer` is called each time a request is answered, with the number of answers so far.
    #[cfg(feature = "mcp")]
    pub(crate) fn new(on_answer: Option<Box<dyn Fn(u32) + Send + Sync>>) -> Self {
        Self { on_answer, ..Self::default() }
    }

    /// A request was answered, or failed.
    pub(crate) fn answered(&self) {
        let count = self.answered.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if let Some(on_answer) = &self.on_answer {
            on_answer(count);
        }
    }

    /// Cancels the call: no change leaves from then on.
    #[cfg(feature = "mcp")]
    pub(crate) fn withdraw(&self) {
        self.withdrawn.store(true, Ordering::SeqCst);
    }

    /// Checks that the call isn't cancelled.
    pub(crate) fn is_wanted(&self) -> Result<(), Error> {
        if self.withdrawn.load(Ordering::SeqCst) {
            return Err(Error::refused(
                Layer::TwoPhaseConfirm,
                "the caller withdrew the call before the change left",
                "if the change is still wanted, preview it again: this plan is used up",
            ));
        }
        Ok(())
    }
}

impl fmt::Debug for CallMonitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallMonitor").field("answered", &self.answered).finish_non_exhaustive()
    }
}

/// The client of a call.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) session: Option<Session>,
    pub(crate) monitor: Option<Arc<CallMonitor>>,
    /// The call's id, if it is already recorded.
    pub(crate) call: Option<Arc<str>>,
    /// The requester, as far as known.
    pub(crate) asked: Arc<AskedBy>,
    /// What the operator allows it.
    pub(crate) rights: Arc<ClientRights>,
}

impl Default for Client {
    /// An unknown client without limits: a program that embeds the skill.
    fn default() -> Self {
        Self {
            session: None,
            monitor: None,
            call: None,
            asked: Arc::default(),
            rights: Arc::new(ClientRights::without_limits()),
        }
    }
}

impl Client {
    /// Checks whether the operator allows it calls of this kind.
    pub(crate) fn check(&self, grant: Grant) -> Result<(), Error> {
        let ClientRights { may, reveal, .. } = *self.rights;
        client::check(may, reveal, grant).map_err(|refusal| {
            let setting = match refusal {
                NotAllowed::May(needed) => format!("may = \"{}\"", needed.name()),
                _ => "reveal = true".to_owned(),
            };
            let at = match &self.asked.token {
                Some(token) => format!("for `{token}` under `[[mcp.clients]]`"),
                None => "under `[mcp]`".to_owned(),
            };
            let remedy = format!("ask the operator, who can set `{setting}` {at}");
            Error::refused(Layer::Scope, refusal.to_string(), remedy)
        })
    }

    /// A client of which only the session is known.
    #[cfg(test)]
    pub(crate) fn of(session: Option<&Session>) -> Self {
        Self { session: session.cloned(), ..Self::default() }
    }
}
