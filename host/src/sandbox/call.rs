//! Runs one call: a fresh store and instance, one exported function, its answer.

use super::component::Sandbox;
use crate::audit::{ErrorSource, Failed};
use crate::bindings::Skill;
use crate::bindings::exports::infisical::skill::types;
use crate::bindings::infisical::skill::policy;
use crate::boundary::gate::Gate;
use crate::model::error::Error;
use crate::model::limits::Limits;
use std::fmt;
use std::pin::Pin;
use tokio::time::timeout_at;
use wasmtime::component::ResourceTable;
use wasmtime::{ResourceLimiter, Store, Trap, UpdateDeadline};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};
use wasmtime_wasi_io::IoView;

/// The most that a component can pass to the host at once, in bytes as the host counts them. A
/// listing that fills [`Limits::answer`] takes about half of it.
const HOSTCALL_FUEL: usize = 32 * 1024 * 1024;

/// The most handles that a component may have at a time. A request in flight takes about ten.
const MAX_HANDLES: usize = 256;

/// The size of one request's headers, in bytes as the host counts them.
const MAX_FIELDS: usize = 8 * 1024;

/// The state of a call's store. It ends with the call.
pub(crate) struct CallState {
    table: ResourceTable,
    http: WasiHttpCtx,
    pub(super) gate: Gate,
    pub(super) policy: policy::Policy,
    limits: StoreLimits,
}

/// A call's future.
pub(crate) type Called<'a, T> = Pin<
    Box<
        dyn Future<Output = wasmtime::Result<Result<T, crate::bindings::exports::infisical::skill::types::Error>>>
            + Send
            + 'a,
    >,
>;

/// Runs one exported function in a fresh instance, until the gate's deadline.
pub(crate) async fn call<T: Send>(
    sandbox: &Sandbox,
    gate: Gate,
    policy: policy::Policy,
    limits: &Limits,
    function: impl for<'a> FnOnce(&'a Skill, &'a mut Store<CallState>) -> Called<'a, T>,
) -> Result<T, Failed> {
    let deadline = gate.deadline();
    let mut table = ResourceTable::new();
    table.set_max_capacity(MAX_HANDLES);
    let mut http = WasiHttpCtx::new();
    http.set_field_size_limit(MAX_FIELDS);
    let state = CallState { table, http, gate: gate.clone(), policy, limits: StoreLimits { memory: limits.memory } };
    let runtime = sandbox.runtime();
    let mut store = Store::new(runtime.engine(), state);
    store.limiter(|state| &mut state.limits);
    store.set_hostcall_fuel(HOSTCALL_FUEL);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |_| {
        if tokio::time::Instant::now() < deadline {
            Ok(UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now())))
        } else {
            Err(Trap::Interrupt.into())
        }
    });
    let _watch = runtime.watch();
    let run = async {
        let _slot = runtime.slot().await;
        let skill = sandbox.pre().instantiate_async(&mut store).await.map_err(no_memory)?;
        function(&skill, &mut store).await
    };
    let outcome = timeout_at(deadline, run).await;
    if let Some(violation) = gate.violation() {
        return Err(violation.into());
    }
    match (outcome, gate.cause()) {
        (Ok(Ok(Ok(answer))), _) => Ok(answer),
        // An object that isn't there is reported as such, even if the host couldn't find out more
        // about it.
        (Ok(Ok(Err(error @ types::Error::NotFound(_)))), Some(Error::Unreachable(_) | Error::UnexpectedAnswer(_)))
            if gate.failed().is_some_and(|http| http.status == 404) =>
        {
            Err(Failed { error: Error::from(error).with_answer(gate.failed()), by: ErrorSource::Component })
        }
        // The host knows best what it stopped. The component can only guess.
        (_, Some(cause)) => Err(cause.into()),
        (Ok(Ok(Err(error))), None) => {
            Err(Failed { error: Error::from(error).with_answer(gate.failed()), by: ErrorSource::Component })
        }
        (Err(_), None) => Err(Error::TimedOut.into()),
        (Ok(Err(error)), None) => Err(broke_off(&error).into()),
    }
}

/// If a call fails before the component runs, the machine refused something. The exceptions are a
/// component that traps or asks for too much.
fn no_memory(error: wasmtime::Error) -> wasmtime::Error {
    if error.is::<Trap>() || error.is::<OverLimit>() { error } else { error.context(NoMemory) }
}

/// This machine gave the instance no memory.
#[derive(Debug)]
struct NoMemory;

impl fmt::Display for NoMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no memory for an instance")
    }
}

/// Describes a trap without the trap's own text, which may come from the component.
fn broke_off(error: &wasmtime::Error) -> Error {
    tracing::debug!(
        "the component stopped: {}",
        infisical_skill_policy::text::escape_capped(&format!("{error:#}"), 2_000)
    );
    if let Some(trap) = error.downcast_ref::<Trap>() {
        return match trap {
            Trap::Interrupt => Error::TimedOut,
            Trap::StackOverflow => Error::Sandbox("it recursed without end".to_owned()),
            Trap::UnreachableCodeReached => {
                Error::Sandbox("it aborted, as it does when its memory is used up".to_owned())
            }
            _ => Error::Sandbox("it trapped".to_owned()),
        };
    }
    if error.downcast_ref::<OverLimit>().is_some() {
        return Error::Sandbox("it needed more memory than it is allowed".to_owned());
    }
    if error.downcast_ref::<NoMemory>().is_some() {
        return Error::Sandbox(super::engine::too_little(super::address_space::limit()));
    }
    Error::Sandbox("it exceeded a limit of the sandbox".to_owned())
}

struct StoreLimits {
    memory: usize,
}

/// The component asked for more than its limits allow.
#[derive(Debug)]
struct OverLimit;

impl fmt::Display for OverLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("over the limit")
    }
}

impl std::error::Error for OverLimit {}

impl ResourceLimiter for StoreLimits {
    fn memory_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        if desired <= self.memory { Ok(true) } else { Err(OverLimit.into()) }
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        if desired <= 10_000 { Ok(true) } else { Err(OverLimit.into()) }
    }

    fn instances(&self) -> usize {
        8
    }

    fn tables(&self) -> usize {
        8
    }

    fn memories(&self) -> usize {
        1
    }
}

impl IoView for CallState {
    fn table(&mut self) -> &mut ResourceTable {
        &mut self.table
    }
}

impl WasiHttpView for CallState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.gate, table: &mut self.table, ctx: &mut self.http }
    }
}
