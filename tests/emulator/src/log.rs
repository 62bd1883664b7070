//! The log of requests.

use serde_json::Value;

/// One request that reached the emulator.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// `GET`, `POST` and so on.
    pub method: String,
    /// Path and query exactly as sent.
    pub path_and_query: String,
    /// The headers in order, without `Authorization`.
    pub headers: Vec<(String, String)>,
    /// The name of the identity whose access token the request carried.
    pub identity: Option<String>,
    /// The status of the answer. `None` if the connection was closed without an answer.
    pub status: Option<u16>,
    /// The body, if it was JSON.
    pub body: Option<Value>,
}
