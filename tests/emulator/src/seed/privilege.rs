//! Additional privileges of the initial state.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::world::membership::Permission;

/// One rule of an additional privilege. It grants or denies actions on a subject, optionally under
/// conditions.
#[derive(Debug, Clone)]
pub struct PermissionSeed(pub(crate) Permission);

impl PermissionSeed {
    fn new(subject: &str, actions: &[&str], is_inverted: bool) -> Self {
        let actions = actions.iter().map(|&action| action.to_owned()).collect();
        Self(Permission { subject: subject.to_owned(), actions, conditions: None, is_inverted })
    }

    /// Grants actions (`describeSecret`, `create`) on a subject (`secrets`, `secret-folders`,
    /// `identity`).
    #[must_use]
    pub fn grant(subject: &str, actions: &[&str]) -> Self {
        Self::new(subject, actions, false)
    }

    /// Denies actions on a subject. Such an inverted rule overrides every grant.
    #[must_use]
    pub fn deny(subject: &str, actions: &[&str]) -> Self {
        Self::new(subject, actions, true)
    }

    /// Limits the rule by a condition, such as `environment` with `{"$in": ["dev", "staging"]}`.
    #[must_use]
    pub fn condition(mut self, key: &str, condition: Value) -> Self {
        self.0.conditions.get_or_insert_with(Map::new).insert(key.to_owned(), condition);
        self
    }

    /// Limits the rule to an environment.
    #[must_use]
    pub fn in_environment(self, slug: &str) -> Self {
        self.condition("environment", json!({"$eq": slug}))
    }

    /// Limits the rule to paths that a glob matches, such as `/app/**`.
    #[must_use]
    pub fn at(self, glob: &str) -> Self {
        self.condition("secretPath", json!({"$glob": glob}))
    }

    /// Limits a rule on `identity` to these identities.
    #[must_use]
    pub fn of_identities(self, ids: &[&str]) -> Self {
        self.condition("identityId", json!({"$in": ids}))
    }
}

/// An additional privilege: rules that an identity has on top of its roles.
#[derive(Debug, Clone)]
pub struct PrivilegeSeed {
    pub(crate) slug: String,
    pub(crate) permissions: Vec<Permission>,
    pub(crate) lifetime: Option<Duration>,
}

impl PrivilegeSeed {
    /// A permanent privilege without rules.
    #[must_use]
    pub fn new(slug: &str) -> Self {
        Self { slug: slug.to_owned(), permissions: Vec::new(), lifetime: None }
    }

    /// Adds a rule.
    #[must_use]
    pub fn permission(mut self, permission: PermissionSeed) -> Self {
        self.permissions.push(permission.0);
        self
    }

    /// Makes the privilege temporary: it ends after this time.
    #[must_use]
    pub fn temporary(mut self, lifetime: Duration) -> Self {
        self.lifetime = Some(lifetime);
        self
    }
}
