//! The conditions of a rule: the secrets, folders or identities it applies to.

use serde_json::{Map, Value};

use super::glob;

/// The target of an action, with the fields that conditions know.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Target<'t> {
    environment: Option<&'t str>,
    path: Option<&'t str>,
    name: Option<&'t str>,
    tags: Option<&'t [String]>,
    identity_id: Option<&'t str>,
}

impl<'t> Target<'t> {
    /// A folder, or the folder's content.
    pub(crate) fn place(environment: &'t str, path: &'t str) -> Self {
        Self { environment: Some(environment), path: Some(path), ..Self::default() }
    }

    /// A secret in a place, with the slugs of its tags.
    pub(crate) fn secret(self, name: &'t str, tags: &'t [String]) -> Self {
        Self { name: Some(name), tags: Some(tags), ..self }
    }

    /// An identity.
    pub(crate) fn identity(id: &'t str) -> Self {
        Self { identity_id: Some(id), ..Self::default() }
    }

    /// The values of a field. Empty if the target doesn't have the field.
    fn field(&self, name: &str) -> Option<Vec<&'t str>> {
        let one = |value: Option<&'t str>| value.map(|value| vec![value]);
        match name {
            "environment" => one(self.environment),
            "secretPath" => one(self.path),
            "secretName" => one(self.name),
            "secretTags" => self.tags.map(|tags| tags.iter().map(String::as_str).collect()),
            "identityId" => one(self.identity_id),
            _ => None,
        }
    }
}

/// The condition keys that a subject knows. The server silently drops other keys, so the rule then
/// applies everywhere.
fn keys_of(subject: &str) -> &'static [&'static str] {
    match subject {
        "secrets" => &["environment", "secretPath", "secretName", "secretTags"],
        "secret-folders" | "secret-imports" | "dynamic-secrets" | "secret-rotation" | "secret-syncs" => {
            &["environment", "secretPath"]
        }
        "identity" => &["identityId"],
        _ => &[],
    }
}

/// The conditions as the server stores them: only known keys, and no conditions for a subject that
/// has no keys.
pub(crate) fn kept(subject: &str, sent: &Map<String, Value>) -> Option<Map<String, Value>> {
    let keys = keys_of(subject);
    if keys.is_empty() {
        return None;
    }
    Some(sent.iter().filter(|(key, _)| keys.contains(&key.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect())
}

/// Finds paths without a leading slash in conditions. Returns the key and operator of each.
pub(crate) fn paths_without_slash(conditions: Option<&Map<String, Value>>) -> Vec<Vec<String>> {
    let starts = |value: &Value| match value {
        Value::String(path) => path.starts_with('/'),
        Value::Array(paths) => paths.iter().all(|path| path.as_str().is_some_and(|path| path.starts_with('/'))),
        _ => true,
    };
    let key = || "secretPath".to_owned();
    match conditions.and_then(|conditions| conditions.get("secretPath")) {
        Some(Value::Object(operators)) => {
            let wrong = operators.iter().filter(|(_, value)| !starts(value));
            wrong.map(|(operator, _)| vec![key(), operator.clone()]).collect()
        }
        Some(value) if !starts(value) => vec![vec![key()]],
        _ => Vec::new(),
    }
}

/// True if the conditions hold for a target.
pub(crate) fn hold(conditions: &Map<String, Value>, target: &Target<'_>) -> bool {
    conditions.iter().all(|(key, wanted)| {
        let values = target.field(key);
        match wanted {
            Value::Object(operators) if !operators.is_empty() => {
                operators.iter().all(|(operator, operand)| holds(operator, operand, values.as_deref()))
            }
            other => holds("$eq", other, values.as_deref()),
        }
    })
}

/// True if one operator holds. A missing field equals nothing.
fn holds(operator: &str, operand: &Value, values: Option<&[&str]>) -> bool {
    let has = |wanted: &Value| values.is_some_and(|values| values.iter().any(|value| Some(*value) == wanted.as_str()));
    match (operator, operand) {
        ("$eq", operand) => has(operand),
        ("$ne" | "$neq", operand) => !has(operand),
        ("$in", Value::Array(options)) => options.iter().any(has),
        ("$all", Value::Array(options)) => options.iter().all(has),
        ("$glob", Value::String(pattern)) => {
            values.is_some_and(|values| values.iter().any(|value| glob::matches(pattern, value)))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::{Target, hold, kept, paths_without_slash};

    fn object(value: Value) -> Map<String, Value> {
        if let Value::Object(fields) = value { fields } else { Map::new() }
    }

    #[test]
    fn every_operator_of_every_key_must_hold() {
        let tags = ["payments".to_owned(), "infra".to_owned()];
        let target = Target::place("dev", "/app/db").secret("KEY", &tags);
        for (conditions, expected) in [
            (json!({}), true),
            (json!({"environment": "dev"}), true),
            (json!({"environment": "prod"}), false),
            (json!({"environment": {"$eq": "dev"}, "secretPath": {"$glob": "/app/**"}}), true),
            (json!({"environment": {"$eq": "dev"}, "secretPath": {"$glob": "/other/**"}}), false),
            (json!({"environment": {"$in": ["dev", "staging"]}}), true),
            (json!({"environment": {"$in": ["staging"]}}), false),
            (json!({"environment": {"$neq": "prod"}}), true),
            (json!({"environment": {"$ne": "dev"}}), false),
            (json!({"environment": {"$in": ["dev", "prod"], "$neq": "dev"}}), false),
            (json!({"secretName": {"$eq": "KEY"}}), true),
            (json!({"secretTags": {"$in": ["payments", "x"]}}), true),
            (json!({"secretTags": {"$in": ["x"]}}), false),
            (json!({"secretTags": {"$all": ["payments", "infra"]}}), true),
            (json!({"secretTags": {"$all": ["payments", "x"]}}), false),
            (json!({"secretPath": {}}), false),
            (json!({"secretPath": {"$nonsense": "/"}}), false),
            (json!({"identityId": {"$eq": "i"}}), false),
            (json!({"identityId": {"$neq": "i"}}), true),
        ] {
            assert_eq!(hold(&object(conditions.clone()), &target), expected, "{conditions}");
        }
        assert!(hold(&object(json!({"identityId": {"$in": ["i", "j"]}})), &Target::identity("j")));
    }

    #[test]
    fn keys_that_a_subject_does_not_know_are_dropped() {
        let sent = object(json!({"environment": "dev", "nonsense": 1}));
        assert_eq!(kept("secrets", &sent), Some(object(json!({"environment": "dev"}))));
        assert_eq!(kept("secrets", &object(json!({"nonsense": 1}))), Some(Map::new()));
        assert_eq!(kept("tags", &sent), None);
    }

    #[test]
    fn paths_begin_with_a_slash() {
        for (path, wrong) in [
            (json!("/app"), None),
            (json!("app"), Some(vec!["secretPath"])),
            (json!({"$eq": "app"}), Some(vec!["secretPath", "$eq"])),
            (json!({"$in": ["/app", "b"]}), Some(vec!["secretPath", "$in"])),
            (json!({"$glob": "/**"}), None),
        ] {
            let found = paths_without_slash(Some(&object(json!({"secretPath": path}))));
            let expected: Vec<Vec<&str>> = wrong.into_iter().collect();
            assert_eq!(found, expected, "{path}");
        }
    }
}
