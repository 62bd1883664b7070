//! Converts schemas to the `parameters` of Gemini's function declarations. These are a subset of
//! OpenAPI 3.0's Schema Object, with one type each, and without `additionalProperties`, `const` and
//! references. (Gemini API reference, "Schema" and "FunctionDeclaration".)

use super::schemas::each_subschema;
use serde_json::{Value, json};

/// The fields of Gemini's Schema that are used here.
const KEPT: [&str; 8] = ["type", "description", "nullable", "enum", "properties", "required", "items", "minItems"];

/// Converts a tool's arguments. Returns `None` if there are none, because Gemini refuses an object
/// without properties.
pub(super) fn parameters(mut schema: Value) -> Option<Value> {
    simplify(&mut schema);
    schema.get("properties").and_then(Value::as_object).filter(|properties| !properties.is_empty())?;
    Some(schema)
}

fn simplify(schema: &mut Value) {
    each_subschema(schema, &mut simplify);
    let Some(fields) = schema.as_object_mut() else { return };
    if let Some(constant) = fields.remove("const") {
        fields.insert("enum".to_owned(), json!([constant]));
    }
    if let Some(Value::Array(types)) = fields.get("type") {
        let of = types.iter().find(|name| *name != "null").cloned().unwrap_or_else(|| json!("string"));
        if types.iter().any(|name| name == "null") {
            fields.insert("nullable".to_owned(), json!(true));
        }
        fields.insert("type".to_owned(), of);
    }
    if let Some(Value::Array(choices)) = fields.get_mut("enum") {
        choices.retain(Value::is_string);
    }
    // Gemini supports enums only for strings.
    if fields.get("type").is_none_or(|name| name != "string") {
        fields.remove("enum");
    }
    fields.retain(|keyword, _| KEPT.contains(&keyword.as_str()));
}
