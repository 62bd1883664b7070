//! Types for the texts that requests contain (docs/routes.md, "Encoding").
//!
//! Nothing is trimmed or normalised: a text is accepted as it is or refused. An error is the end of
//! the sentence `The path "x" ...`.

use super::values::trimmed;
use crate::encoding;

/// An id or slug: 1 to 64 of `A-Z a-z 0-9 - _`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word(String);

impl Word {
    const MAX: usize = 64;

    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() {
            Err("is empty")
        } else if text.len() > Self::MAX {
            Err("is longer than 64 characters")
        } else if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
            Err("has characters other than letters, digits, `-` and `_`")
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

/// A project's id or slug. Their forms differ, so an argument may be either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ProjectRef {
    /// An id, as requests contain it.
    Id(Word),
    /// A slug. It costs one more request to find the id.
    Slug(Word),
}

impl ProjectRef {
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let word = Word::parse(text)?;
        Ok(if looks_like_an_id(text) { Self::Id(word) } else { Self::Slug(word) })
    }

    pub(crate) fn into_word(self) -> Word {
        let (Self::Id(word) | Self::Slug(word)) = self;
        word
    }
}

/// Whether a text is a UUID, or 24 hexadecimal digits as Infisical used at first.
fn looks_like_an_id(text: &str) -> bool {
    let hex = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let uuid = || text.split('-').map(str::len).eq([8, 4, 4, 4, 12]) && text.split('-').all(hex);
    (text.len() == 24 && hex(text)) || uuid()
}

/// A folder's path: absolute, without a final slash. The root is `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FolderPath(String);

impl FolderPath {
    const MAX: usize = 1024;

    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() {
            return Err("is empty");
        }
        if text.len() > Self::MAX {
            return Err("is longer than 1,024 bytes");
        }
        let Some(segments) = text.strip_prefix('/') else { return Err("doesn't begin with `/`") };
        if segments.is_empty() {
            return Ok(Self(text.to_owned()));
        }
        // The server would drop either, and use another folder.
        if text.ends_with('/') || trimmed(text) != text {
            return Err("ends with `/` or a blank");
        }
        if segments.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
            return Err("has an empty segment, or one that is `.` or `..`");
        }
        if text.chars().any(|c| c.is_control() || c == '\\') {
            return Err("has a control character or a backslash");
        }
        Ok(Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }

    pub(crate) fn is_root(&self) -> bool {
        self.0 == "/"
    }

    /// The path of `name` in this folder. It is a text and no [`FolderPath`], because a server's
    /// name may be any text.
    pub(crate) fn child(&self, name: &str) -> String {
        let parent = if self.is_root() { "" } else { self.as_str() };
        [parent, "/", name].concat()
    }

    /// Whether `path` is this folder or below it.
    pub(crate) fn covers(&self, path: &str) -> bool {
        covers(&self.0, path)
    }
}

/// Whether `path` is `folder` or below it: `/app` covers `/app/db`, but not `/apple`.
pub(crate) fn covers(folder: &str, path: &str) -> bool {
    folder == "/" || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A secret's name that keeps its meaning in the path of a URL, even behind a proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PathName(String);

impl PathName {
    const MAX_ENCODED: usize = 100;

    fn parse(text: &str) -> Option<Self> {
        let safe = !matches!(text, "" | "." | "..")
            && trimmed(text) == text
            && !text.chars().any(|c| c.is_control() || matches!(c, '/' | '\\' | '%'))
            && encoding::encoded_len(text) <= Self::MAX_ENCODED;
        safe.then(|| Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A secret's name. Older servers store nearly any text as one, so this type accepts nearly any
/// text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SecretName {
    /// A request can name the secret.
    Addressable(PathName),
    /// Only a listing of its folder can find the secret.
    Listed(String),
}

impl SecretName {
    const MAX: usize = 1024;

    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() {
            Err("is empty")
        } else if text.len() > Self::MAX {
            Err("is longer than 1,024 bytes")
        } else {
            Ok(PathName::parse(text).map_or_else(|| Self::Listed(text.to_owned()), Self::Addressable))
        }
    }
}

#[cfg(test)]
#[path = "grammar_tests.rs"]
mod tests;
