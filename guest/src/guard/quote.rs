//! Foreign text in our sentences: on one line, visible, short, and marked as a quotation.

/// No more characters of a text than this are shown.
const MAX: usize = 80;

/// The text in quotation marks, escaped and capped.
pub(crate) fn quote(text: &str) -> String {
    ["\"", &escape(text), "\""].concat()
}

/// The text, escaped and capped. What can't be seen or would change how the rest is seen (control, bidirectional,
/// zero-width characters) is shown as `\u{202e}`.
pub(crate) fn escape(text: &str) -> String {
    let mut shown = String::new();
    let mut room = MAX;
    for c in text.chars() {
        let escaped = c.escape_debug();
        let Some(left) = room.checked_sub(escaped.len()) else {
            shown.push('…');
            break;
        };
        room = left;
        shown.extend(escaped);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_could_mislead_a_reader_is_shown_escaped() {
        for (text, shown) in [
            ("plain", "\"plain\""),
            ("naïve 日本", "\"naïve 日本\""),
            ("say \"yes\"", r#""say \"yes\"""#),
            ("back\\slash", r#""back\\slash""#),
            ("a\nb\r\0", r#""a\nb\r\0""#),
            ("\u{1b}[31m", r#""\u{1b}[31m""#),
            ("a\u{202e}b", r#""a\u{202e}b""#),
            ("a\u{200b}b\u{feff}", r#""a\u{200b}b\u{feff}""#),
            ("\u{e0041}", r#""\u{e0041}""#),
            ("\u{2028}", r#""\u{2028}""#),
        ] {
            assert_eq!(quote(text), shown);
        }
    }

    #[test]
    fn a_quotation_stays_short_however_long_its_text_and_says_that_it_was_cut() {
        assert_eq!(escape(&"x".repeat(80)), "x".repeat(80));
        let long = escape(&"\u{202e}".repeat(1000));
        assert!(long.chars().count() <= 81, "{long}");
        assert!(long.ends_with('…'));
    }
}
