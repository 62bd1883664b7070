//! The names that a request may contain. Each type accepts only texts that follow its rule
//! (docs/routes.md, Encoding).

use crate::encoding::encode;
use crate::trim::trimmed;
use std::fmt;

/// Why a text isn't a name of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameRefusal {
    /// The text is empty.
    Empty,
    /// It has fewer bytes than this kind allows.
    TooShort,
    /// It has more bytes or characters than this kind allows.
    TooLong,
    /// It has a character that this kind doesn't allow.
    Character,
    /// The path isn't absolute, ends in `/`, or has an empty, `.` or `..` segment.
    PathForm,
    /// It is `.` or `..`, which mean something else in a URL.
    DotSegment,
    /// It has a blank at either end, which intermediaries trim.
    OuterBlank,
    /// A current server takes it for one of its own routes.
    RouteWord,
    /// It can stand in a path, so it must be addressed there.
    GoesByPath,
    /// A new slug begins or ends with `-`, or has two in a row.
    Dashes,
    /// The email isn't exactly a plain name, `@` and a domain.
    EmailForm,
}

impl fmt::Display for NameRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "it is empty",
            Self::TooShort => "it is too short",
            Self::TooLong => "it is too long",
            Self::Character => "it has a character that isn't allowed",
            Self::PathForm => "a path begins with `/`, doesn't end with it, and has no empty, `.` or `..` segment",
            Self::DotSegment => "`.` and `..` can't be addressed in a URL",
            Self::OuterBlank => "it begins or ends with a blank",
            Self::RouteWord => "`batch`, `move` and `duplicate` are routes of a current server",
            Self::GoesByPath => "it is one that is addressed by path",
            Self::Dashes => "a new slug has `-` only between other characters, and only one at a time",
            Self::EmailForm => "an email is a plain name, `@`, and a domain such as `example.com`",
        })
    }
}

impl std::error::Error for NameRefusal {}

/// Ids and slugs: 1 to 64 of `A-Z a-z 0-9 - _`.
fn check_slug(text: &str) -> Result<(), NameRefusal> {
    if text.is_empty() {
        Err(NameRefusal::Empty)
    } else if text.len() > 64 {
        Err(NameRefusal::TooLong)
    } else if text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) {
        Ok(())
    } else {
        Err(NameRefusal::Character)
    }
}

fn check_moment(text: &str) -> Result<(), NameRefusal> {
    const FORM: &[u8] = b"0000-00-00T00:00:00.000Z";
    let fits = |(byte, form): (u8, &u8)| if *form == b'0' { byte.is_ascii_digit() } else { byte == *form };
    if text.len() > FORM.len() {
        Err(NameRefusal::TooLong)
    } else if text.len() == FORM.len() && text.bytes().zip(FORM).all(fits) {
        Ok(())
    } else {
        Err(NameRefusal::Character)
    }
}

fn check_path(text: &str) -> Result<(), NameRefusal> {
    if text == "/" {
        return Ok(());
    }
    if text.is_empty() {
        return Err(NameRefusal::Empty);
    }
    if text.len() > 1024 {
        return Err(NameRefusal::TooLong);
    }
    let segments = text.strip_prefix('/').ok_or(NameRefusal::PathForm)?;
    if segments.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
        return Err(NameRefusal::PathForm);
    }
    if text.chars().any(|c| c.is_control() || c == '\\') {
        return Err(NameRefusal::Character);
    }
    // The server trims the path and would read another folder.
    if trimmed(text) == text { Ok(()) } else { Err(NameRefusal::OuterBlank) }
}

/// Names that keep their meaning in a URL's path, whatever proxy reads them.
fn check_secret_name(text: &str) -> Result<(), NameRefusal> {
    if text.is_empty() {
        Err(NameRefusal::Empty)
    } else if matches!(text, "." | "..") {
        Err(NameRefusal::DotSegment)
    } else if trimmed(text) != text {
        Err(NameRefusal::OuterBlank)
    } else if text.chars().any(|c| c.is_control() || matches!(c, '/' | '\\' | '%')) {
        Err(NameRefusal::Character)
    } else if encode(text).len() > 100 {
        // The server's router accepts path parameters of about 100 characters. It treats longer
        // ones as an unknown route.
        Err(NameRefusal::TooLong)
    } else {
        Ok(())
    }
}

/// The names that the router of a current server takes for its own routes.
const ROUTE_WORDS: [&str; 3] = ["batch", "move", "duplicate"];

/// Names that a change may put into a URL's path.
fn check_write_name(text: &str) -> Result<(), NameRefusal> {
    check_secret_name(text)?;
    if ROUTE_WORDS.contains(&text) { Err(NameRefusal::RouteWord) } else { Ok(()) }
}

/// Names that may be given to secrets: what every shell accepts as a variable's name, and `-` and
/// `.`.
fn check_new_secret_name(text: &str) -> Result<(), NameRefusal> {
    let first = text.bytes().next().ok_or(NameRefusal::Empty)?;
    if text.len() > 100 {
        Err(NameRefusal::TooLong)
    } else if !(first.is_ascii_alphabetic() || first == b'_')
        || !text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
    {
        Err(NameRefusal::Character)
    } else {
        check_write_name(text)
    }
}

/// Names that can't stand in a path, so a body names the secret.
fn check_secret_key(text: &str) -> Result<(), NameRefusal> {
    if text.is_empty() {
        Err(NameRefusal::Empty)
    } else if text.len() > 1024 {
        Err(NameRefusal::TooLong)
    } else if trimmed(text) != text {
        // The server trims the name and would use another secret.
        Err(NameRefusal::OuterBlank)
    } else if check_write_name(text).is_ok() {
        Err(NameRefusal::GoesByPath)
    } else {
        Ok(())
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $check:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Accepts the text if it follows the rule.
            ///
            /// # Errors
            /// [`NameRefusal`] says which part of the rule it breaks.
            pub fn new(text: impl Into<String>) -> Result<Self, NameRefusal> {
                let text = text.into();
                $check(&text).map(|()| Self(text))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

// The module must stand here, because a macro is only known below its definition.
mod administration;

pub use administration::{Email, EnvironmentSlug, ProjectSlug, Role, Title};

name!(
    /// A project's id or slug: 1 to 64 of `A-Z a-z 0-9 - _`.
    Project,
    check_slug
);
name!(
    /// An environment's slug: 1 to 64 of `A-Z a-z 0-9 - _`.
    Environment,
    check_slug
);
name!(
    /// An organization's id: 1 to 64 of `A-Z a-z 0-9 - _`.
    OrganizationId,
    check_slug
);
name!(
    /// A tag's slug: 1 to 64 of `A-Z a-z 0-9 - _`.
    Tag,
    check_slug
);
name!(
    /// A folder's absolute path: `/` for the root, no final `/`, at most 1,024 bytes.
    SecretPath,
    check_path
);
name!(
    /// A secret's name that is safe in a URL's path: at most 100 bytes when encoded.
    SecretName,
    check_secret_name
);
name!(
    /// A secret's name that a change can address in a URL's path: a [`SecretName`] except `batch`,
    /// `move` and `duplicate`.
    WriteName,
    check_write_name
);
name!(
    /// A name that may be given to a secret: `A-Z a-z _`, then `A-Z a-z 0-9 _ - .`. At most 100
    /// characters, and not `batch`, `move` or `duplicate`.
    NewSecretName,
    check_new_secret_name
);
name!(
    /// A secret's name that isn't a [`WriteName`]: any text of 1 to 1,024 bytes without blanks at
    /// its ends.
    SecretKey,
    check_secret_key
);
name!(
    /// A name that may be given to a folder: 1 to 64 of `A-Z a-z 0-9 - _`.
    FolderName,
    check_slug
);
name!(
    /// A folder's id: 1 to 64 of `A-Z a-z 0-9 - _`.
    FolderId,
    check_slug
);
name!(
    /// A kind of event in an audit log: 1 to 64 of `A-Z a-z 0-9 - _`.
    EventType,
    check_slug
);
name!(
    /// A time as requests write it: `2026-11-23T07:00:00.000Z`.
    Moment,
    check_moment
);
name!(
    /// A tag's id: 1 to 64 of `A-Z a-z 0-9 - _`.
    TagId,
    check_slug
);

impl Project {
    /// Whether it looks like an id: a UUID, or the 24 hexadecimal digits of early projects.
    #[must_use]
    pub fn looks_like_id(&self) -> bool {
        let hex = |text: &str, len: usize| text.len() == len && text.bytes().all(|b| b.is_ascii_hexdigit());
        let groups: Vec<&str> = self.0.split('-').collect();
        match groups.as_slice() {
            [one] => hex(one, 24),
            [a, b, c, d, e] => hex(a, 8) && hex(b, 4) && hex(c, 4) && hex(d, 4) && hex(e, 12),
            _ => false,
        }
    }
}

impl SecretPath {
    /// The root.
    #[must_use]
    pub fn root() -> Self {
        Self("/".to_owned())
    }

    /// Returns the path of `name` in this folder. The result is text and not a path, because an
    /// older server allows any name.
    #[must_use]
    pub fn child(&self, name: &str) -> String {
        if self.0 == "/" { format!("/{name}") } else { format!("{self}/{name}") }
    }

    /// Whether `other` is this folder or one below it.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.0 == "/" || other.0.strip_prefix(&self.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_up_to_64_letters_digits_dashes_and_underscores() {
        for text in ["a", "agent-vault", "my_env", "9cefc4fb-34fd-432a-806c-8efb3307c759", &"x".repeat(64)] {
            assert!(Project::new(text).is_ok(), "{text}");
        }
        for text in ["", " ", "a b", "a/b", "..", "a.b", "é", "a%20", "a\n", "a?b", "a#", &"x".repeat(65)] {
            assert!(Project::new(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_path_is_absolute_and_plain() {
        for text in ["/", "/app", "/app/db", "/with blank", "/ünïcode", "/a%2Fb", "/...", "/a;b"] {
            assert!(SecretPath::new(text).is_ok(), "{text}");
        }
        let long = format!("/{}", "x".repeat(1024));
        for text in [
            "",
            "app",
            "/app/",
            "/app ",
            "/app\u{a0}",
            "/app\u{feff}",
            "/ ",
            "//",
            "//app",
            "/app//db",
            "/.",
            "/..",
            "/app/../x",
            "/app/.",
            "\\app",
            "/a\\b",
            "/a\0",
            "/a\nb",
            "/a\u{7f}",
            &long,
        ] {
            assert!(SecretPath::new(text).is_err(), "{text}");
        }
    }

    #[test]
    fn allows_only_names_in_urls_that_every_proxy_reads_alike() {
        for text in ["DB_PASSWORD", "a.b-c", "WITH BLANK", "WITH:COLON", "KEY🔐", "__proto__", "?x=", "#", "...", "a;b"]
        {
            assert!(SecretName::new(text).is_ok(), "{text}");
        }
        for text in
            ["", ".", "..", " ", "A ", " A", "a/b", "a%2Fb", "a\\b", "a\r\nb", "a\0", &"x".repeat(101), &"🔐".repeat(9)]
        {
            assert!(SecretName::new(text).is_err(), "{text}");
        }
        assert!(SecretName::new("x".repeat(100)).is_ok());
    }

    #[test]
    fn a_new_secret_has_a_plain_name_that_is_no_route() {
        for text in ["DB_PASSWORD", "_x", "a.b-c", "A1", "Batch", "id", &"x".repeat(100)] {
            assert!(NewSecretName::new(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "1A",
            "-A",
            ".A",
            "A B",
            "A/B",
            "A:B",
            "é",
            "A\n",
            "A%",
            "..",
            "batch",
            "move",
            "duplicate",
            &"x".repeat(101),
        ] {
            assert!(NewSecretName::new(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_name_of_a_secret_goes_either_by_path_or_by_key() {
        for text in
            ["DB", "WITH:COLON", "a b", "batch", "move", "duplicate", "id", "a/b", "..", "%", &"🔐".repeat(9), "é"]
        {
            assert_ne!(WriteName::new(text).is_ok(), SecretKey::new(text).is_ok(), "{text}");
        }
        // Names that the server would take for another one have no spelling at all.
        for text in [" x ", "x ", "\tx", "\u{a0}x", "x\u{feff}", "\u{2028}a/b", " "] {
            assert!(WriteName::new(text).is_err() && SecretKey::new(text).is_err(), "{text:?}");
        }
        assert!(SecretKey::new("").is_err() && WriteName::new("").is_err());
        assert!(SecretKey::new("/".repeat(1025)).is_err());
    }

    #[test]
    fn distinguishes_ids_from_slugs_by_form() {
        let is_id = |text: &str| Project::new(text).unwrap().looks_like_id();
        assert!(is_id("9cefc4fb-34fd-432a-806c-8efb3307c759") && is_id("63cefb15c8d3175601cfa989"));
        for slug in [
            "agent-vault",
            "a-b-c-d-e",
            "9cefc4fb34fd432a806c8efb3307c759",
            "9cefc4fb-34fd-432a-806c-8efb3307c75g",
            "x",
        ] {
            assert!(!is_id(slug), "{slug}");
        }
    }

    #[test]
    fn path_covers_itself_and_children_but_no_namesake() {
        let covers = |a: &str, b: &str| SecretPath::new(a).unwrap().covers(&SecretPath::new(b).unwrap());
        assert!(covers("/", "/"));
        assert!(covers("/", "/app"));
        assert!(covers("/app", "/app"));
        assert!(covers("/app", "/app/db"));
        assert!(!covers("/app", "/apple"));
        assert!(!covers("/app", "/"));
        assert!(!covers("/app/db", "/app"));
        assert!(!covers("/app", "/App"));
    }
}
