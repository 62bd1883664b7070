//! Secrets, hidden and revealed, in both API versions.

use super::fields::{EmptiedList, Object, PlainText, Presence, Text};
use super::{AnswerRefusal, MAX_DEPTH, depth, write};
use crate::names::{Environment, Project, SecretName, SecretPath};
use crate::operation::{Operation, Place};
use crate::scope::Scopes;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// A secret as the component may see it. It has no field for the value: see [`Revealed`].
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Secret<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    secret_key: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret_path: Option<Text<'a>>,
    environment: Text<'a>,
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    r#type: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created_at: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    updated_at: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tags: Option<Vec<Object<Tag<'a>>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actor: Option<Object<Actor<'a>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret_value_hidden: Option<bool>,
    #[serde(default, skip_serializing_if = "Presence::is_absent")]
    secret_comment: Presence,
    #[serde(default, skip_serializing_if = "Presence::is_absent")]
    secret_reminder_note: Presence,
    // Older servers name it `metadata`.
    #[serde(default, skip_serializing_if = "Presence::is_absent")]
    secret_metadata: Presence,
    #[serde(default, skip_serializing)]
    metadata: Presence,
    /// The project's id.
    #[serde(default, skip_serializing)]
    workspace: PlainText<'a>,
    #[serde(default, skip_serializing)]
    project_id: PlainText<'a>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Tag<'a> {
    #[serde(borrow)]
    slug: Text<'a>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Actor<'a> {
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    actor_type: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actor_id: Option<Text<'a>>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Listing<'a> {
    #[serde(borrow)]
    secrets: Vec<Object<Secret<'a>>>,
    /// On an older server, only the presence of the key matters (docs/routes.md). Its content never
    /// gets in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    imports: Option<EmptiedList>,
}

#[derive(Debug, Deserialize, Serialize)]
struct One<'a> {
    #[serde(borrow)]
    secret: Object<Secret<'a>>,
}

/// The additional fields that only a reveal copies. The value is borrowed, or owned and cleared.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Value {
    #[serde(default)]
    secret_value: Option<Zeroizing<String>>,
}

#[derive(Deserialize)]
struct OneValue {
    secret: Value,
}

#[derive(Serialize)]
struct Revealed<'a> {
    secret: RevealedSecret<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RevealedSecret<'a> {
    #[serde(flatten)]
    secret: Secret<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_value: Option<&'a str>,
}

impl Secret<'_> {
    /// Checks that the secret is a shared one of this project and environment, if the answer says
    /// so. A personal secret is one user's override, and nobody else sees it under that name.
    fn check(&self, project: &Project, environment: &Environment) -> Result<(), AnswerRefusal> {
        let is_of_project = |id: &PlainText<'_>| id.0.as_ref().is_none_or(|id| *id == project.as_str());
        if !is_of_project(&self.workspace) || !is_of_project(&self.project_id) {
            return Err(AnswerRefusal::OtherProject);
        }
        if *self.environment.0 != *environment.as_str() {
            return Err(AnswerRefusal::Elsewhere);
        }
        match &self.r#type {
            Some(kind) if kind.0 != "shared" => Err(AnswerRefusal::Personal),
            _ => Ok(()),
        }
    }

    /// Servers that don't give the path give the environment.
    fn is_at(&self, place: &Place) -> bool {
        *self.environment.0 == *place.environment.as_str()
            && self.secret_path.as_ref().is_none_or(|path| *path.0 == *place.path.as_str())
    }

    fn merge_metadata(&mut self) {
        self.secret_metadata.0 |= self.metadata.0;
    }
}

/// Only secrets of this place, or of folders below it in a recursive listing.
pub(super) fn list(place: &Place, body: &[u8]) -> Result<Zeroizing<Vec<u8>>, AnswerRefusal> {
    let Object(mut listing) =
        serde_json::from_slice::<Object<Listing<'_>>>(body).map_err(|_| AnswerRefusal::Malformed)?;
    for Object(secret) in &mut listing.secrets {
        secret.check(&place.project, &place.environment)?;
        secret.merge_metadata();
    }
    write(&listing)
}

/// For the host: whether a listing contains a secret with this name. `None` if it isn't a listing.
/// Only names are read.
#[must_use]
pub fn has(body: &[u8], name: &str) -> Option<bool> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Named<'a> {
        #[serde(borrow)]
        secret_key: Text<'a>,
    }
    #[derive(Deserialize)]
    struct Names<'a> {
        #[serde(borrow)]
        secrets: Vec<Object<Named<'a>>>,
    }
    if depth::exceeds(body, MAX_DEPTH) {
        return None;
    }
    let Object(Names { secrets }) = serde_json::from_slice(body).ok()?;
    Some(secrets.iter().any(|Object(secret)| secret.secret_key.0 == name))
}

/// A secret as an answer names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSecret {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The version.
    pub version: u32,
}

/// Reads the secrets in a listing that [`super::rewrite`] wrote.
#[must_use]
pub fn listed(written: &[u8]) -> Vec<ListedSecret> {
    let listing: Option<Listing<'_>> = serde_json::from_slice(written).ok();
    let secrets = listing.map(|listing| listing.secrets).unwrap_or_default();
    secrets.into_iter().map(|Object(secret)| secret.into()).collect()
}

/// A secret as an answer about it alone names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneSecret {
    /// The id, the name, and the version.
    pub secret: ListedSecret,
    /// When it last changed, RFC 3339, if the server says so. A rollback on an older server can
    /// bring another value back under the same version.
    pub updated_at: Option<String>,
}

/// Reads the secret in an answer about one secret that [`super::rewrite`] wrote.
#[must_use]
pub fn one(written: &[u8]) -> Option<OneSecret> {
    let One { secret: Object(secret) } = serde_json::from_slice(written).ok()?;
    let updated_at = secret.updated_at.as_ref().map(|at| at.0.as_ref().to_owned());
    Some(OneSecret { secret: secret.into(), updated_at })
}

impl From<Secret<'_>> for ListedSecret {
    fn from(secret: Secret<'_>) -> Self {
        Self { id: secret.id.0.into_owned(), name: secret.secret_key.0.into_owned(), version: secret.version }
    }
}

/// Writes the answer to a change in this place.
pub(super) fn hidden(place: &Place, body: &[u8]) -> Result<Zeroizing<Vec<u8>>, AnswerRefusal> {
    let Object(mut one) = serde_json::from_slice::<Object<One<'_>>>(body).map_err(|_| AnswerRefusal::Malformed)?;
    one.secret.0.check(&place.project, &place.environment)?;
    one.secret.0.merge_metadata();
    write(&one)
}

/// Writes the secret if it is in this place. If the name is imported, a server can answer with
/// another place's secret.
pub(super) fn hidden_at(place: &Place, body: &[u8]) -> Result<Zeroizing<Vec<u8>>, AnswerRefusal> {
    let Object(mut one) = serde_json::from_slice::<Object<One<'_>>>(body).map_err(|_| AnswerRefusal::Malformed)?;
    one.secret.0.check(&place.project, &place.environment)?;
    if !one.secret.0.is_at(place) {
        return Err(AnswerRefusal::Elsewhere);
    }
    one.secret.0.merge_metadata();
    write(&one)
}

/// Returns the environment and path of the secret that answers this operation, if they are in
/// scope.
#[must_use]
pub fn imported_from(operation: &Operation, scopes: &Scopes, body: &[u8]) -> Option<(Environment, SecretPath)> {
    let (Operation::GetSecret { place, .. } | Operation::RevealSecret { place, .. }) = operation else { return None };
    if super::depth::exceeds(body, super::MAX_DEPTH) {
        return None;
    }
    let Object(One { secret: Object(secret) }) = serde_json::from_slice(body).ok()?;
    let from = Place {
        project: place.project.clone(),
        environment: Environment::new(secret.environment.0.as_ref()).ok()?,
        path: SecretPath::new(secret.secret_path.as_ref()?.0.as_ref()).ok()?,
    };
    scopes.check_place(&from).ok().map(|()| (from.environment, from.path))
}

/// The value gets in only if the secret has the exact place and name of the request.
pub(super) fn revealed(place: &Place, name: &SecretName, body: &[u8]) -> Result<Zeroizing<Vec<u8>>, AnswerRefusal> {
    let malformed = |_| AnswerRefusal::Malformed;
    let Object(One { secret: Object(mut secret) }) = serde_json::from_slice(body).map_err(malformed)?;
    secret.check(&place.project, &place.environment)?;
    if !secret.is_at(place) {
        return Err(AnswerRefusal::Elsewhere);
    }
    if secret.secret_key.0 != name.as_str() {
        return Err(AnswerRefusal::OtherName);
    }
    secret.merge_metadata();
    let value: OneValue = serde_json::from_slice(body).map_err(malformed)?;
    let secret_value = value.secret.secret_value.as_ref().map(|value| value.as_str());
    // Write into a buffer that never moves. A buffer that grows would leave the value behind in its
    // old memory.
    let mut out = Zeroizing::new(Vec::with_capacity(body.len().saturating_mul(2).saturating_add(512)));
    serde_json::to_writer(&mut *out, &Revealed { secret: RevealedSecret { secret, secret_value } })
        .map_err(malformed)?;
    Ok(out)
}
