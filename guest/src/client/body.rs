//! The bodies of changes, in the form of docs/routes.md.

use serde::Serialize;

/// The fields of all bodies, in the order in which a body has them. Absent fields are omitted.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    /// The project, for a current server.
    pub(super) project_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    /// The project, for an older server.
    pub(super) workspace_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) environment: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) secret_path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) secret_value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) new_secret_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) secret_comment: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tag_ids: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) secrets: Option<[Key<'a>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) project_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) slug: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) r#type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) force_delete: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) emails: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) role_slugs: Option<Vec<&'a str>>,
}

/// A secret of the batch route.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Key<'a> {
    pub(super) secret_key: &'a str,
    pub(super) r#type: &'a str,
}
