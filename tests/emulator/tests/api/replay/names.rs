//! Placeholders and ids: what the recording calls a thing, and what the emulator calls it.

use std::collections::BTreeMap;

use serde_json::Value;

/// Recorded names and the emulator's.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeMap<String, String>);

impl Names {
    /// Says what a placeholder or an id stands for from now on.
    pub(crate) fn set(&mut self, recorded: &str, real: &str) {
        self.0.insert(recorded.to_owned(), real.to_owned());
    }

    /// What a placeholder or an id stands for.
    pub(crate) fn get(&self, recorded: &str) -> Option<&str> {
        self.0.get(recorded).map(String::as_str)
    }

    /// A recorded text as the emulator would have it: longest names first, so that none is taken for part of another.
    pub(crate) fn translate(&self, recorded: &str) -> String {
        let mut names: Vec<(&String, &String)> = self.0.iter().collect();
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        let text = names.into_iter().fold(recorded.to_owned(), |text, (name, real)| text.replace(name, real));
        unfold(&text)
    }

    /// The same for every text inside.
    pub(crate) fn translate_all(&self, recorded: &Value) -> Value {
        match recorded {
            Value::String(text) => Value::String(self.translate(text)),
            Value::Array(items) => items.iter().map(|item| self.translate_all(item)).collect(),
            Value::Object(fields) => {
                fields.iter().map(|(name, value)| (name.clone(), self.translate_all(value))).collect()
            }
            other => other.clone(),
        }
    }
}

/// `xx…[N characters]…xx` is N times `x`: the recording shortens long texts, and all of these are of one character.
pub(crate) fn unfold(text: &str) -> String {
    let folded = text.split_once("…[").and_then(|(start, rest)| Some((start, rest.split_once(" characters]…")?)));
    match folded {
        Some((start, (count, _))) => start.chars().take(1).collect::<String>().repeat(count.parse().unwrap()),
        None => text.to_owned(),
    }
}

/// True for a UUID.
pub(crate) fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// True for a time as the server writes it.
pub(crate) fn is_time(text: &str) -> bool {
    text.len() == 24 && text.as_bytes()[10] == b'T' && text.ends_with('Z') && text.starts_with("20")
}
