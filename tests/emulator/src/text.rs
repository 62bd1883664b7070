//! Trims text as the server's JavaScript does.

/// True for the characters that JavaScript's `trim` removes: Unicode's white space and the byte
/// order mark, without NEL.
fn is_blank(letter: char) -> bool {
    letter == '\u{feff}' || (letter.is_whitespace() && letter != '\u{85}')
}

/// JavaScript's `trim`.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(is_blank)
}

/// The server trims a value, except one last newline.
pub(crate) fn trim_value(value: &str) -> String {
    let trimmed = trim(value);
    if value.ends_with('\n') { format!("{trimmed}\n") } else { trimmed.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{trim, trim_value};

    #[test]
    fn trims_values_except_one_newline() {
        for (sent, stored) in [("  padded  ", "padded"), ("a\n", "a\n"), ("  x \n\n\n", "x\n"), ("", ""), ("a\n ", "a")]
        {
            assert_eq!(trim_value(sent), stored, "{sent:?}");
        }
    }

    #[test]
    fn blanks_are_those_of_javascript() {
        for (sent, left) in
            [("\u{feff}a\u{a0}", "a"), ("\u{85}a", "\u{85}a"), ("\u{2028}a\u{3000}", "a"), ("\u{200b}", "\u{200b}")]
        {
            assert_eq!(trim(sent), left, "{sent:?}");
        }
    }
}
