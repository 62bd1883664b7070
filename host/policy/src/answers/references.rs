//! Counts references in values to the secrets and folders that a plan affects. Values are never
//! shown.

use super::fields::Object;
use super::{MAX_DEPTH, depth};
use crate::dependents::AffectedItem;
use crate::names::{Environment, SecretPath};
use crate::references::{self, Reference};
use serde::Deserialize;
use std::borrow::Cow;
use zeroize::Zeroizing;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Secret<'a> {
    #[serde(borrow)]
    secret_key: Cow<'a, str>,
    secret_path: Cow<'a, str>,
    secret_value: Zeroizing<String>,
    #[serde(default)]
    secret_value_hidden: bool,
}

#[derive(Deserialize)]
struct Listing<'a> {
    #[serde(borrow)]
    secrets: Vec<Object<Secret<'a>>>,
}

/// The place of a reference.
struct Origin<'a> {
    environment: &'a Environment,
    path: &'a str,
    /// The project's slug, if it is known.
    slug: Option<&'a str>,
}

/// Counts how many other secrets of an environment's listing refer to each affected secret or
/// folder. Returns one count for each. `None` if the listing doesn't show values.
#[must_use]
pub fn count(
    body: &[u8],
    environment: &Environment,
    slug: Option<&str>,
    touched: &[&AffectedItem],
) -> Option<Vec<u32>> {
    if depth::exceeds(body, MAX_DEPTH) {
        return None;
    }
    let Object(Listing { secrets }) = serde_json::from_slice(body).ok()?;
    if secrets.iter().any(|Object(secret)| secret.secret_value_hidden) {
        return None;
    }
    let mut counts = vec![0_u32; touched.len()];
    for Object(Secret { secret_key, secret_path, secret_value, .. }) in &secrets {
        let from = Origin { environment, path: secret_path, slug };
        for (touched, count) in touched.iter().zip(&mut counts) {
            let refers = || references::read(secret_value).any(|reference| points_at(&reference, &from, touched));
            if !is_itself(touched, &from, secret_key) && refers() {
                *count = count.saturating_add(1);
            }
        }
    }
    Some(counts)
}

fn is_itself(touched: &AffectedItem, from: &Origin<'_>, key: &str) -> bool {
    let at = touched.at();
    let is_here = at.environment == *from.environment && at.path.as_str() == from.path;
    matches!(touched, AffectedItem::Secret { name, .. } if is_here && name == key)
}

fn points_at(reference: &Reference<'_>, from: &Origin<'_>, touched: &AffectedItem) -> bool {
    if reference.project.is_some_and(|slug| from.slug != Some(slug)) {
        return false;
    }
    let name = reference.name;
    let at = touched.at();
    let (environment, path) = match &reference.folder {
        None => (from.environment.as_str(), from.path.to_owned()),
        Some((environment, path)) => (*environment, path.clone()),
    };
    if environment != at.environment.as_str() {
        return false;
    }
    let in_it = |path: &str| SecretPath::new(path).is_ok_and(|path| at.path.covers(&path));
    match touched {
        AffectedItem::NewSecret { name: wanted, .. } | AffectedItem::Secret { name: wanted, .. } => {
            name == wanted && path == at.path.as_str()
        }
        // References inside of the folder are deleted with it, or move with it and stay valid.
        AffectedItem::Folder { is_deleted, .. } => {
            let stands_in_it = *from.environment == at.environment && in_it(from.path);
            in_it(&path) && !(stands_in_it && (*is_deleted || reference.folder.is_none()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Project;
    use crate::operation::Place;
    use serde_json::json;

    fn environment(slug: &str) -> Environment {
        Environment::new(slug).unwrap()
    }

    fn at(path: &str) -> Place {
        Place {
            project: Project::new("p").unwrap(),
            environment: environment("dev"),
            path: SecretPath::new(path).unwrap(),
        }
    }

    fn secret(path: &str, name: &str) -> AffectedItem {
        AffectedItem::Secret { at: at(path), name: name.to_owned(), new_name: None }
    }

    fn folder(path: &str, is_deleted: bool) -> AffectedItem {
        AffectedItem::Folder { at: at(path), is_deleted }
    }

    /// Values by path. The secrets are named `K0`, `K1` and so on.
    fn listing(values: &[(&str, &str)]) -> Vec<u8> {
        let secret = |(number, (at, value)): (usize, &(&str, &str))| json!({ "secretKey": format!("K{number}"), "secretPath": at, "secretValue": value });
        json!({ "secrets": values.iter().enumerate().map(secret).collect::<Vec<_>>() }).to_string().into_bytes()
    }

    fn found(touched: &AffectedItem, here: &str, values: &[(&str, &str)]) -> u32 {
        count(&listing(values), &environment(here), Some("vault"), &[touched]).unwrap()[0]
    }

    #[test]
    fn secrets_that_refer_to_a_secret_are_counted_once_each() {
        let values = [
            ("/", "${dev.app.db.PASS} and ${dev.app.db.PASS}"),
            ("/app/db", "${PASS}"),
            ("/app", "${PASS} ${prod.app.db.PASS} ${dev.app.PASS} ${dev.app.db.PASS2} $PASS {PASS} ${PASS"),
            ("/x", "${@vault.dev.app.db.PASS}"),
            ("/y", "${@other.dev.app.db.PASS}"),
            ("/z", "${ dev.app.db.PASS }"),
            ("/n", "${prod.app.${dev.app.db.PASS}}"),
        ];
        assert_eq!(found(&secret("/app/db", "PASS"), "dev", &values), 5);
        assert_eq!(found(&secret("/", "PASS"), "dev", &values), 0);
    }

    #[test]
    fn short_reference_means_the_same_environment() {
        let values = [("/app/db", "${PASS}"), ("/", "${dev.app.db.PASS}")];
        assert_eq!(found(&secret("/app/db", "PASS"), "dev", &values), 2);
        assert_eq!(found(&secret("/app/db", "PASS"), "prod", &values), 1);
    }

    #[test]
    fn secret_of_the_root_is_referred_to_by_its_environment() {
        let values = [("/app", "${dev.ROOT}"), ("/", "${ROOT}"), ("/app", "${dev.app.ROOT}"), ("/app", "${ROOT}")];
        assert_eq!(found(&secret("/", "ROOT"), "dev", &values), 2);
    }

    #[test]
    fn secret_that_refers_to_itself_is_not_counted() {
        assert_eq!(found(&secret("/", "K0"), "dev", &[("/", "${K0}"), ("/", "${K0}")]), 1);
        assert_eq!(found(&secret("/", "K0"), "prod", &[("/", "${dev.K0}")]), 1, "of another environment it is another");
    }

    #[test]
    fn references_into_a_folder_count_from_outside_of_it() {
        let values = [
            ("/", "${dev.app.db.PASS}"),
            ("/", "${dev.app.X}"),
            ("/", "${dev.apple.X} ${prod.app.X} ${app.X}"),
            ("/app/db", "${PASS}"),
            ("/app/db", "${dev.app.X}"),
        ];
        assert_eq!(found(&folder("/app", true), "dev", &values), 2, "what is inside goes along");
        assert_eq!(found(&folder("/app", false), "dev", &values), 3, "a full path from inside breaks by a rename");
        assert_eq!(found(&folder("/app", true), "prod", &values), 3, "the same path of another environment is outside");
    }

    #[test]
    fn each_of_several_gets_its_own_count() {
        let body = listing(&[("/", "${A}"), ("/", "${A}${B}")]);
        let (a, b, c) = (secret("/", "A"), secret("/", "B"), secret("/", "C"));
        assert_eq!(count(&body, &environment("dev"), None, &[&a, &b, &c]), Some(vec![2, 1, 0]));
        assert_eq!(count(&body, &environment("dev"), None, &[]), Some(vec![]));
    }

    #[test]
    fn hidden_values_do_not_count_as_without_references() {
        let listing = |secret: serde_json::Value| json!({ "secrets": [secret] }).to_string().into_bytes();
        let hidden = json!({ "secretKey": "A", "secretPath": "/", "secretValue": "x", "secretValueHidden": true });
        let a = secret("/", "A");
        for body in [
            listing(hidden),
            listing(json!({ "secretKey": "A", "secretPath": "/" })),
            listing(json!({ "secretPath": "/", "secretValue": "x" })),
            listing(json!(["A", "/", "x"])),
            b"[".to_vec(),
            b"{}".to_vec(),
            b"[[]]".to_vec(),
            format!("{{\"secrets\":{}1{}}}", "[".repeat(200), "]".repeat(200)).into_bytes(),
        ] {
            let found = count(&body, &environment("dev"), None, &[&a]);
            assert_eq!(found, None, "{}", String::from_utf8_lossy(&body));
        }
    }
}
