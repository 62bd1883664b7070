//! Percent-encoding with one spelling for each text. `A-Z a-z 0-9 - . _ ~` stand for themselves
//! (RFC 3986, section 2.3). Every other byte is `%XX` in upper case.

/// Whether a byte stands for itself.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Appends the encoded `text` to `out`.
pub(crate) fn encode_into(out: &mut String, text: &str) {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    for byte in text.bytes() {
        if is_unreserved(byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for nibble in [byte >> 4, byte & 15] {
                out.extend(DIGITS.get(usize::from(nibble)));
            }
        }
    }
}

/// Encodes `text`.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    encode_into(&mut out, text);
    out
}

/// Decodes `encoded`, if it is spelled as [`encode`] spells it.
pub(crate) fn decode(encoded: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let (high, low) = (hex(rest.next()?)?, hex(rest.next()?)?);
            high * 16 + low
        } else {
            byte
        });
    }
    let text = String::from_utf8(bytes).ok()?;
    (encode(&text) == encoded).then_some(text)
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_has_one_encoding() {
        for (text, encoded) in [
            ("", ""),
            ("DB_PASSWORD", "DB_PASSWORD"),
            ("a.b-c~d", "a.b-c~d"),
            ("/app/db", "%2Fapp%2Fdb"),
            ("A%2B+C", "A%252B%2BC"),
            ("KEY🔐", "KEY%F0%9F%94%90"),
            ("a b\r\n", "a%20b%0D%0A"),
        ] {
            assert_eq!(encode(text), encoded);
            assert_eq!(decode(encoded).as_deref(), Some(text));
        }
    }

    #[test]
    fn every_other_spelling_is_refused() {
        for encoded in ["%2f", "%41", "%", "%2", "%zz", "%FF", "%C0%AF", "a b", "a+b", "/", "?", "#", "a\0", "é"] {
            assert_eq!(decode(encoded), None, "{encoded}");
        }
    }

    proptest! {
        #[test]
        fn encoding_never_maps_two_texts_to_one(text in any::<String>()) {
            prop_assert_eq!(decode(&encode(&text)), Some(text));
        }

        #[test]
        fn what_decodes_encodes_to_the_same_bytes(encoded in "[A-Za-z0-9%._~/-]{0,40}") {
            if let Some(text) = decode(&encoded) {
                prop_assert_eq!(encode(&text), encoded);
            }
        }
    }
}
