//! What the tools that change something take: each is one [`Change`], and `change-many` a list of them. Values and comments become
//! [`SecretString`] where they are read.

use super::arguments::read;
use super::names::ChangeTool;
use crate::changes::{
    Change, EnvironmentCreation, FolderRename, Invitation, NewValue, ProjectCreation, SecretCreation, SecretUpdate,
    Target,
};
use crate::error::{Error, Layer};
use crate::types::Place;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

/// `create-secret`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateSecret {
    project: Option<String>,
    environment: Option<String>,
    path: Option<String>,
    name: String,
    #[serde(default, deserialize_with = "secret")]
    #[schemars(with = "Option<String>")]
    value: Option<SecretString>,
    #[serde(default, deserialize_with = "object")]
    generate: Option<Recipe>,
    #[serde(default, deserialize_with = "secret")]
    #[schemars(with = "Option<String>")]
    comment: Option<SecretString>,
    tags: Option<Vec<String>>,
}

/// `update-secret`. What is absent stays as it is.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct UpdateSecret {
    project: Option<String>,
    environment: Option<String>,
    path: Option<String>,
    name: String,
    new_name: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    #[schemars(with = "Option<String>")]
    value: Option<SecretString>,
    #[serde(default, deserialize_with = "object")]
    generate: Option<Recipe>,
    #[serde(default, deserialize_with = "secret")]
    #[schemars(with = "Option<String>")]
    comment: Option<SecretString>,
    tags: Option<Vec<String>>,
}

/// How to make up a value.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Recipe {
    length: u32,
    alphabet: Option<String>,
}

/// `delete-secret`, `create-folder` and `delete-folder`. A folder's `path` is that of the folder that it is in.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Named {
    project: Option<String>,
    environment: Option<String>,
    path: Option<String>,
    name: String,
}

/// `rename-folder`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct RenameFolder {
    project: Option<String>,
    environment: Option<String>,
    path: Option<String>,
    name: String,
    new_name: String,
}

/// `create-project`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateProject {
    name: String,
    slug: String,
}

/// `create-environment`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateEnvironment {
    project: Option<String>,
    name: String,
    slug: String,
}

/// `invite-members`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct InviteMembers {
    project: Option<String>,
    emails: Vec<String>,
    #[serde(default)]
    roles: Vec<String>,
}

/// `change-many`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeMany {
    changes: Vec<Value>,
}

/// An object, and not a list of its fields' values.
fn object<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Option<T>, D::Error> {
    let fields = Option::<Map<String, Value>>::deserialize(deserializer)?;
    fields.map(|fields| serde_json::from_value(Value::Object(fields))).transpose().map_err(serde::de::Error::custom)
}

/// A text that may be secret. The buffer that it came in is zeroed.
fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?.map(Zeroizing::new);
    Ok(text.map(|text| SecretString::from(text.as_str())))
}

/// One change, from its tool's arguments.
pub(super) fn change(tool: ChangeTool, arguments: Value) -> Result<Change, Error> {
    let called = tool.name();
    match tool {
        ChangeTool::CreateSecret => {
            let it: CreateSecret = read(called, arguments)?;
            let Some(value) = value(called, it.value, it.generate)? else {
                return Err(Error::refused(
                    Layer::Input,
                    format!("`{called}` needs a value"),
                    "give `value`, or `generate` with a `length` for a value that nobody sees",
                ));
            };
            let at = Place { project: it.project, environment: it.environment, path: it.path };
            let tags = it.tags.unwrap_or_default();
            Ok(Change::CreateSecret(SecretCreation { at, name: it.name, value, comment: it.comment, tags }))
        }
        ChangeTool::UpdateSecret => {
            let it: UpdateSecret = read(called, arguments)?;
            let value = value(called, it.value, it.generate)?;
            let at = Place { project: it.project, environment: it.environment, path: it.path };
            Ok(Change::UpdateSecret(SecretUpdate {
                at,
                name: it.name,
                new_name: it.new_name,
                value,
                comment: it.comment,
                tags: it.tags,
            }))
        }
        ChangeTool::DeleteSecret => target(called, arguments).map(Change::DeleteSecret),
        ChangeTool::CreateFolder => target(called, arguments).map(Change::CreateFolder),
        ChangeTool::DeleteFolder => target(called, arguments).map(Change::DeleteFolder),
        ChangeTool::RenameFolder => {
            let it: RenameFolder = read(called, arguments)?;
            let at = Place { project: it.project, environment: it.environment, path: it.path };
            Ok(Change::RenameFolder(FolderRename { at, name: it.name, new_name: it.new_name }))
        }
        ChangeTool::CreateProject => {
            let CreateProject { name, slug } = read(called, arguments)?;
            Ok(Change::CreateProject(ProjectCreation { name, slug }))
        }
        ChangeTool::CreateEnvironment => {
            let CreateEnvironment { project, name, slug } = read(called, arguments)?;
            Ok(Change::CreateEnvironment(EnvironmentCreation { project, name, slug }))
        }
        ChangeTool::InviteMembers => {
            let InviteMembers { project, emails, roles } = read(called, arguments)?;
            Ok(Change::InviteMembers(Invitation { project, emails, roles }))
        }
    }
}

/// The changes of `change-many`: each as its own tool takes it, with the tool's name in `change`.
pub(super) fn changes(tool: &str, arguments: Value) -> Result<Vec<Change>, Error> {
    let ChangeMany { changes } = read(tool, arguments)?;
    changes
        .into_iter()
        .zip(1..)
        .map(|(change, number)| one_of_many(change).map_err(|error| numbered(error, number)))
        .collect()
}

fn one_of_many(mut arguments: Value) -> Result<Change, Error> {
    let named = arguments.as_object_mut().and_then(|fields| fields.remove("change"));
    let tool = named.as_ref().and_then(Value::as_str).and_then(ChangeTool::named).ok_or_else(|| {
        Error::refused(
            Layer::Input,
            "it isn't an object with the kind of change in `change`",
            format!("let `change` be one of {}", ChangeTool::OF_MANY.map(ChangeTool::name).join(", ")),
        )
    })?;
    change(tool, arguments)
}

/// Of several changes, says which one is meant.
fn numbered(error: Error, number: usize) -> Error {
    match error {
        Error::Refused(mut refusal) => {
            refusal.reason = format!("change {number}: {}", refusal.reason);
            Error::Refused(refusal)
        }
        other => other,
    }
}

fn target(tool: &str, arguments: Value) -> Result<Target, Error> {
    let Named { project, environment, path, name } = read(tool, arguments)?;
    Ok(Target { at: Place { project, environment, path }, name })
}

fn value(tool: &str, literal: Option<SecretString>, recipe: Option<Recipe>) -> Result<Option<NewValue>, Error> {
    match (literal, recipe) {
        (Some(_), Some(_)) => Err(Error::refused(
            Layer::Input,
            format!("`{tool}` takes either `value` or `generate`, and got both"),
            "leave one of them out",
        )),
        (Some(value), None) => Ok(Some(NewValue::Literal(value))),
        (None, Some(Recipe { length, alphabet })) => Ok(Some(NewValue::Generated { length, alphabet })),
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
#[path = "change_arguments_tests.rs"]
mod tests;
