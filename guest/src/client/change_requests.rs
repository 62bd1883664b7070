//! The requests that change something, as docs/routes.md has them: byte for byte, fields in this order.

use super::json_writer::{Array, Object};
use super::requests::{Located, Url, secrets};
use crate::guard::grammar::Word;
use crate::guard::names::{NewName, SecretKey, WriteName};
use crate::ports::{Method, Request};
use crate::types::Generation::{self, V3, V4};

/// What is written into a secret. What is absent isn't in the request.
#[derive(Default)]
pub(crate) struct Written<'a> {
    pub(crate) value: Option<&'a str>,
    pub(crate) comment: Option<&'a str>,
    /// The tags' ids.
    pub(crate) tags: Option<&'a [Word]>,
}

pub(crate) fn create_secret(generation: Generation, at: &Located, name: &NewName, written: &Written<'_>) -> Request {
    request(Method::Post, secret_url(generation, name.as_str()), secret_body(generation, at, None, written))
}

pub(crate) fn update_secret(
    generation: Generation,
    at: &Located,
    name: &WriteName,
    new_name: Option<&NewName>,
    written: &Written<'_>,
) -> Request {
    let body = secret_body(generation, at, new_name.map(NewName::as_str), written);
    request(Method::Patch, secret_url(generation, name.as_str()), body)
}

pub(crate) fn delete_secret(generation: Generation, at: &Located, key: &SecretKey) -> Request {
    match key {
        SecretKey::Path(name) => {
            let body = secret_body(generation, at, None, &Written::default());
            request(Method::Delete, secret_url(generation, name.as_str()), body)
        }
        SecretKey::Body(name) => {
            let url = Url::new(match generation {
                V3 => "/api/v3/secrets/batch/raw",
                V4 => "/api/v4/secrets/batch",
            });
            let mut secrets = Array::new();
            secrets.json(&shared(Object::new().text("secretKey", name)).close());
            request(Method::Delete, url, in_place(generation, at).json("secrets", &secrets.close()))
        }
    }
}

pub(crate) fn create_folder(generation: Generation, at: &Located, name: &Word) -> Request {
    request(Method::Post, Url::new(folders(generation)), folder_body(generation, at, Some(name)))
}

pub(crate) fn rename_folder(generation: Generation, at: &Located, id: &Word, name: &Word) -> Request {
    request(Method::Patch, folder_url(generation, id), folder_body(generation, at, Some(name)))
}

pub(crate) fn delete_folder(generation: Generation, at: &Located, id: &Word) -> Request {
    let body = folder_body(generation, at, None);
    let body = match generation {
        V3 => body,
        V4 => body.json("forceDelete", "true"),
    };
    request(Method::Delete, folder_url(generation, id), body)
}

fn request(method: Method, url: Url, body: Object) -> Request {
    url.change(method, body.close())
}

fn folders(generation: Generation) -> &'static str {
    match generation {
        V3 => "/api/v1/folders",
        V4 => "/api/v2/folders",
    }
}

fn folder_url(generation: Generation, id: &Word) -> Url {
    Url::new(folders(generation)).literal("/").segment(id.as_str())
}

fn secret_url(generation: Generation, name: &str) -> Url {
    Url::new(secrets(generation)).literal("/").segment(name)
}

fn secret_body(generation: Generation, at: &Located, new_name: Option<&str>, written: &Written<'_>) -> Object {
    let mut body = in_place(generation, at)
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

fn folder_body(generation: Generation, at: &Located, name: Option<&Word>) -> Object {
    in_project(generation, at).optional("name", name.map(Word::as_str)).text("path", at.path.as_str())
}

fn in_place(generation: Generation, at: &Located) -> Object {
    in_project(generation, at).text("secretPath", at.path.as_str())
}

fn in_project(generation: Generation, at: &Located) -> Object {
    let key = match generation {
        V3 => "workspaceId",
        V4 => "projectId",
    };
    Object::new().text(key, at.project.as_str()).text("environment", at.environment.as_str())
}

/// Every secret of a machine identity is one.
fn shared(object: Object) -> Object {
    object.text("type", "shared")
}

#[cfg(test)]
#[path = "change_requests_tests.rs"]
mod tests;
