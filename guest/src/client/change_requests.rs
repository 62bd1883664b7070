//! The requests of changes, byte for byte as in docs/routes.md. The order of the fields matters.

use super::body::{Body, Key};
use super::requests::{Located, Url, secrets};
use crate::guard::grammar::Word;
use crate::guard::names::{NewName, SecretKey, WriteName};
use crate::ports::{Method, Request};
use crate::types::ApiVersion::{self, V3, V4};

/// The content that a request writes into a secret. The request omits absent fields.
#[derive(Default)]
pub(crate) struct Written<'a> {
    pub(crate) value: Option<&'a str>,
    pub(crate) comment: Option<&'a str>,
    /// The ids of the tags.
    pub(crate) tags: Option<&'a [Word]>,
}

/// The type of every secret that a machine identity has.
const SHARED: &str = "shared";

pub(crate) fn create_secret(api_version: ApiVersion, at: &Located, name: &NewName, written: &Written<'_>) -> Request {
    let body = secret_body(api_version, at, None, written);
    secret_url(api_version, name.as_str()).change(Method::Post, &body)
}

pub(crate) fn update_secret(
    api_version: ApiVersion,
    at: &Located,
    name: &WriteName,
    new_name: Option<&NewName>,
    written: &Written<'_>,
) -> Request {
    let body = secret_body(api_version, at, new_name.map(NewName::as_str), written);
    secret_url(api_version, name.as_str()).change(Method::Patch, &body)
}

pub(crate) fn delete_secret(api_version: ApiVersion, at: &Located, key: &SecretKey) -> Request {
    match key {
        SecretKey::Path(name) => {
            let body = secret_body(api_version, at, None, &Written::default());
            secret_url(api_version, name.as_str()).change(Method::Delete, &body)
        }
        SecretKey::Body(name) => {
            let url = Url::new(match api_version {
                V3 => "/api/v3/secrets/batch/raw",
                V4 => "/api/v4/secrets/batch",
            });
            let secrets = Some([Key { secret_key: name, r#type: SHARED }]);
            let body = Body { secret_path: Some(at.path.as_str()), secrets, ..in_environment(api_version, at) };
            url.change(Method::Delete, &body)
        }
    }
}

pub(crate) fn create_folder(api_version: ApiVersion, at: &Located, name: &Word) -> Request {
    Url::new(folders(api_version)).change(Method::Post, &folder_body(api_version, at, Some(name)))
}

pub(crate) fn rename_folder(api_version: ApiVersion, at: &Located, id: &Word, name: &Word) -> Request {
    folder_url(api_version, id).change(Method::Patch, &folder_body(api_version, at, Some(name)))
}

pub(crate) fn delete_folder(api_version: ApiVersion, at: &Located, id: &Word) -> Request {
    let force_delete = match api_version {
        V3 => None,
        V4 => Some(true),
    };
    let body = Body { force_delete, ..folder_body(api_version, at, None) };
    folder_url(api_version, id).change(Method::Delete, &body)
}

fn folders(api_version: ApiVersion) -> &'static str {
    match api_version {
        V3 => "/api/v1/folders",
        V4 => "/api/v2/folders",
    }
}

fn folder_url(api_version: ApiVersion, id: &Word) -> Url {
    Url::new(folders(api_version)).literal("/").segment(id.as_str())
}

fn secret_url(api_version: ApiVersion, name: &str) -> Url {
    Url::new(secrets(api_version)).literal("/").segment(name)
}

fn secret_body<'a>(
    api_version: ApiVersion,
    at: &'a Located,
    new_name: Option<&'a str>,
    written: &Written<'a>,
) -> Body<'a> {
    Body {
        secret_path: Some(at.path.as_str()),
        secret_value: written.value,
        new_secret_name: new_name,
        secret_comment: written.comment,
        tag_ids: written.tags.map(|tags| tags.iter().map(Word::as_str).collect()),
        r#type: Some(SHARED),
        ..in_environment(api_version, at)
    }
}

fn folder_body<'a>(api_version: ApiVersion, at: &'a Located, name: Option<&'a Word>) -> Body<'a> {
    Body { name: name.map(Word::as_str), path: Some(at.path.as_str()), ..in_environment(api_version, at) }
}

fn in_environment(api_version: ApiVersion, at: &Located) -> Body<'_> {
    let project = Some(at.project.as_str());
    let (project_id, workspace_id) = match api_version {
        V3 => (None, project),
        V4 => (project, None),
    };
    Body { project_id, workspace_id, environment: Some(at.environment.as_str()), ..Body::default() }
}

#[cfg(test)]
#[path = "change_requests_tests.rs"]
mod tests;
