//! The policy as the component gets it.

use super::secrets::Place;
use infisical_skill_policy::{Environment, Origin, Scopes};

/// The policy as the component gets it, except for the states of the switches, which are read at
/// each call.
#[derive(Debug, Clone)]
pub(crate) struct ComponentPolicy {
    pub(crate) origin: Origin,
    pub(crate) organization: Option<String>,
    /// What calls that name no place get.
    pub(crate) defaults: Place,
    pub(crate) scopes: Scopes,
    pub(crate) reveal_scopes: Option<Scopes>,
    pub(crate) protected: Vec<Environment>,
    /// Whether there is a write identity.
    pub(crate) write_identity: bool,
    pub(crate) max_changes: u32,
    pub(crate) acknowledge_above: u32,
    pub(crate) administration: bool,
}
