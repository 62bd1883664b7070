//! Requests that a rogue plans, as the shipped component writes them.

use crate::rogue::project;
use crate::warden::{PlannedRequest, WriteMethod};

/// A request that a draft has for a secret in the root of `dev`.
fn planned(method: WriteMethod, name: &str, more: &str) -> PlannedRequest {
    let place = format!(r#""projectId":"{}","environment":"dev","secretPath":"/""#, project());
    PlannedRequest {
        method,
        path: format!("/api/v4/secrets/{name}"),
        body: format!(r#"{{{place}{more},"type":"shared"}}"#),
    }
}

/// The deletion of a secret.
#[must_use]
pub fn deletion(name: &str) -> PlannedRequest {
    planned(WriteMethod::Delete, name, "")
}

/// A new secret `NEW` with this value, and with what else there is to say of it, in JSON.
#[must_use]
pub fn creation(value: &str, more: &str) -> PlannedRequest {
    planned(WriteMethod::Post, "NEW", &format!(r#","secretValue":"{value}"{more}"#))
}
