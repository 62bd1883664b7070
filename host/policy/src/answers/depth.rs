//! Determines how deep JSON is nested, without parsing it.

/// Whether brackets outside of strings are nested deeper than `max` anywhere. One pass, no
/// allocation.
pub(super) fn exceeds(json: &[u8], max: usize) -> bool {
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut bytes = json.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => in_string = !in_string,
            // An escaped character can't end the string.
            b'\\' if in_string => {
                bytes.next();
            }
            b'[' | b'{' if !in_string => {
                depth += 1;
                if depth > max {
                    return true;
                }
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_count_outside_of_strings_only() {
        for (json, max, deeper) in [
            ("[]", 1, false),
            ("[[]]", 1, true),
            ("[{},{},[]]", 2, false),
            (r#"["[[[["]"#, 1, false),
            (r#"["\"[[[["]"#, 1, false),
            (r#"["\\",[]]"#, 1, true),
            ("]]]][", 1, false),
            (r#"["]]]",[]]"#, 1, true),
            (r"\[[", 1, true),
            ("", 0, false),
        ] {
            assert_eq!(exceeds(json.as_bytes(), max), deeper, "{json}");
        }
        assert!(exceeds("[".repeat(100_000).as_bytes(), 32));
    }
}
