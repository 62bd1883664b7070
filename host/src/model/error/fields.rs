//! The fields of an error as JSON, for the schemas of types that contain one.

use schemars::JsonSchema;

/// The fields that [`super::Error::to_json`] writes.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "its schema alone is used")]
pub(crate) struct ErrorFields {
    kind: String,
    reason: String,
    remedy: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    layer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    http_status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}
