//! Additional privileges to start with.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::world::membership::Permission;

/// One rule of an additional privilege: actions on a subject, granted or taken away, perhaps with conditions.
#[derive(Debug, Clone)]
pub struct PermissionSeed(pub(crate) Permission);

impl PermissionSeed {
    fn new(subject: &str, actions: &[&str], is_inverted: bool) -> Self {
        let actions = actions.iter().map(|&action| action.to_owned()).collect();
        Self(Permission { subject: subject.to_owned(), actions, conditions: None, is_inverted })
    }

    /// Grants actions (`describeSecret`, `create`) on a subject (`secrets`, `secret-folders`, `identity`).
    #[must_use]
    pub fn grant(subject: &str, actions: &[&str]) -> Self {
        Self::new(subject, actions, false)
    }

    /// Takes actions on a subject away: an inverted rule, which beats every grant.
    #[must_use]
    pub fn deny(subject: &str, actions: &[&str]) -> Self {
        Self::new(subject, actions, true)
    }

    /// Only where this condition holds: `environment` and `{"$in": ["dev", "staging"]}`.
    #[must_use]
    pub fn condition(mut self, key: &str, condition: Value) -> Self {
        self.0.conditions.get_or_insert_with(Map::new).insert(key.to_owned(), condition);
        self
    }

    /// Only in this environment.
    #[must_use]
    pub fn in_environment(self, slug: &str) -> Self {
        self.condition("environment", json!({"$eq": slug}))
    }

    /// Only at paths that this glob matches: `/app/**`.
    #[must_use]
    pub fn at(self, glob: &str) -> Self {
        self.condition("secretPath", json!({"$glob": glob}))
    }

    /// Only of these identities: for the subject `identity`.
    #[must_use]
    pub fn of_identities(self, ids: &[&str]) -> Self {
        self.condition("identityId", json!({"$in": ids}))
    }
}

/// An additional privilege of an identity: rules on top of its roles.
#[derive(Debug, Clone)]
pub struct PrivilegeSeed {
    pub(crate) slug: String,
    pub(crate) permissions: Vec<Permission>,
    pub(crate) lifetime: Option<Duration>,
}

impl PrivilegeSeed {
    /// A privilege without a rule, for good.
    #[must_use]
    pub fn new(slug: &str) -> Self {
        Self { slug: slug.to_owned(), permissions: Vec::new(), lifetime: None }
    }

    /// With one more rule.
    #[must_use]
    pub fn permission(mut self, permission: PermissionSeed) -> Self {
        self.permissions.push(permission.0);
        self
    }

    /// A temporary privilege, which ends so much later.
    #[must_use]
    pub fn temporary(mut self, lifetime: Duration) -> Self {
        self.lifetime = Some(lifetime);
        self
    }
}
