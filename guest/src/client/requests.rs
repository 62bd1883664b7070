//! The requests, byte for byte as in docs/routes.md: parameters in this order, each exactly once.

use super::body::Body;
use crate::encoding::encode_into;
use crate::guard::audit_logs::Wanted;
use crate::guard::grammar::{FolderPath, PathName, Word};
use crate::json;
use crate::ports::{Method, Request};
use crate::types::ApiVersion::{self, V3, V4};
use std::num::NonZeroU32;

/// A place whose project id is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Located {
    pub(crate) project: Word,
    pub(crate) environment: Word,
    pub(crate) path: FolderPath,
}

/// Whether one secret is requested with its value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum View {
    /// Without its value: the newest version, or this one.
    Hidden(Option<NonZeroU32>),
    /// With its value: the newest version.
    Plain,
}

pub(crate) fn list_projects() -> Request {
    Url::new("/api/v1/projects").param("type", "secret-manager").get()
}

pub(crate) fn list_projects_of(organization: &Word) -> Request {
    Url::new("/api/v2/organizations/").segment(organization.as_str()).literal("/workspaces").get()
}

pub(crate) fn project_by_id(api_version: ApiVersion, id: &Word) -> Request {
    let route = match api_version {
        V3 => "/api/v1/workspace/",
        V4 => "/api/v1/projects/",
    };
    Url::new(route).segment(id.as_str()).get()
}

pub(crate) fn project_by_slug(api_version: ApiVersion, slug: &Word) -> Request {
    let route = match api_version {
        V3 => "/api/v2/workspace/",
        V4 => "/api/v1/projects/slug/",
    };
    Url::new(route).segment(slug.as_str()).get()
}

/// `recursive` is only sent to a current server, because older ones don't know it.
pub(crate) fn list_folders(api_version: ApiVersion, at: &Located, recursive: bool) -> Request {
    let url = match api_version {
        V3 => Url::new("/api/v1/folders"),
        V4 => Url::new("/api/v2/folders"),
    };
    let url = url.place(api_version, at, "path");
    match api_version {
        V3 => url.get(),
        V4 => url.flag("recursive", recursive).get(),
    }
}

pub(crate) fn list_secrets(api_version: ApiVersion, at: &Located, recursive: bool, tags: &[Word]) -> Request {
    let url = Url::new(secrets(api_version))
        .place(api_version, at, "secretPath")
        .flag("viewSecretValue", false)
        .flag("expandSecretReferences", false)
        .flag("recursive", recursive)
        .flag(imports(api_version), false);
    if tags.is_empty() {
        return url.get();
    }
    let tags: Vec<&str> = tags.iter().map(Word::as_str).collect();
    url.param("tagSlugs", &tags.join(",")).get()
}

pub(crate) fn get_secret(api_version: ApiVersion, at: &Located, name: &PathName, view: View) -> Request {
    let url = Url::new(secrets(api_version))
        .literal("/")
        .segment(name.as_str())
        .place(api_version, at, "secretPath")
        .flag("viewSecretValue", matches!(view, View::Plain))
        .flag("expandSecretReferences", false)
        .flag(imports(api_version), false);
    match view {
        View::Hidden(Some(version)) => url.param("version", &version.to_string()).get(),
        View::Hidden(None) | View::Plain => url.get(),
    }
}

pub(crate) fn list_imports(api_version: ApiVersion, at: &Located) -> Request {
    let url = match api_version {
        V3 => Url::new("/api/v1/secret-imports"),
        V4 => Url::new("/api/v2/secret-imports"),
    };
    url.place(api_version, at, "path").get()
}

/// Both API versions use this request.
pub(crate) fn list_audit_logs(project: &Word, wanted: &Wanted<'_>) -> Request {
    let mut url = Url::new("/api/v1/organization/audit-logs").param("projectId", project.as_str());
    if !wanted.events.is_empty() {
        let events: Vec<&str> = wanted.events.iter().map(Word::as_str).collect();
        url = url.param("eventType", &events.join(","));
    }
    url = url.param("startDate", wanted.since);
    if let Some(until) = wanted.until {
        url = url.param("endDate", until);
    }
    url.param("offset", &wanted.offset.to_string()).param("limit", &wanted.limit.to_string()).get()
}

pub(crate) fn list_tags(api_version: ApiVersion, project: &Word) -> Request {
    let route = match api_version {
        V3 => "/api/v1/workspace/",
        V4 => "/api/v1/projects/",
    };
    Url::new(route).segment(project.as_str()).literal("/tags").get()
}

/// The parameter that excludes imports. A current server includes them by default, and each API
/// version has another name for the parameter.
fn imports(api_version: ApiVersion) -> &'static str {
    match api_version {
        V3 => "include_imports",
        V4 => "includeImports",
    }
}

pub(super) fn secrets(api_version: ApiVersion) -> &'static str {
    match api_version {
        V3 => "/api/v3/secrets/raw",
        V4 => "/api/v4/secrets",
    }
}

/// A path with a query that is being written.
pub(super) struct Url {
    text: String,
    has_query: bool,
}

impl Url {
    pub(super) fn new(route: &str) -> Self {
        Self { text: route.to_owned(), has_query: false }
    }

    pub(super) fn literal(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    pub(super) fn segment(mut self, text: &str) -> Self {
        encode_into(&mut self.text, text);
        self
    }

    fn param(mut self, key: &str, value: &str) -> Self {
        self.text.push(if self.has_query { '&' } else { '?' });
        self.has_query = true;
        self.literal(key).literal("=").segment(value)
    }

    fn flag(self, key: &str, value: bool) -> Self {
        self.param(key, if value { "true" } else { "false" })
    }

    fn place(self, api_version: ApiVersion, at: &Located, path_key: &str) -> Self {
        let project_key = match api_version {
            V3 => "workspaceId",
            V4 => "projectId",
        };
        self.param(project_key, at.project.as_str())
            .param("environment", at.environment.as_str())
            .param(path_key, at.path.as_str())
    }

    pub(super) fn change(self, method: Method, body: &Body<'_>) -> Request {
        Request { method, path_with_query: self.text, body: Some(json::write(body)) }
    }

    fn get(self) -> Request {
        Request { method: Method::Get, path_with_query: self.text, body: None }
    }
}

#[cfg(test)]
#[path = "requests_tests.rs"]
mod tests;
