//! The places where a rule holds.

use crate::text::escape_capped;
use serde_json::{Map, Value};

/// The most characters of an operand that are shown, and the most operands of a test.
const MAX_SHOWN: usize = 80;
const MAX_OPERANDS: usize = 8;

/// The conditions of a rule. All must hold.
///
/// A rule without a test holds everywhere. If a condition has a name that the server doesn't know,
/// the server drops the condition without a word.
#[derive(Debug, Clone, PartialEq)]
pub struct Conditions {
    tests: Vec<Test>,
}

#[derive(Debug, Clone, PartialEq)]
struct Test {
    key: String,
    is: Is,
}

#[derive(Debug, Clone, PartialEq)]
enum Is {
    OneOf(Vec<String>),
    Not(String),
    Glob(String),
    /// Another test, as the server wrote it.
    Other(String),
}

impl Conditions {
    pub(super) fn read(conditions: &Map<String, Value>) -> Self {
        let mut tests = Vec::new();
        for (key, value) in conditions {
            match value {
                Value::Object(operators) if !operators.is_empty() => {
                    tests.extend(operators.iter().map(|(operator, operand)| Test::read(key, operator, operand)));
                }
                operand => tests.push(Test::read(key, "$eq", operand)),
            }
        }
        tests.sort_by(|a, b| a.key.cmp(&b.key));
        Self { tests }
    }

    /// Whether the rule holds everywhere.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tests.is_empty()
    }

    /// Whether the conditions hold for everything in this folder. `None` if that depends on more
    /// than the folder, or can't be decided.
    #[must_use]
    pub fn admit(&self, environment: &str, path: &str) -> Option<bool> {
        all(self.tests.iter().map(|test| match test.key.as_str() {
            "environment" => test.is.holds(environment),
            "secretPath" => test.is.holds(path),
            _ => None,
        }))
    }

    /// Returns a folder for which the conditions hold, or may hold. It is in this environment,
    /// unless they name one.
    pub(super) fn example(&self, environment: Option<&str>) -> Option<(String, String)> {
        let named =
            |key: &str| self.tests.iter().filter(move |test| test.key == key).find_map(|test| test.is.example());
        let environment = named("environment").or_else(|| environment.map(str::to_owned))?;
        let path = named("secretPath").unwrap_or_else(|| "/".to_owned());
        path.starts_with('/').then_some((environment, path))
    }
}

impl std::fmt::Display for Conditions {
    /// Writes "environment is dev and secretPath matches /app/**", for example.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, Test { key, is }) in self.tests.iter().enumerate() {
            if index > 0 {
                f.write_str(" and ")?;
            }
            f.write_str(&shown(key))?;
            match is {
                Is::OneOf(names) => match names.as_slice() {
                    [name] => write!(f, " is {}", shown(name))?,
                    names => {
                        let listed: Vec<_> = names.iter().take(MAX_OPERANDS).map(|name| shown(name)).collect();
                        write!(f, " is one of {}", listed.join(", "))?;
                        if let Some(more @ 1..) = names.len().checked_sub(MAX_OPERANDS) {
                            write!(f, " and {more} more")?;
                        }
                    }
                },
                Is::Not(name) => write!(f, " isn't {}", shown(name))?,
                Is::Glob(pattern) => write!(f, " matches {}", shown(pattern))?,
                Is::Other(text) => write!(f, " {}", shown(text))?,
            }
        }
        Ok(())
    }
}

fn shown(text: &str) -> String {
    escape_capped(text, MAX_SHOWN)
}

impl Test {
    fn read(key: &str, operator: &str, operand: &Value) -> Self {
        let strings = |list: &[Value]| list.iter().map(|it| it.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
        let is = match (operator, operand) {
            ("$eq", Value::String(name)) => Some(Is::OneOf(vec![name.clone()])),
            ("$in", Value::Array(names)) => strings(names).map(Is::OneOf),
            ("$ne" | "$neq", Value::String(name)) => Some(Is::Not(name.clone())),
            ("$glob", Value::String(pattern)) => Some(Is::Glob(pattern.clone())),
            _ => None,
        };
        let is = is.unwrap_or_else(|| Is::Other(format!("{operator} {operand}")));
        Self { key: key.to_owned(), is }
    }
}

impl Is {
    fn holds(&self, text: &str) -> Option<bool> {
        match self {
            Self::OneOf(names) => Some(names.iter().any(|name| name == text)),
            Self::Not(name) => Some(name != text),
            Self::Glob(pattern) => glob(pattern, text),
            Self::Other(_) => None,
        }
    }

    /// Returns an example for which the test holds, if one can be made.
    fn example(&self) -> Option<String> {
        match self {
            Self::OneOf(names) => names.first().cloned(),
            Self::Glob(pattern) => {
                let fixed: Vec<_> = pattern.split('/').take_while(|segment| !segment.contains('*')).collect();
                let is_path = pattern.starts_with('/');
                let fixed = fixed.join("/");
                match (is_path, fixed.is_empty()) {
                    (true, true) => Some("/".to_owned()),
                    (_, true) => None,
                    _ => Some(fixed),
                }
            }
            Self::Not(_) | Self::Other(_) => None,
        }
    }
}

/// Whether all hold. If one doesn't, the result is false, whatever the others are.
pub(super) fn all(tests: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut all = Some(true);
    for test in tests {
        match test {
            Some(true) => {}
            Some(false) => return Some(false),
            None => all = None,
        }
    }
    all
}

/// Whether one holds. If one does, the result is true, whatever the others are.
pub(super) fn any(tests: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    all(tests.map(|test| test.map(|holds| !holds))).map(|none| !none)
}

/// Whether a pattern matches a text. A whole segment `**` matches any number of segments, also none
/// (`/app/**` matches `/app`). `*` stays within its segment. `None` if the pattern uses anything
/// else.
fn glob(pattern: &str, text: &str) -> Option<bool> {
    if pattern == "/" {
        return Some(text == "/");
    }
    let is_simple = pattern.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '*' | '-' | '_'));
    let segments: Vec<_> = pattern.split('/').collect();
    let is_known = |segment: &&str| *segment == "**" || !segment.contains("**");
    if !is_simple || !segments.iter().all(is_known) || (segments.len() > 1 && segments.last() == Some(&"")) {
        return None;
    }
    // The root's spelling has an extra empty segment.
    let text: Vec<_> = if text == "/" { vec![""] } else { text.split('/').collect() };
    if text.iter().any(|segment| segment.starts_with('.')) {
        return None;
    }
    Some(path_matches(&segments, &text))
}

/// Patterns have few segments and stars. So a table of how far each part matches, row by row, is
/// enough.
fn path_matches(pattern: &[&str], text: &[&str]) -> bool {
    let mut reached: Vec<bool> = (0..=text.len()).map(|taken| taken == 0).collect();
    for segment in pattern {
        let mut next = vec![false; text.len() + 1];
        let mut earlier = false;
        for (taken, slot) in next.iter_mut().enumerate() {
            let here = reached.get(taken).copied().unwrap_or_default();
            let before = taken.checked_sub(1).and_then(|before| reached.get(before).copied()).unwrap_or_default();
            let word = taken.checked_sub(1).and_then(|at| text.get(at));
            *slot = if *segment == "**" {
                earlier |= here;
                earlier
            } else {
                before && word.is_some_and(|word| word_matches(segment, word))
            };
        }
        reached = next;
    }
    reached.last().copied().unwrap_or_default()
}

fn word_matches(pattern: &str, word: &str) -> bool {
    if pattern == "*" {
        return !word.is_empty();
    }
    let mut parts = pattern.split('*');
    let Some(rest) = word.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    let mut rest = rest;
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_as_observed() {
        for (pattern, text, takes) in [
            ("/app/**", "/app", Some(true)),
            ("/app/**", "/app/db", Some(true)),
            ("/app/**", "/app/db/deep", Some(true)),
            ("/app/**", "/apple", Some(false)),
            ("/app/**", "/", Some(false)),
            ("/app/*", "/app/db", Some(true)),
            ("/app/*", "/app", Some(false)),
            ("/app/*", "/app/db/deep", Some(false)),
            ("/**", "/", Some(true)),
            ("/**", "/a/b", Some(true)),
            ("/", "/", Some(true)),
            ("/", "/app", Some(false)),
            ("/*/db", "/app/db", Some(true)),
            ("/**/db", "/app/x/db", Some(true)),
            ("/**/db", "/db", Some(true)),
            ("/a*c*e", "/abcde", Some(true)),
            ("/a*c*e", "/abde", Some(false)),
            ("/a*a", "/a", Some(false)),
            ("dev*", "dev-eu", Some(true)),
            ("dev*", "prod", Some(false)),
            ("/{app,db}", "/app", None),
            ("/app?", "/apps", None),
            ("/app**", "/apps", None),
            ("/app/", "/app", None),
            ("!/app", "/db", None),
        ] {
            assert_eq!(glob(pattern, text), takes, "{pattern} {text}");
        }
    }

    #[test]
    fn unknown_combines_by_three_valued_logic() {
        let (yes, no, unknown) = (Some(true), Some(false), None);
        assert_eq!(all([yes, unknown, no].into_iter()), no);
        assert_eq!(all([yes, unknown].into_iter()), unknown);
        assert_eq!(all([].into_iter()), yes);
        assert_eq!(any([no, unknown, yes].into_iter()), yes);
        assert_eq!(any([no, unknown].into_iter()), unknown);
        assert_eq!(any([].into_iter()), no);
    }
}
