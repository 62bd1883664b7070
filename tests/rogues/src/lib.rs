//! Hostile components, and the code that counts them.
//!
//! The claim: even a malicious component can't leak a credential, reach another origin, see a
//! hidden value or make an unplanned change. Each file in `guests/examples` and `modules` is a real
//! component of the skill's world that tries one of these. `cargo test -p infisical-skill-rogues`
//! tries all of them, with an old and a current server where that makes a difference. It prints how
//! each was contained, and ends with the two numbers.
//!
//! Two mechanisms tie a rogue to its test. The build makes a static of each rogue: one that no test
//! in `tests/contained` names is dead code, which doesn't compile. And each use of a rogue is a
//! [`Trial`], which ends well only after an assertion that shows how the rogue was contained.
//! Without one, or if the test fails, the rogue counts as not contained, and the whole run fails
//! ([`harness`]).

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
    /// A rogue from its encoded bytes.
    #[must_use]
    pub const fn new(name: &'static str, wasm: &'static [u8]) -> Self {
        Self { name, wasm, compiled: OnceLock::new() }
    }

    /// The name of its file, which says what it does.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Starts a trial of the rogue at this boundary, with a server of this API version if there is
    /// one.
    pub fn tries(&self, boundary: Boundary, api_version: impl Into<Option<ApiVersion>>) -> Trial {
        Trial::new(self.name, boundary, api_version.into())
    }

    /// Loads the component as an embedder does, once per process.
    ///
    /// # Errors
    /// The reason why the host refuses the component.
    pub fn load(&self) -> Result<Component, ComponentRefusal> {
        self.compiled.get_or_init(|| Component::compile(self.wasm)).clone()
    }
}
