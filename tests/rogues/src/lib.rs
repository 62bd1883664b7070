//! Hostile components, and the tests that contain each of them.
//!
//! The claim is that a component that is itself malicious can't leak a credential, reach another origin, see a hidden value or make an unplanned change. Each file in
//! `guests/examples` and `modules` is one that tries, a real component of the skill's world; the build makes a static of each, and a static that no test in
//! `tests/contained` uses is dead code, which doesn't compile there. `cargo test -p infisical-skill-rogues` tries them all.

use infisical_skill::ComponentRefusal;
use infisical_skill::component::Component;
use std::sync::OnceLock;

/// A hostile component.
#[derive(Debug)]
pub struct Rogue {
    name: &'static str,
    wasm: &'static [u8],
    compiled: OnceLock<Result<Component, ComponentRefusal>>,
}

impl Rogue {
    /// From its encoded bytes.
    #[must_use]
    pub const fn new(name: &'static str, wasm: &'static [u8]) -> Self {
        Self { name, wasm, compiled: OnceLock::new() }
    }

    /// What it does: the name of its file.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// As an embedder loads it, once for the process.
    ///
    /// # Errors
    /// Why the host doesn't take it.
    pub fn load(&self) -> Result<Component, ComponentRefusal> {
        self.compiled.get_or_init(|| Component::compile(self.wasm)).clone()
    }
}
