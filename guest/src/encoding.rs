//! Percent-encoding by RFC 3986. Each text has exactly one encoding.

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Appends the encoded `text` to `out`. Unreserved characters stay as they are. Every other byte
/// becomes `%XX` with upper-case digits.
pub(crate) fn encode_into(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if is_unreserved(byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for nibble in [byte >> 4, byte & 0xf] {
                out.extend(char::from_digit(u32::from(nibble), 16).map(|digit| digit.to_ascii_uppercase()));
            }
        }
    }
}

/// The length in bytes of the encoded `text`.
pub(crate) fn encoded_len(text: &str) -> usize {
    text.bytes().map(|byte| if is_unreserved(byte) { 1 } else { 3 }).sum()
}

#[cfg(test)]
#[path = "encoding_tests.rs"]
mod tests;
