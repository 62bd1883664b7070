//! Tests how tools read each argument in their schemas. Null means left out; booleans and numbers
//! may come as text, and a list of text as one word. An error names the field and the JSON types.

use infisical_emulator::ApiVersion;
use infisical_skill::{ChangeRules, Error, Layer, tools};
use infisical_skill_contract::stage::Stage;
use serde_json::{Map, Value, json};

/// One step of the path to an argument.
#[derive(Debug, Clone)]
enum Step {
    Field(String),
    Item(usize),
}

/// An argument of a tool at any depth.
#[derive(Debug, Clone)]
struct Argument {
    steps: Vec<Step>,
    schema: Value,
    is_required: bool,
}

impl Argument {
    /// The argument's name in errors.
    fn path(&self) -> String {
        self.steps.iter().fold(String::new(), |path, step| match step {
            Step::Field(name) if path.is_empty() => name.clone(),
            Step::Field(name) => format!("{path}.{name}"),
            Step::Item(at) => format!("{path}[{at}]"),
        })
    }

    fn kind(&self) -> &str {
        self.schema["type"].as_str().unwrap_or_else(|| panic!("{} has no type: {}", self.path(), self.schema))
    }

    /// The same arguments with this one set.
    fn set(&self, arguments: &Value, value: Value) -> Value {
        let mut all = arguments.clone();
        let mut at = &mut all;
        for step in &self.steps {
            at = match step {
                Step::Field(name) => at.as_object_mut().unwrap().entry(name.clone()).or_insert(json!({})),
                Step::Item(number) => &mut at[*number],
            };
        }
        *at = value;
        all
    }
}

/// Collects all arguments below a schema, each with its path.
fn arguments(schema: &Value, steps: &[Step], found: &mut Vec<Argument>) {
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        let steps = [steps, &[Step::Field(name.clone())]].concat();
        let is_required = schema["required"].as_array().is_some_and(|all| all.contains(&json!(name)));
        found.push(Argument { steps: steps.clone(), schema: inner.clone(), is_required });
        match inner["type"].as_str() {
            Some("object") => arguments(inner, &steps, found),
            Some("array") => {
                let item = [steps.as_slice(), &[Step::Item(0)]].concat();
                found.push(Argument { steps: item.clone(), schema: inner["items"].clone(), is_required: true });
                arguments(&inner["items"], &item, found);
            }
            _ => {}
        }
    }
}

/// Valid arguments for a tool: the required ones, and those that make results comparable.
fn usual(tool: &str) -> Value {
    match tool {
        "get-secret" | "reveal-secret" | "delete-secret" => json!({ "path": "/app", "name": "STRIPE_API_KEY" }),
        "create-secret" => json!({ "path": "/app", "name": "NEW_ONE", "value": "v" }),
        "update-secret" => json!({ "path": "/app", "name": "STRIPE_API_KEY", "value": "v" }),
        "create-folder" => json!({ "name": "made" }),
        "delete-folder" => json!({ "name": "app" }),
        "rename-folder" => json!({ "name": "app", "newName": "other" }),
        "create-project" => json!({ "name": "Second", "slug": "second-vault" }),
        "create-environment" => json!({ "name": "Testing", "slug": "testing" }),
        "invite-members" => json!({ "emails": ["dana@example.com"] }),
        "change-many" => json!({ "changes": [{ "change": "create-folder", "name": "made" }] }),
        "apply-change" | "discard-change" => json!({ "plan": "0000-0000-0000-0000" }),
        _ => json!({}),
    }
}

/// A valid value of an argument. Items and fields come from [`usual`] if it has them.
fn sample(argument: &Argument) -> Value {
    let name = argument.steps.iter().rev().find_map(|step| match step {
        Step::Field(name) => Some(name.as_str()),
        Step::Item(_) => None,
    });
    match (argument.kind(), name.unwrap()) {
        ("boolean", _) => json!(true),
        ("integer", "length") => json!(24),
        ("integer", _) => json!(1),
        ("array", "tags" | "events" | "roles") => json!(["payments"]),
        ("array", "emails") => json!(["dana@example.com"]),
        ("array", _) => json!([{ "change": "create-folder", "name": "made" }]),
        ("object", "generate") => json!({ "length": 24 }),
        ("string", "environment") => json!("staging"),
        (_, name) => json!(format!("a-{name}")),
    }
}

async fn stage() -> Stage {
    let mut rules = ChangeRules::default();
    rules.administration = true;
    Stage::revealing(ApiVersion::V4, |builder| builder.changes(rules)).await.unwrap()
}

/// The result of a call, without the parts that differ each time: the plan's id and expiry, and the
/// server's request ids.
async fn outcome(stage: &Stage, tool: &str, arguments: Value) -> Result<Value, String> {
    match tools::call(&stage.skill, tool, arguments).await {
        Ok(mut answer) => {
            let Some(plan) = answer["plan"].as_str().map(str::to_owned) else { return Ok(answer) };
            // Otherwise it would count as a pending plan.
            stage.skill.discard(&plan).unwrap();
            answer["expires"] = Value::Null;
            Ok(serde_json::from_str(&answer.to_string().replace(&plan, "ID")).unwrap())
        }
        Err(error) => {
            let said = error.to_string();
            let named = |word: &&str| !word.starts_with("req-");
            Err(said.split(' ').filter(named).collect::<Vec<_>>().join(" "))
        }
    }
}

fn every_argument() -> Vec<(&'static str, Argument)> {
    let mut all = Vec::new();
    for definition in tools::definitions() {
        let mut found = Vec::new();
        arguments(&definition.input_schema, &[], &mut found);
        all.extend(found.into_iter().map(|argument| (definition.name, argument)));
    }
    assert!(all.len() > 80, "{}", all.len());
    all
}

#[tokio::test]
async fn null_for_an_optional_argument_means_left_out() {
    let stage = stage().await;
    let mut tried = 0;
    for (tool, argument) in every_argument().into_iter().filter(|(_, argument)| !argument.is_required) {
        let mut usual = usual(tool);
        if argument.steps.len() == 2 {
            // Inside an object that is otherwise left out.
            usual.as_object_mut().unwrap().remove("value");
            usual["generate"] = json!({ "length": 24 });
        }
        let null = argument.set(&usual, Value::Null);
        let without = match (&argument.steps[..], null.clone()) {
            ([Step::Field(name)], Value::Object(mut fields)) => {
                fields.remove(name);
                Value::Object(fields)
            }
            (_, mut arguments) => {
                remove_nulls(&mut arguments);
                arguments
            }
        };
        let (given, left_out) = (outcome(&stage, tool, null).await, outcome(&stage, tool, without).await);
        assert_eq!(given, left_out, "{tool} {}", argument.path());
        tried += 1;
    }
    assert!(tried > 60, "{tried}");
}

fn remove_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, inner| !inner.is_null());
            fields.values_mut().for_each(remove_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(remove_nulls),
        _ => {}
    }
}

#[tokio::test]
async fn null_for_all_arguments_of_a_strict_caller_means_left_out() {
    let stage = stage().await;
    let nulls = |schema: &Value, usual: &Value| {
        let mut all = Map::new();
        for name in schema["properties"].as_object().unwrap().keys() {
            all.insert(name.clone(), usual.get(name).cloned().unwrap_or_default());
        }
        Value::Object(all)
    };
    for definition in tools::definitions() {
        let usual = usual(definition.name);
        let mut strict = nulls(&definition.input_schema, &usual);
        if definition.name == "change-many" {
            let item = &definition.input_schema["properties"]["changes"]["items"];
            strict["changes"][0] = nulls(item, &usual["changes"][0]);
        }
        let (strict, plain) =
            (outcome(&stage, definition.name, strict).await, outcome(&stage, definition.name, usual).await);
        assert_eq!(strict, plain, "{}", definition.name);
    }
}

#[tokio::test]
async fn null_in_a_list_or_for_what_is_needed_is_refused() {
    let stage = stage().await;
    for (tool, argument) in every_argument().into_iter().filter(|(_, argument)| argument.is_required) {
        let usual = filled(tool, &argument);
        let error = tools::call(&stage.skill, tool, argument.set(&usual, Value::Null)).await.unwrap_err();
        is_misfit(&error, tool, &argument, "null");
    }
}

#[tokio::test]
async fn booleans_numbers_and_single_words_may_come_as_text() {
    let stage = stage().await;
    let mut tried = Vec::new();
    for (tool, argument) in every_argument() {
        let value = sample(&argument);
        let text = match &value {
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            Value::Array(items) if items[0].is_string() => items[0].as_str().unwrap().to_owned(),
            _ => continue,
        };
        let usual = filled(tool, &argument);
        let plain = outcome(&stage, tool, argument.set(&usual, value)).await;
        let as_text = outcome(&stage, tool, argument.set(&usual, Value::from(text))).await;
        let refused_the_type = |outcome: &Result<Value, String>| {
            outcome.as_ref().is_err_and(|error| error.contains("must be") && error.contains(" but is "))
        };
        assert!(!refused_the_type(&plain), "{tool} {}: {plain:?}", argument.path());
        assert_eq!(plain, as_text, "{tool} {}", argument.path());
        tried.push(argument.kind().to_owned());
    }
    let count = |kind: &str| tried.iter().filter(|it| *it == kind).count();
    assert!(count("boolean") >= 2 && count("integer") >= 6 && count("array") >= 6, "{tried:?}");
}

/// The usual arguments, with the object or list that contains this argument.
fn filled(tool: &str, argument: &Argument) -> Value {
    let mut usual = usual(tool);
    let Some(Step::Field(first)) = argument.steps.first() else { panic!("{argument:?}") };
    if argument.steps.len() > 1 {
        match first.as_str() {
            "generate" => {
                usual.as_object_mut().unwrap().remove("value");
                usual["generate"] = json!({ "length": 24 });
            }
            "changes" if argument.steps.len() > 2 => {
                let of_a_secret = json!({ "change": "create-secret", "path": "/app", "name": "NEW_ONE", "value": "v" });
                usual["changes"][0] = of_a_secret;
                let Step::Field(own) = &argument.steps[2] else { panic!("{argument:?}") };
                match own.as_str() {
                    "generate" => {
                        usual["changes"][0].as_object_mut().unwrap().remove("value");
                        usual["changes"][0]["generate"] = json!({ "length": 24 });
                    }
                    "tags" => usual["changes"][0]["tags"] = json!(["payments"]),
                    _ => {}
                }
            }
            "changes" => {}
            list => usual[list] = json!(["payments"]),
        }
    }
    usual
}

/// Asserts that the refusal helps somebody who passed an argument of a wrong type.
fn is_misfit(error: &Error, tool: &str, argument: &Argument, got: &str) {
    let (said, path) = (error.to_string(), argument.path());
    assert_eq!(error.layer(), Some(Layer::Input), "{tool} {path}: {said}");
    assert!(said.contains(&format!("`{path}`")), "{tool} {path}: {said}");
    assert!(said.contains(tool) && said.contains(got), "{tool} {path}: {said}");
    let expected = match argument.kind() {
        "integer" => "whole number",
        "array" => "array",
        kind => kind,
    };
    assert!(said.contains(expected), "{tool} {path}: {said}");
    for word in ["u32", "i32", "sequence", "invalid type", "struct", " map", "unit", "CANARY"] {
        assert!(!said.contains(word), "{tool} {path}: {said}");
    }
}

#[tokio::test]
async fn a_wrong_type_is_answered_with_the_fields_name_and_both_types() {
    let stage = stage().await;
    let sent = stage.emulator.log().len();
    let mut tried = 0;
    for (tool, argument) in every_argument() {
        for (wrong, got) in [
            (json!(true), "boolean"),
            (json!(4711), "number"),
            (json!(-4711.5), "number"),
            (json!("CANARY of several words"), "string"),
            (json!(["CANARY"]), "array"),
            (json!({ "CANARY": "CANARY" }), "object"),
        ] {
            let fits = match (argument.kind(), &wrong) {
                ("boolean", Value::Bool(_)) | ("string", Value::String(_)) | ("array", Value::Array(_)) => true,
                ("integer", Value::Number(number)) => number.is_u64(),
                // For an object of another form, the error names its fields.
                ("object", Value::Object(_)) => true,
                _ => false,
            };
            if fits {
                continue;
            }
            let error =
                tools::call(&stage.skill, tool, argument.set(&filled(tool, &argument), wrong)).await.unwrap_err();
            is_misfit(&error, tool, &argument, got);
            tried += 1;
        }
    }
    assert!(tried > 400, "{tried}");
    assert_eq!(stage.emulator.log().len(), sent, "nothing left");
}

#[tokio::test]
async fn texts_that_are_no_boolean_number_or_word_are_refused() {
    let stage = stage().await;
    for (tool, arguments, says) in [
        ("list-secrets", json!({ "recursive": "yes" }), "`recursive` must be a boolean"),
        ("list-secrets", json!({ "recursive": "" }), "`recursive` must be a boolean"),
        ("list-secrets", json!({ "recursive": 1 }), "`recursive` must be a boolean, but is a number"),
        ("list-secrets", json!({ "tags": "" }), "`tags` must be an array of strings"),
        ("list-secrets", json!({ "tags": "a, b" }), "`tags` must be an array of strings"),
        ("list-secrets", json!({ "tags": "[\"a\"]" }), "`tags` must be an array of strings"),
        ("list-audit-logs", json!({ "limit": "1e2" }), "`limit` must be a whole number"),
        ("list-audit-logs", json!({ "limit": "-5" }), "`limit` must be a whole number"),
        ("list-audit-logs", json!({ "limit": -5 }), "`limit` must be a whole number from 0 to 4294967295"),
        ("list-audit-logs", json!({ "limit": 4_294_967_296_u64 }), "`limit` must be a whole number from 0 to"),
        ("list-audit-logs", json!({ "limit": "99999999999999999999" }), "`limit` must be a whole number from 0"),
        ("list-audit-logs", json!({ "limit": 1.5 }), "`limit` must be a whole number"),
        ("get-secret", json!({ "name": 5 }), "`name` must be a string, but is a number"),
        (
            "create-secret",
            json!({ "name": "A", "generate": "{\"length\": 20}" }),
            "`generate` must be an object, but is a",
        ),
        ("change-many", json!({ "changes": { "change": "create-folder", "name": "f" } }), "`changes` must be an array"),
        ("list-secrets", json!("{\"path\": \"/app\"}"), "must be an object, but are a string"),
    ] {
        let error = tools::call(&stage.skill, tool, arguments.clone()).await.unwrap_err();
        assert_eq!(error.layer(), Some(Layer::Input), "{tool} {arguments}");
        assert!(error.reason().contains(says), "{tool} {arguments}: {error}");
    }
    // In JSON both are the same number.
    assert!(tools::call(&stage.skill, "list-audit-logs", json!({ "offset": 0.0 })).await.is_ok());
    assert!(tools::call(&stage.skill, "list-secrets", json!({ "recursive": "True" })).await.is_ok());
}

#[tokio::test]
async fn change_many_accepts_the_arguments_of_each_tool() {
    let stage = stage().await;
    let many = |change: Value| json!({ "changes": [{ "change": "create-folder", "name": "ok" }, change] });
    for (change, says) in [
        (json!({ "change": "create-folder", "name": "f", "value": "CANARY" }), "unknown field `changes[1].value`"),
        (json!({ "change": "create-folder", "name": "f", "recursiv": true }), "unknown field `changes[1].recursiv`"),
        (json!({ "change": "rename-folder", "name": "f" }), "missing field `changes[1].newName`"),
        (
            json!({ "change": "create-secret", "name": "A", "generate": { "length": "x" } }),
            "`changes[1].generate.length`",
        ),
        (json!({ "change": "drop-table", "name": "A" }), "`changes[1].change` must be one of `create-secret`"),
        (json!({ "name": "A" }), "missing field `changes[1].change`"),
        (json!(null), "`changes[1]` must be an object, but is null"),
        (json!({ "change": "create-secret", "name": "A" }), "`changes[1]`"),
    ] {
        let error = tools::call(&stage.skill, "change-many", many(change.clone())).await.unwrap_err();
        assert_eq!(error.layer(), Some(Layer::Input), "{change}: {error}");
        assert!(error.reason().contains(says) && !error.to_string().contains("CANARY"), "{change}: {error}");
    }
    let nulls = json!({ "change": "create-folder", "name": "f", "value": null, "tags": null, "newName": null });
    assert!(tools::call(&stage.skill, "change-many", many(nulls)).await.is_ok());
}
