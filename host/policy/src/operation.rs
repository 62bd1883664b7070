//! What a request asks for, and its only spelling.

use crate::encoding::{encode, encode_into};
use crate::names::{Environment, EventType, Moment, OrganizationId, Project, SecretName, SecretPath, Tag};

/// Which API a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ApiVersion {
    /// `/api/v3/secrets/raw` with `workspaceId`, `/api/v1/folders`.
    V3,
    /// `/api/v4/secrets` with `projectId`, `/api/v2/folders`, `/api/v1/projects`.
    V4,
}

/// A folder in an environment of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The project's id.
    pub project: Project,
    /// The environment's slug.
    pub environment: Environment,
    /// The folder's path.
    pub path: SecretPath,
}

/// A read that a component may send to Infisical.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// The projects that the identity may see. An older server lists them by organization.
    ListProjects {
        /// Only for [`ApiVersion::V3`].
        organization: Option<OrganizationId>,
    },
    /// One project by its id.
    ProjectById {
        /// The id.
        project: Project,
    },
    /// One project by its slug.
    ProjectBySlug {
        /// The slug.
        slug: Project,
    },
    /// The folders in a folder.
    ListFolders {
        /// The folder.
        place: Place,
        /// Whether to include everything below it. Never for [`ApiVersion::V3`], which can't.
        recursive: bool,
    },
    /// The secrets in a folder, with values hidden.
    ListSecrets {
        /// The folder.
        place: Place,
        /// Whether to include all folders below it.
        recursive: bool,
        /// Only secrets with one of these tags. An empty list means all.
        tags: Vec<Tag>,
    },
    /// One secret, with its value hidden.
    GetSecret {
        /// The folder of the secret.
        place: Place,
        /// The name.
        name: SecretName,
        /// An older version, instead of the newest.
        version: Option<u32>,
    },
    /// One secret with its value.
    RevealSecret {
        /// The folder of the secret.
        place: Place,
        /// The name.
        name: SecretName,
    },
    /// The tags of a project, with the ids of their slugs.
    ListTags {
        /// The project's id.
        project: Project,
    },
    /// What a folder imports.
    ListImports {
        /// The folder.
        place: Place,
    },
    /// What the server itself recorded about a project.
    ListAuditLogs {
        /// The project's id.
        project: Project,
        /// The kinds of events. An empty list means all.
        events: Vec<EventType>,
        /// Only events from this time on.
        since: Moment,
        /// Only events before this time.
        until: Option<Moment>,
        /// How many of the newest events to skip.
        offset: u32,
        /// How many events to return: 1 to 200.
        limit: u32,
    },
}

impl Operation {
    /// The operation's name in logs and messages.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::ListProjects { .. } => "list projects",
            Self::ProjectById { .. } => "project by id",
            Self::ProjectBySlug { .. } => "project by slug",
            Self::ListFolders { .. } => "list folders",
            Self::ListSecrets { .. } => "list secrets",
            Self::GetSecret { .. } => "get secret",
            Self::RevealSecret { .. } => "reveal secret",
            Self::ListTags { .. } => "list tags",
            Self::ListImports { .. } => "list imports",
            Self::ListAuditLogs { .. } => "list audit logs",
        }
    }

    /// Whether Infisical's answer contains values: for a reveal, and for every request about
    /// secrets on an older server.
    #[must_use]
    pub fn is_answered_with_values(&self, api_version: ApiVersion) -> bool {
        match self {
            Self::RevealSecret { .. } => true,
            Self::ListSecrets { .. } | Self::GetSecret { .. } => api_version == ApiVersion::V3,
            Self::ListProjects { .. }
            | Self::ProjectById { .. }
            | Self::ProjectBySlug { .. }
            | Self::ListFolders { .. }
            | Self::ListTags { .. }
            | Self::ListImports { .. }
            | Self::ListAuditLogs { .. } => false,
        }
    }

    /// The request's path and query. Each operation has one in each API version.
    #[must_use]
    pub fn path_and_query(&self, api_version: ApiVersion) -> String {
        let v4 = api_version == ApiVersion::V4;
        match self {
            Self::ListProjects { organization: Some(organization) } => {
                format!("/api/v2/organizations/{}/workspaces", encode(organization.as_str()))
            }
            Self::ListProjects { organization: None } => "/api/v1/projects?type=secret-manager".to_owned(),
            Self::ProjectById { project } => {
                let collection = if v4 { "projects" } else { "workspace" };
                format!("/api/v1/{collection}/{}", encode(project.as_str()))
            }
            Self::ProjectBySlug { slug } => {
                let collection = if v4 { "v1/projects/slug" } else { "v2/workspace" };
                format!("/api/{collection}/{}", encode(slug.as_str()))
            }
            Self::ListFolders { place, recursive } => {
                let mut out = String::from(if v4 { "/api/v2/folders" } else { "/api/v1/folders" });
                write_place(&mut out, api_version, place, "path");
                if v4 {
                    write_flag(&mut out, "recursive", *recursive);
                }
                out
            }
            Self::ListSecrets { place, recursive, tags } => {
                let mut out = String::from(secrets(api_version));
                write_place(&mut out, api_version, place, "secretPath");
                write_flag(&mut out, "viewSecretValue", false);
                write_flag(&mut out, "expandSecretReferences", false);
                write_flag(&mut out, "recursive", *recursive);
                write_flag(&mut out, imports(api_version), false);
                if !tags.is_empty() {
                    let tags: Vec<_> = tags.iter().map(Tag::as_str).collect();
                    write_parameter(&mut out, '&', "tagSlugs", &tags.join(","));
                }
                out
            }
            Self::GetSecret { place, name, version } => {
                let mut out = one_secret(api_version, place, name, false);
                if let Some(version) = version {
                    write_parameter(&mut out, '&', "version", &version.to_string());
                }
                out
            }
            Self::RevealSecret { place, name } => one_secret(api_version, place, name, true),
            Self::ListTags { project } => {
                let collection = if v4 { "projects" } else { "workspace" };
                format!("/api/v1/{collection}/{}/tags", encode(project.as_str()))
            }
            Self::ListImports { place } => {
                let mut out = String::from(if v4 { "/api/v2/secret-imports" } else { "/api/v1/secret-imports" });
                write_place(&mut out, api_version, place, "path");
                out
            }
            Self::ListAuditLogs { project, events, since, until, offset, limit } => {
                let mut out = String::from("/api/v1/organization/audit-logs");
                write_parameter(&mut out, '?', "projectId", project.as_str());
                if !events.is_empty() {
                    let events: Vec<&str> = events.iter().map(EventType::as_str).collect();
                    write_parameter(&mut out, '&', "eventType", &events.join(","));
                }
                write_parameter(&mut out, '&', "startDate", since.as_str());
                if let Some(until) = until {
                    write_parameter(&mut out, '&', "endDate", until.as_str());
                }
                write_parameter(&mut out, '&', "offset", &offset.to_string());
                write_parameter(&mut out, '&', "limit", &limit.to_string());
                out
            }
        }
    }
}

/// The host's own request for all folders of all environments of a project. Only a current server
/// has this route, and no component may send it.
#[must_use]
pub fn folder_tree_path(project: &Project) -> String {
    format!("/api/v1/projects/{}/environment-folder-tree", encode(project.as_str()))
}

/// The host's own request for all secrets of a folder and below, with values, to find references in
/// them. Only a current server gets it, and no component may send it.
#[must_use]
pub fn values_path(place: &Place) -> String {
    let mut out = String::from(secrets(ApiVersion::V4));
    write_place(&mut out, ApiVersion::V4, place, "secretPath");
    write_flag(&mut out, "viewSecretValue", true);
    write_flag(&mut out, "expandSecretReferences", false);
    write_flag(&mut out, "recursive", true);
    write_flag(&mut out, "includeImports", false);
    out
}

pub(crate) fn secrets(api_version: ApiVersion) -> &'static str {
    match api_version {
        ApiVersion::V3 => "/api/v3/secrets/raw",
        ApiVersion::V4 => "/api/v4/secrets",
    }
}

/// The parameter that excludes imports. Each API version has its own name for it and ignores the
/// other.
pub(crate) fn imports(api_version: ApiVersion) -> &'static str {
    match api_version {
        ApiVersion::V3 => "include_imports",
        ApiVersion::V4 => "includeImports",
    }
}

fn one_secret(api_version: ApiVersion, place: &Place, name: &SecretName, reveal: bool) -> String {
    let mut out = String::from(secrets(api_version));
    out.push('/');
    encode_into(&mut out, name.as_str());
    write_place(&mut out, api_version, place, "secretPath");
    write_flag(&mut out, "viewSecretValue", reveal);
    write_flag(&mut out, "expandSecretReferences", false);
    write_flag(&mut out, imports(api_version), false);
    out
}

pub(crate) fn project_key(api_version: ApiVersion) -> &'static str {
    match api_version {
        ApiVersion::V3 => "workspaceId",
        ApiVersion::V4 => "projectId",
    }
}

fn write_place(out: &mut String, api_version: ApiVersion, place: &Place, path_key: &str) {
    write_parameter(out, '?', project_key(api_version), place.project.as_str());
    write_parameter(out, '&', "environment", place.environment.as_str());
    write_parameter(out, '&', path_key, place.path.as_str());
}

fn write_flag(out: &mut String, key: &str, flag: bool) {
    write_parameter(out, '&', key, if flag { "true" } else { "false" });
}

fn write_parameter(out: &mut String, separator: char, key: &str, value: &str) {
    out.push(separator);
    out.push_str(key);
    out.push('=');
    encode_into(out, value);
}
