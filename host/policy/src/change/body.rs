//! Writes the body of a change in its only spelling.

use super::{MAX_BODY, ParsedChange, value::SecretValue};
use crate::operation::{ApiVersion, Place};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// All fields of all bodies, in the order in which they are written. A repeated or unknown field is
/// an error.
#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Body {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) project_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) workspace_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) environment: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) secret_path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) secret_value: Option<Zeroizing<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) new_secret_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) secret_comment: Option<Zeroizing<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tag_ids: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) secrets: Option<Vec<Key>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) project_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) slug: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) r#type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) force_delete: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) emails: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) role_slugs: Option<Vec<String>>,
}

/// A secret to delete, by its exact name.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Key {
    pub(super) secret_key: String,
    pub(super) r#type: String,
}

/// Every secret of a machine identity has this type.
pub(super) const SHARED: &str = "shared";

/// The kind of project that holds secrets. A current server has other kinds, too.
pub(super) const SECRET_MANAGER: &str = "secret-manager";

pub(super) fn write(change: &ParsedChange, api_version: ApiVersion) -> Zeroizing<String> {
    let body = body(change, api_version);
    // Write into a buffer that never moves. A buffer that grows would leave the value behind in its
    // old memory.
    let longest = |text: &Option<Zeroizing<String>>| text.as_ref().map_or(0, |text| text.len() * 6);
    let room = longest(&body.secret_value) + longest(&body.secret_comment);
    let mut out = Zeroizing::new(Vec::with_capacity((room + 16 * 1024).min(MAX_BODY * 6)));
    // Neither the types nor a vector can fail. If they did, no change has an empty body.
    if serde_json::to_writer(&mut *out, &body).is_err() {
        out.clear();
    }
    Zeroizing::new(String::from_utf8(std::mem::take(&mut *out)).unwrap_or_default())
}

fn body(change: &ParsedChange, api_version: ApiVersion) -> Body {
    let in_place = |place: &Place| Body {
        secret_path: Some(place.path.as_str().to_owned()),
        r#type: Some(SHARED.to_owned()),
        ..located(place, api_version)
    };
    let in_folder = |place: &Place| Body { path: Some(place.path.as_str().to_owned()), ..located(place, api_version) };
    let text = |text: &str| Some(text.to_owned());
    let value = |value: &SecretValue| Zeroizing::new(value.expose().to_owned());
    match change {
        ParsedChange::CreateSecret { place, name: _, value: new, comment, tags } => Body {
            secret_value: Some(value(new)),
            secret_comment: comment.as_ref().map(|comment| Zeroizing::new(comment.expose().to_owned())),
            tag_ids: tags.as_ref().map(|tags| tags.iter().map(|tag| tag.as_str().to_owned()).collect()),
            ..in_place(place)
        },
        ParsedChange::UpdateSecret { place, name: _, value: new, new_name, comment, tags } => Body {
            secret_value: new.as_ref().map(value),
            new_secret_name: new_name.as_ref().and_then(|name| text(name.as_str())),
            secret_comment: comment.as_ref().map(|comment| Zeroizing::new(comment.expose().to_owned())),
            tag_ids: tags.as_ref().map(|tags| tags.iter().map(|tag| tag.as_str().to_owned()).collect()),
            ..in_place(place)
        },
        ParsedChange::DeleteSecret { place, .. } => in_place(place),
        ParsedChange::DeleteSecretByKey { place, key } => Body {
            secrets: Some(vec![Key { secret_key: key.as_str().to_owned(), r#type: SHARED.to_owned() }]),
            r#type: None,
            ..in_place(place)
        },
        ParsedChange::CreateFolder { place, name } | ParsedChange::RenameFolder { place, name, .. } => {
            Body { name: text(name.as_str()), ..in_folder(place) }
        }
        ParsedChange::DeleteFolder { place, .. } => {
            Body { force_delete: (api_version == ApiVersion::V4).then_some(true), ..in_folder(place) }
        }
        ParsedChange::CreateProject { name, slug } => Body {
            project_name: text(name.as_str()),
            slug: text(slug.as_str()),
            r#type: (api_version == ApiVersion::V4).then(|| SECRET_MANAGER.to_owned()),
            ..Body::default()
        },
        ParsedChange::CreateEnvironment { project: _, name, slug } => {
            Body { slug: text(slug.as_str()), name: text(name.as_str()), ..Body::default() }
        }
        ParsedChange::InviteMembers { project: _, emails, roles } => Body {
            emails: Some(emails.iter().map(|email| email.as_str().to_owned()).collect()),
            role_slugs: (api_version == ApiVersion::V4)
                .then(|| roles.iter().map(|role| role.as_str().to_owned()).collect()),
            ..Body::default()
        },
    }
}

fn located(place: &Place, api_version: ApiVersion) -> Body {
    let project = Some(place.project.as_str().to_owned());
    let environment = Some(place.environment.as_str().to_owned());
    match api_version {
        ApiVersion::V3 => Body { workspace_id: project, environment, ..Body::default() },
        ApiVersion::V4 => Body { project_id: project, environment, ..Body::default() },
    }
}
