//! JSON Schemas of the tools' arguments and answers, derived from the Rust types that parse and
//! serialize them. Every kind of agent accepts their form: no references, and a type for every
//! property. Some agents refuse the whole list of tools if one property has no type.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// The schema of arguments. It doesn't contain null, because nullable arguments are optional, and a
/// second way to omit them is unnecessary.
pub(super) fn takes<T: JsonSchema>() -> Value {
    let mut schema = schema::<T>(SchemaSettings::draft2020_12().for_deserialize());
    without_null_properties(&mut schema);
    if let Some(fields) = schema.as_object_mut() {
        // Some agents refuse an object without properties.
        fields.entry("properties").or_insert_with(|| json!({}));
    }
    schema
}

/// The schema of an answer.
pub(super) fn gives<T: JsonSchema>() -> Value {
    schema::<T>(SchemaSettings::draft2020_12().for_serialize())
}

fn schema<T: JsonSchema>(mut settings: SchemaSettings) -> Value {
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    let mut schema = SchemaGenerator::new(settings).into_root_schema_for::<T>().to_value();
    trim(&mut schema);
    give_types(&mut schema);
    schema
}

/// Applies `change` to each direct subschema.
pub(super) fn each_subschema(schema: &mut Value, change: &mut dyn FnMut(&mut Value)) {
    let Some(fields) = schema.as_object_mut() else { return };
    if let Some(properties) = fields.get_mut("properties").and_then(Value::as_object_mut) {
        properties.values_mut().for_each(&mut *change);
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = fields.get_mut(key).filter(|inner| inner.is_object()) {
            change(inner);
        }
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        let choices = fields.get_mut(key).and_then(Value::as_array_mut);
        choices.into_iter().flatten().for_each(&mut *change);
    }
}

/// Removes what a caller doesn't need: names of Rust types, number formats, and the documentation
/// for embedders.
fn trim(schema: &mut Value) {
    if let Some(fields) = schema.as_object_mut() {
        for key in ["title", "description", "format", "default", "$schema"] {
            fields.remove(key);
        }
        // An unsigned number is an argument. The parser refuses negative ones.
        if fields.get("minimum").is_some_and(|minimum| *minimum == 0) {
            fields.remove("minimum");
        }
    }
    each_subschema(schema, &mut trim);
}

/// Gives each subschema the type of its constant or choices.
fn give_types(schema: &mut Value) {
    each_subschema(schema, &mut give_types);
    let Some(fields) = schema.as_object_mut() else { return };
    one_enum(fields);
    null_as_a_type(fields);
    if fields.contains_key("type") {
        return;
    }
    let of_constant = fields.get("const").map(type_of);
    let of_choices = fields.get("enum").and_then(Value::as_array).and_then(|all| common(all.iter().map(type_of)));
    let branches = ["oneOf", "anyOf"].iter().find_map(|key| fields.get(*key)?.as_array());
    let of_branches = branches.and_then(|all| common(all.iter().filter_map(|it| it.get("type")?.as_str())));
    if let Some(name) = of_constant.or(of_choices).or(of_branches).map(str::to_owned) {
        fields.insert("type".to_owned(), Value::String(name));
    }
}

/// Merges a choice among constants with a description each into one enum.
fn one_enum(fields: &mut Map<String, Value>) {
    let Some(Value::Array(choices)) = fields.get("oneOf") else { return };
    let constants: Option<Vec<Value>> = choices.iter().map(|choice| choice.get("const").cloned()).collect();
    if let Some(constants) = constants {
        fields.remove("oneOf");
        fields.insert("enum".to_owned(), Value::Array(constants));
    }
}

/// Merges a choice between a type and null into one type list.
fn null_as_a_type(fields: &mut Map<String, Value>) {
    let Some(Value::Array(choices)) = fields.get("anyOf") else { return };
    let [Value::Object(thing), null] = choices.as_slice() else { return };
    if !null.get("type").is_some_and(|name| name == "null") {
        return;
    }
    let Some(Value::String(name)) = thing.get("type") else { return };
    let mut thing = thing.clone();
    thing.insert("type".to_owned(), json!([name, "null"]));
    if let Some(constant) = thing.remove("const") {
        thing.insert("enum".to_owned(), json!([constant]));
    }
    if let Some(Value::Array(choices)) = thing.get_mut("enum") {
        choices.push(Value::Null);
    }
    *fields = thing;
}

/// Whether a list is among the types.
pub(super) fn may_be_list(schema: &Value) -> bool {
    match schema.get("type") {
        Some(Value::Array(types)) => types.iter().any(|name| name == "array"),
        name => name.is_some_and(|name| name == "array"),
    }
}

/// Whether null is among the types.
pub(super) fn may_be_null(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_array).is_some_and(|types| types.iter().any(|name| name == "null"))
}

/// The JSON Schema type of a value.
fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn common<'a>(mut names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let first = names.next()?;
    names.all(|name| name == first).then_some(first)
}

fn without_null_properties(schema: &mut Value) {
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    properties.into_iter().flat_map(Map::values_mut).for_each(without_null);
}

fn without_null(schema: &mut Value) {
    if let Some(fields) = schema.as_object_mut() {
        if let Some(Value::Array(types)) = fields.get_mut("type") {
            types.retain(|name| name != "null");
            if let [one] = types.as_slice() {
                let one = one.clone();
                fields.insert("type".to_owned(), one);
            }
        }
        if let Some(Value::Array(choices)) = fields.get_mut("enum") {
            choices.retain(|choice| !choice.is_null());
        }
    }
    without_null_properties(schema);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serialize;

    #[derive(Serialize, JsonSchema)]
    struct Inner {
        deep: Option<u32>,
    }

    /// With a description for each case.
    #[derive(Serialize, JsonSchema)]
    #[serde(rename_all = "kebab-case")]
    #[expect(dead_code, reason = "its schema alone is looked at")]
    enum Kind {
        /// The first.
        OneOfTwo,
        /// The other.
        Other,
    }

    #[derive(Serialize, JsonSchema)]
    #[serde(tag = "state")]
    #[expect(dead_code, reason = "its schema alone is looked at")]
    enum Tagged {
        Off { because: String },
        On,
    }

    #[derive(Serialize, JsonSchema)]
    struct All {
        plain: String,
        perhaps: Option<String>,
        kind: Kind,
        perhaps_kind: Option<Kind>,
        inner: Option<Inner>,
        many: Option<Vec<Inner>>,
        tagged: Tagged,
    }

    #[test]
    fn every_property_gets_one_type_and_null_beside_it() {
        let schema = gives::<All>();
        let of = |name: &str| schema["properties"][name].clone();
        assert_eq!(of("plain"), json!({ "type": "string" }));
        assert_eq!(of("perhaps"), json!({ "type": ["string", "null"] }));
        assert_eq!(of("kind"), json!({ "type": "string", "enum": ["one-of-two", "other"] }));
        assert_eq!(of("perhaps_kind"), json!({ "type": ["string", "null"], "enum": ["one-of-two", "other", null] }));
        assert_eq!(of("inner")["type"], json!(["object", "null"]));
        assert_eq!(of("inner")["properties"]["deep"], json!({ "type": ["integer", "null"] }));
        assert_eq!(of("many")["type"], json!(["array", "null"]));
        assert_eq!(of("tagged")["type"], "object");
        assert_eq!(of("tagged")["oneOf"][0]["properties"]["because"], json!({ "type": "string" }));
    }

    #[test]
    fn a_property_that_is_called_like_a_keyword_is_kept() {
        #[derive(Serialize, JsonSchema)]
        struct NamedTarget {
            title: String,
            format: Option<u32>,
        }
        let schema = gives::<NamedTarget>();
        assert_eq!(schema["properties"]["title"], json!({ "type": "string" }));
        assert_eq!(schema["properties"]["format"], json!({ "type": ["integer", "null"] }));
    }
}
