//! The answers: of everything that a server may send, the fields that are known, checked against what was asked.
//!
//! They are read alike whether they come as the host rewrites them (docs/routes.md, "Answers") or as a server sent them. No value is
//! read except by [`revealed`].

use super::json::{Presence, parse, unexpected};
use super::requests::Located;
use crate::error::Error;
use crate::guard::grammar::Word;
use crate::types::{Actor, Environment, Folder, Project, RevealedSecret, Secret};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// What a server answers in place of a value that it doesn't show.
const HIDDEN_VALUE: &str = "<hidden-by-infisical>";

/// The projects of `{"projects":[]}`, or of `{"workspaces":[]}` from an older server.
pub(crate) fn projects(body: &[u8]) -> Result<Vec<Project>, Error> {
    parse::<ProjectsBody>(body).map(|body| body.projects.into_iter().map(Project::from).collect())
}

/// The project of `{"project":{}}`, or of `{"workspace":{}}` from an older server.
pub(crate) fn project_by_id(body: &[u8], id: &Word) -> Result<Project, Error> {
    let project = Project::from(parse::<ProjectBody<ProjectFields>>(body)?.project);
    if project.id == id.as_str() { Ok(project) } else { Err(other_place()) }
}

/// The id of the project that is the whole answer.
pub(crate) fn project_by_slug(body: &[u8], slug: &Word) -> Result<(Word, Project), Error> {
    let project = Project::from(parse::<ProjectFields>(body)?);
    if project.slug != slug.as_str() {
        return Err(other_place());
    }
    // It goes into the next request, so it must be a text that may.
    let id = Word::parse(&project.id).map_err(|_| unexpected("The project's id in the answer isn't an id."))?;
    Ok((id, project))
}

/// The folders of `{"folders":[]}`, all below `at` if `recursive`, else those in it.
pub(crate) fn folders(body: &[u8], at: &Located, recursive: bool) -> Result<Vec<Folder>, Error> {
    parse::<FoldersBody>(body)?.folders.into_iter().map(|fields| fields.folder(at, recursive)).collect()
}

/// A listing of secrets.
pub(crate) struct Secrets {
    pub(crate) secrets: Vec<Secret>,
    /// Whether the answer speaks of imports, if only to list none.
    pub(crate) has_imports: bool,
}

/// The secrets of `{"secrets":[]}`, all below `at` if `recursive`, else those in it.
pub(crate) fn secrets(body: &[u8], at: &Located, recursive: bool) -> Result<Secrets, Error> {
    let SecretsBody { secrets, imports } = parse(body)?;
    let secrets = secrets.into_iter().map(|fields| fields.secret(at, recursive)).collect::<Result<_, _>>()?;
    Ok(Secrets { secrets, has_imports: imports.is_some() })
}

/// The secret of `{"secret":{}}`.
pub(crate) fn secret(body: &[u8], at: &Located, name: &str) -> Result<Secret, Error> {
    let secret = parse::<SecretBody<SecretFields>>(body)?.secret.secret(at, false)?;
    if secret.name == name { Ok(secret) } else { Err(unexpected("The answer is another secret than the one asked for.")) }
}

/// The secret of `{"secret":{}}` with its value, or `None` if the server hides the value.
///
/// The answer is read twice: the first time like any other, the second for the value alone.
pub(crate) fn revealed(body: &[u8], at: &Located, name: &str) -> Result<Option<RevealedSecret>, Error> {
    let secret = secret(body, at, name)?;
    let ValueFields { secret_value, secret_value_hidden } = parse::<SecretBody<ValueFields>>(body)?.secret;
    if secret_value_hidden == Some(true) || secret_value.as_deref() == Some(HIDDEN_VALUE) {
        return Ok(None);
    }
    // Absent isn't empty: a value that isn't there must not pass for one that is.
    let value = secret_value.ok_or_else(|| unexpected("The answer has no value."))?;
    Ok(Some(RevealedSecret { secret, value }))
}

#[derive(Deserialize)]
struct ProjectsBody {
    #[serde(alias = "workspaces")]
    projects: Vec<ProjectFields>,
}

#[derive(Deserialize)]
struct ProjectBody<T> {
    #[serde(alias = "workspace")]
    project: T,
}

#[derive(Deserialize)]
struct ProjectFields {
    id: String,
    slug: String,
    name: String,
    environments: Vec<EnvironmentFields>,
}

#[derive(Deserialize)]
struct EnvironmentFields {
    slug: String,
    name: String,
}

impl From<ProjectFields> for Project {
    fn from(ProjectFields { id, slug, name, environments }: ProjectFields) -> Self {
        let environments = environments.into_iter().map(|EnvironmentFields { slug, name }| Environment { slug, name }).collect();
        Self { id, slug, name, environments }
    }
}

#[derive(Deserialize)]
struct FoldersBody {
    folders: Vec<FolderFields>,
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
        let path = match relative_path.filter(|_| recursive) {
            None if recursive => return Err(unexpected("A folder in the answer lacks its path.")),
            None => at.path.child(&name),
            Some(path) => path
                .strip_prefix('/')
                .filter(|path| path.strip_suffix(name.as_str()).is_some_and(|parent| parent.is_empty() || parent.ends_with('/')))
                .map(|path| at.path.child(path))
                .ok_or_else(|| unexpected("A folder in the answer has a path that isn't its own."))?,
        };
        Ok(Folder { id, name, path, updated_at: timestamp(updated_at)? })
    }
}

#[derive(Deserialize)]
struct SecretsBody {
    secrets: Vec<SecretFields>,
    imports: Option<Vec<IgnoredAny>>,
}

#[derive(Deserialize)]
struct SecretBody<T> {
    secret: T,
}

/// Neither `secretValue` nor the text of a comment has a place here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SecretFields {
    id: String,
    secret_key: String,
    secret_path: Option<String>,
    environment: String,
    version: u32,
    created_at: Option<String>,
    updated_at: Option<String>,
    tags: Option<Vec<TagFields>>,
    actor: Option<ActorFields>,
    #[serde(default)]
    secret_comment: Presence,
    #[serde(default)]
    secret_reminder_note: Presence,
    #[serde(default)]
    secret_metadata: Presence,
    /// Where older servers keep metadata.
    #[serde(default)]
    metadata: Presence,
}

#[derive(Deserialize)]
struct TagFields {
    slug: String,
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
            has_comment: self.secret_comment.0,
            has_metadata: self.secret_metadata.0 || self.metadata.0 || self.secret_reminder_note.0,
            tags: self.tags.unwrap_or_default().into_iter().map(|tag| tag.slug).collect(),
            created_at: timestamp(self.created_at)?,
            updated_at: timestamp(self.updated_at)?,
            updated_by: self.actor.and_then(ActorFields::actor),
        })
    }
}

impl ActorFields {
    /// `None` if the server tells nothing.
    fn actor(self) -> Option<Actor> {
        let Self { actor_type: kind, name, actor_id: id } = self;
        let tells = kind.is_some() || name.is_some() || id.is_some();
        tells.then_some(Actor { kind, name, id })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ValueFields {
    secret_value: Option<String>,
    secret_value_hidden: Option<bool>,
}

/// A time of the form `2026-11-23T01:53:38.907Z`, so that no other text passes for one.
fn timestamp(text: Option<String>) -> Result<Option<String>, Error> {
    const FORM: &[u8] = b"0000-00-00T00:00:00";
    const MAX: usize = 35;
    let Some(text) = text else { return Ok(None) };
    let fits = |(byte, form): (u8, &u8)| if form.is_ascii_digit() { byte.is_ascii_digit() } else { byte == *form };
    let is_time = text.len() > FORM.len()
        && text.len() <= MAX
        && text.bytes().zip(FORM).all(fits)
        && text.bytes().skip(FORM.len()).all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b':' | b'+' | b'-' | b'Z'));
    if is_time { Ok(Some(text)) } else { Err(unexpected("A time in the answer isn't a time.")) }
}

fn other_place() -> Error {
    unexpected("The answer is about another place than the one asked for.")
}

