//! Helpers for JSON objects.

use serde_json::Value;

/// Sets a field if the value is an object.
pub(crate) fn set(object: &mut Value, name: &str, value: impl Into<Value>) {
    if let Value::Object(fields) = object {
        fields.insert(name.to_owned(), value.into());
    }
}
