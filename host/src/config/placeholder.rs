//! Detects text that can't be a credential: a placeholder that a launcher didn't fill in, or a
//! credential that was pasted with surrounding characters. It is refused before anything is sent,
//! because a failed login counts towards the identity's lock-out.
//!
//! Infisical's client ids are UUIDs, its client secrets are hexadecimal, and its access tokens
//! consist of letters, digits, `-`, `_` and `.`. The refused forms match none of these; nothing
//! else is required of a credential.

use std::fmt;

/// Why a text can't be a credential. It never contains the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placeholder {
    /// `${NAME}`, `$NAME`, `%NAME%`, `{{ name }}`.
    Variable,
    /// `"…"` or `'…'`.
    Quoted,
    /// `NAME=…`.
    Assignment,
    /// `<your-secret>`, `your-secret`, `***`.
    Example,
    /// A byte order mark.
    ByteOrderMark,
    /// A space, a tab or a line end, at either end or inside.
    Blank,
    /// A character that isn't ASCII or isn't visible.
    Unusual,
}

impl Placeholder {
    /// Classifies the text if it can't be a credential.
    pub(super) fn of(text: &str) -> Option<Self> {
        let bare = text.trim_matches(|c: char| c == '\u{feff}' || c.is_whitespace());
        let is_within = |open: &str, close: &str| bare.len() > 1 && bare.starts_with(open) && bare.ends_with(close);
        let is_filler =
            bare.chars().count() > 2 && ["*", "x", "X", ".", "-", "•"].iter().any(|it| bare.replace(it, "").is_empty());
        if text.contains('\u{feff}') {
            Some(Self::ByteOrderMark)
        } else if bare.starts_with('$') || bare.contains("${") || is_within("%", "%") || bare.contains("{{") {
            Some(Self::Variable)
        } else if ["\"", "'", "`", "\u{201c}", "\u{2018}"].iter().any(|mark| bare.starts_with(mark))
            || bare.ends_with(['"', '\'', '`'])
        {
            Some(Self::Quoted)
        } else if is_assignment(bare) {
            Some(Self::Assignment)
        } else if is_within("<", ">") || is_within("[", "]") || is_within("{", "}") || is_filler || is_example(bare) {
            Some(Self::Example)
        } else if text.chars().any(char::is_whitespace) {
            Some(Self::Blank)
        } else if !text.chars().all(|c| c.is_ascii_graphic()) {
            Some(Self::Unusual)
        } else {
            None
        }
    }
}

/// Recognizes `export NAME=value`, `NAME=value` and `NAME: value`: a name as variables and settings
/// have it, followed by a value.
fn is_assignment(text: &str) -> bool {
    let text = text.strip_prefix("export ").unwrap_or(text);
    let is_name = |name: &str| {
        let name = name.trim_end();
        let is_word = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
        let lower = name.to_ascii_lowercase();
        is_word
            && (lower.contains("secret")
                || lower.contains("token")
                || lower.contains("client")
                || lower.contains("infisical")
                || (name.contains('_') && name == name.to_ascii_uppercase()))
    };
    text.split_once(['=', ':']).is_some_and(|(name, value)| is_name(name) && !value.trim_matches('=').is_empty())
}

fn is_example(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["your-", "your_", "changeme", "change-me", "change_me", "replace-me", "replace_me", "todo"]
        .iter()
        .any(|beginning| lower.starts_with(beginning))
        || lower.contains("client-secret-here")
}

impl fmt::Display for Placeholder {
    /// What is wrong and what to do. The text follows the setting's name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Variable => {
                "holds a reference to a variable, not a credential: the program that starts this one didn't fill it in. Write the credential itself there, or name \
                 a file that holds it"
            }
            Self::Quoted => "has quotes around the credential: remove them",
            Self::Assignment => "contains `NAME=value` instead of the value: remove the name and the sign after it",
            Self::Example => "contains an example instead of a credential: use the identity's own",
            Self::ByteOrderMark => {
                "begins with a byte order mark, which some editors add: save it as UTF-8 without one, or type the credential again"
            }
            Self::Blank => "has spaces or line ends in or around the credential: remove them",
            Self::Unusual => "has characters that no Infisical credential contains: copy it from Infisical again",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn recognizes_text_that_cannot_be_a_credential() {
        use Placeholder as P;
        for (text, found) in [
            ("${INFISICAL_READ_CLIENT_SECRET}", P::Variable),
            ("$INFISICAL_READ_CLIENT_SECRET", P::Variable),
            ("prefix-${X}", P::Variable),
            ("${env:SECRET}", P::Variable),
            ("%INFISICAL_SECRET%", P::Variable),
            ("{{ infisical_secret }}", P::Variable),
            ("\"abc123\"", P::Quoted),
            ("'abc123'", P::Quoted),
            ("abc123\"", P::Quoted),
            ("\u{201c}abc\u{201d}", P::Quoted),
            ("INFISICAL_READ_CLIENT_SECRET=abc", P::Assignment),
            ("export TOKEN=abc", P::Assignment),
            ("client_secret: abc", P::Assignment),
            ("MY_KEY=abc", P::Assignment),
            ("<your-client-secret>", P::Example),
            ("your-client-secret", P::Example),
            ("changeme", P::Example),
            ("********", P::Example),
            ("xxxx", P::Example),
            ("...", P::Example),
            ("\u{feff}abc", P::ByteOrderMark),
            (" abc", P::Blank),
            ("abc\t", P::Blank),
            ("ab c", P::Blank),
            ("ab\nc", P::Blank),
            ("abc\u{a0}", P::Blank),
            ("abç", P::Unusual),
            ("ab\u{200b}c", P::Unusual),
            ("ab\u{7}c", P::Unusual),
        ] {
            assert_eq!(Placeholder::of(text), Some(found), "{text:?}");
        }
    }

    #[test]
    fn accepts_infisicals_credentials() {
        for text in [
            "514367a2-cc8a-48a5-bbe5-eb28d53c3d82",
            "0000000000000000000000000000000000000000000000000000000000000000",
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpZGVudGl0eUlkIjoiYSJ9.x-_9",
            "st.65f0c1.abc.def",
            "c2VjcmV0LXRva2Vu==",
            "wrong",
        ] {
            assert_eq!(Placeholder::of(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_identifier_secret_or_token_is_refused(text in "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64}|ey[A-Za-z0-9_-]{20,40}\\.ey[A-Za-z0-9_-]{20,40}\\.[A-Za-z0-9_-]{43}") {
            prop_assert_eq!(Placeholder::of(&text), None);
        }

        #[test]
        fn notices_characters_around_a_credential(secret in "[0-9a-f]{64}", around in prop::sample::select(vec![("\"", "\""), ("'", "'"), ("", " "), ("\n", ""), ("\u{feff}", ""), ("TOKEN=", ""), ("${", "}"), ("<", ">")])) {
            let (before, after) = around;
            let text = format!("{before}{secret}{after}");
            let found = Placeholder::of(&text);
            prop_assert!(found.is_some());
            prop_assert!(!found.unwrap().to_string().contains(&secret));
        }
    }
}
