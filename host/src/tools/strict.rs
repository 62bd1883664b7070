//! Converts schemas for OpenAI's strict mode: every property is required, optional ones can be
//! null, objects are closed, and only supported keywords remain. (OpenAI's guide to structured
//! outputs, "Supported schemas".)

use super::schemas::each_subschema;
use serde_json::{Map, Value, json};

/// The keywords that a schema keeps.
const KEPT: [&str; 7] = ["type", "description", "properties", "required", "additionalProperties", "items", "enum"];

/// Converts the arguments' schema for a model in strict mode.
pub(super) fn strict(mut schema: Value) -> Value {
    tighten(&mut schema);
    schema
}

fn tighten(schema: &mut Value) {
    each_subschema(schema, &mut tighten);
    let Some(fields) = schema.as_object_mut() else { return };
    if let Some(constant) = fields.remove("const") {
        fields.insert("enum".to_owned(), json!([constant]));
    }
    fields.retain(|keyword, _| KEPT.contains(&keyword.as_str()));
    let required = fields.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let Some(properties) = fields.get_mut("properties").and_then(Value::as_object_mut) else { return };
    for (name, property) in properties.iter_mut() {
        if !required.iter().any(|it| it == name)
            && let Some(property) = property.as_object_mut()
        {
            or_null(property);
        }
    }
    let names: Vec<String> = properties.keys().cloned().collect();
    fields.insert("required".to_owned(), json!(names));
    fields.insert("additionalProperties".to_owned(), json!(false));
}

fn or_null(property: &mut Map<String, Value>) {
    if let Some(Value::String(name)) = property.get("type") {
        let types = json!([name, "null"]);
        property.insert("type".to_owned(), types);
    }
    if let Some(Value::Array(choices)) = property.get_mut("enum") {
        choices.push(Value::Null);
    }
}
