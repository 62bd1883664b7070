//! Trims a text as Infisical trims values and names in requests.

/// Removes what JavaScript takes for white space from both ends of `text`: Unicode's white space
/// and the byte order mark.
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
}
