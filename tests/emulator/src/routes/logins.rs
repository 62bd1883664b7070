//! Logging in, access tokens, client secrets, and other things that a person or an operator does.

use crate::Generation;

use super::Route;

/// The routes of a generation.
pub(super) fn table(_: Generation) -> Vec<Route> {
    Vec::new()
}
