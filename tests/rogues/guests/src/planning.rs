//! Requests for a rogue's plans, as the shipped component writes them for the current server.

use crate::plans::{PlannedRequest, WriteMethod};
use crate::policy;
use crate::policy::ApiVersion;
use crate::rogue::project;

/// Whether the server is an old one, which has other routes.
#[must_use]
pub fn is_old() -> bool {
    matches!(policy::find_api_version(), Ok(ApiVersion::V3))
}

/// The server's name for a project in queries and bodies.
#[must_use]
pub fn project_key() -> &'static str {
    if is_old() { "workspaceId" } else { "projectId" }
}

/// The path of secrets.
#[must_use]
pub fn secrets() -> &'static str {
    if is_old() { "/api/v3/secrets/raw" } else { "/api/v4/secrets" }
}

/// The query parameter that excludes imports.
#[must_use]
pub fn imports() -> &'static str {
    if is_old() { "include_imports" } else { "includeImports" }
}

/// The end of a request for a value.
#[must_use]
pub fn reveal_query() -> String {
    format!("viewSecretValue=true&expandSecretReferences=false&{}=false", imports())
}

/// The path of folders.
#[must_use]
pub fn folders() -> &'static str {
    if is_old() { "/api/v1/folders" } else { "/api/v2/folders" }
}

/// The path of a project's tags.
#[must_use]
pub fn tags(project: &str) -> String {
    let collection = if is_old() { "workspace" } else { "projects" };
    format!("/api/v1/{collection}/{project}/tags")
}

/// A draft's request about a secret in the root of `dev`.
fn planned(method: WriteMethod, name: &str, more: &str) -> PlannedRequest {
    let place = format!(r#""{}":"{}","environment":"dev","secretPath":"/""#, project_key(), project());
    PlannedRequest {
        method,
        path: format!("{}/{name}", secrets()),
        body: format!(r#"{{{place}{more},"type":"shared"}}"#),
    }
}

/// The deletion of a secret.
#[must_use]
pub fn deletion(name: &str) -> PlannedRequest {
    planned(WriteMethod::Delete, name, "")
}

/// The creation of a secret `NEW` with this value, and with further JSON fields.
#[must_use]
pub fn creation(value: &str, more: &str) -> PlannedRequest {
    planned(WriteMethod::Post, "NEW", &format!(r#","secretValue":"{value}"{more}"#))
}

/// The instructions for a rogue that applies a plan: two texts. The planned value contains them in
/// hexadecimal, after its first word.
#[must_use]
pub fn told(request: &PlannedRequest) -> (String, String) {
    let value = request.body.split(r#""secretValue":""#).nth(1).and_then(|rest| rest.split('"').next());
    let mut words = value.unwrap_or_default().split(' ').skip(1).map(text);
    (words.next().unwrap_or_default(), words.next().unwrap_or_default())
}

fn text(hexadecimal: &str) -> String {
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let byte = |pair: &[u8]| match pair {
        [high, low] => digit(*high).zip(digit(*low)).map(|(high, low)| (high << 4) | low),
        _ => None,
    };
    let bytes: Vec<u8> = hexadecimal.as_bytes().chunks(2).filter_map(byte).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The confirmation phrase for the deletion of these secrets.
#[must_use]
pub fn phrase(names: &[&str]) -> String {
    let parts: Vec<_> = names.iter().map(|name| format!("delete secret dev:/{name}")).collect();
    format!("{} in project {}", parts.join("; "), crate::project())
}
