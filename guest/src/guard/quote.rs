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

/// Whether a character is visible as what it is. The standard library's table takes 4 KB, so this
/// uses a short one. The host has the full table, and escapes everything that is shown once more.
pub(crate) fn is_visible(c: char) -> bool {
    /// Characters that have no shape, combine with their neighbours, or change how these are read.
    const UNSEEN: [(u32, u32); 16] = [
        (0x7f, 0xa0),
        (0xad, 0xad),
        (0x300, 0x36f),
        (0x483, 0x489),
        (0x61c, 0x61c),
        (0x115f, 0x1160),
        (0x17b4, 0x17b5),
        (0x180b, 0x180f),
        (0x2000, 0x200f),
        (0x2028, 0x202f),
        (0x205f, 0x206f),
        (0x20d0, 0x20ff),
        (0x3164, 0x3164),
        (0xe000, 0xf8ff),
        (0xfe00, 0xfe2f),
        (0xfff0, 0xffff),
    ];
    let code = u32::from(c);
    (' '..='\u{2ffff}').contains(&c)
        && !matches!(code, 0xfeff | 0xffa0 | 0x1d173..=0x1d17a)
        && !UNSEEN.iter().any(|(first, last)| (first..=last).contains(&&code))
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
