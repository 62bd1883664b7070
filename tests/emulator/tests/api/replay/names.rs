//! Maps the recording's placeholders and ids to the emulator's.

use std::collections::BTreeMap;

use serde_json::Value;

use super::text::{placeholder, unfold, uuid};

/// Recorded names and the emulator's names.
#[derive(Debug, Default)]
pub(crate) struct Names {
    known: BTreeMap<String, String>,
    /// Texts that are neither placeholders nor ids: ETags and shortened texts.
    literal: Vec<String>,
    /// The names that `learn` added, with their previous values, for `forget_since`.
    learned: Vec<(String, Option<String>)>,
}

impl Names {
    /// Binds a placeholder, an id or another text of the recording to the emulator's.
    pub(crate) fn set(&mut self, recorded: &str, real: &str) {
        let is_whole = |found: Option<(&str, &str)>| found.is_some_and(|(_, rest)| rest.is_empty());
        if !is_whole(placeholder(recorded))
            && !is_whole(uuid(recorded))
            && !self.literal.iter().any(|it| it == recorded)
        {
            self.literal.push(recorded.to_owned());
        }
        self.known.insert(recorded.to_owned(), real.to_owned());
    }

    /// As [`Self::set`], but can be undone.
    pub(crate) fn learn(&mut self, recorded: &str, real: &str) {
        self.learned.push((recorded.to_owned(), self.known.get(recorded).cloned()));
        self.set(recorded, real);
    }

    /// Returns true for a recorded time that is new, or that is bound to this time of the emulator.
    pub(crate) fn is_same_time(&mut self, recorded: &str, real: &str) -> bool {
        if let Some(known) = self.known.get(recorded) {
            return known == real;
        }
        self.learned.push((recorded.to_owned(), None));
        self.known.insert(recorded.to_owned(), real.to_owned());
        true
    }

    /// Returns a point that `forget_since` can go back to.
    pub(crate) fn mark(&self) -> usize {
        self.learned.len()
    }

    /// Undoes what was learned since that point.
    pub(crate) fn forget_since(&mut self, mark: usize) {
        while self.learned.len() > mark {
            if let Some((name, before)) = self.learned.pop() {
                match before {
                    Some(real) => self.known.insert(name, real),
                    None => self.known.remove(&name),
                };
            }
        }
    }

    /// Returns what a placeholder, an id or another text is bound to.
    pub(crate) fn get(&self, recorded: &str) -> Option<&str> {
        self.known.get(recorded).map(String::as_str)
    }

    /// True if something of the emulator already has this name.
    pub(crate) fn is_taken(&self, real: &str) -> bool {
        self.known.values().any(|known| known == real)
    }

    /// Translates a recorded text into the emulator's.
    pub(crate) fn translate(&self, recorded: &str) -> String {
        let mut text = recorded.to_owned();
        for name in self.literal.iter().filter(|name| recorded.contains(name.as_str())) {
            text = text.replace(name, self.get(name).unwrap_or(name));
        }
        unfold(&self.translate_names(&text))
    }

    fn translate_names(&self, text: &str) -> String {
        if !text.contains(['$', '-']) {
            return text.to_owned();
        }
        let (mut translated, mut rest) = (String::with_capacity(text.len()), text);
        while let Some(first) = rest.chars().next() {
            let found = placeholder(rest).or_else(|| uuid(rest));
            if let Some((name, after)) = found {
                translated.push_str(self.get(name).unwrap_or(name));
                rest = after;
            } else {
                translated.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
        translated
    }

    /// Replaces the emulator's names in a text by placeholders.
    pub(crate) fn placed(&self, real: &str) -> String {
        let names = self.known.iter().filter(|(name, _)| name.starts_with('$'));
        names.fold(real.to_owned(), |text, (name, real)| text.replace(real, name))
    }

    /// Translates every text in a value.
    pub(crate) fn translate_all(&self, recorded: &Value) -> Value {
        match recorded {
            Value::String(text) => Value::String(self.translate(text)),
            Value::Array(items) => items.iter().map(|item| self.translate_all(item)).collect(),
            Value::Object(fields) => {
                fields.iter().map(|(name, value)| (self.translate(name), self.translate_all(value))).collect()
            }
            other => other.clone(),
        }
    }
}
