//! Parses JSON that people and scripts write, and says what is wrong and where. Errors don't quote
//! the text, which may contain a value.

use serde_json::Value;

/// Parses a tool's arguments. A leading byte order mark, which some editors and shells write, is
/// skipped.
///
/// # Errors
/// Says where the text isn't JSON, as line and column counted from 1, and what is expected there.
pub fn parse(text: &str) -> Result<Value, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_json::from_str(text).map_err(|error| {
        let (at, expected) = explained(text, &error);
        let before = text.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("line {line}, column {column}: {expected}")
    })
}

/// Returns the position of the wrong byte, and the reason. This relies on the parser's messages; an
/// unknown message yields a generic reason.
fn explained(text: &str, error: &serde_json::Error) -> (usize, String) {
    let at = byte_at(text, error);
    if error.is_eof() {
        let what = if is(error, "EOF while parsing a string") {
            "the text ends within a string: a closing `\"` is missing"
        } else {
            "the text ends before the JSON does: is a `}`, `]` or value missing?"
        };
        return (text.len(), what.to_owned());
    }
    let expected = if is(error, "control character") {
        return (at, format!("in a string, {}", escape_needed(text.get(at..).unwrap_or_default())));
    } else if is(error, "expected ident") {
        let start = text.as_bytes().iter().take(at).rposition(|byte| !byte.is_ascii_alphabetic());
        return (start.map_or(0, |before| before + 1), A_VALUE.to_owned());
    } else if is(error, "expected value") {
        A_VALUE
    } else if is(error, "key must be a string") {
        "a field's name in double quotes is expected"
    } else if is(error, "trailing comma") {
        "there is nothing after the last comma: leave the comma out"
    } else if is(error, "expected `:`") {
        "`:` is expected after a field's name"
    } else if is(error, "expected `,` or `}`") {
        "`,` or `}` is expected"
    } else if is(error, "expected `,` or `]`") {
        "`,` or `]` is expected"
    } else if is(error, "trailing characters") {
        "the end of the text is expected"
    } else if is(error, "invalid escape") {
        "JSON has no such escape: a backslash in a string is written as `\\\\`"
    } else if is(error, "invalid unicode") || is(error, "lone leading surrogate") || is(error, "unexpected end of hex")
    {
        "this isn't a valid character: a `\\u` in a string needs four hexadecimal digits, and surrogates come in pairs"
    } else if is(error, "invalid number") || is(error, "number out of range") {
        "this isn't a number in JSON"
    } else if is(error, "recursion limit") {
        "it is nested too deeply"
    } else {
        "this isn't JSON"
    };
    (at, expected.to_owned())
}

const A_VALUE: &str = "a JSON value is expected: text stands in double quotes";

fn is(error: &serde_json::Error, message: &str) -> bool {
    error.to_string().starts_with(message)
}

/// The byte at which the parser stopped. The parser counts bytes within a line, up to and including
/// this one.
fn byte_at(text: &str, error: &serde_json::Error) -> usize {
    let lines = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    let start: usize = lines.map(str::len).sum();
    let at = (start + error.column()).saturating_sub(1).min(text.len());
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

/// How the control character at the beginning of `rest` is written in JSON.
fn escape_needed(rest: &str) -> String {
    let mut chars = rest.chars();
    match (chars.next(), chars.next()) {
        (Some('\n'), _) => "a line break is written as `\\n`".to_owned(),
        (Some('\r'), Some('\n')) => "a line break is written as `\\r\\n` or `\\n`".to_owned(),
        (Some('\r'), _) => "a carriage return is written as `\\r`".to_owned(),
        (Some('\t'), _) => "a tab is written as `\\t`".to_owned(),
        (other, _) => format!("this character is written as `\\u{:04x}`", other.map_or(0, u32::from)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_byte_order_mark_is_skipped_in_front_alone() {
        assert_eq!(parse("\u{feff}{}"), Ok(serde_json::json!({})));
        assert_eq!(parse("\u{feff}\u{feff}{}").unwrap_err(), format!("line 1, column 1: {A_VALUE}"));
    }

    #[test]
    fn line_and_column_are_those_of_the_wrong_character() {
        let at = |text: &str| parse(text).unwrap_err().split(": ").next().unwrap().to_owned();
        for (text, place) in [
            ("{\"a\":\n\n  x}", "line 3, column 3"),
            ("[1,\n2,\n]", "line 3, column 1"),
            ("\"ä\u{1f511}\n\"", "line 1, column 4"),
            ("\"a\r\nb\"", "line 1, column 3"),
            ("[tru]", "line 1, column 2"),
            ("{\"a\": falsch}", "line 1, column 7"),
            ("[1.]", "line 1, column 4"),
            ("{\"a\":1}\n}", "line 2, column 1"),
            ("\"\\ud800\"", "line 1, column 8"),
            ("{", "line 1, column 2"),
            ("{\n", "line 2, column 1"),
        ] {
            assert_eq!(at(text), place, "{text:?}: {:?}", parse(text));
        }
        assert!(parse(&"[".repeat(200)).unwrap_err().contains("nested too deep"));
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_or_explained_without_quoting_it(text in "[\\[\\]{}:,\"a-cQ\\\\\n\t 0-9.tfn\u{e4}\u{1f511}\u{1}]{0,24}") {
            if let Err(said) = parse(&text) {
                prop_assert!(said.starts_with("line ") && !said.contains('Q') && !said.contains("isn't JSON"), "{}", said);
                prop_assert!(said.chars().all(|c| !c.is_control()));
            }
        }
    }
}
