//! A short fingerprint of lines.

/// FNV-1a, 64 bits, in hexadecimal digits. It detects accidental differences. A collision gains
/// nothing: whoever could create one may change the folder anyway.
pub(crate) fn fingerprint(lines: &[String]) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in lines.iter().flat_map(|line| line.bytes().chain([b'\n'])) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let mut digits = String::new();
    for nibble in (0..16).rev() {
        digits.extend(char::from_digit((hash >> (4 * nibble)) as u32 & 0xf, 16));
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_fnv_1a_of_the_lines() {
        assert_eq!(fingerprint(&[]), "cbf29ce484222325");
        // FNV-1a of "a\n", computed with another implementation.
        assert_eq!(fingerprint(&["a".to_owned()]), "089bdc07b544e7b2");
        assert_ne!(fingerprint(&["a".to_owned(), "b".to_owned()]), fingerprint(&["ab".to_owned()]));
    }
}
