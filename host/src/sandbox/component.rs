//! The components that can run: the one that was built with this crate and, behind the feature
//! `other-components`, others.

use super::call::CallState;
use super::engine::Runtime;
use super::imports;
use crate::bindings::SkillPre;
use infisical_skill_policy::text::escape_capped;
use std::fmt;
use std::sync::{Arc, OnceLock};
use wasmtime::component;

static COMPILED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/skill.cwasm"));

/// The component's binary (WASI 0.2).
pub static WASM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/skill.wasm"));

/// The SHA-256 of [`WASM`], in hexadecimal.
pub static SHA256: &str = env!("INFISICAL_SKILL_COMPONENT_SHA256");

/// Why a component isn't loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ComponentRefusal {
    /// It imports an interface that the host doesn't give.
    Import(String),
    /// It isn't a component of the world `infisical:skill/skill`, or wasn't compiled for this
    /// engine.
    Unfit(String),
    /// This machine can't run it.
    Engine(String),
}

impl ComponentRefusal {
    /// Escapes and truncates wasmtime's error text, which may quote the component.
    fn unfit(error: &wasmtime::Error) -> Self {
        Self::Unfit(escape_capped(&format!("{error:#}"), 500))
    }
}

impl fmt::Display for ComponentRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Import(name) => write!(
                f,
                "the component is refused because it imports {name}: a skill gets policy and plans, outbound HTTP and randomness, and nothing else"
            ),
            Self::Unfit(reason) => write!(f, "this isn't a component that this host can run: {reason}"),
            Self::Engine(reason) => write!(f, "the sandbox can't be set up on this machine: {reason}"),
        }
    }
}

impl std::error::Error for ComponentRefusal {}

/// The imports of the embedded component.
///
/// # Errors
///
/// [`ComponentRefusal`] if it can't be loaded here. The result must differ from that of a component
/// without imports.
pub fn imports() -> Result<Vec<String>, ComponentRefusal> {
    Sandbox::embedded().map(|sandbox| sandbox.imports())
}

/// The exports of the embedded component.
///
/// # Errors
///
/// [`ComponentRefusal`] if it can't be loaded here.
pub fn exports() -> Result<Vec<String>, ComponentRefusal> {
    Sandbox::embedded().map(|sandbox| sandbox.exports())
}

/// A component of the world `infisical:skill/skill` that replaces the embedded one with
/// [`crate::SkillBuilder::component`]. It gets the same imports, limits and rules, and is trusted
/// as little.
#[cfg(feature = "other-components")]
#[derive(Debug, Clone)]
pub struct Component(pub(crate) Arc<Sandbox>);

#[cfg(feature = "other-components")]
impl Component {
    /// The largest accepted component, in bytes. Compiling takes time and memory in proportion.
    pub const MAX_BYTES: usize = 16 * 1024 * 1024;

    /// Compiles a component's binary for this process.
    ///
    /// # Errors
    ///
    /// [`ComponentRefusal`] if it imports an interface that the host doesn't give, or isn't a
    /// component of that world.
    pub fn compile(wasm: &[u8]) -> Result<Self, ComponentRefusal> {
        if wasm.len() > Self::MAX_BYTES {
            let reason = format!("it has {} bytes, and at most {} are accepted", wasm.len(), Self::MAX_BYTES);
            return Err(ComponentRefusal::Unfit(reason));
        }
        let runtime = Runtime::get()?;
        let compiled = component::Component::from_binary(runtime.engine(), wasm);
        let compiled = compiled.map_err(|error| ComponentRefusal::unfit(&error))?;
        Sandbox::new(runtime, compiled).map(|sandbox| Self(Arc::new(sandbox)))
    }
}

/// A component that is ready to be instantiated, and the engine that it runs in.
pub(crate) struct Sandbox {
    runtime: &'static Runtime,
    component: component::Component,
    pre: SkillPre<CallState>,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").finish_non_exhaustive()
    }
}

impl Sandbox {
    /// The component that was built with this crate. Its code is mapped once for the whole process.
    pub(crate) fn embedded() -> Result<Arc<Self>, ComponentRefusal> {
        static EMBEDDED: OnceLock<Result<Arc<Sandbox>, ComponentRefusal>> = OnceLock::new();
        EMBEDDED.get_or_init(|| Self::load(COMPILED).map(Arc::new)).clone()
    }

    fn load(compiled: &[u8]) -> Result<Self, ComponentRefusal> {
        let runtime = Runtime::get()?;
        #[expect(unsafe_code, reason = "there is no safe way to load code that was compiled ahead of time")]
        // SAFETY: the bytes come from `Engine::precompile_component` in this crate's build script,
        // and they are part of this binary.
        let component = unsafe { component::Component::deserialize(runtime.engine(), compiled) };
        Self::new(runtime, component.map_err(|error| ComponentRefusal::unfit(&error))?)
    }

    fn new(runtime: &'static Runtime, component: component::Component) -> Result<Self, ComponentRefusal> {
        let ty = component.component_type();
        let names: Vec<String> = ty.imports(runtime.engine()).map(|(name, _)| name.to_owned()).collect();
        if let Some(import) = imports::first_refused(names.iter().map(String::as_str)) {
            return Err(ComponentRefusal::Import(escape_capped(import, 200)));
        }
        let pre = runtime.linker().instantiate_pre(&component).and_then(SkillPre::new);
        let pre = pre.map_err(|error| ComponentRefusal::unfit(&error))?;
        Ok(Self { runtime, component, pre })
    }

    fn imports(&self) -> Vec<String> {
        self.component.component_type().imports(self.runtime.engine()).map(|(name, _)| name.to_owned()).collect()
    }

    fn exports(&self) -> Vec<String> {
        self.component.component_type().exports(self.runtime.engine()).map(|(name, _)| name.to_owned()).collect()
    }

    pub(super) fn runtime(&self) -> &'static Runtime {
        self.runtime
    }

    pub(super) fn pre(&self) -> &SkillPre<CallState> {
        &self.pre
    }
}
