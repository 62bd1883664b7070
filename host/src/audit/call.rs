//! The audit records of one call.

use super::convert;
use super::trail::Trail;
use crate::model::error::Error;
use crate::model::session::Client;
use infisical_skill_audit::{
    Asked, CallOutcome, Durability, Event, Identity, IntendedChange, Intent, Outcome, Plan, ReportedBy, Request, Step,
};
use infisical_skill_policy::{Grant, IdentityKind};
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio::time::Instant;

/// The most requests of a call that are recorded one by one.
const MAX_REQUESTS: usize = 100;

/// How long after the deadline an outcome may still be written.
const GRACE: Duration = Duration::from_secs(5);

/// A failed call, and where its error text comes from.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) error: Error,
    pub(crate) by: ErrorSource,
}

/// Where the error text of a failed call comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorSource {
    /// The host: its text holds no values.
    Host,
    /// The component, in a call in which it had no values.
    Component,
    /// The component, in a call in which it had, or may have had, values. Its text isn't recorded.
    ComponentWithValues,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self { error, by: ErrorSource::Host }
    }
}

/// How a call ended.
#[derive(Debug)]
pub(crate) struct CallEnd {
    pub(crate) outcome: CallOutcome,
    pub(crate) said: Option<infisical_skill_audit::Said>,
    pub(crate) plan: Option<Plan>,
    pub(crate) steps: Vec<Step>,
}

impl CallEnd {
    /// Derives the end of a call from its result.
    pub(crate) fn of<T>(result: &Result<T, Failed>) -> Self {
        let (outcome, said) = match result {
            Ok(_) => (CallOutcome::Done, None),
            Err(failed) => (convert::call_outcome(&failed.error), Some(convert::said(failed))),
        };
        Self { outcome, said, plan: None, steps: Vec::new() }
    }
}

/// The audit records of one call.
pub(crate) struct CallLog {
    trail: Trail,
    asked: Asked,
    grant: Grant,
    began: std::time::Instant,
    deadline: Instant,
    client: Client,
    /// Whether the call's intent is in the log.
    audited: OnceCell<()>,
    left: Mutex<SentRequests>,
    /// The component's violation, as the host describes it.
    violation: OnceLock<Error>,
    /// The plan that the call is about, if that is known from the beginning.
    about: Option<Plan>,
    ended: AtomicBool,
}

/// What left during a call.
#[derive(Default)]
struct SentRequests {
    requests: Vec<Request>,
    more: u32,
    changed: bool,
}

/// Proof that the call's intent is recorded, so that its requests may leave. What leaves is
/// recorded through it.
#[derive(Clone, Copy)]
pub(crate) struct AuditedCall<'c>(&'c CallLog);

/// Proof that a change's intent is on disk, so that this one request may leave.
pub(crate) struct AuditedChange<'c>(&'c CallLog);

impl CallLog {
    pub(crate) fn new(trail: Trail, asked: Asked, grant: Grant, deadline: Instant) -> Self {
        Self {
            trail,
            asked,
            grant,
            began: std::time::Instant::now(),
            deadline,
            client: Client::default(),
            audited: OnceCell::new(),
            left: Mutex::default(),
            violation: OnceLock::new(),
            about: None,
            ended: AtomicBool::new(false),
        }
    }

    /// The same log, for a call about this plan.
    #[cfg(feature = "mcp")]
    pub(crate) fn about(self, plan: Plan) -> Self {
        Self { about: Some(plan), ..self }
    }

    /// Leaves recording the end of the call to another log of it. Gives the call's id.
    #[cfg(feature = "mcp")]
    pub(crate) fn hand_over(&self) -> Arc<str> {
        self.ended.store(true, Ordering::Release);
        self.asked.call.as_str().into()
    }

    /// The same log, for a call of this client.
    pub(crate) fn for_client(self, client: Client) -> Self {
        Self { client, ..self }
    }

    /// The client that made the call.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    fn is_wanted(&self) -> Result<(), Error> {
        self.client.monitor.as_ref().map_or(Ok(()), |monitor| monitor.is_wanted())
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Records, once for the call, that something is about to leave. If that may bring a value
    /// back, the record is on disk first.
    pub(crate) async fn note(&self) -> Result<AuditedCall<'_>, Error> {
        let durability = if self.grant == Grant::Reveal { Durability::OnTheDisk } else { Durability::InTheFile };
        self.audited.get_or_try_init(|| self.intend(None, durability)).await?;
        Ok(AuditedCall(self))
    }

    /// Records on disk that a change is about to leave. Refused if the call was cancelled.
    pub(crate) async fn note_change(&self, change: IntendedChange) -> Result<AuditedChange<'_>, Error> {
        self.is_wanted()?;
        self.intend(Some(change), Durability::OnTheDisk).await?;
        // Writing to disk may have taken a while.
        self.is_wanted()?;
        self.left().changed = true;
        Ok(AuditedChange(self))
    }

    /// Remembers the component's violation, in case the caller is gone before the call ends. The
    /// first one counts.
    pub(crate) fn note_violation(&self, violation: &Error) {
        self.violation.get_or_init(|| violation.clone());
    }

    async fn intend(&self, change: Option<IntendedChange>, durability: Durability) -> Result<(), Error> {
        let intent = Intent { asked: self.asked.clone(), change };
        self.trail.record(Event::Intent(intent), durability, self.deadline).await
    }

    /// Records how the call ended. No answer, and above all no revealed value, may be given out
    /// before that.
    pub(crate) async fn end(&self, ending: CallEnd) -> Result<(), Error> {
        self.ended.store(true, Ordering::Release);
        let durability = match self.grant {
            Grant::Reveal | Grant::Apply => Durability::OnTheDisk,
            _ => Durability::InTheFile,
        };
        let deadline = self.deadline.max(Instant::now()) + GRACE;
        self.trail.record(Event::Outcome(self.outcome(ending)), durability, deadline).await
    }

    /// [`Self::end`] for code that can't await.
    pub(crate) fn end_now(&self, ending: CallEnd) -> Result<(), Error> {
        self.ended.store(true, Ordering::Release);
        self.trail.record_now(&Event::Outcome(self.outcome(ending)), Durability::InTheFile)
    }

    fn outcome(&self, ending: CallEnd) -> Outcome {
        let CallEnd { outcome, said, plan, steps } = ending;
        let left = std::mem::take(&mut *self.left());
        Outcome {
            asked: self.asked.clone(),
            outcome,
            said,
            plan,
            steps,
            requests: left.requests,
            more_requests: left.more,
            micros: micros(self.began),
        }
    }

    fn left(&self) -> MutexGuard<'_, SentRequests> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records that a request leaves, before it does, because the caller may be gone before the
    /// answer arrives. Gives its position among the recorded requests.
    fn leaves(&self, request: Request) -> Option<usize> {
        let mut left = self.left();
        if left.requests.len() < MAX_REQUESTS {
            left.requests.push(request);
            Some(left.requests.len() - 1)
        } else {
            left.more += 1;
            None
        }
    }

    /// Records the result of a request. Does nothing if the end of the call is already recorded.
    fn came_back(&self, at: Option<usize>, request: Request) {
        if let Some(at) = at
            && let Some(left) = self.left().requests.get_mut(at)
        {
            *left = request;
        }
        if let Some(monitor) = &self.client.monitor {
            monitor.answered();
        }
    }
}

/// A call whose caller is waiting. If dropped before it ended, it ends here.
pub(crate) struct OpenCall(Arc<CallLog>);

impl OpenCall {
    pub(crate) fn new(log: CallLog) -> Self {
        Self(Arc::new(log))
    }
}

impl Deref for OpenCall {
    type Target = Arc<CallLog>;

    fn deref(&self) -> &Arc<CallLog> {
        &self.0
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        if self.ended.load(Ordering::Acquire) {
            return;
        }
        // The caller no longer waits. What has left can't be recalled.
        let (outcome, said) = match self.violation.get().cloned().map(Failed::from) {
            Some(violation) => (convert::call_outcome(&violation.error), convert::said(&violation)),
            None => {
                let said = infisical_skill_audit::Said {
                    kind: "cancelled".to_owned(),
                    layer: None,
                    by: ReportedBy::Host,
                    reason: "the caller didn't wait for the end".to_owned(),
                };
                (CallOutcome::Failed, said)
            }
        };
        let outcome = if self.left().changed { CallOutcome::Unknown } else { outcome };
        let plan = self.about.clone();
        if let Err(error) = self.end_now(CallEnd { outcome, said: Some(said), plan, steps: Vec::new() }) {
            tracing::error!(%error, "the end of a call can't be recorded");
        }
    }
}

/// A request in flight.
pub(crate) struct InFlightRequest<'c>(&'c CallLog, Option<usize>);

impl<'c> AuditedCall<'c> {
    /// Records that this request leaves.
    pub(crate) fn leaves(&self, request: Request) -> InFlightRequest<'c> {
        InFlightRequest(self.0, self.0.leaves(request))
    }
}

impl<'c> AuditedChange<'c> {
    /// Records that this change leaves.
    pub(crate) fn leaves(&self, request: Request) -> InFlightRequest<'c> {
        InFlightRequest(self.0, self.0.leaves(request))
    }
}

impl InFlightRequest<'_> {
    /// Records the result.
    pub(crate) fn came_back(self, request: Request) {
        self.0.came_back(self.1, request);
    }
}

/// The identity in the form of the audit records.
pub(crate) fn identity(kind: IdentityKind) -> Identity {
    match kind {
        IdentityKind::Read => Identity::Read,
        IdentityKind::Reveal => Identity::Reveal,
        IdentityKind::Write => Identity::Write,
    }
}

pub(crate) fn micros(since: std::time::Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}
