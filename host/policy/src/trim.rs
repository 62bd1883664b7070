//! What Infisical leaves of a text that it trims: values, and names in requests.

/// `text` without what JavaScript takes for white space at its ends: Unicode's, and the byte order mark.
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
}
