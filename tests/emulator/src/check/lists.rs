//! Lists of choices, and issues deeper down.

use serde_json::{Value, json};

use super::Checker;

impl<'f> Checker<'f> {
    /// A list of texts of which each is one of `options`, or one such text.
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

    /// A refinement that failed, deeper down.
    pub(crate) fn custom_within(&mut self, within: &[&str], message: &str) {
        let mut path = self.prefix.clone();
        path.extend(within.iter().map(|name| json!(name)));
        self.issue(json!({"code": "custom", "message": message, "path": path}));
    }

    /// A text without which nothing is known of the rest: true if it is there.
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
}
