//! The engine that components run in: one for the whole process, with a bounded pool of instances.

use super::bindings::infisical::skill::warden;
use super::bindings::wasi::random::random;
use super::call::State;
use super::component::ComponentRefusal;
use super::deadline::{Ticker, Watch};
use super::engine_config;
use crate::limits::Limits;
use std::sync::OnceLock;
use tokio::sync::{Semaphore, SemaphorePermit};
use wasmtime::component::{HasSelf, Linker};
use wasmtime::{Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

/// What all components of the process share: whoever runs, the bounds are the same.
pub(super) struct Runtime {
    engine: Engine,
    linker: Linker<State>,
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
        let engine = engine().map_err(|error| unusable(format!("{error:#}")))?;
        let linker = linker(&engine).map_err(|error| unusable(format!("{error:#}")))?;
        let ticker = Ticker::start(engine.weak()).map_err(|error| unusable(error.to_string()))?;
        Ok(Self { engine, linker, ticker, slots: Semaphore::new(Limits::MAX_CONCURRENT_CALLS) })
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(super) fn linker(&self) -> &Linker<State> {
        &self.linker
    }

    /// A place in the pool of instances, which all skills of the process share.
    pub(super) async fn slot(&self) -> Option<SemaphorePermit<'_>> {
        self.slots.acquire().await.ok()
    }

    pub(super) fn watch(&self) -> Watch {
        self.ticker.watch()
    }
}

fn engine() -> wasmtime::Result<Engine> {
    let slots = u32::try_from(Limits::MAX_CONCURRENT_CALLS).unwrap_or(u32::MAX);
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(slots)
        .total_core_instances(slots * 4)
        .total_memories(slots)
        .total_tables(slots * 4)
        .total_stacks(slots)
        .max_memory_size(Limits::MAX_MEMORY)
        .max_memories_per_component(1)
        .max_unused_warm_slots(4);
    let mut config = engine_config::code_config(None)?;
    // A call's stack has what was handed over in it: it is given back to the system when the call ends, as its memory is.
    config.async_stack_zeroing(true);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::new(&config)
}

/// Gives exactly what [`super::imports`] takes: what isn't linked can't be called.
fn linker(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi_io::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    warden::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
    random::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
    Ok(linker)
}
