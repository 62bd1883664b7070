//! Puts untrusted text into our sentences: on one line, visible, short and in quotation marks.

/// The most characters of a text that are shown.
const MAX: usize = 80;

/// The text in quotation marks, escaped and capped.
pub(crate) fn quote(text: &str) -> String {
    ["\"", &escape(text), "\""].concat()
}

/// Escapes and caps a text. Characters that are invisible or change how the others appear (control,
/// bidirectional, zero-width) are shown as `\u{202e}`.
pub(crate) fn escape(text: &str) -> String {
    let mut shown = String::new();
    let mut room = MAX;
    for c in text.chars() {
        let is_plain = is_visible(c) && !matches!(c, '"' | '\'' | '\\');
        let Some(left) = room.checked_sub(if is_plain { 1 } else { c.escape_default().len() }) else {
            shown.push('…');
            break;
        };
        room = left;
        if is_plain {
            shown.push(c);
        } else {
            shown.extend(c.escape_default());
        }
    }
    shown
}

/// Whether a character is visible as what it is.
pub(crate) fn is_visible(c: char) -> bool {
    /// Letters and blanks that draw nothing.
    const BLANK: [char; 5] = ['\u{115f}', '\u{1160}', '\u{2800}', '\u{3164}', '\u{ffa0}'];
    // The standard library escapes what isn't printable, what combines with its neighbours, and
    // these three.
    matches!(c, '"' | '\'' | '\\') || (c.escape_debug().eq([c]) && !BLANK.contains(&c))
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
            ("a\nb\r\0", r#""a\nb\r\u{0}""#),
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
    fn caps_long_quotations_and_marks_the_cut() {
        assert_eq!(escape(&"x".repeat(80)), "x".repeat(80));
        let long = escape(&"\u{202e}".repeat(1000));
        assert!(long.chars().count() <= 81, "{long}");
        assert!(long.ends_with('…'));
    }
}
