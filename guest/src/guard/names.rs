//! The names that a change may set, and the names by which it finds its target (docs/routes.md,
//! "Changes").

use super::grammar::{PathName, SecretName};

/// Words that a current server's router reads as routes where a secret's name would be.
const ROUTE_WORDS: [&str; 3] = ["batch", "move", "duplicate"];

/// A name that a change may give to a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewName(String);

impl NewName {
    const MAX: usize = 100;

    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() {
            Err("is empty")
        } else if text.len() > Self::MAX {
            Err("is longer than 100 characters")
        } else if !text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            Err("doesn't begin with a letter from A to Z or `_`")
        } else if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')) {
            Err("has characters other than letters from A to Z, digits, `_`, `-` and `.`")
        } else if ROUTE_WORDS.contains(&text) {
            Err("is a word that a current server reads as one of its routes")
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A secret's name that a change can write into the path of a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WriteName(PathName);

impl WriteName {
    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// An existing secret's name, and where the request contains it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SecretKey {
    /// In the path of the URL.
    Path(WriteName),
    /// In the body.
    Body(String),
}

impl SecretKey {
    pub(crate) fn of(name: SecretName) -> Self {
        match name {
            SecretName::Addressable(name) if !ROUTE_WORDS.contains(&name.as_str()) => Self::Path(WriteName(name)),
            SecretName::Addressable(name) => Self::Body(name.as_str().to_owned()),
            SecretName::Listed(name) => Self::Body(name),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Path(name) => name.as_str(),
            Self::Body(name) => name,
        }
    }
}

/// An existing folder's name. Older servers store any text as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FolderName(String);

impl FolderName {
    const MAX: usize = 1024;

    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() {
            Err("is empty")
        } else if text.len() > Self::MAX {
            Err("is longer than 1,024 bytes")
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether two names could be confused. Ignores case and `-`, `_` and `.`, and treats `0` and `1`
/// like the letters that they resemble.
pub(crate) fn is_confusable(one: &str, other: &str) -> bool {
    fn plain(name: &str) -> impl Iterator<Item = char> {
        name.chars().filter(|c| !matches!(c, '-' | '_' | '.')).map(|c| match c.to_ascii_lowercase() {
            '0' => 'o',
            '1' | 'i' => 'l',
            c => c,
        })
    }
    one != other && plain(one).eq(plain(other))
}

#[cfg(test)]
#[path = "names_tests.rs"]
mod tests;
