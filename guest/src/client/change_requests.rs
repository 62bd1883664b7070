//! The requests of changes, byte for byte as in docs/routes.md. The order of the fields matters.

use super::json_writer::{Array, Object};
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

pub(crate) fn create_secret(api_version: ApiVersion, at: &Located, name: &NewName, written: &Written<'_>) -> Request {
    request(Method::Post, secret_url(api_version, name.as_str()), secret_body(api_version, at, None, written))
}

pub(crate) fn update_secret(
    api_version: ApiVersion,
    at: &Located,
    name: &WriteName,
    new_name: Option<&NewName>,
    written: &Written<'_>,
) -> Request {
    let body = secret_body(api_version, at, new_name.map(NewName::as_str), written);
    request(Method::Patch, secret_url(api_version, name.as_str()), body)
}

pub(crate) fn delete_secret(api_version: ApiVersion, at: &Located, key: &SecretKey) -> Request {
    match key {
        SecretKey::Path(name) => {
            let body = secret_body(api_version, at, None, &Written::default());
            request(Method::Delete, secret_url(api_version, name.as_str()), body)
        }
        SecretKey::Body(name) => {
            let url = Url::new(match api_version {
                V3 => "/api/v3/secrets/batch/raw",
                V4 => "/api/v4/secrets/batch",
            });
            let mut secrets = Array::new();
            secrets.json(&shared(Object::new().text("secretKey", name)).close());
            request(Method::Delete, url, in_place(api_version, at).json("secrets", &secrets.close()))
        }
    }
}

pub(crate) fn create_folder(api_version: ApiVersion, at: &Located, name: &Word) -> Request {
    request(Method::Post, Url::new(folders(api_version)), folder_body(api_version, at, Some(name)))
}

pub(crate) fn rename_folder(api_version: ApiVersion, at: &Located, id: &Word, name: &Word) -> Request {
    request(Method::Patch, folder_url(api_version, id), folder_body(api_version, at, Some(name)))
}

pub(crate) fn delete_folder(api_version: ApiVersion, at: &Located, id: &Word) -> Request {
    let body = folder_body(api_version, at, None);
    let body = match api_version {
        V3 => body,
        V4 => body.json("forceDelete", "true"),
    };
    request(Method::Delete, folder_url(api_version, id), body)
}

fn request(method: Method, url: Url, body: Object) -> Request {
    url.change(method, body.close())
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

fn secret_body(api_version: ApiVersion, at: &Located, new_name: Option<&str>, written: &Written<'_>) -> Object {
    let mut body = in_place(api_version, at)
        .optional("secretValue", written.value)
        .optional("newSecretName", new_name)
        .optional("secretComment", written.comment);
    if let Some(tags) = written.tags {
        let mut ids = Array::new();
        for tag in tags {
            ids.text(Some(tag.as_str()));
        }
        body = body.json("tagIds", &ids.close());
    }
    shared(body)
}

fn folder_body(api_version: ApiVersion, at: &Located, name: Option<&Word>) -> Object {
    in_project(api_version, at).optional("name", name.map(Word::as_str)).text("path", at.path.as_str())
}

fn in_place(api_version: ApiVersion, at: &Located) -> Object {
    in_project(api_version, at).text("secretPath", at.path.as_str())
}

fn in_project(api_version: ApiVersion, at: &Located) -> Object {
    let key = match api_version {
        V3 => "workspaceId",
        V4 => "projectId",
    };
    Object::new().text(key, at.project.as_str()).text("environment", at.environment.as_str())
}

/// Adds the type: a machine identity's secrets are all shared ones.
fn shared(object: Object) -> Object {
    object.text("type", "shared")
}

#[cfg(test)]
#[path = "change_requests_tests.rs"]
mod tests;
