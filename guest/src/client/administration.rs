//! Requests of administrative changes, byte for byte as in docs/routes.md.

use super::body::Body;
use super::requests::Url;
use crate::ports::{Method, Request};
use crate::types::ApiVersion::{self, V3, V4};

pub(crate) fn create_project(api_version: ApiVersion, name: &str, slug: &str) -> Request {
    let (route, r#type) = match api_version {
        V3 => ("/api/v2/workspace", None),
        V4 => ("/api/v1/projects", Some("secret-manager")),
    };
    let body = Body { project_name: Some(name), slug: Some(slug), r#type, ..Body::default() };
    Url::new(route).change(Method::Post, &body)
}

pub(crate) fn create_environment(api_version: ApiVersion, project: &str, name: &str, slug: &str) -> Request {
    let projects = match api_version {
        V3 => "/api/v1/workspace/",
        V4 => "/api/v1/projects/",
    };
    let body = Body { slug: Some(slug), name: Some(name), ..Body::default() };
    Url::new(projects).segment(project).literal("/environments").change(Method::Post, &body)
}

/// The role of people who are invited without a role.
pub(crate) const MEMBER: &str = "member";

pub(crate) fn invite_members(api_version: ApiVersion, project: &str, emails: &[String], roles: &[String]) -> Request {
    let (projects, role_slugs) = match api_version {
        V3 => ("/api/v2/workspace/", None),
        V4 if roles.is_empty() => ("/api/v1/projects/", Some(vec![MEMBER])),
        V4 => ("/api/v1/projects/", Some(roles.iter().map(String::as_str).collect())),
    };
    let body = Body { emails: Some(emails), role_slugs, ..Body::default() };
    Url::new(projects).segment(project).literal("/memberships").change(Method::Post, &body)
}
