//! The engine that runs components: one for the whole process, with a limited number of instances.

use super::address_space::{Allocation, Attempts, limit};
use super::call::CallState;
use super::component::ComponentRefusal;
use super::deadline::{EpochGuard, Ticker};
use super::engine_config;
use crate::bindings::infisical::skill::{plans, policy};
use crate::bindings::wasi::random::random;
use crate::model::limits::Limits;
use std::sync::OnceLock;
use tokio::sync::{Semaphore, SemaphorePermit};
use wasmtime::component::{HasSelf, Linker};
use wasmtime::{Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

/// What all components of the process share. The limits are the same for each of them.
pub(super) struct Runtime {
    engine: Engine,
    linker: Linker<CallState>,
    ticker: Ticker,
    slots: Semaphore,
}

impl Runtime {
    pub(super) fn get() -> Result<&'static Self, ComponentRefusal> {
        static RUNTIME: OnceLock<Result<Runtime, ComponentRefusal>> = OnceLock::new();
        RUNTIME.get_or_init(Self::start).as_ref().map_err(Clone::clone)
    }

    fn start() -> Result<Self, ComponentRefusal> {
        let unusable = |reason: String| ComponentRefusal::Engine(reason);
        let limit = limit();
        let mut attempts = Attempts::within(limit);
        let (engine, slots) = loop {
            let allocation = attempts.next().ok_or_else(|| unusable(too_little(limit)))?;
            match engine(allocation) {
                Ok(engine) => break (engine, allocation.slots()),
                Err(error) => tracing::debug!("no engine with {allocation:?}: {error:#}"),
            }
        };
        let linker = linker(&engine).map_err(|error| unusable(format!("{error:#}")))?;
        let ticker = Ticker::start(engine.weak()).map_err(|error| unusable(no_thread(&error)))?;
        // Name resolution and the audit trail need a thread, too. The runtime panics if it can't
        // create one.
        let another = std::thread::Builder::new().spawn(|| {}).map_err(|error| unusable(no_thread(&error)))?;
        // The thread did nothing.
        let _ = another.join();
        Ok(Self { engine, linker, ticker, slots: Semaphore::new(slots) })
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(super) fn linker(&self) -> &Linker<CallState> {
        &self.linker
    }

    /// Waits for a slot in the pool of instances, which all skills of the process share.
    pub(super) async fn slot(&self) -> Option<SemaphorePermit<'_>> {
        self.slots.acquire().await.ok()
    }

    pub(super) fn watch(&self) -> EpochGuard {
        self.ticker.watch()
    }
}

// The reservation for a memory covers the largest that a component may have.
const _: () = assert!(Limits::MAX_MEMORY as u64 <= engine_config::MEMORY_RESERVATION);

fn engine(allocation: Allocation) -> wasmtime::Result<Engine> {
    let mut config = engine_config::code_config(None)?;
    // A call's stack holds arguments. The engine gives it back to the system when the call ends,
    // like its memory.
    config.async_stack_zeroing(true);
    config.allocation_strategy(match allocation {
        Allocation::OnDemand { .. } => InstanceAllocationStrategy::OnDemand,
        Allocation::Pool { slots } => {
            let slots = u32::try_from(slots).unwrap_or(u32::MAX);
            let mut pool = PoolingAllocationConfig::default();
            pool.total_component_instances(slots)
                .total_core_instances(slots * 4)
                .total_memories(slots)
                .total_tables(slots * 4)
                .total_stacks(slots)
                .max_memory_size(Limits::MAX_MEMORY)
                .max_memories_per_component(1)
                .max_unused_warm_slots(4);
            InstanceAllocationStrategy::Pooling(pool)
        }
    });
    Engine::new(&config)
}

/// What the operator can do if no memory can be reserved.
pub(super) fn too_little(limit: Option<u64>) -> String {
    let needed = Allocation::LEAST >> 20;
    match limit {
        Some(limit) => format!(
            "this process may use {} MiB of address space (`ulimit -v`), and that isn't enough: allow it {needed} MiB or more",
            limit >> 20
        ),
        None => format!(
            "the system refuses memory: check the memory limits of this process and its container; {needed} MiB of address space are needed"
        ),
    }
}

fn no_thread(error: &std::io::Error) -> String {
    let memory = if limit().is_some() { ", or its address space (`ulimit -v`)" } else { "" };
    format!(
        "no thread can be started ({error}): raise the number of processes that this user may have (`ulimit -u`, or the container's pids limit){memory}"
    )
}

/// Links exactly what [`super::imports`] accepts. What isn't linked can't be called.
fn linker(engine: &Engine) -> wasmtime::Result<Linker<CallState>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi_io::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    plans::add_to_linker::<_, HasSelf<CallState>>(&mut linker, |state| state)?;
    policy::add_to_linker::<_, HasSelf<CallState>>(&mut linker, |state| state)?;
    random::add_to_linker::<_, HasSelf<CallState>>(&mut linker, |state| state)?;
    Ok(linker)
}
