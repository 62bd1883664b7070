//! Running a tool by its name.

use super::arguments::{GetSecret, ListFolders, ListProjects, ListSecrets, RevealSecret, read};
use crate::error::{Error, Layer};
use crate::skill::Skill;
use crate::types::{RevealedSecret, SecretFilter};
use infisical_skill_policy::text::escape_capped;
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::{Value, json};

/// The tools' names.
pub const NAMES: [&str; 5] = ["list-projects", "list-folders", "list-secrets", "get-secret", "reveal-secret"];

/// Runs a tool with its JSON arguments.
///
/// # Errors
/// [`Error`], of the layer [`Layer::Input`] if there is no such tool or the arguments don't fit it.
pub async fn call(skill: &Skill, tool: &str, arguments: Value) -> Result<Value, Error> {
    match tool {
        "list-projects" => {
            let ListProjects {} = read(tool, arguments)?;
            Ok(json!({ "projects": skill.list_projects().await? }))
        }
        "list-folders" => {
            let arguments: ListFolders = read(tool, arguments)?;
            to_json(&skill.list_folders(arguments.place(), arguments.recursive).await?)
        }
        "list-secrets" => {
            let arguments: ListSecrets = read(tool, arguments)?;
            let at = arguments.place();
            let filter = SecretFilter {
                recursive: arguments.recursive,
                name_contains: arguments.name_contains,
                tags: arguments.tags,
            };
            to_json(&skill.list_secrets(at, filter).await?)
        }
        "get-secret" => {
            let arguments: GetSecret = read(tool, arguments)?;
            to_json(&skill.get_secret(arguments.place(), &arguments.name, arguments.version).await?)
        }
        "reveal-secret" => {
            let arguments: RevealSecret = read(tool, arguments)?;
            let RevealedSecret { secret, value } = skill.reveal_secret(arguments.place(), &arguments.name).await?;
            let mut shown = to_json(&secret)?;
            // The one place where a value becomes JSON.
            if let Some(object) = shown.as_object_mut() {
                object.insert("value".to_owned(), Value::from(value.expose_secret()));
            }
            Ok(shown)
        }
        other => Err(Error::refused(
            Layer::Input,
            format!("there is no tool `{}`", escape_capped(other, 80)),
            format!("use one of {}", NAMES.join(", ")),
        )),
    }
}

fn to_json<T: Serialize>(answer: &T) -> Result<Value, Error> {
    serde_json::to_value(answer).map_err(|_| Error::Sandbox("its answer can't be written as JSON".to_owned()))
}
