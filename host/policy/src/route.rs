//! Reads a request as an [`Operation`].
//!
//! The reader is strict. It writes the operation again and compares the result with the request. A
//! request that isn't, byte for byte, the only spelling of its operation doesn't leave. So double
//! encodings, extra parameters, dot segments and fragments need no rules: they never pass the
//! comparison.

use crate::encoding::decode;
use crate::names::{Environment, EventType, Moment, OrganizationId, Project, SecretName, SecretPath, Tag};
use crate::operation::{ApiVersion, Operation, Place, imports, project_key};
use std::fmt;

/// The longest path and query that is read, in bytes. [`Operation::path_and_query`] writes at most
/// about 6,000.
pub const MAX_PATH_AND_QUERY: usize = 8 * 1024;

/// Why a request may not leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RouteRefusal {
    /// The table doesn't have this method.
    Method,
    /// The request is longer than [`MAX_PATH_AND_QUERY`].
    TooLong,
    /// The table doesn't have this path.
    UnknownRoute,
    /// A parameter is missing, in the wrong place, or has an invalid value.
    Parameter(&'static str),
    /// The request has more parameters than the route.
    ExtraParameter,
    /// The request is in the table, but has another spelling.
    NotCanonical,
}

impl fmt::Display for RouteRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Method => f.write_str("the method isn't one that may leave"),
            Self::TooLong => f.write_str("the path and query are too long"),
            Self::UnknownRoute => f.write_str("the path isn't one that may leave"),
            Self::Parameter(name) => write!(f, "the parameter {name} is missing, misplaced or malformed"),
            Self::ExtraParameter => f.write_str("it has a parameter that the route doesn't take"),
            Self::NotCanonical => f.write_str("it isn't in the only spelling that may leave"),
        }
    }
}

impl std::error::Error for RouteRefusal {}

/// Reads a request's method, path and query.
///
/// # Errors
/// [`RouteRefusal`] if the request isn't in the table (docs/routes.md), or is spelled otherwise.
pub fn read(api_version: ApiVersion, method: &str, path_and_query: &str) -> Result<Operation, RouteRefusal> {
    if method != "GET" {
        return Err(RouteRefusal::Method);
    }
    if path_and_query.len() > MAX_PATH_AND_QUERY {
        return Err(RouteRefusal::TooLong);
    }
    let (path, query) = match path_and_query.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (path_and_query, None),
    };
    let path = path.strip_prefix("/api/").ok_or(RouteRefusal::UnknownRoute)?;
    let segments: Vec<&str> = path.split('/').collect();
    let mut query = Query { rest: query };
    let operation = match api_version {
        ApiVersion::V3 => read_v3(&segments, &mut query)?,
        ApiVersion::V4 => read_v4(&segments, &mut query)?,
    };
    query.end()?;
    if operation.path_and_query(api_version) == path_and_query {
        Ok(operation)
    } else {
        Err(RouteRefusal::NotCanonical)
    }
}

fn read_v4(segments: &[&str], query: &mut Query<'_>) -> Result<Operation, RouteRefusal> {
    Ok(match *segments {
        ["v1", "projects"] => {
            query.fixed("type", "secret-manager")?;
            Operation::ListProjects { organization: None }
        }
        ["v1", "projects", id] => Operation::ProjectById { project: in_path(id, Project::new)? },
        // This stands before the tags of a project. Infisical, too, reads this path as a project
        // with the slug `tags`.
        ["v1", "projects", "slug", slug] => Operation::ProjectBySlug { slug: in_path(slug, Project::new)? },
        ["v1", "projects", id, "tags"] => Operation::ListTags { project: in_path(id, Project::new)? },
        ["v2", "folders"] => {
            Operation::ListFolders { place: query.place("projectId", "path")?, recursive: query.flag("recursive")? }
        }
        ["v2", "secret-imports"] => Operation::ListImports { place: query.place("projectId", "path")? },
        ["v1", "organization", "audit-logs"] => list_audit_logs(query)?,
        ["v4", "secrets"] => list_secrets(query, ApiVersion::V4)?,
        ["v4", "secrets", name] => get_secret(query, ApiVersion::V4, name)?,
        _ => return Err(RouteRefusal::UnknownRoute),
    })
}

fn read_v3(segments: &[&str], query: &mut Query<'_>) -> Result<Operation, RouteRefusal> {
    Ok(match *segments {
        ["v2", "organizations", organization, "workspaces"] => {
            Operation::ListProjects { organization: Some(in_path(organization, OrganizationId::new)?) }
        }
        ["v1", "workspace", id] => Operation::ProjectById { project: in_path(id, Project::new)? },
        ["v1", "workspace", id, "tags"] => Operation::ListTags { project: in_path(id, Project::new)? },
        ["v2", "workspace", slug] => Operation::ProjectBySlug { slug: in_path(slug, Project::new)? },
        ["v1", "folders"] => Operation::ListFolders { place: query.place("workspaceId", "path")?, recursive: false },
        ["v1", "secret-imports"] => Operation::ListImports { place: query.place("workspaceId", "path")? },
        ["v1", "organization", "audit-logs"] => list_audit_logs(query)?,
        ["v3", "secrets", "raw"] => list_secrets(query, ApiVersion::V3)?,
        ["v3", "secrets", "raw", name] => get_secret(query, ApiVersion::V3, name)?,
        _ => return Err(RouteRefusal::UnknownRoute),
    })
}

fn list_secrets(query: &mut Query<'_>, api_version: ApiVersion) -> Result<Operation, RouteRefusal> {
    let place = query.place(project_key(api_version), "secretPath")?;
    query.fixed("viewSecretValue", "false")?;
    query.fixed("expandSecretReferences", "false")?;
    let recursive = query.flag("recursive")?;
    query.fixed(imports(api_version), "false")?;
    let tags = match query.optional("tagSlugs")? {
        None => Vec::new(),
        Some(tags) => tags
            .split(',')
            .map(Tag::new)
            .collect::<Result<Vec<_>, _>>()
            .ok()
            .filter(|tags| tags.len() <= 20)
            .ok_or(RouteRefusal::Parameter("tagSlugs"))?,
    };
    Ok(Operation::ListSecrets { place, recursive, tags })
}

fn list_audit_logs(query: &mut Query<'_>) -> Result<Operation, RouteRefusal> {
    const MAX_EVENTS: usize = 20;
    const MAX_OFFSET: u32 = 1_000_000;
    const MAX_LIMIT: u32 = 200;
    let project = query.name("projectId", Project::new)?;
    let events = match query.optional("eventType")? {
        None => Vec::new(),
        Some(events) => events
            .split(',')
            .map(EventType::new)
            .collect::<Result<Vec<_>, _>>()
            .ok()
            .filter(|events| events.len() <= MAX_EVENTS)
            .ok_or(RouteRefusal::Parameter("eventType"))?,
    };
    let since = query.name("startDate", Moment::new)?;
    let until = match query.optional("endDate")? {
        None => None,
        Some(until) => Some(Moment::new(until).map_err(|_| RouteRefusal::Parameter("endDate"))?),
    };
    let offset = query.number("offset", 0..=MAX_OFFSET)?;
    let limit = query.number("limit", 1..=MAX_LIMIT)?;
    Ok(Operation::ListAuditLogs { project, events, since, until, offset, limit })
}

fn get_secret(query: &mut Query<'_>, api_version: ApiVersion, name: &str) -> Result<Operation, RouteRefusal> {
    let name = in_path(name, SecretName::new)?;
    let place = query.place(project_key(api_version), "secretPath")?;
    let reveal = query.flag("viewSecretValue")?;
    query.fixed("expandSecretReferences", "false")?;
    query.fixed(imports(api_version), "false")?;
    if reveal {
        return Ok(Operation::RevealSecret { place, name });
    }
    let version = match query.optional("version")? {
        None => None,
        Some(version) => {
            Some(version.parse().ok().filter(|version| *version > 0).ok_or(RouteRefusal::Parameter("version"))?)
        }
    };
    Ok(Operation::GetSecret { place, name, version })
}

fn in_path<T, E>(segment: &str, new: impl Fn(String) -> Result<T, E>) -> Result<T, RouteRefusal> {
    decode(segment).and_then(|text| new(text).ok()).ok_or(RouteRefusal::UnknownRoute)
}

/// The rest of a query. Parameters are taken off in the order of the table.
struct Query<'a> {
    rest: Option<&'a str>,
}

impl Query<'_> {
    /// Returns the value of the next parameter, if that is `key`.
    fn optional(&mut self, key: &'static str) -> Result<Option<String>, RouteRefusal> {
        let Some(rest) = self.rest else { return Ok(None) };
        let (parameter, after) = match rest.split_once('&') {
            Some((parameter, after)) => (parameter, Some(after)),
            None => (rest, None),
        };
        let Some(value) = parameter.strip_prefix(key).and_then(|p| p.strip_prefix('=')) else {
            return Ok(None);
        };
        self.rest = after;
        decode(value).map(Some).ok_or(RouteRefusal::Parameter(key))
    }

    fn required(&mut self, key: &'static str) -> Result<String, RouteRefusal> {
        self.optional(key)?.ok_or(RouteRefusal::Parameter(key))
    }

    fn fixed(&mut self, key: &'static str, value: &str) -> Result<(), RouteRefusal> {
        if self.required(key)? == value { Ok(()) } else { Err(RouteRefusal::Parameter(key)) }
    }

    fn flag(&mut self, key: &'static str) -> Result<bool, RouteRefusal> {
        match self.required(key)?.as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(RouteRefusal::Parameter(key)),
        }
    }

    fn name<T, E>(&mut self, key: &'static str, new: impl Fn(String) -> Result<T, E>) -> Result<T, RouteRefusal> {
        new(self.required(key)?).map_err(|_| RouteRefusal::Parameter(key))
    }

    fn number(&mut self, key: &'static str, range: std::ops::RangeInclusive<u32>) -> Result<u32, RouteRefusal> {
        let number = self.required(key)?.parse().ok().filter(|number| range.contains(number));
        number.ok_or(RouteRefusal::Parameter(key))
    }

    fn place(&mut self, project_key: &'static str, path_key: &'static str) -> Result<Place, RouteRefusal> {
        Ok(Place {
            project: self.name(project_key, Project::new)?,
            environment: self.name("environment", Environment::new)?,
            path: self.name(path_key, SecretPath::new)?,
        })
    }

    fn end(&self) -> Result<(), RouteRefusal> {
        if self.rest.is_none() { Ok(()) } else { Err(RouteRefusal::ExtraParameter) }
    }
}
