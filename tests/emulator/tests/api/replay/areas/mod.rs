//! The unrecorded steps between the recorded exchanges, and the exchanges that aren't replayed.

pub(crate) mod auth;
pub(crate) mod auth_more;
pub(crate) mod data;
pub(crate) mod perm;
pub(crate) mod perm_more;
pub(crate) mod v3;
pub(crate) mod v3_more;
