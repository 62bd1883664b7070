//! Checks arguments against a tool's schema before they are deserialized, and accepts common
//! deviations of models. Null can stand for an absent field, text for a boolean or number, and one
//! word for a list of words. Errors name the invalid argument and JSON types. They never quote the
//! input, which may be secret.

use infisical_skill_policy::text::escape_capped;
use serde_json::{Map, Number, Value};
use std::fmt;

/// The maximum length of an unknown field's name in an error, in characters.
const MAX_NAME: usize = 60;

/// The maximum of any numeric argument.
const MAX_NUMBER: u32 = u32::MAX;

/// The path of a value within the arguments, as errors show it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Path<'a> {
    /// The arguments as a whole.
    Root,
    /// A field of the object at this path.
    Field(&'a Path<'a>, &'a str),
    /// An item of the list at this path.
    Item(&'a Path<'a>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Field(Self::Root, name) => f.write_str(&escape_capped(name, MAX_NAME)),
            Self::Field(at, name) => write!(f, "{at}.{}", escape_capped(name, MAX_NAME)),
            Self::Item(at, number) => write!(f, "{at}[{number}]"),
        }
    }
}

/// An argument that doesn't match the schema.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Misfit {
    /// What is wrong, in names and types.
    pub(super) reason: String,
    /// What to write instead.
    pub(super) remedy: &'static str,
}

/// Converts arguments to the types of the schema, without null. `taker` names the tool that takes
/// them.
///
/// # Errors
/// [`Misfit`] for the first argument that doesn't match.
pub(super) fn fit(schema: &Value, value: Value, at: &Path<'_>, taker: &str) -> Result<Value, Misfit> {
    match (schema.get("type").and_then(Value::as_str), value) {
        (Some("object"), Value::Object(fields)) => object(schema, fields, at, taker).map(Value::Object),
        (Some("array"), Value::Array(items)) => {
            let each = schema.get("items").unwrap_or(&Value::Null);
            let items = items.into_iter().enumerate();
            items.map(|(number, item)| fit(each, item, &Path::Item(at, number), taker)).collect()
        }
        (Some("array"), Value::String(word)) if is_word(&word) && is_of_texts(schema) => {
            Ok(Value::Array(vec![Value::String(word)]))
        }
        (Some("string"), Value::String(text)) => match schema.get("enum").and_then(Value::as_array) {
            Some(choices) if !choices.iter().any(|choice| *choice == text.as_str()) => {
                let reason = format!("`{at}` must be one of {}", listed(choices.iter().filter_map(Value::as_str)));
                Err(Misfit { reason, remedy: "choose one of these" })
            }
            _ => Ok(Value::String(text)),
        },
        (Some("boolean"), Value::Bool(flag)) => Ok(Value::Bool(flag)),
        (Some("boolean"), Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(Value::Bool(true)),
        (Some("boolean"), Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(Value::Bool(false)),
        (Some("integer"), Value::Number(number)) => {
            whole(&number).map(Value::from).map_err(|got| mistyped(schema, at, got))
        }
        (Some("integer"), Value::String(text)) => {
            decimal(&text).map(Value::from).ok_or_else(|| mistyped(schema, at, "a string"))
        }
        (_, value) => Err(mistyped(schema, at, type_name(&value))),
    }
}

fn object(
    schema: &Value,
    fields: Map<String, Value>,
    at: &Path<'_>,
    taker: &str,
) -> Result<Map<String, Value>, Misfit> {
    let known = schema.get("properties").and_then(Value::as_object);
    let required: Vec<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let mut fitting = Map::new();
    for (name, value) in fields {
        let path = Path::Field(at, &name);
        let Some(inner) = known.and_then(|known| known.get(&name)) else {
            return Err(unknown(known, &path, taker));
        };
        if value.is_null() && !required.contains(&name.as_str()) {
            continue;
        }
        let value = fit(inner, value, &path, taker)?;
        fitting.insert(name, value);
    }
    match required.iter().find(|name| !fitting.contains_key(**name)) {
        None => Ok(fitting),
        Some(name) => {
            let path = Path::Field(at, name);
            let expected = known.and_then(|known| known.get(*name)).map(expected).unwrap_or_default();
            let reason = format!("missing field `{path}`: `{taker}` needs it, {expected}");
            Err(Misfit { reason, remedy: "add the field" })
        }
    }
}

fn unknown(known: Option<&Map<String, Value>>, path: &Path<'_>, taker: &str) -> Misfit {
    let names = known.into_iter().flat_map(Map::keys).map(String::as_str);
    let reason = match listed(names) {
        names if names.is_empty() => format!("unknown field `{path}`: `{taker}` takes none here"),
        names => format!("unknown field `{path}`: `{taker}` takes {names} here"),
    };
    Misfit { reason, remedy: "leave the field out, or correct its name" }
}

fn mistyped(schema: &Value, at: &Path<'_>, got: &str) -> Misfit {
    let expected = expected(schema);
    let reason = match at {
        Path::Root => format!("they must be {expected}, but are {got}"),
        _ => format!("`{at}` must be {expected}, but is {got}"),
    };
    let remedy = match schema.get("type").and_then(Value::as_str) {
        Some("boolean") => "write true or false",
        Some("integer") => "write the number in digits",
        Some("array") if is_of_texts(schema) => "write a list such as [\"a\", \"b\"]",
        Some("array") => "write a list of objects, such as [{...}, {...}]",
        Some("string") => "write it in double quotes",
        _ => "write an object, such as {\"path\": \"/app\"}, not its text",
    };
    Misfit { reason, remedy }
}

/// Describes the type that a schema expects, in JSON's terms.
fn expected(schema: &Value) -> String {
    match schema.get("type").and_then(Value::as_str) {
        Some("boolean") => "a boolean".to_owned(),
        Some("integer") => format!("a whole number from 0 to {MAX_NUMBER}"),
        Some("array") if is_of_texts(schema) => "an array of strings".to_owned(),
        Some("array") => "an array of objects".to_owned(),
        Some("string") => "a string".to_owned(),
        _ => "an object".to_owned(),
    }
}

/// The JSON type of a value.
pub(super) const fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Returns the number, or describes what it is instead. In JSON, `5.0` equals `5`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "what doesn't fit was refused before")]
fn whole(number: &Number) -> Result<u32, &'static str> {
    let exact = number.as_u64().and_then(|number| u32::try_from(number).ok());
    match (exact, number.as_f64()) {
        (Some(exact), _) => Ok(exact),
        (None, Some(value)) if value < 0.0 => Err("a negative number"),
        (None, Some(value)) if value.fract() != 0.0 => Err("a number with a fraction"),
        (None, Some(value)) if value <= f64::from(MAX_NUMBER) => Ok(value as u32),
        _ => Err("a larger number"),
    }
}

fn decimal(text: &str) -> Option<u32> {
    let is_decimal = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_decimal)
}

/// Whether a text is a single word, and can't be mistaken for a list that was written as text.
fn is_word(text: &str) -> bool {
    let is_apart =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, ',' | ';' | '[' | ']' | '{' | '}' | '"');
    !text.is_empty() && !text.contains(is_apart)
}

fn is_of_texts(schema: &Value) -> bool {
    schema.pointer("/items/type").is_some_and(|name| name == "string")
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn schema() -> Value {
        json!({
            "type": "object",
            "properties": {
                "name": { "type": "string" },
                "kind": { "type": "string", "enum": ["a", "b"] },
                "deep": { "type": "boolean" },
                "count": { "type": "integer" },
                "tags": { "type": "array", "items": { "type": "string" } },
                "inner": { "type": "object", "properties": { "length": { "type": "integer" } }, "required": ["length"] },
                "many": { "type": "array", "items": {
                    "type": "object", "properties": { "name": { "type": "string" } }, "required": ["name"],
                } },
            },
            "required": ["name"],
        })
    }

    fn read(mut arguments: Value) -> Result<Value, String> {
        if let Some(fields) = arguments.as_object_mut() {
            fields.entry("name").or_insert(json!("n"));
        }
        fit(&schema(), arguments, &Path::Root, "tool").map_err(|misfit| misfit.reason)
    }

    #[test]
    fn accepts_what_models_commonly_write() {
        for (written, matched) in [
            (json!({ "deep": null, "tags": null, "inner": null, "count": null }), json!({})),
            (json!({ "deep": "true" }), json!({ "deep": true })),
            (json!({ "deep": "False" }), json!({ "deep": false })),
            (json!({ "count": "12" }), json!({ "count": 12 })),
            (json!({ "count": "0012" }), json!({ "count": 12 })),
            (json!({ "count": 12.0 }), json!({ "count": 12 })),
            (json!({ "count": 4_294_967_295_u32 }), json!({ "count": 4_294_967_295_u32 })),
            (json!({ "tags": "payments" }), json!({ "tags": ["payments"] })),
            (json!({ "tags": [] }), json!({ "tags": [] })),
            (json!({ "inner": { "length": "8" } }), json!({ "inner": { "length": 8 } })),
            (json!({ "name": "true" }), json!({ "name": "true" })),
            (json!({ "name": "" }), json!({ "name": "" })),
        ] {
            let mut matched = matched;
            matched.as_object_mut().unwrap().entry("name").or_insert(json!("n"));
            assert_eq!(read(written.clone()), Ok(matched), "{written}");
        }
    }

    #[test]
    fn misfits_are_described_by_name_and_types() {
        for (written, reason) in [
            (json!([]), "they must be an object, but are an array"),
            (json!(null), "they must be an object, but are null"),
            (json!({ "name": null }), "`name` must be a string, but is null"),
            (json!({ "name": 5 }), "`name` must be a string, but is a number"),
            (json!({ "deep": "yes" }), "`deep` must be a boolean, but is a string"),
            (json!({ "deep": 1 }), "`deep` must be a boolean, but is a number"),
            (json!({ "count": -1 }), "`count` must be a whole number from 0 to 4294967295, but is a negative number"),
            (
                json!({ "count": 0.5 }),
                "`count` must be a whole number from 0 to 4294967295, but is a number with a fraction",
            ),
            (json!({ "count": 1e30 }), "`count` must be a whole number from 0 to 4294967295, but is a larger number"),
            (json!({ "count": "+1" }), "`count` must be a whole number from 0 to 4294967295, but is a string"),
            (json!({ "count": "4294967296" }), "`count` must be a whole number from 0 to 4294967295, but is a string"),
            (json!({ "tags": ["a", null] }), "`tags[1]` must be a string, but is null"),
            (json!({ "tags": ["a", 1] }), "`tags[1]` must be a string, but is a number"),
            (json!({ "tags": "a b" }), "`tags` must be an array of strings, but is a string"),
            (json!({ "tags": "" }), "`tags` must be an array of strings, but is a string"),
            (
                json!({ "inner": {} }),
                "missing field `inner.length`: `tool` needs it, a whole number from 0 to 4294967295",
            ),
            (json!({ "inner": { "lenght": 8 } }), "unknown field `inner.lenght`: `tool` takes `length` here"),
            (json!({ "many": [{ "name": "n" }, { "name": [] }] }), "`many[1].name` must be a string, but is an array"),
            (json!({ "many": [{ "name": "n" }, {}] }), "missing field `many[1].name`: `tool` needs it, a string"),
            (json!({ "many": "word" }), "`many` must be an array of objects, but is a string"),
            (json!({ "kind": "c" }), "`kind` must be one of `a`, `b`"),
            (json!({ "kind": 5 }), "`kind` must be a string, but is a number"),
        ] {
            assert_eq!(read(written.clone()), Err(reason.to_owned()), "{written}");
        }
    }

    #[test]
    fn refuses_unknown_fields_even_if_null_and_lists_known_ones() {
        for value in [json!(true), json!(null)] {
            let refused = read(json!({ "recursiv\u{1b}": value })).unwrap_err();
            assert!(refused.starts_with("unknown field `recursiv\\u{1b}`: `tool` takes `count`, `deep`"), "{refused}");
        }
        let none = fit(&json!({ "type": "object", "properties": {} }), json!({ "x": 1 }), &Path::Root, "tool");
        assert_eq!(none.unwrap_err().reason, "unknown field `x`: `tool` takes none here");
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[a-z0-9 ,]{0,6}|true|false|[0-9]{1,11}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            let names = prop_oneof![
                Just("name"),
                Just("kind"),
                Just("deep"),
                Just("count"),
                Just("tags"),
                Just("inner"),
                Just("many"),
                Just("length")
            ];
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                proptest::collection::vec((names, inner), 0..4).prop_map(|fields| Value::Object(
                    fields.into_iter().map(|(name, it)| (name.to_owned(), it)).collect()
                )),
            ]
        })
    }

    proptest! {
        /// Accepted arguments match the schema, and a second pass doesn't change them.
        #[test]
        fn fitted_arguments_match_the_schema(arguments in any_json()) {
            if let Ok(fitting) = fit(&schema(), arguments, &Path::Root, "tool") {
                prop_assert!(!fitting.to_string().contains("null"));
                prop_assert_eq!(fit(&schema(), fitting.clone(), &Path::Root, "tool").unwrap(), fitting);
            }
        }
    }
}
