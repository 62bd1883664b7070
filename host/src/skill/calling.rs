//! Runs a method as a call in the sandbox, and records it.

use super::Skill;
use crate::audit;
use crate::audit::{CallEnd, CallLog, Failed, OpenCall};
use crate::boundary::gate::Gate;
use crate::boundary::purpose::CallPurpose;
use crate::model::error::Error;
use crate::sandbox::Invocation;
use infisical_skill_audit::{Asked, CallTarget};
use infisical_skill_policy::Grant;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::SemaphorePermit;
use tokio::time::{Instant, timeout_at};

impl Skill {
    /// The log for a run of `doctor`.
    #[cfg(feature = "cli")]
    pub(crate) fn log_of_doctor(&self) -> OpenCall {
        self.log("doctor", Vec::new(), Grant::Reads)
    }

    /// Records a call whose answer is already known.
    pub(crate) async fn record_answered(&self, tool: &str) -> Result<(), Error> {
        self.log(tool, Vec::new(), Grant::Nothing).end(CallEnd::of(&Ok(()))).await
    }

    /// Records a call that was refused before anything ran. Gives the error to answer with.
    pub(crate) async fn record_refused(&self, tool: &str, error: Error) -> Error {
        let refused = Err::<(), _>(Failed::from(error.clone()));
        self.log(tool, Vec::new(), Grant::Nothing).end(CallEnd::of(&refused)).await.err().unwrap_or(error)
    }

    /// The log of a call that begins now.
    pub(super) fn log(&self, tool: &str, targets: Vec<CallTarget>, grant: Grant) -> OpenCall {
        OpenCall::new(self.call_log(tool, targets, grant))
    }

    pub(super) fn call_log(&self, tool: &str, targets: Vec<CallTarget>, grant: Grant) -> CallLog {
        self.call_log_until(Instant::now() + self.inner.limits.deadline, tool, targets, grant)
    }

    pub(super) fn call_log_until(
        &self,
        deadline: Instant,
        tool: &str,
        targets: Vec<CallTarget>,
        grant: Grant,
    ) -> CallLog {
        let asked = Asked {
            call: self.client.call.as_deref().map_or_else(|| self.inner.calls.next(), str::to_owned),
            caller: (*self.caller).clone(),
            tool: tool.to_owned(),
            targets,
            grant: grant.as_str().to_owned(),
        };
        let log = CallLog::new(self.inner.shared.trail.clone(), asked, grant, deadline);
        log.for_client(self.client.clone())
    }

    pub(super) fn gate(&self, grant: Grant, purpose: CallPurpose, log: &Arc<CallLog>) -> Gate {
        Gate::new(Arc::clone(&self.inner.shared), grant, purpose, Arc::clone(log))
    }

    /// One call of the component, with the policy as it is now. `with_values`: the component gets
    /// values to write.
    pub(super) async fn invocation<'a>(&'a self, gate: &'a Gate, with_values: bool) -> Result<Invocation<'a>, Failed> {
        self.client.check(gate.grant())?;
        let inner = &self.inner;
        let slot = self.slot(gate).await?;
        let (writes, reveals) = (self.switch(), self.reveal_switch());
        let sandbox = (&*inner.sandbox, &inner.limits);
        Ok(Invocation::new(sandbox, gate, &self.policy(), (&writes, &reveals), with_values, slot))
    }

    /// A place among the calls that run at once.
    pub(super) async fn slot(&self, gate: &Gate) -> Result<SemaphorePermit<'_>, Error> {
        match timeout_at(gate.deadline(), self.inner.slots.acquire()).await {
            Ok(Ok(slot)) => Ok(slot),
            _ => Err(Error::TimedOut),
        }
    }

    /// A read that begins now.
    pub(super) fn begin_read(&self, tool: &str, targets: Vec<CallTarget>) -> Read<'_> {
        let log = self.log(tool, targets, Grant::Reads);
        let gate = self.gate(Grant::Reads, CallPurpose::Read, &log);
        Read { skill: self, log, gate }
    }
}

/// A read in progress.
pub(super) struct Read<'a> {
    skill: &'a Skill,
    log: OpenCall,
    gate: Gate,
}

impl Read<'_> {
    pub(super) async fn invocation(&self) -> Result<Invocation<'_>, Failed> {
        self.skill.invocation(&self.gate, false).await
    }

    /// Records the outcome before the answer is given out.
    pub(super) async fn end<T>(self, answer: Result<T, Failed>) -> Result<T, Error> {
        self.log.end(CallEnd::of(&answer)).await?;
        answer.map_err(|failed| failed.error)
    }
}

/// Unique ids for calls, also across processes.
pub(crate) struct CallIds {
    prefix: String,
    count: AtomicU64,
}

impl CallIds {
    pub(crate) fn new() -> Self {
        Self { prefix: audit::caller(None, None).session, count: AtomicU64::new(1) }
    }

    fn next(&self) -> String {
        format!("{}-{}", self.prefix, self.count.fetch_add(1, Ordering::Relaxed))
    }
}
