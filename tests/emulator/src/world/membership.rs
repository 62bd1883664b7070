//! An identity's membership of a project: its roles and additional privileges.

use serde_json::{Map, Value, json};

use crate::seed::Role;

use super::clock::{Millis, iso};
use super::ids::Ids;

/// How long a temporary role or privilege lasts.
#[derive(Debug, Clone)]
pub(crate) struct Term {
    /// The duration as it was sent: `1h`.
    pub(crate) range: String,
    pub(crate) start: Millis,
    pub(crate) end: Millis,
}

/// Refers to a role.
#[derive(Debug, Clone)]
pub(crate) enum Grant {
    BuiltIn(Role),
    /// A custom role, by id.
    Custom(String),
}

/// A role of an identity in a project.
#[derive(Debug, Clone)]
pub(crate) struct RoleGrant {
    pub(crate) id: String,
    pub(crate) grant: Grant,
    pub(crate) term: Option<Term>,
}

/// One permission of a privilege, in the form that was sent and is shown.
#[derive(Debug, Clone)]
pub(crate) struct Permission {
    pub(crate) subject: String,
    pub(crate) actions: Vec<String>,
    /// The conditions without keys that the subject doesn't know.
    pub(crate) conditions: Option<Map<String, Value>>,
    pub(crate) is_inverted: bool,
}

/// Permissions in addition to the roles.
#[derive(Debug, Clone)]
pub(crate) struct Privilege {
    pub(crate) id: String,
    pub(crate) slug: String,
    pub(crate) permissions: Vec<Permission>,
    pub(crate) term: Option<Term>,
    pub(crate) created: Millis,
    pub(crate) updated: Millis,
}

/// An identity's membership of a project.
#[derive(Debug, Clone)]
pub(crate) struct Membership {
    pub(crate) id: String,
    pub(crate) identity_id: String,
    pub(crate) roles: Vec<RoleGrant>,
    pub(crate) privileges: Vec<Privilege>,
    pub(crate) created: Millis,
    pub(crate) updated: Millis,
}

impl Membership {
    /// A membership with one permanent built-in role.
    pub(crate) fn new(ids: &mut Ids, now: Millis, identity_id: &str, role: Role) -> Self {
        let role = RoleGrant { id: ids.uuid(), grant: Grant::BuiltIn(role), term: None };
        Self::with_roles(ids, now, identity_id, vec![role])
    }

    pub(crate) fn with_roles(ids: &mut Ids, now: Millis, identity_id: &str, roles: Vec<RoleGrant>) -> Self {
        Self {
            id: ids.uuid(),
            identity_id: identity_id.to_owned(),
            roles,
            privileges: Vec::new(),
            created: now,
            updated: now,
        }
    }
}

/// True if a role or privilege with this term is in effect at that time.
pub(crate) fn counts(term: Option<&Term>, now: Millis) -> bool {
    term.is_none_or(|term| (term.start..term.end).contains(&now))
}

/// The term's fields in a role or privilege.
pub(crate) fn term_fields(term: Option<&Term>) -> Vec<(&'static str, Value)> {
    vec![
        ("isTemporary", json!(term.is_some())),
        ("temporaryMode", json!(term.map(|_| "relative"))),
        ("temporaryRange", json!(term.map(|term| &term.range))),
        ("temporaryAccessStartTime", json!(term.map(|term| iso(term.start)))),
        ("temporaryAccessEndTime", json!(term.map(|term| iso(term.end)))),
    ]
}
