//! Validation with zod's issues, as both API versions report them.

mod lists;
mod naming;

pub(crate) use naming::{SlugRule, is_email, slugify};

use serde_json::{Map, Value, json};

use crate::call::{Call, Payload};
use crate::failure::Failure;
use crate::world::clock::{Millis, from_iso};

/// Reads fields one by one and collects the issues.
#[derive(Debug)]
pub(crate) struct Checker<'f> {
    fields: &'f Map<String, Value>,
    prefix: Vec<Value>,
    issues: Vec<Value>,
}

/// Zod's name for a JSON type.
fn type_name(value: Option<&Value>) -> &'static str {
    match value {
        None => "undefined",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "boolean",
        Some(Value::Number(_)) => "number",
        Some(Value::String(_)) => "string",
        Some(Value::Array(_)) => "array",
        Some(Value::Object(_)) => "object",
    }
}

fn invalid_type(expected: &str, received: &str, path: &[Value]) -> Value {
    let message = if received == "undefined" {
        "Required".to_owned()
    } else {
        format!("Expected {expected}, received {received}")
    };
    json!({"code": "invalid_type", "expected": expected, "received": received, "path": path, "message": message})
}

fn not_an_option(received: &str, options: &[&str], path: &[Value]) -> Value {
    let expected = options.iter().map(|option| format!("'{option}'")).collect::<Vec<_>>().join(" | ");
    json!({
        "received": received, "code": "invalid_enum_value", "options": options, "path": path,
        "message": format!("Invalid enum value. Expected {expected}, received '{received}'"),
    })
}

impl<'f> Checker<'f> {
    /// Starts with a JSON body. Fails at once if it isn't an object.
    pub(crate) fn body(call: &'f Call) -> Result<Self, Failure> {
        let received = match &call.payload {
            Payload::Value(Value::Object(fields)) => return Ok(Self::over(fields, Vec::new())),
            Payload::Value(value) => type_name(Some(value)),
            Payload::Null => "null",
            Payload::Undefined => "undefined",
        };
        Err(Failure::validation(vec![invalid_type("object", received, &[])]))
    }

    /// Starts with a query, whose values are all strings.
    pub(crate) fn query(call: &'f Call) -> Self {
        Self::over(&call.query, Vec::new())
    }

    fn over(fields: &'f Map<String, Value>, prefix: Vec<Value>) -> Self {
        Self { fields, prefix, issues: Vec::new() }
    }

    fn path(&self, name: &str) -> Vec<Value> {
        let mut path = self.prefix.clone();
        path.push(json!(name));
        path
    }

    /// Adds an issue as zod reports it.
    pub(crate) fn issue(&mut self, issue: Value) {
        self.issues.push(issue);
    }

    fn wrong_type(&mut self, name: &str, expected: &str) {
        let issue = invalid_type(expected, type_name(self.fields.get(name)), &self.path(name));
        self.issue(issue);
    }

    /// Adds the issue of a failed refinement.
    pub(crate) fn custom(&mut self, name: &str, message: &str) {
        let issue = json!({"code": "custom", "path": self.path(name), "message": message});
        self.issue(issue);
    }

    /// A required text.
    pub(crate) fn string(&mut self, name: &str) -> String {
        match self.fields.get(name) {
            Some(Value::String(text)) => text.clone(),
            _ => {
                self.wrong_type(name, "string");
                String::new()
            }
        }
    }

    /// An optional text.
    pub(crate) fn optional_string(&mut self, name: &str) -> Option<String> {
        match self.fields.get(name) {
            None => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(_) => {
                self.wrong_type(name, "string");
                None
            }
        }
    }

    /// An optional text that may be null.
    pub(crate) fn nullable_string(&mut self, name: &str) -> Option<String> {
        if matches!(self.fields.get(name), Some(Value::Null)) { None } else { self.optional_string(name) }
    }

    /// A text with a default.
    pub(crate) fn string_or(&mut self, name: &str, default: &str) -> String {
        self.optional_string(name).unwrap_or_else(|| default.to_owned())
    }

    /// A folder path. The default is `/`. Removes a trailing slash but adds no leading one.
    pub(crate) fn folder_path(&mut self, name: &str) -> String {
        trim_path(&self.string_or(name, "/"))
    }

    /// An optional JSON boolean.
    pub(crate) fn boolean(&mut self, name: &str) -> Option<bool> {
        match self.fields.get(name) {
            None => None,
            Some(Value::Bool(flag)) => Some(*flag),
            Some(_) => {
                self.wrong_type(name, "boolean");
                None
            }
        }
    }

    /// An optional JSON number that may be null.
    pub(crate) fn number(&mut self, name: &str) -> Option<u64> {
        match self.fields.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::Number(number)) => number.as_u64(),
            Some(_) => {
                self.wrong_type(name, "number");
                None
            }
        }
    }

    /// One of `options`. The first is the default.
    pub(crate) fn choice(&mut self, name: &str, options: &[&str]) -> String {
        self.choice_or(name, options, options.first().copied().unwrap_or_default())
    }

    /// One of `options`, with a default.
    pub(crate) fn choice_or(&mut self, name: &str, options: &[&str], default: &str) -> String {
        let default = default.to_owned();
        match self.fields.get(name) {
            None => default,
            Some(Value::String(text)) if options.contains(&text.as_str()) => text.clone(),
            Some(Value::String(text)) => {
                let issue = not_an_option(text, options, &self.path(name));
                self.issue(issue);
                default
            }
            Some(_) => {
                let expected = options.iter().map(|option| format!("'{option}'")).collect::<Vec<_>>().join(" | ");
                self.wrong_type(name, &expected);
                default
            }
        }
    }

    /// A comma-separated list in a query. Each entry must be one of `options`.
    pub(crate) fn listed_choices(&mut self, name: &str, options: &[&str]) -> Vec<String> {
        let text = self.optional_string(name).unwrap_or_default();
        let entries: Vec<String> = text.split(',').filter(|entry| !entry.is_empty()).map(str::to_owned).collect();
        for (index, entry) in entries.iter().enumerate().filter(|(_, entry)| !options.contains(&entry.as_str())) {
            let mut path = self.path(name);
            path.push(json!(index));
            self.issue(not_an_option(entry, options, &path));
        }
        entries
    }

    /// An optional query parameter that must be one of `options`.
    pub(crate) fn optional_choice(&mut self, name: &str, options: &[&str]) -> Option<String> {
        let text = self.optional_string(name)?;
        if !options.contains(&text.as_str()) {
            let issue = not_an_option(&text, options, &self.path(name));
            self.issue(issue);
        }
        Some(text)
    }

    /// A query boolean. Only the texts `true` and `false` are valid.
    pub(crate) fn query_flag(&mut self, name: &str, default: bool) -> bool {
        if !self.fields.contains_key(name) {
            return default;
        }
        self.choice(name, &["true", "false"]) == "true"
    }

    /// A boolean as a current server reads some parameters: true unless it is empty, zero or
    /// `false` in any case.
    pub(crate) fn loose_flag(&self, name: &str) -> bool {
        let text = self.fields.get(name).and_then(Value::as_str).unwrap_or_default().trim();
        !text.is_empty() && !text.eq_ignore_ascii_case("false") && text.parse::<f64>() != Ok(0.0)
    }

    /// A number in a query.
    pub(crate) fn query_number(&mut self, name: &str) -> Option<u64> {
        let text = self.optional_string(name)?;
        let number = text.parse().ok();
        if number.is_none() {
            let issue = invalid_type("number", "nan", &self.path(name));
            self.issue(issue);
        }
        number
    }

    /// An integer in a query, possibly negative. Text that isn't a number adds an issue. Other text
    /// that isn't an integer becomes -1.
    pub(crate) fn query_integer(&mut self, name: &str) -> Option<i64> {
        let text = self.optional_string(name)?;
        if text.trim().parse::<f64>().is_err() {
            let issue = invalid_type("number", "nan", &self.path(name));
            self.issue(issue);
        }
        Some(text.trim().parse().unwrap_or(-1))
    }

    /// As [`Self::query_number`], at most `maximum`.
    pub(crate) fn query_number_up_to(&mut self, name: &str, maximum: u64) -> Option<u64> {
        let number = self.query_number(name)?;
        if number > maximum {
            let issue = json!({
                "code": "too_big", "maximum": maximum, "type": "number", "inclusive": true, "exact": false,
                "message": format!("Number must be less than or equal to {maximum}"), "path": self.path(name),
            });
            self.issue(issue);
        }
        Some(number)
    }

    /// A time in a query. Zod's `datetime` accepts UTC only, written as `Z`.
    pub(crate) fn datetime(&mut self, name: &str) -> Option<Millis> {
        let text = self.optional_string(name)?;
        let at = from_iso(&text);
        if at.is_none() {
            let issue = json!({
                "validation": "datetime", "code": "invalid_string", "message": "Invalid datetime",
                "path": self.path(name),
            });
            self.issue(issue);
        }
        at
    }

    /// A nested object, read by `read`.
    pub(crate) fn object<T>(&mut self, name: &str, read: impl FnOnce(&mut Checker<'f>) -> T) -> Option<T> {
        let Some(Value::Object(fields)) = self.fields.get(name) else {
            self.wrong_type(name, "object");
            return None;
        };
        let mut inner = Checker::over(fields, self.path(name));
        let value = read(&mut inner);
        self.issues.append(&mut inner.issues);
        Some(value)
    }

    /// An optional object whose fields are all texts.
    pub(crate) fn texts_by_name(&mut self, name: &str) -> Option<Map<String, Value>> {
        let fields = match self.fields.get(name) {
            None => return None,
            Some(Value::Object(fields)) => fields,
            Some(_) => {
                self.wrong_type(name, "object");
                return None;
            }
        };
        let mut inner = Checker::over(fields, self.path(name));
        for key in fields.keys() {
            inner.string(key);
        }
        self.issues.append(&mut inner.issues);
        Some(fields.clone())
    }

    /// The unvalidated field.
    pub(crate) fn value(&self, name: &str) -> Option<&'f Value> {
        self.fields.get(name)
    }

    /// Adds zod's issue of a union of `'read'` and a list of it, for `actions` that aren't all
    /// `read`.
    pub(crate) fn only_read(&mut self, name: &str, actions: &[String]) {
        let path = self.path(name);
        let message = "Expected 'read', received array";
        let whole = json!({"expected": "'read'", "received": "array", "code": "invalid_type", "path": path, "message": message});
        let others = actions.iter().enumerate().filter(|(_, action)| *action != "read").map(|(index, action)| {
            let mut path = path.clone();
            path.push(json!(index));
            let message = format!("Invalid enum value. Expected 'read', received '{action}'");
            json!({
                "received": action, "code": "invalid_enum_value", "options": ["read"], "path": path, "message": message,
            })
        });
        let unions = [vec![whole], others.collect()].map(|issues| json!({"issues": issues, "name": "ZodError"}));
        let issue = json!({"code": "invalid_union", "unionErrors": unions, "path": path, "message": "Invalid input"});
        self.issue(issue);
    }

    /// True if the field is present.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// A required text that must not be empty, with zod's message for an empty one.
    pub(crate) fn too_short(&mut self, name: &str) {
        let issue = json!({
            "code": "too_small", "minimum": 1, "type": "string", "inclusive": true, "exact": false,
            "message": "String must contain at least 1 character(s)", "path": self.path(name),
        });
        self.issue(issue);
    }

    /// Fails if there are any issues.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        if self.issues.is_empty() { Ok(()) } else { Err(Failure::validation(self.issues)) }
    }
}

fn invalid_uuid(path: &[Value]) -> Value {
    json!({"validation": "uuid", "code": "invalid_string", "message": "Invalid uuid", "path": path})
}

/// The error for a path parameter that isn't a UUID.
pub(crate) fn not_a_uuid(name: &str) -> Failure {
    Failure::validation(vec![invalid_uuid(&[json!(name)])])
}

/// Removes a trailing slash: `/app/` becomes `/app`, and `/` stays.
pub(crate) fn trim_path(path: &str) -> String {
    match path.strip_suffix('/') {
        Some(shorter) if path.len() > 1 => shorter.to_owned(),
        _ => path.to_owned(),
    }
}
