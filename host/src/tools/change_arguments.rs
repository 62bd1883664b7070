//! The arguments of the tools that change something. Each tool is one [`Change`], and `change-many`
//! is a list of them. Values and comments are deserialized into [`SecretString`].

use super::arguments::{Taker, read, read_as};
use super::fit::Path;
use super::names::{ChangeTool, Tool};
use crate::model::changes::{
    Change, EnvironmentCreation, FolderRename, Invitation, NewValue, ProjectCreation, SecretCreation, SecretUpdate,
    Target,
};
use crate::model::error::{Error, Layer};
use crate::model::secrets::Place;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

/// Arguments of `create-secret`.
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
    generate: Option<Recipe>,
    #[serde(default, deserialize_with = "secret")]
    #[schemars(with = "Option<String>")]
    comment: Option<SecretString>,
    tags: Option<Vec<String>>,
}

/// Arguments of `update-secret`. What is absent stays unchanged.
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
    generate: Option<Recipe>,
    #[serde(default, deserialize_with = "secret")]
    #[schemars(with = "Option<String>")]
    comment: Option<SecretString>,
    tags: Option<Vec<String>>,
}

/// How to generate a value.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Recipe {
    length: u32,
    alphabet: Option<String>,
}

/// Arguments of `delete-secret`, `create-folder` and `delete-folder`. For a folder, `path` is its
/// parent folder.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NamedTarget {
    project: Option<String>,
    environment: Option<String>,
    path: Option<String>,
    name: String,
}

/// Arguments of `rename-folder`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct RenameFolder {
    project: Option<String>,
    environment: Option<String>,
    path: Option<String>,
    name: String,
    new_name: String,
}

/// Arguments of `create-project`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateProject {
    name: String,
    slug: String,
}

/// Arguments of `create-environment`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateEnvironment {
    project: Option<String>,
    name: String,
    slug: String,
}

/// Arguments of `invite-members`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct InviteMembers {
    project: Option<String>,
    emails: Vec<String>,
    #[serde(default)]
    roles: Vec<String>,
}

/// Arguments of `change-many`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeMany {
    changes: Vec<OneOfMany>,
}

/// A kind of change, and the arguments of its tool beside it.
#[derive(Deserialize)]
struct OneOfMany {
    #[serde(deserialize_with = "one_of_many")]
    change: ChangeTool,
    #[serde(flatten)]
    arguments: Map<String, Value>,
}

fn one_of_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ChangeTool, D::Error> {
    let name = String::deserialize(deserializer)?;
    ChangeTool::named(&name).ok_or_else(|| serde::de::Error::custom("no such change"))
}

/// Deserializes text that may be secret. The source buffer is zeroed.
fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?.map(Zeroizing::new);
    Ok(text.map(|text| SecretString::from(text.as_str())))
}

/// Parses a change from its tool's arguments.
pub(super) fn change(tool: ChangeTool, arguments: Value) -> Result<Change, Error> {
    change_of(tool, Taker { called: tool.name(), at: Path::Root }, arguments)
}

fn change_of(tool: ChangeTool, by: Taker<'_>, arguments: Value) -> Result<Change, Error> {
    let of = Tool::Change(tool);
    match tool {
        ChangeTool::CreateSecret => {
            let it: CreateSecret = read_as(of, by, arguments)?;
            let Some(value) = value(tool, by, it.value, it.generate)? else {
                return Err(Error::refused(
                    Layer::Input,
                    format!("{} needs a value", named(tool, by)),
                    "set `value`, or `generate` with a `length` for a value that nobody sees",
                ));
            };
            let at = Place { project: it.project, environment: it.environment, path: it.path };
            let tags = it.tags.unwrap_or_default();
            Ok(Change::CreateSecret(SecretCreation { at, name: it.name, value, comment: it.comment, tags }))
        }
        ChangeTool::UpdateSecret => {
            let it: UpdateSecret = read_as(of, by, arguments)?;
            let value = value(tool, by, it.value, it.generate)?;
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
        ChangeTool::DeleteSecret => read_as(of, by, arguments).map(target).map(Change::DeleteSecret),
        ChangeTool::CreateFolder => read_as(of, by, arguments).map(target).map(Change::CreateFolder),
        ChangeTool::DeleteFolder => read_as(of, by, arguments).map(target).map(Change::DeleteFolder),
        ChangeTool::RenameFolder => {
            let it: RenameFolder = read_as(of, by, arguments)?;
            let at = Place { project: it.project, environment: it.environment, path: it.path };
            Ok(Change::RenameFolder(FolderRename { at, name: it.name, new_name: it.new_name }))
        }
        ChangeTool::CreateProject => {
            let CreateProject { name, slug } = read_as(of, by, arguments)?;
            Ok(Change::CreateProject(ProjectCreation { name, slug }))
        }
        ChangeTool::CreateEnvironment => {
            let CreateEnvironment { project, name, slug } = read_as(of, by, arguments)?;
            Ok(Change::CreateEnvironment(EnvironmentCreation { project, name, slug }))
        }
        ChangeTool::InviteMembers => {
            let InviteMembers { project, emails, roles } = read_as(of, by, arguments)?;
            Ok(Change::InviteMembers(Invitation { project, emails, roles }))
        }
    }
}

/// Parses the changes of `change-many`. Each has its tool's arguments, and the tool's name in
/// `change`.
pub(super) fn changes(arguments: Value) -> Result<Vec<Change>, Error> {
    let ChangeMany { changes } = read(Tool::ChangeMany, arguments)?;
    let list = Path::Field(&Path::Root, "changes");
    let one = |(number, OneOfMany { change, arguments }): (usize, OneOfMany)| {
        let by = Taker { called: Tool::ChangeMany.name(), at: Path::Item(&list, number) };
        change_of(change, by, Value::Object(arguments))
    };
    changes.into_iter().enumerate().map(one).collect()
}

fn target(it: NamedTarget) -> Target {
    let NamedTarget { project, environment, path, name } = it;
    Target { at: Place { project, environment, path }, name }
}

fn value(
    tool: ChangeTool,
    by: Taker<'_>,
    literal: Option<SecretString>,
    recipe: Option<Recipe>,
) -> Result<Option<NewValue>, Error> {
    match (literal, recipe) {
        (Some(_), Some(_)) => Err(Error::refused(
            Layer::Input,
            format!("{} takes either `value` or `generate`, and got both", named(tool, by)),
            "leave one of them out",
        )),
        (Some(value), None) => Ok(Some(NewValue::Literal(value))),
        (None, Some(Recipe { length, alphabet })) => Ok(Some(NewValue::Generated { length, alphabet })),
        (None, None) => Ok(None),
    }
}

/// Names the tool, and the change's position if there are several.
fn named(tool: ChangeTool, by: Taker<'_>) -> String {
    match by.at {
        Path::Root => format!("`{}`", tool.name()),
        at => format!("`{at}`: `{}`", tool.name()),
    }
}

#[cfg(test)]
#[path = "change_arguments_tests.rs"]
mod tests;
