//! Rules for values: what is never written, and how a server changes a value.
//!
//! No refusal here quotes a text: it mentions the value without showing it.

use super::refusals::input;
use crate::error::Error;

/// Texts that stand for hidden values in answers. Written back, they would replace the value.
const MASKS: [&str; 3] = ["<hidden-by-infisical>", "<hidden>", "<masked>"];

const MAX_VALUE: usize = 524_288;
const MAX_COMMENT: usize = 10_000;

/// Refuses a text that must not be written as a value.
pub(crate) fn check_value(text: &str) -> Result<(), Error> {
    if text.len() > MAX_VALUE {
        return Err(input(
            "The value is longer than 524,288 bytes.",
            "Store it elsewhere, or split it into several secrets.",
        ));
    }
    check_mask("The value", text)
}

/// Refuses a text that must not be written as a comment.
pub(crate) fn check_comment(text: &str) -> Result<(), Error> {
    if text.len() > MAX_COMMENT {
        return Err(input("The comment is longer than 10,000 bytes.", "Pass a shorter one."));
    }
    check_mask("The comment", text)
}

fn check_mask(what: &str, text: &str) -> Result<(), Error> {
    if !is_mask(text) {
        return Ok(());
    }
    Err(input(
        [what, " is or contains a mask. A mask stands for hidden text. Written, it would replace that text."].concat(),
        "Leave out what is to stay as it is, or pass the real text.",
    ))
}

/// Whether a text is or contains a mask. Written back, it would replace the value that it stands
/// for.
pub(crate) fn is_mask(text: &str) -> bool {
    let is_dots = || text.chars().count() >= 3 && text.chars().all(|c| matches!(c, '*' | '•' | '●'));
    MASKS.iter().any(|mask| text.contains(mask)) || is_dots()
}

/// Whether the text is empty after the server has trimmed it.
pub(crate) fn is_blank(text: &str) -> bool {
    trimmed(text).is_empty()
}

/// Whether the text contains references to other secrets.
pub(crate) fn has_references(text: &str) -> bool {
    text.contains("${")
}

/// Whether the server stores the text unchanged. It trims both ends, except for one final newline.
pub(crate) fn stays_as_it_is(text: &str) -> bool {
    text.strip_suffix('\n').unwrap_or(text) == trimmed(text)
}

/// The text as the server trims it. JavaScript's white space is Unicode's and the byte order mark.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_is_never_written_as_a_value_or_comment() {
        for text in [
            "<hidden-by-infisical>",
            "<hidden>",
            "<masked>",
            " <hidden> ",
            "sk_<masked>",
            "postgres://app:<hidden>@db/app",
            "***",
            "••••••••",
            "●●●",
            "*•●",
        ] {
            assert!(check_value(text).is_err() && check_comment(text).is_err(), "{text}");
            assert!(!format!("{:?}", check_value(text)).contains(text), "the refusal shows the value");
        }
        for text in ["", "**", "hidden", "<HIDDEN>", "a***", "* * *", "0 0 * * *", "••"] {
            assert!(check_value(text).is_ok() && check_comment(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn limits_values_and_comments_by_bytes() {
        assert!(check_value(&"x".repeat(524_288)).is_ok());
        assert!(check_value(&"x".repeat(524_289)).is_err());
        assert!(check_comment(&"é".repeat(5_000)).is_ok());
        assert!(check_comment(&"é".repeat(5_001)).is_err());
    }

    /// The server does `val.at(-1) === "\n" ? val.trim() + "\n" : val.trim()`.
    #[test]
    fn predicts_what_the_server_trims() {
        for (text, stays, blank) in [
            ("", true, true),
            ("x", true, false),
            ("x\n", true, false),
            ("\n", true, true),
            ("-----BEGIN-----\na\n-----END-----\n", true, false),
            ("a b", true, false),
            (" x", false, false),
            ("x ", false, false),
            ("x\n\n", false, false),
            ("x \n", false, false),
            ("\nx", false, false),
            ("x\u{feff}", false, false),
            ("\u{a0}x", false, false),
            ("x\u{2028}", false, false),
            (" ", false, true),
            (" \n", false, true),
            ("\t\r\n\u{feff}", false, true),
            ("\u{200b}", true, false),
        ] {
            assert_eq!((stays_as_it_is(text), is_blank(text)), (stays, blank), "{text:?}");
        }
    }

    #[test]
    fn references_are_seen() {
        for (text, references) in [
            ("$NAME {x}", false),
            ("a${prod.db.PASS}", true),
            ("${", true),
            ("${@other.prod.KEY}", true),
            ("$ {", false),
        ] {
            assert_eq!(has_references(text), references, "{text}");
        }
    }
}
