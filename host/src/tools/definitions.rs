//! What agents are told of the tools. The schemas are derived from the types that read arguments and write answers, so that neither is written twice.

use super::arguments::{
    ApplyChange, DiscardChange, GetSecret, ListAuditLogs, ListFolders, ListProjects, ListSecrets, RevealSecret,
    SkillStatus,
};
use super::bound::LEFT_OUT;
use super::change_arguments::{
    CreateEnvironment, CreateProject, CreateSecret, InviteMembers, Named, RenameFolder, UpdateSecret,
};
use super::names::{ChangeTool, Tool};
use super::pages::ProjectListing;
use super::schemas::{each_subschema, gives, may_be_list, may_be_null, takes};
use crate::audit_logs::AuditLogPage;
use crate::changes::{Preview, Receipt};
use crate::skill::Skill;
use crate::status::Status;
use crate::types::{FolderListing, Secret, SecretListing};
use infisical_skill_policy::Grant;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

/// What an agent is told of a tool.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Definition {
    /// What calls it.
    pub name: &'static str,
    /// What it does.
    pub description: &'static str,
    /// The JSON Schema of its arguments: closed.
    pub input_schema: Value,
    /// The JSON Schema of its answer.
    pub output_schema: Value,
    /// What kind of tool it is.
    pub annotations: Annotations,
}

impl Definition {
    /// As MCP's `tools/list` has it. The answer in outline, so that the list is short.
    #[must_use]
    pub fn for_mcp(&self) -> Value {
        json!({
            "name": self.name, "description": self.description, "inputSchema": self.input_schema,
            "outputSchema": self.output_outline(), "annotations": self.hints(),
        })
    }

    /// The hints, those left out that say what MCP takes for granted.
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
            // Of what changes something only: there MCP takes the worst for granted.
            say("destructiveHint", destructive_hint, true);
            say("idempotentHint", idempotent_hint, false);
        }
        say("openWorldHint", open_world_hint, true);
        hints.into()
    }

    /// The schema of the answer as far as that it is an object: what stands in a list of all tools, which is to be short. True, and less than
    /// [`Self::output_schema`] says.
    #[must_use]
    pub fn output_outline(&self) -> Value {
        json!({ "type": "object" })
    }
}

/// What kind of tool it is, in MCP's words. For a client's convenience: what is allowed is decided elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Annotations {
    /// It changes nothing: not in Infisical, and not among the plans.
    pub read_only_hint: bool,
    /// It may take away what can't be got back.
    pub destructive_hint: bool,
    /// To call it twice does no more than to call it once.
    pub idempotent_hint: bool,
    /// It reaches out to the server.
    pub open_world_hint: bool,
}

/// What an argument means, wherever it is called so.
const MEANINGS: &[(&str, &str)] = &[
    ("project", "id or slug"),
    ("environment", "slug"),
    ("path", "folder, absolute"),
    ("recursive", "also what is in the folders below"),
    ("nameContains", "only names that contain this"),
    ("tags", "slugs"),
    ("version", "an older version"),
    ("value", "the new value"),
    ("generate", "make the value up, unseen"),
    ("request", "the approved request, if needed"),
    ("alphabet", "its characters; letters and digits if left out"),
    ("newName", "the new name"),
    ("comment", "the new comment"),
    ("plan", "as its preview names it"),
    ("acknowledge", "the preview's phrase, exactly"),
    ("events", "kinds of event, such as get-secret"),
    ("actor", "name or id"),
    ("since", "RFC 3339; the last day if left out"),
    ("until", "RFC 3339"),
    ("offset", "how many of the newest to skip"),
    ("limit", "1 to 200"),
    ("cursor", "`nextCursor` of the page before"),
    ("details", "also ids, and what is empty"),
    ("change", "the tool that takes it"),
    ("slug", "its short name: a-z 0-9 -"),
    ("emails", "whom"),
    ("roles", "slugs; member if left out"),
];

/// All tools, in the order in which somebody who learns them would want them.
#[must_use]
pub fn definitions() -> Vec<Definition> {
    ALL.iter().map(|(_, definition)| definition.clone()).collect()
}

/// They are the same at each call.
static ALL: LazyLock<Vec<(Tool, Definition)>> =
    LazyLock::new(|| Tool::ALL.into_iter().map(|tool| (tool, definition(tool))).collect());

/// The schema of a tool's arguments.
pub(super) fn input_schema(tool: Tool) -> &'static Value {
    let known = ALL.iter().find(|(of, _)| *of == tool);
    known.map_or(&Value::Null, |(_, definition)| &definition.input_schema)
}

/// The tools that this skill could ever run: those are left out that its set-up rules out for good. To call them all the same is refused.
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
        ChangeTool::DeleteSecret | ChangeTool::CreateFolder | ChangeTool::DeleteFolder => takes::<Named>(),
        ChangeTool::RenameFolder => takes::<RenameFolder>(),
        ChangeTool::CreateProject => takes::<CreateProject>(),
        ChangeTool::CreateEnvironment => takes::<CreateEnvironment>(),
        ChangeTool::InviteMembers => takes::<InviteMembers>(),
    }
}

/// One closed object that has what any of the changes takes: each kind's own check follows when it is read.
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

/// Names what stands beside a list that was cut because the answer would be too long: how many of it are left out.
fn shortened(schema: &mut Value) {
    each_subschema(schema, &mut shortened);
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    if properties.values().any(may_be_list) {
        properties
            .insert(LEFT_OUT.to_owned(), json!({ "type": "object", "additionalProperties": { "type": "integer" } }));
    }
}

/// A page of a list: null stands in it only if details are asked for.
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

/// The id of an item stands there only if details are asked for.
fn without_id(name: &str, mut schema: Value) -> Value {
    let required = schema.pointer_mut(&format!("/properties/{name}/items/required")).and_then(Value::as_array_mut);
    if let Some(required) = required {
        required.retain(|name| name != "id");
    }
    schema
}

/// What may be null may be left out.
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

/// Says what each argument means.
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
