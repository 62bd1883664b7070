//! Reads a request as a [`ParsedChange`].
//!
//! It works as for reads (`crate::route`): it writes the change again and compares every byte. So
//! extra or reordered fields, other spellings of a text, and blanks between parts never pass.

use super::body::{Body, SECRET_MANAGER, SHARED};
use super::value::{Comment, SecretValue, ValueRefusal};
use super::{MAX_BODY, Method, ParsedChange};
use crate::encoding::decode;
use crate::names::{
    Email, Environment, EnvironmentSlug, FolderId, FolderName, NameRefusal, NewSecretName, Project, ProjectSlug, Role,
    SecretKey, SecretPath, TagId, Title, WriteName,
};
use crate::operation::{ApiVersion, Place};
use std::fmt;
use std::ops::RangeInclusive;

/// How many tags a secret may have.
const TAGS: RangeInclusive<usize> = 0..=20;

/// How many users may be invited at once.
const EMAILS: RangeInclusive<usize> = 1..=20;

/// How many roles the users may get.
const ROLES: RangeInclusive<usize> = 1..=5;

/// Why a request isn't a change that a plan may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChangeRefusal {
    /// The table doesn't have this method and path.
    UnknownRoute,
    /// The body has more than [`MAX_BODY`] bytes.
    TooLong,
    /// The body isn't the JSON of a change.
    Body,
    /// A field is missing, or has an invalid value.
    Field(&'static str),
    /// The value or comment isn't allowed.
    Value(ValueRefusal),
    /// The request is in the table, but has another spelling, or fields that its change doesn't
    /// have.
    NotCanonical,
}

impl fmt::Display for ChangeRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownRoute => f.write_str("its method and path aren't those of a change"),
            Self::TooLong => f.write_str("its body is too long"),
            Self::Body => f.write_str("its body isn't that of a change"),
            Self::Field(name) => write!(f, "its field {name} is missing or malformed"),
            Self::Value(refusal) => write!(f, "it writes a value or comment that isn't allowed: {refusal}"),
            Self::NotCanonical => f.write_str("it isn't in the only spelling that may leave"),
        }
    }
}

impl std::error::Error for ChangeRefusal {}

/// Reads a request's method, path and body.
///
/// # Errors
/// [`ChangeRefusal`] if the change isn't in the table (docs/routes.md), or is spelled otherwise.
pub fn parse(api_version: ApiVersion, method: Method, path: &str, body: &str) -> Result<ParsedChange, ChangeRefusal> {
    if body.len() > MAX_BODY || path.len() > crate::route::MAX_PATH_AND_QUERY {
        return Err(ChangeRefusal::TooLong);
    }
    let segments: Vec<&str> = path.strip_prefix("/api/").ok_or(ChangeRefusal::UnknownRoute)?.split('/').collect();
    let fields: Body = serde_json::from_str(body).map_err(|_| ChangeRefusal::Body)?;
    let change = match (api_version, segments.as_slice()) {
        (ApiVersion::V4, ["v4", "secrets", "batch"]) | (ApiVersion::V3, ["v3", "secrets", "batch", "raw"]) => {
            by_key(api_version, method, fields)?
        }
        (ApiVersion::V4, ["v4", "secrets", name]) | (ApiVersion::V3, ["v3", "secrets", "raw", name]) => {
            secret(api_version, method, name, fields)?
        }
        (ApiVersion::V4, ["v2", "folders"]) | (ApiVersion::V3, ["v1", "folders"]) if method == Method::Post => {
            let place = place(api_version, &fields, fields.path.as_deref())?;
            ParsedChange::CreateFolder { place, name: required(fields.name, "name", FolderName::new)? }
        }
        (ApiVersion::V4, ["v2", "folders", id]) | (ApiVersion::V3, ["v1", "folders", id]) => {
            folder(api_version, method, id, fields)?
        }
        (ApiVersion::V4, ["v1", "projects"]) | (ApiVersion::V3, ["v2", "workspace"]) if method == Method::Post => {
            create_project(api_version, fields)?
        }
        (ApiVersion::V4, ["v1", "projects", project, "environments"])
        | (ApiVersion::V3, ["v1", "workspace", project, "environments"])
            if method == Method::Post =>
        {
            ParsedChange::CreateEnvironment {
                project: in_path(project)?,
                name: required(fields.name, "name", Title::new)?,
                slug: required(fields.slug, "slug", EnvironmentSlug::new)?,
            }
        }
        (ApiVersion::V4, ["v1", "projects", project, "memberships"])
        | (ApiVersion::V3, ["v2", "workspace", project, "memberships"])
            if method == Method::Post =>
        {
            invite_members(api_version, in_path(project)?, fields)?
        }
        _ => return Err(ChangeRefusal::UnknownRoute),
    };
    let request = change.request(api_version);
    let is_same = request.method == method && request.path == path && *request.body == body;
    if is_same { Ok(change) } else { Err(ChangeRefusal::NotCanonical) }
}

fn secret(api_version: ApiVersion, method: Method, name: &str, fields: Body) -> Result<ParsedChange, ChangeRefusal> {
    let name = decode(name).ok_or(ChangeRefusal::UnknownRoute)?;
    let place = place(api_version, &fields, fields.secret_path.as_deref())?;
    if fields.r#type.as_deref() != Some(SHARED) {
        return Err(ChangeRefusal::Field("type"));
    }
    let value = fields.secret_value.map(SecretValue::new).transpose().map_err(ChangeRefusal::Value)?;
    let comment = fields.secret_comment.map(Comment::new).transpose().map_err(ChangeRefusal::Value)?;
    let tags = fields.tag_ids.map(tags).transpose()?;
    match method {
        Method::Post => Ok(ParsedChange::CreateSecret {
            place,
            name: NewSecretName::new(name).map_err(|_| ChangeRefusal::UnknownRoute)?,
            value: value.ok_or(ChangeRefusal::Field("secretValue"))?,
            comment,
            tags,
        }),
        Method::Patch => {
            let new_name = fields
                .new_secret_name
                .map(|name| required(Some(name), "newSecretName", NewSecretName::new))
                .transpose()?;
            let changes_nothing = value.is_none() && new_name.is_none() && comment.is_none() && tags.is_none();
            // Without the value, an older server would refuse the update. With a blank value, the
            // secret would be lost.
            if changes_nothing || (api_version == ApiVersion::V3 && value.is_none()) {
                return Err(ChangeRefusal::Field("secretValue"));
            }
            Ok(ParsedChange::UpdateSecret { place, name: write_name(name)?, value, new_name, comment, tags })
        }
        Method::Delete => Ok(ParsedChange::DeleteSecret { place, name: write_name(name)? }),
    }
}

fn by_key(api_version: ApiVersion, method: Method, fields: Body) -> Result<ParsedChange, ChangeRefusal> {
    if method != Method::Delete {
        return Err(ChangeRefusal::UnknownRoute);
    }
    let place = place(api_version, &fields, fields.secret_path.as_deref())?;
    let mut keys = fields.secrets.unwrap_or_default().into_iter();
    match (keys.next(), keys.next()) {
        (Some(key), None) => Ok(ParsedChange::DeleteSecretByKey {
            place,
            key: required(Some(key.secret_key), "secretKey", SecretKey::new)?,
        }),
        _ => Err(ChangeRefusal::Field("secrets")),
    }
}

fn folder(api_version: ApiVersion, method: Method, id: &str, fields: Body) -> Result<ParsedChange, ChangeRefusal> {
    let id = decode(id).and_then(|id| FolderId::new(id).ok()).ok_or(ChangeRefusal::UnknownRoute)?;
    let place = place(api_version, &fields, fields.path.as_deref())?;
    match method {
        Method::Post => Err(ChangeRefusal::UnknownRoute),
        Method::Patch => {
            Ok(ParsedChange::RenameFolder { place, id, name: required(fields.name, "name", FolderName::new)? })
        }
        Method::Delete => Ok(ParsedChange::DeleteFolder { place, id }),
    }
}

fn place(api_version: ApiVersion, fields: &Body, path: Option<&str>) -> Result<Place, ChangeRefusal> {
    let project = match api_version {
        ApiVersion::V3 => required(fields.workspace_id.clone(), "workspaceId", Project::new)?,
        ApiVersion::V4 => required(fields.project_id.clone(), "projectId", Project::new)?,
    };
    Ok(Place {
        project,
        environment: required(fields.environment.clone(), "environment", Environment::new)?,
        path: required(path.map(str::to_owned), "path", SecretPath::new)?,
    })
}

fn create_project(api_version: ApiVersion, fields: Body) -> Result<ParsedChange, ChangeRefusal> {
    // An older server has only one kind of project.
    if api_version == ApiVersion::V4 && fields.r#type.as_deref() != Some(SECRET_MANAGER) {
        return Err(ChangeRefusal::Field("type"));
    }
    Ok(ParsedChange::CreateProject {
        name: required(fields.project_name, "projectName", Title::new)?,
        slug: required(fields.slug, "slug", ProjectSlug::new)?,
    })
}

fn invite_members(api_version: ApiVersion, project: Project, fields: Body) -> Result<ParsedChange, ChangeRefusal> {
    let roles = match api_version {
        ApiVersion::V3 => vec![Role::member()],
        ApiVersion::V4 => distinct(fields.role_slugs.unwrap_or_default(), "roleSlugs", &ROLES, Role::new)?,
    };
    let emails = distinct(fields.emails.unwrap_or_default(), "emails", &EMAILS, Email::new)?;
    Ok(ParsedChange::InviteMembers { project, emails, roles })
}

fn tags(ids: Vec<String>) -> Result<Vec<TagId>, ChangeRefusal> {
    distinct(ids, "tagIds", &TAGS, TagId::new)
}

/// Checks the number of names, and that none occurs twice.
fn distinct<T: PartialEq>(
    texts: Vec<String>,
    field: &'static str,
    count: &RangeInclusive<usize>,
    new: impl Fn(String) -> Result<T, NameRefusal>,
) -> Result<Vec<T>, ChangeRefusal> {
    // Count first, because the list can be as long as a body.
    if !count.contains(&texts.len()) {
        return Err(ChangeRefusal::Field(field));
    }
    let names = texts.into_iter().map(new).collect::<Result<Vec<_>, _>>().map_err(|_| ChangeRefusal::Field(field))?;
    let is_twice = |(at, name): (usize, &T)| names.iter().take(at).any(|other| other == name);
    if names.iter().enumerate().any(is_twice) { Err(ChangeRefusal::Field(field)) } else { Ok(names) }
}

/// Reads the project of a change that names it in its path.
fn in_path(segment: &str) -> Result<Project, ChangeRefusal> {
    decode(segment).and_then(|id| Project::new(id).ok()).ok_or(ChangeRefusal::UnknownRoute)
}

fn write_name(name: String) -> Result<WriteName, ChangeRefusal> {
    WriteName::new(name).map_err(|_| ChangeRefusal::UnknownRoute)
}

fn required<T>(
    text: Option<String>,
    field: &'static str,
    new: impl Fn(String) -> Result<T, NameRefusal>,
) -> Result<T, ChangeRefusal> {
    text.and_then(|text| new(text).ok()).ok_or(ChangeRefusal::Field(field))
}
