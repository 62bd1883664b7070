//! Reads answers: takes the known fields, and checks them against what was asked.
//!
//! It accepts an answer as the host rewrites it (docs/routes.md, "Answers") or as a server sends
//! it. Only [`revealed`] reads a value.

use super::json::{Read, Reader, parse, put, required, unexpected};
use super::requests::Located;
use crate::error::Error;
use crate::guard::grammar::Word;
use crate::types::{Actor, Environment, Folder, Project, RevealedSecret, Secret};

/// What a server sends instead of a value that it hides.
const HIDDEN_VALUE: &str = "<hidden-by-infisical>";

/// Reads the projects of `{"projects":[]}`, or of an older server's `{"workspaces":[]}`.
pub(crate) fn projects(body: &[u8]) -> Result<Vec<Project>, Error> {
    parse(body, |reader| {
        let mut projects = None;
        reader.object(|reader, key| match key {
            "projects" | "workspaces" => put(&mut projects, reader.list(project)?),
            _ => reader.skip(),
        })?;
        required(projects)
    })
}

/// Reads the project of `{"project":{}}`, or of an older server's `{"workspace":{}}`.
pub(crate) fn project_by_id(body: &[u8], id: &Word) -> Result<Project, Error> {
    let found = parse(body, |reader| {
        let mut found = None;
        reader.object(|reader, key| match key {
            "project" | "workspace" => put(&mut found, project(reader)?),
            _ => reader.skip(),
        })?;
        required(found)
    })?;
    if found.id == id.as_str() { Ok(found) } else { Err(other_place()) }
}

/// Reads an answer that is one project. Returns the project's id as a [`Word`] for the next
/// request.
pub(crate) fn project_by_slug(body: &[u8], slug: &Word) -> Result<(Word, Project), Error> {
    let found = parse(body, project)?;
    if found.slug != slug.as_str() {
        return Err(other_place());
    }
    let id = Word::parse(&found.id).map_err(|_| unexpected("The answer contains an invalid id."))?;
    Ok((id, found))
}

/// Reads the folders of `{"folders":[]}`: with `recursive` all below `at`, otherwise those in it.
pub(crate) fn folders(body: &[u8], at: &Located, recursive: bool) -> Result<Vec<Folder>, Error> {
    let fields = parse(body, |reader| {
        let mut folders = None;
        reader.object(|reader, key| match key {
            "folders" => put(&mut folders, reader.list(FolderFields::read)?),
            _ => reader.skip(),
        })?;
        required(folders)
    })?;
    fields.into_iter().map(|fields| fields.folder(at, recursive)).collect()
}

/// A listing of secrets.
pub(crate) struct Secrets {
    pub(crate) secrets: Vec<Secret>,
    /// Whether the answer has a list of imports, even an empty one.
    pub(crate) has_imports: bool,
}

/// Reads the secrets of `{"secrets":[]}`: with `recursive` all below `at`, otherwise those in it.
pub(crate) fn secrets(body: &[u8], at: &Located, recursive: bool) -> Result<Secrets, Error> {
    let (mut secrets, mut imports) = (None, None);
    let fields = parse(body, |reader| {
        reader.object(|reader, key| match key {
            "secrets" => put(&mut secrets, reader.list(SecretFields::read)?),
            "imports" => put(&mut imports, reader.nullable(|reader| reader.array(Reader::skip))?),
            _ => reader.skip(),
        })?;
        required(secrets)
    })?;
    let secrets = fields.into_iter().map(|fields| fields.secret(at, recursive)).collect::<Result<_, _>>()?;
    Ok(Secrets { secrets, has_imports: imports.flatten().is_some() })
}

/// Reads the secret of `{"secret":{}}`.
pub(crate) fn secret(body: &[u8], at: &Located, name: &str) -> Result<Secret, Error> {
    let secret = one_secret(body, SecretFields::read)?.secret(at, false)?;
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
    let secret = secret(body, at, name)?;
    let (mut value, mut hidden) = (None, None);
    one_secret(body, |reader| {
        reader.object(|reader, key| match key {
            "secretValue" => reader.nullable_text_into(&mut value),
            "secretValueHidden" => put(&mut hidden, reader.nullable(Reader::flag)?),
            _ => reader.skip(),
        })
    })?;
    let value = value.flatten();
    if hidden.flatten() == Some(true) || value.as_deref() == Some(HIDDEN_VALUE) {
        return Ok(None);
    }
    // An absent value isn't an empty one, so it must not be returned as one.
    let value = value.ok_or_else(|| unexpected("The answer has no value."))?;
    Ok(Some(RevealedSecret { secret, value }))
}

fn one_secret<T>(body: &[u8], mut read: impl FnMut(&mut Reader<'_>) -> Read<T>) -> Result<T, Error> {
    parse(body, |reader| {
        let mut secret = None;
        reader.object(|reader, key| match key {
            "secret" => put(&mut secret, read(reader)?),
            _ => reader.skip(),
        })?;
        required(secret)
    })
}

fn project(reader: &mut Reader<'_>) -> Read<Project> {
    let (mut id, mut slug, mut name, mut environments) = (None, None, None, None);
    reader.object(|reader, key| match key {
        "id" => reader.text_into(&mut id),
        "slug" => reader.text_into(&mut slug),
        "name" => reader.text_into(&mut name),
        "environments" => put(&mut environments, reader.list(environment)?),
        _ => reader.skip(),
    })?;
    Ok(Project {
        id: required(id)?,
        slug: required(slug)?,
        name: required(name)?,
        environments: required(environments)?,
    })
}

fn environment(reader: &mut Reader<'_>) -> Read<Environment> {
    let (mut slug, mut name) = (None, None);
    reader.object(|reader, key| match key {
        "slug" => reader.text_into(&mut slug),
        "name" => reader.text_into(&mut name),
        _ => reader.skip(),
    })?;
    Ok(Environment { slug: required(slug)?, name: required(name)? })
}

struct FolderFields {
    id: String,
    name: String,
    updated_at: Option<String>,
    relative_path: Option<String>,
}

impl FolderFields {
    fn read(reader: &mut Reader<'_>) -> Read<Self> {
        let (mut id, mut name, mut updated_at, mut relative_path) = (None, None, None, None);
        reader.object(|reader, key| match key {
            "id" => reader.text_into(&mut id),
            "name" => reader.text_into(&mut name),
            "updatedAt" => reader.nullable_text_into(&mut updated_at),
            "relativePath" => reader.nullable_text_into(&mut relative_path),
            _ => reader.skip(),
        })?;
        let (updated_at, relative_path) = (updated_at.flatten(), relative_path.flatten());
        Ok(Self { id: required(id)?, name: required(name)?, updated_at, relative_path })
    }

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
struct SecretFields {
    id: String,
    name: String,
    path: Option<String>,
    environment: String,
    version: u32,
    has_comment: bool,
    has_metadata: bool,
    tags: Vec<String>,
    created_at: Option<String>,
    updated_at: Option<String>,
    updated_by: Option<Actor>,
}

impl SecretFields {
    fn read(reader: &mut Reader<'_>) -> Read<Self> {
        let (mut id, mut name, mut path, mut environment, mut version) = (None, None, None, None, None);
        let (mut comment, mut note, mut metadata, mut older_metadata) = (None, None, None, None);
        let (mut tags, mut created_at, mut updated_at, mut actor) = (None, None, None, None);
        reader.object(|reader, key| match key {
            "id" => reader.text_into(&mut id),
            "secretKey" => reader.text_into(&mut name),
            "secretPath" => reader.nullable_text_into(&mut path),
            "environment" => reader.text_into(&mut environment),
            "version" => put(&mut version, reader.whole_number()?),
            "secretComment" => put(&mut comment, reader.presence()?),
            "secretReminderNote" => put(&mut note, reader.presence()?),
            "secretMetadata" => put(&mut metadata, reader.presence()?),
            "metadata" => put(&mut older_metadata, reader.presence()?),
            "tags" => put(&mut tags, reader.nullable(|reader| reader.list(tag))?),
            "createdAt" => reader.nullable_text_into(&mut created_at),
            "updatedAt" => reader.nullable_text_into(&mut updated_at),
            "actor" => put(&mut actor, reader.nullable(self::actor)?),
            _ => reader.skip(),
        })?;
        Ok(Self {
            id: required(id)?,
            name: required(name)?,
            path: path.flatten(),
            environment: required(environment)?,
            version: required(version)?,
            has_comment: comment.unwrap_or_default(),
            has_metadata: [note, metadata, older_metadata].contains(&Some(true)),
            tags: tags.flatten().unwrap_or_default(),
            created_at: created_at.flatten(),
            updated_at: updated_at.flatten(),
            updated_by: actor.flatten().flatten(),
        })
    }

    fn secret(self, at: &Located, recursive: bool) -> Result<Secret, Error> {
        let path = match self.path {
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
            name: self.name,
            path,
            environment: self.environment,
            version: self.version,
            has_comment: self.has_comment,
            has_metadata: self.has_metadata,
            tags: self.tags,
            created_at: timestamp(self.created_at)?,
            updated_at: timestamp(self.updated_at)?,
            updated_by: self.updated_by,
        })
    }
}

fn tag(reader: &mut Reader<'_>) -> Read<String> {
    let mut slug = None;
    reader.object(|reader, key| match key {
        "slug" => reader.text_into(&mut slug),
        _ => reader.skip(),
    })?;
    required(slug)
}

/// Returns `None` if the server names no actor.
fn actor(reader: &mut Reader<'_>) -> Read<Option<Actor>> {
    let (mut kind, mut name, mut id) = (None, None, None);
    reader.object(|reader, key| match key {
        "actorType" => reader.nullable_text_into(&mut kind),
        "name" => reader.nullable_text_into(&mut name),
        "actorId" => reader.nullable_text_into(&mut id),
        _ => reader.skip(),
    })?;
    let (kind, name, id) = (kind.flatten(), name.flatten(), id.flatten());
    let tells = kind.is_some() || name.is_some() || id.is_some();
    Ok(tells.then_some(Actor { kind, name, id }))
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
