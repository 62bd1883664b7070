//! Logging in, access tokens, and what an identity may do.

pub(crate) mod access;
pub(crate) mod permission;
pub(crate) mod token;
pub(crate) mod universal;
