//! Secret references: `${NAME}` in the same folder, `${env.folder.NAME}` anywhere in the project.

use serde_json::json;

use crate::ApiVersion;
use crate::auth::permission::Action;
use crate::failure::Failure;

use super::secrets::access::Access;
use super::secrets::shape::View;

/// The maximum depth for circular references. Deeper ones stay unexpanded.
const DEPTH: u32 = 10;

/// The secret whose value is read, and its place, which references are relative to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'w> {
    pub(crate) environment: &'w str,
    pub(crate) path: &'w str,
    pub(crate) name: &'w str,
}

/// The target of a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) environment: String,
    pub(crate) path: String,
    pub(crate) name: String,
}

/// A part of a value: text, or the content of `${}`.
enum Piece<'v> {
    Text(&'v str),
    Reference(&'v str),
}

/// True for the characters of a reference: those of names, and dots.
fn is_plain(inside: &str) -> bool {
    !inside.is_empty() && inside.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.@".contains(letter))
}

/// An old server takes any content of `${}` for a reference, a current one only names and dots.
fn pieces(value: &str, api_version: ApiVersion) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("${") {
        pieces.push(Piece::Text(before));
        let found = after.split_once('}').filter(|(inside, _)| api_version == ApiVersion::V3 || is_plain(inside));
        let Some((inside, tail)) = found else {
            pieces.push(Piece::Text("${"));
            rest = after;
            continue;
        };
        pieces.push(Piece::Reference(inside));
        rest = tail;
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// Parses the content of `${}` as a reference. A reference into another project (`@`) isn't one, so
/// it stays as it is.
fn parse(inside: &str, environment: &str, path: &str) -> Option<Reference> {
    let inside = inside.trim();
    let mut segments: Vec<&str> = inside.split('.').collect();
    let name = segments.pop().filter(|_| !inside.starts_with('@'))?.to_owned();
    let (environment, path) = match segments.split_first() {
        None => (environment.to_owned(), path.to_owned()),
        Some((environment, folders)) => ((*environment).to_owned(), format!("/{}", folders.join("/"))),
    };
    Some(Reference { environment, path, name })
}

/// Rewrites the references to the secret under its new name. Returns `None` if the value has none.
pub(crate) fn renamed(value: &str, environment: &str, path: &str, from: &Reference, to: &str) -> Option<String> {
    let mut rewritten = String::new();
    let mut is_changed = false;
    for piece in pieces(value, ApiVersion::V4) {
        match piece {
            Piece::Text(text) => rewritten.push_str(text),
            Piece::Reference(inside) => {
                let is_it = parse(inside, environment, path).is_some_and(|reference| reference == *from);
                let kept = inside.strip_suffix(from.name.as_str()).filter(|_| is_it);
                is_changed |= kept.is_some();
                let named = kept.map_or_else(|| inside.to_owned(), |kept| format!("{kept}{to}"));
                rewritten.push_str(&format!("${{{named}}}"));
            }
        }
    }
    is_changed.then_some(rewritten)
}

/// A value with expanded references.
#[derive(Debug)]
pub(crate) struct Expansion<'w> {
    access: &'w Access<'w>,
    /// The server's messages about referenced secrets that the caller may not read.
    refused: Vec<String>,
}

impl<'w> Expansion<'w> {
    pub(crate) fn new(access: &'w Access<'w>) -> Self {
        Self { access, refused: Vec::new() }
    }

    /// Expands the references of the value. A reference to nothing becomes empty. An old server
    /// leaves it unchanged.
    pub(crate) fn expand(&mut self, origin: Origin<'_>, value: &str) -> String {
        self.expand_within(origin, value, 0)
    }

    fn expand_within(&mut self, at: Origin<'_>, value: &str, depth: u32) -> String {
        let mut expanded = String::new();
        for piece in pieces(value, self.access.project.api_version) {
            match piece {
                Piece::Text(text) => expanded.push_str(text),
                Piece::Reference(inside) => match self.follow(at, inside, depth) {
                    Some(text) => expanded.push_str(&text),
                    None => expanded.push_str(&format!("${{{inside}}}")),
                },
            }
        }
        expanded
    }

    /// Expands one reference. Returns `None` if it stays as it is written.
    fn follow(&mut self, at: Origin<'_>, inside: &str, depth: u32) -> Option<String> {
        if depth > DEPTH {
            return None;
        }
        let reference = parse(inside, at.environment, at.path)?;
        let project = self.access.project;
        let nothing = (project.api_version == ApiVersion::V4).then(String::new);
        let Reference { environment, path, name } = &reference;
        let Ok(Some(folder)) = project.folder_at(environment, path) else { return nothing };
        let Some(secret) = project.secret(&folder.id, name) else { return nothing };
        let is_v4 = project.api_version == ApiVersion::V4;
        if is_v4 && !self.access.may(Action::ReadValue, &View::now(project, environment, secret)) {
            self.refused.push(format!(
                "You do not have permission to read secret '{name}' in environment '{environment}' at path '{path}', which \
                 is referenced by secret '{}' in environment '{}' at path '{}'.",
                at.name, at.environment, at.path
            ));
            return None;
        }
        let there = Origin { environment, path, name };
        Some(self.expand_within(there, &secret.now.value, depth + 1))
    }

    /// Fails if a get referred to something that the caller may not read.
    pub(crate) fn finish_one(self) -> Result<(), Failure> {
        self.refused.into_iter().next().map_or(Ok(()), |message| Err(Failure::new(403, "ForbiddenError", message)))
    }

    /// Fails the whole listing if one of its values did.
    pub(crate) fn finish_all(self) -> Result<(), Failure> {
        if self.refused.is_empty() {
            return Ok(());
        }
        let failure = Failure::new(403, "ForbiddenError", "Failed to expand one or more secret references");
        Err(failure.with_details(json!(self.refused)))
    }
}

#[cfg(test)]
mod tests {
    use super::{Reference, renamed};

    fn reference(environment: &str, path: &str, name: &str) -> Reference {
        Reference { environment: environment.to_owned(), path: path.to_owned(), name: name.to_owned() }
    }

    #[test]
    fn renames_only_references_to_the_secret() {
        let from = reference("dev", "/app", "X");
        let renamed = |value| renamed(value, "dev", "/app", &from, "NEW");
        assert_eq!(
            renamed("${X}-${dev.app.X}-${prod.app.X}-${XX}").as_deref(),
            Some("${NEW}-${dev.app.NEW}-${prod.app.X}-${XX}")
        );
        assert_eq!(renamed("X ${Y} $X ${ X } ${@p.dev.app.X}"), None);
    }
}
