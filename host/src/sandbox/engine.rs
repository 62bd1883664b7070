//! The engine and the component in it. The embedded one is shared by the whole process: loading maps its code once.

use super::bindings::SkillPre;
use super::call::State;
use super::deadline::{Ticker, Watch};
use super::{engine_config, imports};
use crate::limits::Limits;
use std::fmt;
use std::sync::OnceLock;
use tokio::sync::{Semaphore, SemaphorePermit};
use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

static COMPILED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/skill.cwasm"));

/// Why a component isn't loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ComponentRefusal {
    /// It asks for something that isn't given.
    Import(String),
    /// It isn't a component of the world `infisical:skill/skill`, or not compiled for this engine.
    Unfit(String),
    /// This machine can't run it.
    Engine(String),
}

impl fmt::Display for ComponentRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Import(name) => write!(
                f,
                "the component is refused because it imports {name}: a skill gets the warden, outbound HTTP and randomness, and nothing else"
            ),
            Self::Unfit(reason) => write!(f, "this isn't a component that this host can run: {reason}"),
            Self::Engine(reason) => write!(f, "the sandbox can't be set up on this machine: {reason}"),
        }
    }
}

impl std::error::Error for ComponentRefusal {}

/// A component, ready to be instantiated, and the engine that it runs in.
pub(crate) struct Sandbox {
    engine: Engine,
    component: Component,
    pre: SkillPre<State>,
    ticker: Ticker,
    slots: Semaphore,
}

impl Sandbox {
    /// The component that was built with this crate.
    pub(crate) fn embedded() -> Result<&'static Self, ComponentRefusal> {
        static EMBEDDED: OnceLock<Result<Sandbox, ComponentRefusal>> = OnceLock::new();
        EMBEDDED.get_or_init(|| Self::load(COMPILED)).as_ref().map_err(Clone::clone)
    }

    fn load(compiled: &[u8]) -> Result<Self, ComponentRefusal> {
        let unfit = |error: wasmtime::Error| ComponentRefusal::Unfit(format!("{error:#}"));
        let engine = engine()?;
        #[expect(unsafe_code, reason = "there is no safe way to load code that was compiled ahead of time")]
        // SAFETY: the bytes are those that this crate's build script got from `Engine::precompile_component`, part of this binary.
        let component = unsafe { Component::deserialize(&engine, compiled) }.map_err(unfit)?;
        let ty = component.component_type();
        let names: Vec<String> = ty.imports(&engine).map(|(name, _)| name.to_owned()).collect();
        if let Some(import) = imports::first_refused(names.iter().map(String::as_str)) {
            return Err(ComponentRefusal::Import(import.to_owned()));
        }
        let pre = linker(&engine)
            .and_then(|linker| linker.instantiate_pre(&component))
            .and_then(SkillPre::new)
            .map_err(unfit)?;
        let ticker = Ticker::start(engine.weak()).map_err(|error| ComponentRefusal::Engine(error.to_string()))?;
        Ok(Self { engine, component, pre, ticker, slots: Semaphore::new(Limits::MAX_CONCURRENT_CALLS) })
    }

    pub(super) fn imports(&self) -> Vec<String> {
        self.component.component_type().imports(&self.engine).map(|(name, _)| name.to_owned()).collect()
    }

    pub(super) fn exports(&self) -> Vec<String> {
        self.component.component_type().exports(&self.engine).map(|(name, _)| name.to_owned()).collect()
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(super) fn pre(&self) -> &SkillPre<State> {
        &self.pre
    }

    /// A place in the pool of instances, which all skills of the process share.
    pub(super) async fn slot(&self) -> Option<SemaphorePermit<'_>> {
        self.slots.acquire().await.ok()
    }

    pub(super) fn watch(&self) -> Watch {
        self.ticker.watch()
    }
}

fn engine() -> Result<Engine, ComponentRefusal> {
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
    let setup = || {
        let mut config = engine_config::code_config(None)?;
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        Engine::new(&config)
    };
    setup().map_err(|error| ComponentRefusal::Engine(format!("{error:#}")))
}

/// Gives exactly what [`imports`] takes: what isn't linked can't be called.
fn linker(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi_io::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    super::bindings::infisical::skill::warden::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
    super::bindings::wasi::random::random::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
    Ok(linker)
}
