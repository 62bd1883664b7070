//! An identity's place in a project: its roles and its additional privileges.

use serde_json::{Map, Value, json};

use crate::seed::Role;

use super::clock::{Millis, iso};
use super::ids::Ids;

/// How long a role or privilege counts, if not for good.
#[derive(Debug, Clone)]
pub(crate) struct Term {
    /// As it was sent: `1h`.
    pub(crate) range: String,
    pub(crate) start: Millis,
    pub(crate) end: Millis,
}

/// What a role says.
#[derive(Debug, Clone)]
pub(crate) enum Grant {
    BuiltIn(Role),
    /// By id.
    Custom(String),
}

/// A role that an identity has in a project.
#[derive(Debug, Clone)]
pub(crate) struct RoleGrant {
    pub(crate) id: String,
    pub(crate) grant: Grant,
    pub(crate) term: Option<Term>,
}

/// One permission of a privilege, as it was sent and is shown.
#[derive(Debug, Clone)]
pub(crate) struct Permission {
    pub(crate) subject: String,
    pub(crate) actions: Vec<String>,
    /// Without the keys that the subject doesn't know.
    pub(crate) conditions: Option<Map<String, Value>>,
    pub(crate) is_inverted: bool,
}

/// Permissions on top of the roles.
#[derive(Debug, Clone)]
pub(crate) struct Privilege {
    pub(crate) id: String,
    pub(crate) slug: String,
    pub(crate) permissions: Vec<Permission>,
    pub(crate) term: Option<Term>,
    pub(crate) created: Millis,
    pub(crate) updated: Millis,
}

/// An identity's place in a project.
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
    /// With one built-in role, for good.
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

/// True if a role or privilege of this term counts at that time.
pub(crate) fn counts(term: Option<&Term>, now: Millis) -> bool {
    term.is_none_or(|term| (term.start..term.end).contains(&now))
}

/// The fields of a term in a role or privilege.
pub(crate) fn term_fields(term: Option<&Term>) -> Vec<(&'static str, Value)> {
    vec![
        ("isTemporary", json!(term.is_some())),
        ("temporaryMode", json!(term.map(|_| "relative"))),
        ("temporaryRange", json!(term.map(|term| &term.range))),
        ("temporaryAccessStartTime", json!(term.map(|term| iso(term.start)))),
        ("temporaryAccessEndTime", json!(term.map(|term| iso(term.end)))),
    ]
}
