//! What agents are told of the tools. The schemas are derived from the types that read arguments and write answers, so that neither is written twice.

use super::arguments::{
    ApplyChange, DiscardChange, GetSecret, ListAuditLogs, ListFolders, ListProjects, ListSecrets, RevealSecret,
    SkillStatus,
};
use super::change_arguments::{
    CreateEnvironment, CreateProject, CreateSecret, InviteMembers, Named, RenameFolder, UpdateSecret,
};
use super::names::{ChangeTool, Tool};
use crate::audit_logs::AuditLogPage;
use crate::changes::{Preview, Receipt};
use crate::skill::Skill;
use crate::status::Status;
use crate::types::{FolderListing, Project, Secret, SecretListing};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Map, Value, json};

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

    /// The schema of the answer as far as the fields that always have something in them: what stands in a list of all tools, which is to be short.
    /// True, and less than [`Self::output_schema`] says.
    #[must_use]
    pub fn output_outline(&self) -> Value {
        let field = |name: &str| self.output_schema.get("properties").and_then(|fields| fields.get(name));
        let required = self.output_schema.get("required").and_then(Value::as_array).into_iter().flatten();
        let required = required.filter(|name| !name.as_str().and_then(field).is_some_and(may_be_null));
        json!({ "type": "object", "required": required.collect::<Vec<_>>() })
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
    ("change", "the tool that takes it"),
    ("slug", "its short name: a-z 0-9 -"),
    ("emails", "whom"),
    ("roles", "slugs; member if left out"),
];

/// All tools, in the order in which somebody who learns them would want them.
#[must_use]
pub fn definitions() -> Vec<Definition> {
    Tool::ALL.into_iter().map(definition).collect()
}

/// The tools that this skill could ever run: those are left out that its set-up rules out for good. To call them all the same is refused.
#[must_use]
pub fn offered(skill: &Skill) -> Vec<Definition> {
    let (reveals, changes, administers) = (skill.may_reveal(), skill.could_change(), skill.may_administer());
    let is_possible = |tool: &Tool| match tool {
        Tool::RevealSecret => reveals,
        Tool::Change(change) if change.is_administrative() => changes && administers,
        Tool::Change(_) | Tool::ChangeMany | Tool::ApplyChange | Tool::DiscardChange => changes,
        _ => true,
    };
    Tool::ALL.into_iter().filter(is_possible).map(definition).collect()
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
    properties.insert("change".to_owned(), json!({ "enum": ChangeTool::OF_MANY.map(ChangeTool::name) }));
    let change = json!({
        "type": "object", "properties": properties, "required": ["change", "name"], "additionalProperties": false,
    });
    json!({
        "type": "object", "properties": { "changes": { "type": "array", "items": change, "minItems": 1 } }, "required": ["changes"],
        "additionalProperties": false,
    })
}

fn output(tool: Tool) -> Value {
    match tool {
        Tool::ListProjects => {
            json!({ "type": "object", "properties": { "projects": gives::<Vec<Project>>() }, "required": ["projects"] })
        }
        Tool::ListFolders => gives::<FolderListing>(),
        Tool::ListSecrets => gives::<SecretListing>(),
        Tool::GetSecret => gives::<Secret>(),
        Tool::ListAuditLogs => gives::<AuditLogPage>(),
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
            "type": "object", "properties": { "plan": { "type": "string" }, "discarded": { "const": true } }, "required": ["plan", "discarded"],
        }),
        Tool::SkillStatus => gives::<Status>(),
    }
}

/// The schema of what is read. What may be left out may not be null: that is one way less to say nothing.
fn takes<T: JsonSchema>() -> Value {
    let mut schema = schema::<T>(SchemaSettings::draft2020_12().for_deserialize());
    trim(&mut schema);
    without_null_properties(&mut schema);
    if let Some(fields) = schema.as_object_mut() {
        // Some agents take no object without them.
        fields.entry("properties").or_insert_with(|| json!({}));
    }
    schema
}

/// The schema of what is written.
fn gives<T: JsonSchema>() -> Value {
    let mut schema = schema::<T>(SchemaSettings::draft2020_12().for_serialize());
    trim(&mut schema);
    schema
}

fn schema<T: JsonSchema>(mut settings: SchemaSettings) -> Value {
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    SchemaGenerator::new(settings).into_root_schema_for::<T>().to_value()
}

fn may_be_null(schema: &Value) -> bool {
    let is_null = |value: &Value| value == "null" || value.get("type").is_some_and(|name| name == "null");
    let any = |key: &str| schema.get(key).and_then(Value::as_array).is_some_and(|all| all.iter().any(is_null));
    any("type") || any("anyOf")
}

/// Leaves out what says nothing to who calls: names of Rust types and number formats, and the documentation that is for embedders.
fn trim(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            let is_schema = |value: &Value| !value.is_object();
            for key in ["title", "description", "format", "default", "$schema"] {
                // A property may be called so.
                if fields.get(key).is_some_and(is_schema) {
                    fields.remove(key);
                }
            }
            // An unsigned number is one that is asked for: what is below nothing is refused when it is read.
            if fields.get("minimum").is_some_and(|minimum| *minimum == 0) {
                fields.remove("minimum");
            }
            fields.values_mut().for_each(trim);
        }
        Value::Array(items) => items.iter_mut().for_each(trim),
        _ => {}
    }
}

fn without_null(schema: &mut Value) {
    let Some(fields) = schema.as_object_mut() else { return };
    if let Some(Value::Array(types)) = fields.get_mut("type") {
        types.retain(|name| name != "null");
        if let [one] = types.as_slice() {
            let one = one.clone();
            fields.insert("type".to_owned(), one);
        }
    }
    if let Some(Value::Array(choices)) = fields.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
        if let [Value::Object(one)] = choices.as_slice() {
            *fields = one.clone();
        }
    }
    without_null_properties(schema);
}

fn without_null_properties(schema: &mut Value) {
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    properties.into_iter().flat_map(Map::values_mut).for_each(without_null);
}

/// Says what each argument means.
fn describe(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if let Some(properties) = fields.get_mut("properties").and_then(Value::as_object_mut) {
                for (name, property) in properties.iter_mut() {
                    let meaning = MEANINGS.iter().find(|(known, _)| known == name);
                    if let (Some((_, meaning)), Some(property)) = (meaning, property.as_object_mut()) {
                        property.insert("description".to_owned(), Value::from(*meaning));
                    }
                }
            }
            fields.values_mut().for_each(describe);
        }
        Value::Array(items) => items.iter_mut().for_each(describe),
        _ => {}
    }
}

#[cfg(test)]
#[path = "definitions_tests.rs"]
mod tests;
