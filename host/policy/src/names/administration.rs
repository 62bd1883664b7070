//! The names that an administrative change gives: to a project, to an environment, and those of
//! people and roles.

use super::NameRefusal;
use crate::text::escape;
use std::fmt;

/// The name of a project or environment that people see. It looks the same wherever it is shown.
fn check_title(text: &str) -> Result<(), NameRefusal> {
    if text.is_empty() {
        Err(NameRefusal::Empty)
    } else if text.chars().count() > 64 {
        Err(NameRefusal::TooLong)
    } else if text.trim() != text {
        Err(NameRefusal::OuterBlank)
    } else if escape(text) != text {
        Err(NameRefusal::Character)
    } else {
        Ok(())
    }
}

fn check_project_slug(text: &str) -> Result<(), NameRefusal> {
    check_new_slug(text, 5, 36)
}

fn check_environment_slug(text: &str) -> Result<(), NameRefusal> {
    check_new_slug(text, 1, 64)
}

/// New slugs. A server makes such slugs itself, so none is another spelling of another slug.
fn check_new_slug(text: &str, min: usize, max: usize) -> Result<(), NameRefusal> {
    if text.is_empty() {
        Err(NameRefusal::Empty)
    } else if text.len() > max {
        Err(NameRefusal::TooLong)
    } else if !text.bytes().all(|b| is_lower(b) || b == b'-') {
        Err(NameRefusal::Character)
    } else if text.split('-').any(str::is_empty) {
        Err(NameRefusal::Dashes)
    } else if text.len() < min {
        Err(NameRefusal::TooShort)
    } else {
        Ok(())
    }
}

/// One address and nothing else: no display name, no quotes, no comment, no second address.
fn check_email(text: &str) -> Result<(), NameRefusal> {
    if text.is_empty() {
        return Err(NameRefusal::Empty);
    }
    if text.len() > 254 {
        return Err(NameRefusal::TooLong);
    }
    if !text.bytes().all(|b| is_lower(b) || matches!(b, b'.' | b'_' | b'+' | b'-' | b'@')) {
        return Err(NameRefusal::Character);
    }
    match text.split_once('@') {
        Some((local, domain)) if is_local_part(local) && is_domain(domain) => Ok(()),
        _ => Err(NameRefusal::EmailForm),
    }
}

fn is_local_part(text: &str) -> bool {
    let (first, last) = (text.bytes().next(), text.bytes().next_back());
    first.is_some_and(is_lower) && last.is_some_and(is_lower) && !text.contains("..")
}

fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|b| is_lower(b) || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.contains('.') && text.split('.').all(is_label)
}

fn check_role(text: &str) -> Result<(), NameRefusal> {
    if text.is_empty() {
        Err(NameRefusal::Empty)
    } else if text.len() > 64 {
        Err(NameRefusal::TooLong)
    } else if text.bytes().all(|b| is_lower(b) || matches!(b, b'-' | b'_')) {
        Ok(())
    } else {
        Err(NameRefusal::Character)
    }
}

fn is_lower(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

name!(
    /// The name of a new project or environment that people see: 1 to 64 characters, each plainly
    /// visible (nothing that [`escape`] would escape), no blank at either end.
    Title,
    check_title
);
name!(
    /// A slug for a new project: 5 to 36 of `a-z 0-9 -`, without `-` at the ends or twice in a row.
    ProjectSlug,
    check_project_slug
);
name!(
    /// A slug for a new environment: 1 to 64 of `a-z 0-9 -`, without `-` at the ends or twice in a
    /// row.
    EnvironmentSlug,
    check_environment_slug
);
name!(
    /// An email address of a user, in lower case: at most 254 of `a-z 0-9 . _ + -`, `@`, and a
    /// domain of at least two labels.
    Email,
    check_email
);
name!(
    /// The slug of a role in a project: 1 to 64 of `a-z 0-9 - _`.
    Role,
    check_role
);

impl Role {
    /// The role that an older server gives to everybody who is invited.
    #[must_use]
    pub fn member() -> Self {
        Self("member".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rejects_deceptive_titles() {
        for text in [
            "a",
            "Payments (EU) #2",
            "日本語 🔐",
            "pässwörd",
            "it's \"quoted\"",
            "a  b",
            "../x",
            "{}",
            "<b>",
            "${x}",
            "%20",
            &"é".repeat(64),
            &"🔐".repeat(64),
        ] {
            assert_eq!(Title::new(text).map(|title| title.to_string()), Ok(text.to_owned()));
        }
        for (text, refusal) in [
            ("", NameRefusal::Empty),
            (&"x".repeat(65), NameRefusal::TooLong),
            (&"é".repeat(65), NameRefusal::TooLong),
            (" ", NameRefusal::OuterBlank),
            ("a ", NameRefusal::OuterBlank),
            (" a", NameRefusal::OuterBlank),
            ("a\n", NameRefusal::OuterBlank),
            ("a\u{a0}", NameRefusal::OuterBlank),
            ("\u{3000}a", NameRefusal::OuterBlank),
        ] {
            assert_eq!(Title::new(text), Err(refusal), "{text:?}");
        }
        for hidden in [
            '\0',
            '\t',
            '\n',
            '\r',
            '\u{1b}',
            '\u{7f}',
            '\u{85}',
            '\u{9b}',
            '\u{a0}',
            '\u{ad}',
            '\u{301}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{180e}',
            '\u{2003}',
            '\u{200b}',
            '\u{200d}',
            '\u{200f}',
            '\u{2028}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{2800}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fff9}',
            '\u{e000}',
            '\u{e0041}',
            '\u{10ffff}',
            '\\',
        ] {
            assert_eq!(Title::new(format!("a{hidden}b")), Err(NameRefusal::Character), "{hidden:?}");
        }
    }

    #[test]
    fn a_new_slug_is_lower_case_and_has_its_dashes_inside() {
        for text in ["a-b-c", "agent-vault", "01234", "a1-b2", &"x".repeat(36)] {
            assert!(ProjectSlug::new(text).is_ok() && EnvironmentSlug::new(text).is_ok(), "{text}");
        }
        for (text, refusal) in [
            ("", NameRefusal::Empty),
            ("-", NameRefusal::Dashes),
            ("-abcde", NameRefusal::Dashes),
            ("abcde-", NameRefusal::Dashes),
            ("abc--de", NameRefusal::Dashes),
            ("Abcde", NameRefusal::Character),
            ("ab_cde", NameRefusal::Character),
            ("ab.cde", NameRefusal::Character),
            ("ab cde", NameRefusal::Character),
            ("ab/cde", NameRefusal::Character),
            ("abcdé", NameRefusal::Character),
            ("abcde\n", NameRefusal::Character),
            ("abcd\u{435}", NameRefusal::Character),
            (&"x".repeat(65), NameRefusal::TooLong),
        ] {
            assert_eq!(ProjectSlug::new(text), Err(refusal), "{text:?}");
            assert_eq!(EnvironmentSlug::new(text), Err(refusal), "{text:?}");
        }
        for text in ["a", "dev", "prod"] {
            assert_eq!(ProjectSlug::new(text), Err(NameRefusal::TooShort), "{text}");
            assert!(EnvironmentSlug::new(text).is_ok(), "{text}");
        }
        assert!(ProjectSlug::new("x".repeat(5)).is_ok() && ProjectSlug::new("x".repeat(4)).is_err());
        assert_eq!(ProjectSlug::new("x".repeat(37)), Err(NameRefusal::TooLong));
        assert!(EnvironmentSlug::new("x".repeat(64)).is_ok());
    }

    #[test]
    fn an_email_is_one_plain_address() {
        let longest = format!("{}@b.example", "a".repeat(254 - "@b.example".len()));
        for text in [
            "a@b.c",
            "ada.lovelace+infisical@mail.example.com",
            "a_b-c@b-c.example",
            "0@0.0",
            "a+-_b@example.org",
            "a@xn--bcher-kva.example",
            &longest,
        ] {
            assert_eq!(Email::new(text).map(|email| email.to_string()), Ok(text.to_owned()));
        }
        assert_eq!(Email::new(""), Err(NameRefusal::Empty));
        assert_eq!(Email::new(format!("a{longest}")), Err(NameRefusal::TooLong));
        for text in [
            "@",
            "a",
            "a@",
            "@b.c",
            "a@b",
            "a@b.",
            "a@.c",
            "a@b..c",
            "a@.",
            "a@b.c.",
            "a@@b.c",
            "a@b.c@d.e",
            "a@b@c.d",
            ".a@b.c",
            "a.@b.c",
            "a..b@c.d",
            "-a@b.c",
            "a-@b.c",
            "_a@b.c",
            "a_@b.c",
            "+a@b.c",
            "a+@b.c",
            "a@-b.c",
            "a@b-.c",
            "a@b.-c",
            "a@b.c-",
            "a@b_c.d",
            "a@b+c.d",
            "a.b.c",
            "a@b.c,d",
            "a@[1.2.3]",
        ] {
            assert!(Email::new(text).is_err(), "{text}");
        }
        for text in [
            "A@b.c",
            "a@B.c",
            "a b@c.d",
            " a@b.c",
            "a@b.c ",
            "a@b.c\n",
            "a@b.c\r\nbcc:d@e.f",
            "a@b.c,d@e.f",
            "a@b.c;d@e.f",
            "<a@b.c>",
            "ada <a@b.c>",
            "\"a\"@b.c",
            "a(x)@b.c",
            "a@b.c?x",
            "a%40x@b.c",
            "a@b.c\0",
            "a@b.c/",
            "a\\@b.c",
            "mailto:a@b.c",
            "é@b.c",
            "a@bücher.example",
            "\u{430}@b.c",
            "a\u{200b}@b.c",
            "a＠b.c",
            "a@b。c",
            "a'b@c.d",
            "a!b@c.d",
            "a=b@c.d",
        ] {
            assert_eq!(Email::new(text), Err(NameRefusal::Character), "{text}");
        }
    }

    #[test]
    fn a_role_is_a_slug_in_lower_case() {
        for text in ["member", "admin", "no-access", "my_role-2", "-", "_", &"x".repeat(64)] {
            assert!(Role::new(text).is_ok(), "{text}");
        }
        for text in ["", "Member", "a b", "a,b", "a.b", "é", "a\n", "a/b", "*", &"x".repeat(65)] {
            assert!(Role::new(text).is_err(), "{text}");
        }
        assert_eq!(Role::new("member"), Ok(Role::member()));
    }

    proptest! {
        #[test]
        fn shows_every_valid_title_unchanged(text in prop_oneof![any::<String>(), "[ -~é日🔐\u{301}\u{202e}\u{200b}]{0,70}"]) {
            if let Ok(title) = Title::new(text.as_str()) {
                prop_assert_eq!(escape(title.as_str()), text.as_str());
                prop_assert!((1..=64).contains(&text.chars().count()) && text.trim() == text);
                prop_assert!(!text.chars().any(|c| c.is_control() || c == '\\'));
            }
        }

        #[test]
        fn valid_email_has_one_at_sign_and_one_address(text in "[a-z0-9._+@-]{0,12}|[ -~]{0,12}") {
            if Email::new(text.as_str()).is_ok() {
                let parts: Vec<&str> = text.split('@').collect();
                prop_assert_eq!(parts.len(), 2);
                prop_assert!(parts.iter().all(|part| !part.is_empty() && !part.contains("..")), "{}", text);
                prop_assert!(parts[1].split('.').count() >= 2 && !parts[1].contains(['_', '+']), "{}", text);
                prop_assert!(text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._+@-".contains(&b)));
            }
        }

        #[test]
        fn accepts_every_email_that_matches_the_rule(
            text in "[a-z0-9]([_+-]{0,3}[a-z0-9]){0,4}(\\.[a-z0-9_+-]{0,3}[a-z0-9]){0,3}@([a-z0-9](-{0,2}[a-z0-9]){0,3}\\.){1,4}[a-z0-9](-{0,2}[a-z0-9]){0,3}",
        ) {
            prop_assert!(Email::new(text.as_str()).is_ok(), "{}", text);
        }
    }
}
