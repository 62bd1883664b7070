//! Reading JSON that may be anything.

use crate::error::Error;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use std::fmt;
use std::marker::PhantomData;

/// Infisical's answers are a handful of levels deep.
const MAX_DEPTH: usize = 64;

/// Reads a whole body. What `T` doesn't name is skipped and not kept.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    let Ok(text) = std::str::from_utf8(body) else { return Err(unexpected("The answer isn't UTF-8 text.")) };
    if is_too_deep(text) {
        return Err(unexpected("The answer is nested deeper than any of Infisical's."));
    }
    serde_json::from_str(text).map_err(|error| {
        unexpected(match error.classify() {
            Category::Eof => "The answer ends before it is whole.",
            Category::Syntax | Category::Io => "The answer isn't well-formed JSON.",
            Category::Data => "The answer lacks a field, or has one twice or of another type than Infisical's.",
        })
    })
}

/// An answer that isn't Infisical's. The text is ours alone.
pub(crate) fn unexpected(text: &str) -> Error {
    Error::UnexpectedAnswer(text.to_owned())
}

/// Looked at before parsing: what is skipped while parsing has no limit of its own.
fn is_too_deep(text: &str) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => depth = depth.saturating_add(1),
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return true;
        }
    }
    false
}

/// What is to be known of a JSON value without keeping the value.
pub(crate) trait Gist: Sized {
    /// The gist of a text.
    fn of_text(text: &str) -> Self;

    /// The gist of anything else: whether it is null, `[]` or `{}`.
    fn of_other(is_empty: bool) -> Self;
}

/// Whether there is anything: neither null nor an empty text, array or object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Presence(pub(crate) bool);

impl Gist for Presence {
    fn of_text(text: &str) -> Self {
        Self(!text.is_empty())
    }

    fn of_other(is_empty: bool) -> Self {
        Self(!is_empty)
    }
}

impl<'de> Deserialize<'de> for Presence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        gist(deserializer)
    }
}

/// Reads any value for its gist.
pub(crate) fn gist<'de, G: Gist, D: Deserializer<'de>>(deserializer: D) -> Result<G, D::Error> {
    deserializer.deserialize_any(GistVisitor(PhantomData))
}

struct GistVisitor<G>(PhantomData<G>);

impl<'de, G: Gist> Visitor<'de> for GistVisitor<G> {
    type Value = G;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_unit<E>(self) -> Result<G, E> {
        Ok(G::of_other(true))
    }

    fn visit_bool<E>(self, _: bool) -> Result<G, E> {
        Ok(G::of_other(false))
    }

    fn visit_i64<E>(self, _: i64) -> Result<G, E> {
        Ok(G::of_other(false))
    }

    fn visit_u64<E>(self, _: u64) -> Result<G, E> {
        Ok(G::of_other(false))
    }

    fn visit_f64<E>(self, _: f64) -> Result<G, E> {
        Ok(G::of_other(false))
    }

    fn visit_str<E>(self, text: &str) -> Result<G, E> {
        Ok(G::of_text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<G, A::Error> {
        let mut is_empty = true;
        while items.next_element::<IgnoredAny>()?.is_some() {
            is_empty = false;
        }
        Ok(G::of_other(is_empty))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<G, A::Error> {
        let mut is_empty = true;
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            is_empty = false;
        }
        Ok(G::of_other(is_empty))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_and_empty_are_absent_and_anything_else_is_there() {
        for (json, present) in [
            ("null", false),
            ("\"\"", false),
            ("[]", false),
            ("{}", false),
            ("\" \"", true),
            ("\"<hidden>\"", true),
            ("[null]", true),
            ("{\"k\":1}", true),
            ("0", true),
            ("-1", true),
            ("0.5", true),
            ("false", true),
        ] {
            assert_eq!(parse::<Presence>(json.as_bytes()), Ok(Presence(present)), "{json}");
        }
    }

    #[test]
    fn an_answer_that_is_too_deep_is_refused_even_where_its_depth_would_be_skipped() {
        let nested = |depth: usize| ["[".repeat(depth), "]".repeat(depth)].concat();
        assert!(parse::<IgnoredAny>(nested(MAX_DEPTH).as_bytes()).is_ok());
        assert!(parse::<IgnoredAny>(nested(MAX_DEPTH + 1).as_bytes()).is_err());
        assert!(parse::<IgnoredAny>(nested(100_000).as_bytes()).is_err());
        let brackets_in_a_string = format!("\"\\\"{}\"", "[".repeat(1000));
        assert!(parse::<IgnoredAny>(brackets_in_a_string.as_bytes()).is_ok());
    }

    #[test]
    fn what_is_wrong_with_an_answer_is_said_in_our_words() {
        for (body, words) in [
            (&b"\xff"[..], "UTF-8"),
            (b"", "ends before"),
            (b"\"abc", "ends before"),
            (b"<html>", "well-formed"),
            (b"\xef\xbb\xbf\"abc\"", "well-formed"),
            (b"\"abc\" trailing", "well-formed"),
            (b"\"\\ud800\"", "well-formed"),
            (b"17", "of another type"),
        ] {
            let Err(Error::UnexpectedAnswer(text)) = parse::<String>(body) else { panic!("{body:?} was taken") };
            assert!(text.contains(words), "{body:?}: {text}");
        }
    }
}
