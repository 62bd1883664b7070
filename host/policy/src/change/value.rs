//! Values and comments on their way to the server.

use crate::references::{self, Reference};
use crate::trim::trimmed;
use std::fmt;
use zeroize::Zeroizing;

/// Texts that stand for a hidden value in answers. If one were written, it would be stored as the
/// value.
const MASKS: [&str; 3] = ["<hidden-by-infisical>", "<hidden>", "<masked>"];

/// Why a text isn't allowed as a value or comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValueRefusal {
    /// It is a mask, or contains one.
    Mask,
    /// It has too many bytes.
    TooLong,
}

impl fmt::Display for ValueRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mask => "it is a mask, which stands for a hidden value and isn't one",
            Self::TooLong => "it is too long",
        })
    }
}

impl std::error::Error for ValueRefusal {}

fn is_mask(text: &str) -> bool {
    let stars = || text.chars().all(|c| matches!(c, '*' | '•' | '●')) && text.chars().count() >= 3;
    MASKS.iter().any(|mask| text.contains(mask)) || stars()
}

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $max:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(Zeroizing<String>);

        impl $name {
            /// The most bytes.
            pub const MAX: usize = $max;

            /// Accepts the text if it contains no mask and isn't too long.
            ///
            /// # Errors
            /// [`ValueRefusal`] says which of the two it is.
            pub fn new(text: impl Into<Zeroizing<String>>) -> Result<Self, ValueRefusal> {
                let text = text.into();
                if text.len() > Self::MAX {
                    Err(ValueRefusal::TooLong)
                } else if is_mask(&text) {
                    Err(ValueRefusal::Mask)
                } else {
                    Ok(Self(text))
                }
            }

            pub(super) fn expose(&self) -> &str {
                &self.0
            }
        }

        /// Shows nothing of the text.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

text!(
    /// The value of a secret. It is cleared when it is dropped, and can't be printed.
    SecretValue,
    512 * 1024
);
text!(
    /// The comment of a secret, which often contains secrets, too. It is cleared when it is
    /// dropped, and can't be printed.
    Comment,
    10_000
);

impl SecretValue {
    /// Whether the value would contain references to other secrets. The server replaces them for
    /// whoever asks for that.
    #[must_use]
    pub fn has_references(&self) -> bool {
        self.0.contains("${")
    }

    /// The references in the value.
    pub(crate) fn references(&self) -> impl Iterator<Item = Reference<'_>> {
        references::read(&self.0)
    }

    /// Whether nothing is left of the value after the server trims it.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        trimmed(&self.0).is_empty()
    }
}

impl Comment {
    /// Whether the comment is empty, so that it removes the old one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Result<SecretValue, ValueRefusal> {
        SecretValue::new(text.to_owned())
    }

    #[test]
    fn a_mask_is_never_a_value() {
        for text in [
            "<hidden-by-infisical>",
            "<hidden>",
            " <hidden> ",
            "postgres://app:<hidden>@db/app",
            "***",
            "••••••••",
            "●●●",
            "*•●",
        ] {
            assert_eq!(value(text), Err(ValueRefusal::Mask), "{text}");
            assert_eq!(Comment::new(text.to_owned()), Err(ValueRefusal::Mask), "{text}");
        }
        for text in ["", "**", "hidden", "<HIDDEN>", "a***", "* * *", "0 0 * * *"] {
            assert!(value(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_is_too_long_is_refused_by_the_byte() {
        assert!(value(&"x".repeat(SecretValue::MAX)).is_ok());
        assert_eq!(value(&"x".repeat(SecretValue::MAX + 1)), Err(ValueRefusal::TooLong));
        assert_eq!(Comment::new("é".repeat(5_001)), Err(ValueRefusal::TooLong));
    }

    #[test]
    fn recognizes_references_and_blanks() {
        for (text, references, blank) in [
            ("", false, true),
            (" \t\r\n\u{a0}\u{feff}", false, true),
            ("$NAME {x}", false, false),
            ("a${prod.db.PASS}", true, false),
            ("${", true, false),
            ("${@other.prod.KEY}", true, false),
        ] {
            let value = value(text).unwrap();
            assert_eq!((value.has_references(), value.is_blank()), (references, blank), "{text}");
            assert_eq!(format!("{value:?}"), "SecretValue(..)");
        }
    }
}
