//! Hostile components, and what counts them.
//!
//! The claim is that a component that is itself malicious can't leak a credential, reach another origin, see a hidden value or make an unplanned change. Each file in
//! `guests/examples` and `modules` is one that tries, a real component of the skill's world. `cargo test -p infisical-skill-rogues` tries them all, against an old and a
//! current server where that makes a difference, says of each how it was contained, and ends with the two numbers.
//!
//! Two things hold a rogue to its test. The build makes a static of each, and one that no test in `tests/contained` names is dead code, which doesn't compile there. And
//! each time that one is let loose is a [`Trial`], which ends well only with an assertion that shows how it was contained: without one, or if the test fails, the rogue
//! counts as not contained, and the whole run fails ([`harness`]).

pub mod harness;
mod tally;
mod trial;

pub use tally::{Finding, Tally};
pub use trial::{Boundary, Containment, Trial};

use infisical_emulator::ApiVersion;
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

    /// Lets it loose at this boundary, against a server of this generation if there is one.
    pub fn tries(&self, boundary: Boundary, api_version: impl Into<Option<ApiVersion>>) -> Trial {
        Trial::new(self.name, boundary, api_version.into())
    }

    /// As an embedder loads it, once for the process.
    ///
    /// # Errors
    /// Why the host doesn't take it.
    pub fn load(&self) -> Result<Component, ComponentRefusal> {
        self.compiled.get_or_init(|| Component::compile(self.wasm)).clone()
    }
}
