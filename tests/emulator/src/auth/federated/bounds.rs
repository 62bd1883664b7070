//! The restrictions of a login: comma-separated lists and patterns with `*`.

use serde_json::{Map, Value};

/// The entries of a comma-separated list.
pub(crate) fn entries(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|entry| !entry.is_empty())
}

/// True if a text matches a pattern. `*` matches any text, including slashes.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else { return rest.is_empty() };
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = rest.get(at + piece.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// True if a text matches any pattern of a list.
pub(crate) fn matches_one_of(list: &str, text: &str) -> bool {
    entries(list).any(|pattern| matches(pattern, text))
}

/// A claim as text, or the texts of a claim that is a list.
pub(crate) fn texts(claim: &Value) -> Vec<String> {
    match claim {
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

/// Why a token's claims are rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ClaimError {
    Missing(String),
    Other(String),
}

/// Checks the claims that restrict a login, in order.
pub(crate) fn check_claims(bound: &Map<String, Value>, claims: &Value) -> Result<(), ClaimError> {
    for (name, wanted) in bound {
        let Some(found) = claims.get(name) else { return Err(ClaimError::Missing(name.clone())) };
        let wanted = wanted.as_str().unwrap_or_default();
        if !texts(found).iter().any(|text| matches_one_of(wanted, text)) {
            return Err(ClaimError::Other(name.clone()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{ClaimError, check_claims, matches, matches_one_of};

    #[test]
    fn patterns_match_whole_texts() {
        for (pattern, text, matched) in [
            ("main", "main", true),
            ("main", "mainline", false),
            ("repo:example/*", "repo:example/app:ref:refs/heads/main", true),
            ("repo:example/*", "repo:examples/app", false),
            ("*", "", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("*b", "ab", true),
            ("a*a", "a", false),
            ("", "", true),
            ("", "x", false),
        ] {
            assert_eq!(matches(pattern, text), matched, "{pattern} {text}");
        }
        assert!(matches_one_of("example, other", "other"));
        assert!(!matches_one_of("", ""));
    }

    #[test]
    fn claims_are_checked_in_order() {
        let bound = json!({"a": "one, two", "b": "*"});
        let check = |claims| check_claims(bound.as_object().unwrap(), &claims);
        assert_eq!(check(json!({"a": "two", "b": 7})), Ok(()));
        assert_eq!(check(json!({"a": ["x", "one"], "b": true})), Ok(()));
        assert_eq!(check(json!({"a": "three", "b": ""})), Err(ClaimError::Other("a".to_owned())));
        assert_eq!(check(json!({"a": "one"})), Err(ClaimError::Missing("b".to_owned())));
    }
}
