//! Requests of administrative changes, byte for byte as in docs/routes.md.

use super::json_writer::{Array, Object};
use super::requests::Url;
use crate::ports::{Method, Request};
use crate::types::ApiVersion::{self, V3, V4};

pub(crate) fn create_project(api_version: ApiVersion, name: &str, slug: &str) -> Request {
    let body = Object::new().text("projectName", name).text("slug", slug);
    match api_version {
        V3 => Url::new("/api/v2/workspace").change(Method::Post, body.close()),
        V4 => Url::new("/api/v1/projects").change(Method::Post, body.text("type", "secret-manager").close()),
    }
}

pub(crate) fn create_environment(api_version: ApiVersion, project: &str, name: &str, slug: &str) -> Request {
    let projects = match api_version {
        V3 => "/api/v1/workspace/",
        V4 => "/api/v1/projects/",
    };
    let body = Object::new().text("slug", slug).text("name", name);
    Url::new(projects).segment(project).literal("/environments").change(Method::Post, body.close())
}

/// The role of people who are invited without a role.
pub(crate) const MEMBER: &str = "member";

pub(crate) fn invite_members(api_version: ApiVersion, project: &str, emails: &[String], roles: &[String]) -> Request {
    let list = |texts: &[String]| {
        let mut list = Array::new();
        for text in texts {
            list.text(Some(text));
        }
        list
    };
    let body = Object::new().json("emails", &list(emails).close());
    let (projects, body) = match api_version {
        V3 => ("/api/v2/workspace/", body),
        V4 => {
            let mut slugs = list(roles);
            if roles.is_empty() {
                slugs.text(Some(MEMBER));
            }
            ("/api/v1/projects/", body.json("roleSlugs", &slugs.close()))
        }
    };
    Url::new(projects).segment(project).literal("/memberships").change(Method::Post, body.close())
}
