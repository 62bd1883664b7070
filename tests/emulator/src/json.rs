//! A little of JSON: setting fields of an object.

use serde_json::Value;

/// Sets a field, if it is an object at all.
pub(crate) fn set(object: &mut Value, name: &str, value: impl Into<Value>) {
    if let Value::Object(fields) = object {
        fields.insert(name.to_owned(), value.into());
    }
}
