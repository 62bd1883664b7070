//! Answers for a model: with nothing in them that a person wouldn't see.

use crate::words::shown;
use serde_json::Value;

/// The most characters of a text in a structured answer: no name that could be acted on is longer.
const MAX_TEXT: usize = 2_048;

/// The same with nothing in its texts that a person wouldn't see and a model would read: characters without a shape are written as escapes. A secret
/// whose name has some can't be acted on from here. No text is longer than a name can be.
pub(crate) fn visible(value: Value) -> Value {
    match value {
        Value::String(text) => {
            let mut kept: String = text.chars().take(MAX_TEXT).collect();
            if kept.len() < text.len() {
                kept.push('…');
            }
            Value::String(shown(&kept))
        }
        Value::Array(items) => items.into_iter().map(visible).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, visible(value))).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_that_are_endless_or_invisible_are_neither() {
        let shown = visible(json!({ "names": ["x".repeat(100_000), "a\\b 日本", "A\u{e0049}\u{200b}\u{202e}\u{1b}"] }));
        assert!(shown.to_string().len() < 3_000, "{}", shown.to_string().len());
        assert_eq!(shown["names"][1], "a\\b 日本");
        assert_eq!(shown["names"][2], "A\\u{e0049}\\u{200b}\\u{202e}\\u{1b}");
    }
}
