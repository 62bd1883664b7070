//! Lists, choices, and nested issues.

use serde_json::{Value, json};

use crate::world::ids::is_uuid;

use super::{Checker, invalid_type, invalid_uuid, type_name};

impl<'f> Checker<'f> {
    /// A list of `options`, or a single one of them.
    pub(crate) fn choices(&mut self, name: &str, options: &[&str]) -> Vec<String> {
        let (texts, is_list) = match self.value(name) {
            Some(Value::String(text)) => (vec![text.clone()], false),
            Some(Value::Array(_)) => (self.strings(name).unwrap_or_default(), true),
            _ => {
                self.wrong_type(name, "array");
                return Vec::new();
            }
        };
        for (index, text) in texts.iter().enumerate() {
            if options.contains(&text.as_str()) {
                continue;
            }
            let mut path = self.path(name);
            if is_list {
                path.push(json!(index));
            }
            let expected = options.iter().map(|option| format!("'{option}'")).collect::<Vec<_>>().join(" | ");
            let message = format!("Invalid enum value. Expected {expected}, received '{text}'");
            self.issue(json!({
                "received": text, "code": "invalid_enum_value", "options": options, "path": path, "message": message,
            }));
        }
        texts
    }

    /// Adds the issue of a failed nested refinement.
    pub(crate) fn custom_within(&mut self, within: &[&str], message: &str) {
        let mut path = self.prefix.clone();
        path.extend(within.iter().map(|name| json!(name)));
        self.issue(json!({"code": "custom", "message": message, "path": path}));
    }

    /// Checks a required text that other checks depend on. Returns true if it is present.
    pub(crate) fn union_tag(&mut self, name: &str, options: &[&str]) -> Option<String> {
        let text = self.value(name).and_then(Value::as_str).filter(|text| options.contains(text));
        if text.is_none() {
            let expected = options.iter().map(|option| format!("'{option}'")).collect::<Vec<_>>().join(" | ");
            let path = self.path(name);
            let message = format!("Invalid discriminator value. Expected {expected}");
            self.issue(json!({
                "code": "invalid_union_discriminator", "options": options, "path": path, "message": message,
            }));
        }
        text.map(str::to_owned)
    }

    /// An optional list of texts.
    pub(crate) fn strings(&mut self, name: &str) -> Option<Vec<String>> {
        match self.fields.get(name) {
            None => None,
            Some(Value::Array(items)) => {
                let mut texts = Vec::new();
                for (index, item) in items.iter().enumerate() {
                    match item {
                        Value::String(text) => texts.push(text.clone()),
                        other => {
                            let mut path = self.path(name);
                            path.push(json!(index));
                            let issue = invalid_type("string", type_name(Some(other)), &path);
                            self.issue(issue);
                        }
                    }
                }
                Some(texts)
            }
            Some(_) => {
                self.wrong_type(name, "array");
                None
            }
        }
    }

    /// A required list of texts.
    pub(crate) fn needed_strings(&mut self, name: &str) -> Vec<String> {
        if !self.has(name) {
            self.wrong_type(name, "array");
        }
        self.strings(name).unwrap_or_default()
    }

    /// Fails on the entries of a list that aren't UUIDs.
    pub(crate) fn uuids(&mut self, name: &str, texts: &[String]) {
        for (index, text) in texts.iter().enumerate() {
            if !is_uuid(text) {
                let mut path = self.path(name);
                path.push(json!(index));
                self.issue(invalid_uuid(&path));
            }
        }
    }

    /// A list of objects, each read by `read`, with at least `minimum` entries.
    pub(crate) fn objects<T>(
        &mut self,
        name: &str,
        minimum: usize,
        mut read: impl FnMut(&mut Checker<'f>) -> T,
    ) -> Vec<T> {
        let Some(Value::Array(items)) = self.fields.get(name) else {
            self.wrong_type(name, "array");
            return Vec::new();
        };
        if items.len() < minimum {
            let issue = json!({
                "code": "too_small", "minimum": minimum, "type": "array", "inclusive": true, "exact": false,
                "message": format!("Array must contain at least {minimum} element(s)"), "path": self.path(name),
            });
            self.issue(issue);
        }
        let mut read_items = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let mut path = self.path(name);
            path.push(json!(index));
            match item {
                Value::Object(fields) => {
                    let mut inner = Checker::over(fields, path);
                    read_items.push(read(&mut inner));
                    self.issues.append(&mut inner.issues);
                }
                other => {
                    let issue = invalid_type("object", type_name(Some(other)), &path);
                    self.issue(issue);
                }
            }
        }
        read_items
    }
}
