//! The client for Infisical's HTTP API: connections, the identities' tokens, and the API version.
//!
//! - `transport`: sends over kept-alive connections, within a deadline and a size limit.
//! - `transport_error`: why there is no answer, and what to do about it.
//! - `tls`: which certificates the host trusts.
//! - `exchange`: sends reads, and reports failed answers.
//! - `identities`: the machine identities. `token_cache`: one identity's access token. `login`,
//!   `revoke`: the requests for it.
//! - `api_version`: which API version the server speaks.

pub(crate) mod api_version;
pub(crate) mod exchange;
pub(crate) mod identities;
mod login;
mod revoke;
pub(crate) mod tls;
mod token_cache;
pub(crate) mod transport;
pub(crate) mod transport_error;
