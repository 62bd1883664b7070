//! Finds planted secrets in a text, in many encodings.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::Value;
use std::io;
use std::path::Path;

/// The content of all files below a folder, as text.
///
/// # Errors
/// If a file or folder can't be read.
pub fn everything_in(folder: &Path) -> io::Result<String> {
    let mut content = String::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        content += &if path.is_dir() {
            everything_in(&path)?
        } else {
            String::from_utf8_lossy(&std::fs::read(path)?).into_owned()
        };
    }
    Ok(content)
}

/// The shortest encoding to search for. Shorter ones occur by chance.
const SHORTEST: usize = 6;

/// The secret as it is and in the encodings it may hide in: backwards, hex, base64, percent and
/// JSON escapes, and Rust's `Debug` of text and bytes.
#[must_use]
pub fn forms(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let listed = format!("{bytes:?}");
    let mut forms = vec![
        secret.to_owned(),
        secret.chars().rev().collect(),
        hex.to_uppercase(),
        hex,
        listed.trim_matches(['[', ']']).to_owned(),
        secret.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect(),
        inside(&Value::from(secret).to_string()),
        inside(&format!("{secret:?}")),
        bytes.iter().map(|byte| format!("%{byte:02X}")).collect(),
        bytes.iter().map(|byte| format!("%{byte:02x}")).collect(),
        in_url(bytes),
    ];
    // The text before it determines one of three alignments. The ends depend on the neighbours, so
    // they are left out.
    for skip in 0..3 {
        let whole = bytes.get(skip..).and_then(|rest| rest.get(..rest.len() / 3 * 3)).unwrap_or_default();
        forms.extend([STANDARD_NO_PAD.encode(whole), URL_SAFE_NO_PAD.encode(whole)]);
    }
    forms.retain(|form| form.len() >= SHORTEST);
    forms.sort();
    forms.dedup();
    forms
}

/// Returns the encoding of one of these secrets that occurs in the text.
#[must_use]
pub fn found(text: &str, secrets: &[impl AsRef<str>]) -> Option<String> {
    secrets.iter().flat_map(|secret| forms(secret.as_ref())).find(|form| text.contains(form))
}

/// Removes the quotes of a quoted text.
fn inside(quoted: &str) -> String {
    quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(quoted).to_owned()
}

/// Percent-encodes as in a URL. Safe characters stay as they are.
fn in_url(bytes: &[u8]) -> String {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    bytes.iter().map(|byte| if safe(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::found;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    #[test]
    fn finds_planted_secret_in_every_encoding_and_nowhere_else() {
        let secret = "canary/\"5f0c\"\n9e";
        for prefix in ["", "a", "ab"] {
            let hidden = STANDARD.encode(format!("{prefix}{secret} and more"));
            assert!(found(&hidden, &[secret]).is_some(), "{hidden}");
        }
        for hidden in [
            format!("before {secret} after"),
            "e9\n\"c0f5\"/yranac".to_owned(),
            "63616e6172792f223566306322".to_owned() + "0a3965",
            "canary%2F%225f0c%22%0A9e".to_owned(),
            r#"{"a":"canary/\"5f0c\"\n9e"}"#.to_owned(),
            format!("{:?}", secret.as_bytes()),
            r"\u0063\u0061\u006e\u0061\u0072\u0079\u002f\u0022\u0035\u0066\u0030\u0063\u0022\u000a\u0039\u0065"
                .to_owned(),
        ] {
            assert!(found(&hidden, &[secret]).is_some(), "{hidden}");
        }
        assert_eq!(found("canary is a bird, and 5f0c a number", &[secret]), None);
        assert_eq!(found("anything", &["", "a"]), None);
    }
}
