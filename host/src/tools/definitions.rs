//! The tool definitions that agents see. The schemas are derived from the types that parse
//! arguments and serialize answers, so neither is written twice.

use super::arguments::{
    ApplyChange, DiscardChange, GetSecret, ListAuditLogs, ListFolders, ListProjects, ListSecrets, RevealSecret,
    SkillStatus,
};
use super::bound::LEFT_OUT;
use super::change_arguments::{
    CreateEnvironment, CreateProject, CreateSecret, InviteMembers, NamedTarget, RenameFolder, UpdateSecret,
};
use super::names::{ChangeTool, Tool};
use super::pages::ProjectListing;
use super::schemas::{each_subschema, gives, may_be_list, may_be_null, takes};
use crate::model::audit_logs::AuditLogPage;
use crate::model::changes::{Preview, Receipt};
use crate::model::secrets::{FolderListing, Secret, SecretListing};
use crate::model::status::Status;
use crate::skill::Skill;
use infisical_skill_policy::Grant;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

/// A tool's definition for agents.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Definition {
    /// The name by which it is called.
    pub name: &'static str,
    /// What the tool does.
    pub description: &'static str,
    /// The JSON Schema of its arguments, which allows no other fields.
    pub input_schema: Value,
    /// The JSON Schema of its answer.
    pub output_schema: Value,
    /// Hints about the tool's effects.
    pub annotations: Annotations,
}

impl Definition {
    /// The definition as MCP's `tools/list` contains it. The output schema is only an outline, so
    /// that the list is short.
    #[must_use]
    pub fn for_mcp(&self) -> Value {
        json!({
            "name": self.name, "description": self.description, "inputSchema": self.input_schema,
            "outputSchema": self.output_outline(), "annotations": self.hints(),
        })
    }

    /// The hints, without those that equal MCP's defaults.
    #[must_use]
    pub fn hints(&self) -> Value {
        let Annotations { read_only_hint, destructive_hint, idempotent_hint, open_world_hint } = self.annotations;
        let mut hints = Map::new();
        let mut say = |name: &str, hint: bool, otherwise: bool| {
            if hint != otherwise {
                hints.insert(name.to_owned(), Value::from(hint));
            }
        };
        say("readOnlyHint", read_only_hint, false);
        if !read_only_hint {
            // MCP's defaults for tools that change something assume the worst.
            say("destructiveHint", destructive_hint, true);
            say("idempotentHint", idempotent_hint, false);
        }
        say("openWorldHint", open_world_hint, true);
        hints.into()
    }

    /// The answer's schema in outline: it only says that the answer is an object. It keeps the list
    /// of tools short. It is correct, but says less than [`Self::output_schema`].
    #[must_use]
    pub fn output_outline(&self) -> Value {
        json!({ "type": "object" })
    }
}

/// MCP's hints about a tool's effects. They help clients. The policy doesn't depend on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Annotations {
    /// It changes neither Infisical nor the filed plans.
    pub read_only_hint: bool,
    /// It may delete what can't be restored.
    pub destructive_hint: bool,
    /// Calling it twice has the same effect as calling it once.
    pub idempotent_hint: bool,
    /// It sends requests to the server.
    pub open_world_hint: bool,
}

/// The description of each argument, wherever it occurs.
const MEANINGS: &[(&str, &str)] = &[
    ("project", "id or slug"),
    ("environment", "slug"),
    ("path", "folder, absolute"),
    ("recursive", "also the folders below"),
    ("nameContains", "only names that contain this"),
    ("tags", "slugs"),
    ("version", "an older version"),
    ("value", "the new value"),
    ("generate", "generate the value, unseen"),
    ("request", "the approved request, if needed"),
    ("alphabet", "its characters; default: letters and digits"),
    ("newName", "the new name"),
    ("comment", "the new comment"),
    ("plan", "id from the preview"),
    ("acknowledge", "the exact confirmation phrase"),
    ("events", "kinds of event, such as get-secret"),
    ("actor", "name or id"),
    ("since", "RFC 3339; default: the last day"),
    ("until", "RFC 3339"),
    ("offset", "newest entries to skip"),
    ("limit", "1 to 200"),
    ("cursor", "`nextCursor` of the previous page"),
    ("details", "also ids and empty fields"),
    ("change", "the tool's name"),
    ("slug", "its short name: a-z 0-9 -"),
    ("emails", "addresses to invite"),
    ("roles", "slugs; default: member"),
];

/// All tools, in the order in which they are best learned.
#[must_use]
pub fn definitions() -> Vec<Definition> {
    ALL.iter().map(|(_, definition)| definition.clone()).collect()
}

/// The definitions are computed once, because they never change.
static ALL: LazyLock<Vec<(Tool, Definition)>> =
    LazyLock::new(|| Tool::ALL.into_iter().map(|tool| (tool, definition(tool))).collect());

/// The schema of a tool's arguments.
pub(super) fn input_schema(tool: Tool) -> &'static Value {
    let known = ALL.iter().find(|(of, _)| *of == tool);
    known.map_or(&Value::Null, |(_, definition)| &definition.input_schema)
}

/// The tools that this skill could ever run. Tools that its set-up excludes permanently are
/// omitted; calling one is still refused.
#[must_use]
pub fn offered(skill: &Skill) -> Vec<Definition> {
    let (reveals, changes, administers) = (skill.could_reveal(), skill.could_change(), skill.may_administer());
    let previews = skill.client_may(Grant::Preview);
    let is_possible = |tool: &Tool| match tool {
        Tool::RevealSecret => reveals && skill.client_may(Grant::Reveal),
        Tool::Change(change) if change.is_administrative() => changes && administers && previews,
        Tool::ApplyChange => changes && skill.client_may(Grant::Apply),
        Tool::Change(_) | Tool::ChangeMany | Tool::DiscardChange => changes && previews,
        _ => true,
    };
    ALL.iter().filter(|(tool, _)| is_possible(tool)).map(|(_, definition)| definition.clone()).collect()
}

fn definition(tool: Tool) -> Definition {
    Definition {
        name: tool.name(),
        description: tool.description(),
        input_schema: input(tool),
        output_schema: output(tool),
        annotations: Annotations {
            read_only_hint: tool.is_read_only(),
            destructive_hint: tool.is_destructive(),
            idempotent_hint: tool.is_idempotent(),
            open_world_hint: tool.is_open_world(),
        },
    }
}

fn input(tool: Tool) -> Value {
    let mut schema = match tool {
        Tool::ListProjects => takes::<ListProjects>(),
        Tool::ListFolders => takes::<ListFolders>(),
        Tool::ListSecrets => takes::<ListSecrets>(),
        Tool::GetSecret => takes::<GetSecret>(),
        Tool::ListAuditLogs => takes::<ListAuditLogs>(),
        Tool::RevealSecret => takes::<RevealSecret>(),
        Tool::Change(change) => change_input(change),
        Tool::ChangeMany => changes_input(),
        Tool::ApplyChange => takes::<ApplyChange>(),
        Tool::DiscardChange => takes::<DiscardChange>(),
        Tool::SkillStatus => takes::<SkillStatus>(),
    };
    describe(&mut schema);
    schema
}

fn change_input(change: ChangeTool) -> Value {
    match change {
        ChangeTool::CreateSecret => takes::<CreateSecret>(),
        ChangeTool::UpdateSecret => takes::<UpdateSecret>(),
        ChangeTool::DeleteSecret | ChangeTool::CreateFolder | ChangeTool::DeleteFolder => takes::<NamedTarget>(),
        ChangeTool::RenameFolder => takes::<RenameFolder>(),
        ChangeTool::CreateProject => takes::<CreateProject>(),
        ChangeTool::CreateEnvironment => takes::<CreateEnvironment>(),
        ChangeTool::InviteMembers => takes::<InviteMembers>(),
    }
}

/// One closed object with the fields of all kinds of changes. When it is parsed, the schema of each
/// change's kind applies.
fn changes_input() -> Value {
    let mut properties = Map::new();
    for change in ChangeTool::OF_MANY {
        if let Some(Value::Object(own)) = change_input(change).get_mut("properties").map(Value::take) {
            properties.extend(own);
        }
    }
    properties
        .insert("change".to_owned(), json!({ "type": "string", "enum": ChangeTool::OF_MANY.map(ChangeTool::name) }));
    let change = json!({
        "type": "object", "properties": properties, "required": ["change", "name"], "additionalProperties": false,
    });
    json!({
        "type": "object", "properties": { "changes": { "type": "array", "items": change, "minItems": 1 } }, "required": ["changes"],
        "additionalProperties": false,
    })
}

fn output(tool: Tool) -> Value {
    let mut schema = match tool {
        Tool::ListProjects => list("projects", gives::<ProjectListing>()),
        Tool::ListFolders => list("folders", without_id("folders", gives::<FolderListing>())),
        Tool::ListSecrets => list("secrets", without_id("secrets", gives::<SecretListing>())),
        Tool::GetSecret => gives::<Secret>(),
        Tool::ListAuditLogs => {
            let mut schema = without_id("logs", gives::<AuditLogPage>());
            optional_nulls(&mut schema);
            schema
        }
        Tool::RevealSecret => {
            let mut schema = gives::<Secret>();
            if let Some(value) = schema.pointer_mut("/properties/value") {
                *value = json!({ "type": "string" });
            }
            schema
        }
        Tool::Change(_) | Tool::ChangeMany => gives::<Preview>(),
        Tool::ApplyChange => gives::<Receipt>(),
        Tool::DiscardChange => json!({
            "type": "object", "properties": { "plan": { "type": "string" }, "discarded": { "type": "boolean", "const": true } },
            "required": ["plan", "discarded"],
        }),
        Tool::SkillStatus => gives::<Status>(),
    };
    shortened(&mut schema);
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.entry("note").or_insert_with(|| json!({ "type": "string" }));
    }
    schema
}

/// Adds the field that counts what an answer left out of a list to stay short.
fn shortened(schema: &mut Value) {
    each_subschema(schema, &mut shortened);
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    if properties.values().any(may_be_list) {
        properties
            .insert(LEFT_OUT.to_owned(), json!({ "type": "object", "additionalProperties": { "type": "integer" } }));
    }
}

/// The schema of a list's page. It contains null only if details are requested.
fn list(name: &str, mut schema: Value) -> Value {
    if let Some(items) = schema.pointer_mut(&format!("/properties/{name}")) {
        optional_nulls(items);
    }
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert("total".to_owned(), json!({ "type": "integer" }));
        properties.insert("nextCursor".to_owned(), json!({ "type": "string" }));
    }
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.push(json!("total"));
    }
    schema
}

/// The schema without an item's id, which is present only if details are requested.
fn without_id(name: &str, mut schema: Value) -> Value {
    let required = schema.pointer_mut(&format!("/properties/{name}/items/required")).and_then(Value::as_array_mut);
    if let Some(required) = required {
        required.retain(|name| name != "id");
    }
    schema
}

/// Makes nullable fields optional.
fn optional_nulls(schema: &mut Value) {
    let nullable = |name: &Value, schema: &Value| {
        let of = name.as_str().and_then(|name| schema.get("properties")?.get(name));
        of.is_some_and(may_be_null)
    };
    let required: Option<Vec<Value>> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter(|name| !nullable(name, schema)).cloned().collect());
    if let (Some(required), Some(fields)) = (required, schema.as_object_mut()) {
        fields.insert("required".to_owned(), Value::Array(required));
    }
    each_subschema(schema, &mut optional_nulls);
}

/// Adds each argument's description.
fn describe(schema: &mut Value) {
    for (name, property) in schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
        let meaning = MEANINGS.iter().find(|(known, _)| known == name);
        if let (Some((_, meaning)), Some(property)) = (meaning, property.as_object_mut()) {
            property.insert("description".to_owned(), Value::from(*meaning));
        }
    }
    each_subschema(schema, &mut describe);
}

#[cfg(test)]
#[path = "definitions_tests.rs"]
mod tests;
