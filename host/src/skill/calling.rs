//! Runs a method as a call in the sandbox, and records it.

use super::Skill;
use crate::audit::{self, CallEnd, CallLog, Failed, OpenCall, Speaker};
use crate::egress::gate::Gate;
use crate::egress::purpose::CallPurpose;
use crate::error::Error;
use crate::sandbox::bindings::infisical::skill::policy;
use crate::sandbox::call::{CallState, Called, call};
use crate::state::SwitchState;
use infisical_skill_audit::{Asked, CallTarget};
use infisical_skill_policy::Grant;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::time::{Instant, timeout_at};
use wasmtime::Store;

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

    pub(super) async fn look<T: Send>(
        &self,
        tool: &str,
        targets: Vec<CallTarget>,
        function: impl for<'a> FnOnce(&'a crate::sandbox::bindings::Skill, &'a mut Store<CallState>) -> Called<'a, T>,
    ) -> Result<T, Error> {
        let log = self.log(tool, targets, Grant::Reads);
        let answer = self.call(&self.gate(Grant::Reads, CallPurpose::Look, &log), false, function).await;
        log.end(CallEnd::of(&answer)).await?;
        answer.map_err(|failed| failed.error)
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

    /// Runs one exported function. `with_values`: the component gets values to write.
    pub(super) async fn call<T: Send>(
        &self,
        gate: &Gate,
        with_values: bool,
        function: impl for<'a> FnOnce(&'a crate::sandbox::bindings::Skill, &'a mut Store<CallState>) -> Called<'a, T>,
    ) -> Result<T, Failed> {
        self.client.check(gate.grant())?;
        let inner = &self.inner;
        let Ok(Ok(_slot)) = timeout_at(gate.deadline(), inner.slots.acquire()).await else {
            return Err(Error::TimedOut.into());
        };
        let writes = match self.switch() {
            SwitchState::Never => policy::Writes::Never,
            SwitchState::Off { .. } => policy::Writes::Off,
            SwitchState::On { .. } => policy::Writes::On,
        };
        let reveal = match self.reveal_switch() {
            SwitchState::Never => policy::Reveals::Never,
            SwitchState::Off { .. } => policy::Reveals::Off,
            SwitchState::On { .. } => policy::Reveals::On,
        };
        let policy = policy::Policy { writes, reveal, ..self.policy() };
        let answer = call(&inner.sandbox, gate.clone(), policy, &inner.limits, function).await;
        answer.map_err(|failed| match failed.by {
            Speaker::Component if with_values || gate.has_values() => {
                Failed { by: Speaker::ComponentWithValues, ..failed }
            }
            _ => failed,
        })
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
