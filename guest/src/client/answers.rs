//! Reads answers: takes the known fields, and checks them against what was asked.
//!
//! It accepts an answer as the host rewrites it (docs/routes.md, "Answers") or as a server sends
//! it. Only [`revealed`] reads a value.

use super::requests::Located;
use crate::error::Error;
use crate::guard::grammar::Word;
use crate::json::{Any, Object, convert, parse, parse_field, unexpected};
use crate::types::{Actor, Environment, Folder, Project, RevealedSecret, Secret};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

/// What a server sends instead of a value that it hides.
const HIDDEN_VALUE: &str = "<hidden-by-infisical>";

/// Reads the projects of `{"projects":[]}`, or of an older server's `{"workspaces":[]}`.
pub(crate) fn projects(body: &[u8]) -> Result<Vec<Project>, Error> {
    convert(parse_field(body, &["projects", "workspaces"])?, ProjectFields::project)
}

/// Reads the project of `{"project":{}}`, or of an older server's `{"workspace":{}}`.
pub(crate) fn project_by_id(body: &[u8], id: &Word) -> Result<Project, Error> {
    let Object(fields) = parse_field::<Object<ProjectFields>>(body, &["project", "workspace"])?;
    if fields.id == id.as_str() { fields.project() } else { Err(other_place()) }
}

/// Reads an answer that is one project. Returns the project's id as a [`Word`] for the next
/// request.
pub(crate) fn project_by_slug(body: &[u8], slug: &Word) -> Result<(Word, Project), Error> {
    let Object(fields) = parse::<Object<ProjectFields>>(body)?;
    if fields.slug != slug.as_str() {
        return Err(other_place());
    }
    let id = Word::parse(&fields.id).map_err(|_| unexpected("The answer contains an invalid id."))?;
    Ok((id, fields.project()?))
}

/// Reads the folders of `{"folders":[]}`: with `recursive` all below `at`, otherwise those in it.
pub(crate) fn folders(body: &[u8], at: &Located, recursive: bool) -> Result<Vec<Folder>, Error> {
    convert(parse_field(body, &["folders"])?, |fields: FolderFields| fields.folder(at, recursive))
}

/// A listing of secrets.
pub(crate) struct Secrets {
    pub(crate) secrets: Vec<Secret>,
    /// Whether the answer has a list of imports, even an empty one.
    pub(crate) has_imports: bool,
}

/// Reads the secrets of `{"secrets":[]}`: with `recursive` all below `at`, otherwise those in it.
pub(crate) fn secrets(body: &[u8], at: &Located, recursive: bool) -> Result<Secrets, Error> {
    #[derive(Deserialize)]
    struct Answer {
        secrets: Vec<Object<SecretFields>>,
        imports: Option<Vec<IgnoredAny>>,
    }

    let Object(Answer { secrets, imports }) = parse(body)?;
    let secrets = convert(secrets, |fields| fields.secret(at, recursive))?;
    Ok(Secrets { secrets, has_imports: imports.is_some() })
}

/// Reads the secret of `{"secret":{}}`.
pub(crate) fn secret(body: &[u8], at: &Located, name: &str) -> Result<Secret, Error> {
    let secret = one_secret::<SecretFields>(body)?.secret(at, false)?;
    if secret.name == name {
        Ok(secret)
    } else {
        Err(unexpected("The answer is another secret than the one asked for."))
    }
}

/// Reads the secret of `{"secret":{}}` with its value. Returns `None` if the server hides the
/// value.
///
/// It reads the answer twice: first like any other, then only for the value.
pub(crate) fn revealed(body: &[u8], at: &Located, name: &str) -> Result<Option<RevealedSecret>, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct ValueFields {
        secret_value: Option<String>,
        secret_value_hidden: Option<bool>,
    }

    let secret = secret(body, at, name)?;
    let ValueFields { secret_value: value, secret_value_hidden: is_hidden } = one_secret(body)?;
    if is_hidden == Some(true) || value.as_deref() == Some(HIDDEN_VALUE) {
        return Ok(None);
    }
    // An absent value isn't an empty one, so it must not be returned as one.
    let value = value.ok_or_else(|| unexpected("The answer has no value."))?;
    Ok(Some(RevealedSecret { secret, value }))
}

fn one_secret<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Error> {
    let Object(fields) = parse_field(body, &["secret"])?;
    Ok(fields)
}

#[derive(Deserialize)]
struct ProjectFields {
    id: String,
    slug: String,
    name: String,
    environments: Vec<Object<EnvironmentFields>>,
}

#[derive(Deserialize)]
struct EnvironmentFields {
    slug: String,
    name: String,
}

impl ProjectFields {
    fn project(self) -> Result<Project, Error> {
        let Self { id, slug, name, environments } = self;
        let environments = convert(environments, |EnvironmentFields { slug, name }| Ok(Environment { slug, name }))?;
        Ok(Project { id, slug, name, environments })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FolderFields {
    id: String,
    name: String,
    updated_at: Option<String>,
    relative_path: Option<String>,
}

impl FolderFields {
    fn folder(self, at: &Located, recursive: bool) -> Result<Folder, Error> {
        let Self { id, name, updated_at, relative_path } = self;
        let path = if recursive {
            let path = relative_path.ok_or_else(|| unexpected("A folder in the answer lacks its path."))?;
            let parent = path.strip_suffix(name.as_str()).and_then(|parent| parent.strip_suffix('/'));
            if parent.is_none_or(|parent| !parent.is_empty() && !parent.starts_with('/')) {
                return Err(unexpected("A folder in the answer has a path that isn't its own."));
            }
            at.path.child(path.strip_prefix('/').unwrap_or_default())
        } else {
            at.path.child(&name)
        };
        Ok(Folder { id, name, path, updated_at: timestamp(updated_at)? })
    }
}

/// Has no field for a value or for the text of a comment.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SecretFields {
    id: String,
    secret_key: String,
    secret_path: Option<String>,
    environment: String,
    version: u32,
    #[serde(default, deserialize_with = "presence")]
    secret_comment: bool,
    #[serde(default, deserialize_with = "presence")]
    secret_reminder_note: bool,
    #[serde(default, deserialize_with = "presence")]
    secret_metadata: bool,
    /// The name of the metadata on an older server.
    #[serde(default, deserialize_with = "presence")]
    metadata: bool,
    tags: Option<Vec<Object<Slug>>>,
    created_at: Option<String>,
    updated_at: Option<String>,
    actor: Option<Object<ActorFields>>,
}

fn presence<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Any::deserialize(deserializer).map(|value| value.is_present())
}

/// A tag, or an environment.
#[derive(Deserialize)]
pub(super) struct Slug {
    pub(super) slug: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ActorFields {
    actor_type: Option<String>,
    name: Option<String>,
    actor_id: Option<String>,
}

impl SecretFields {
    fn secret(self, at: &Located, recursive: bool) -> Result<Secret, Error> {
        let path = match self.secret_path {
            Some(path) if path == at.path.as_str() => path,
            Some(path) if recursive && at.path.covers(&path) => path,
            Some(_) => return Err(other_place()),
            None if recursive => return Err(unexpected("A secret in the answer lacks its path.")),
            None => at.path.as_str().to_owned(),
        };
        if self.environment != at.environment.as_str() {
            return Err(other_place());
        }
        Ok(Secret {
            id: self.id,
            name: self.secret_key,
            path,
            environment: self.environment,
            version: self.version,
            has_comment: self.secret_comment,
            has_metadata: self.secret_reminder_note || self.secret_metadata || self.metadata,
            tags: convert(self.tags.unwrap_or_default(), |tag| Ok(tag.slug))?,
            created_at: timestamp(self.created_at)?,
            updated_at: timestamp(self.updated_at)?,
            updated_by: self.actor.and_then(|Object(fields)| fields.actor()),
        })
    }
}

impl ActorFields {
    /// Returns `None` if the server names no actor.
    fn actor(self) -> Option<Actor> {
        let Self { actor_type: kind, name, actor_id: id } = self;
        let is_named = kind.is_some() || name.is_some() || id.is_some();
        is_named.then_some(Actor { kind, name, id })
    }
}

/// Checks that a text is a time like `2026-11-23T01:53:38.907Z`, so that no other text passes for
/// one.
pub(super) fn timestamp(text: Option<String>) -> Result<Option<String>, Error> {
    const FORM: &[u8] = b"0000-00-00T00:00:00";
    const MAX: usize = 35;
    let Some(text) = text else { return Ok(None) };
    let fits = |(byte, form): (u8, &u8)| if form.is_ascii_digit() { byte.is_ascii_digit() } else { byte == *form };
    let is_time = text.len() > FORM.len()
        && text.len() <= MAX
        && text.bytes().zip(FORM).all(fits)
        && text.bytes().skip(FORM.len()).all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b':' | b'+' | b'-' | b'Z'));
    if is_time { Ok(Some(text)) } else { Err(unexpected("The answer contains an invalid time.")) }
}

fn other_place() -> Error {
    unexpected("The answer is about another place than the one asked for.")
}

#[cfg(test)]
#[path = "answers_tests.rs"]
mod tests;
