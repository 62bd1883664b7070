//! Identities, memberships, roles, privileges, and what they allow.

use crate::Generation;

use super::Route;

/// The routes of a generation.
pub(super) fn table(_: Generation) -> Vec<Route> {
    Vec::new()
}
