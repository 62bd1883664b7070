//! References in values that point at a secret: counted, and never shown.
//!
//! `${NAME}` is a secret of the same folder, `${env.folder.NAME}` one of the same project (observed; `${@project...}` of newer servers points
//! into another project and isn't counted).

use super::{MAX_DEPTH, depth};
use crate::names::{Environment, Project, SecretPath};
use serde::Deserialize;
use std::borrow::Cow;
use zeroize::Zeroizing;

/// What references are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceTarget {
    /// The project.
    pub project: Project,
    /// The environment.
    pub environment: Environment,
    /// The folder that the secret is in; without a name, the folder itself with all below it.
    pub path: SecretPath,
    /// The secret's name.
    pub name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Secret<'a> {
    #[serde(borrow)]
    secret_path: Cow<'a, str>,
    secret_value: Zeroizing<String>,
    #[serde(default)]
    secret_value_hidden: bool,
}

#[derive(Deserialize)]
struct Listing<'a> {
    #[serde(borrow)]
    secrets: Vec<Secret<'a>>,
}

/// How many references in the values of a listing point at the target. None if the listing doesn't show its values.
#[must_use]
pub fn count(body: &[u8], target: &ReferenceTarget) -> Option<u32> {
    if depth::exceeds(body, MAX_DEPTH) {
        return None;
    }
    let listing: Listing<'_> = serde_json::from_slice(body).ok()?;
    if listing.secrets.iter().any(|secret| secret.secret_value_hidden) {
        return None;
    }
    let pointing = |secret: &Secret<'_>| {
        references(&secret.secret_value).filter(|reference| points_at(reference, &secret.secret_path, target)).count()
    };
    u32::try_from(listing.secrets.iter().map(pointing).sum::<usize>()).ok()
}

/// What stands between `${` and `}`.
fn references(value: &str) -> impl Iterator<Item = &str> {
    value.split("${").skip(1).filter_map(|rest| rest.split_once('}').map(|(reference, _)| reference))
}

fn points_at(reference: &str, from: &str, target: &ReferenceTarget) -> bool {
    let goes_along = || SecretPath::new(from).is_ok_and(|from| target.path.covers(&from));
    let mut segments: Vec<&str> = reference.split('.').collect();
    let name = segments.pop();
    match (target.name.as_deref(), segments.split_first()) {
        (Some(wanted), None) => name == Some(wanted) && from == target.path.as_str(),
        // In the folder itself, references to its own secrets go with it.
        (None, _) if goes_along() => false,
        (None, None) => false,
        (wanted, Some((environment, folders))) => {
            let path = format!("/{}", folders.join("/"));
            let is_there = match wanted {
                Some(_) => path == target.path.as_str(),
                None => SecretPath::new(path).is_ok_and(|path| target.path.covers(&path)),
            };
            *environment == target.environment.as_str() && is_there && wanted.is_none_or(|wanted| name == Some(wanted))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn target(path: &str, name: Option<&str>) -> ReferenceTarget {
        ReferenceTarget {
            project: Project::new("p").unwrap(),
            environment: Environment::new("dev").unwrap(),
            path: SecretPath::new(path).unwrap(),
            name: name.map(str::to_owned),
        }
    }

    fn found(path: &str, name: Option<&str>, values: &[(&str, &str)]) -> Option<u32> {
        let secrets: Vec<_> =
            values.iter().map(|(at, value)| json!({ "secretPath": at, "secretValue": value })).collect();
        count(json!({ "secrets": secrets }).to_string().as_bytes(), &target(path, name))
    }

    #[test]
    fn references_are_counted_where_they_point_at_the_target() {
        let values = [
            ("/", "${dev.app.db.PASS} and ${dev.app.db.PASS}"),
            ("/app/db", "${PASS}"),
            ("/app", "${PASS} ${prod.app.db.PASS} ${dev.app.PASS} ${dev.app.db.PASS2} $PASS {PASS} ${PASS"),
            ("/x", "${@other.dev.app.db.PASS}"),
        ];
        assert_eq!(found("/app/db", Some("PASS"), &values), Some(3));
        assert_eq!(found("/app", None, &values), Some(2), "what is inside goes along");
        assert_eq!(found("/", Some("PASS"), &values), Some(0));
    }

    #[test]
    fn hidden_values_are_not_taken_for_values_without_references() {
        let hidden = json!({ "secrets": [{ "secretPath": "/", "secretValue": "x", "secretValueHidden": true }] });
        assert_eq!(count(hidden.to_string().as_bytes(), &target("/", Some("A"))), None);
        let absent = json!({ "secrets": [{ "secretPath": "/" }] });
        assert_eq!(count(absent.to_string().as_bytes(), &target("/", Some("A"))), None);
        assert_eq!(count(b"[", &target("/", Some("A"))), None);
    }
}
