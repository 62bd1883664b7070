//! Who may manage a machine identity. The organization's role decides for the organization's
//! identities, the project's permissions for a project's identities.

use serde_json::json;

use crate::call::Call;
use crate::failure::Failure;
use crate::seed::OrgRole;
use crate::world::World;

use super::permission::{self, Action, Subject};

/// An action on an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IdentityAction {
    Read,
    Create,
    Edit,
    Delete,
    /// Reading its client secrets or tokens. Members of the organization may not.
    ReadTokens,
    /// Creating or revoking client secrets or tokens. Members of the organization may not.
    EditTokens,
}

impl IdentityAction {
    fn project_action(self) -> Action {
        match self {
            Self::Read | Self::ReadTokens => Action::Read,
            Self::Create => Action::Create,
            Self::Edit | Self::EditTokens => Action::Edit,
            Self::Delete => Action::Delete,
        }
    }

    fn action_name(self) -> &'static str {
        match self {
            Self::Read | Self::ReadTokens => "read",
            Self::Create => "create",
            Self::Edit | Self::EditTokens => "edit",
            Self::Delete => "delete",
        }
    }

    /// The additional permission that a member of the organization would need.
    fn token_permission(self) -> Option<&'static str> {
        match self {
            Self::ReadTokens => Some("get-token"),
            Self::EditTokens => Some("create-token"),
            _ => None,
        }
    }
}

/// Fails unless the organization's role lets the caller do this to the organization's identities.
pub(crate) fn allow_in_organization(world: &World, call: &Call, action: IdentityAction) -> Result<(), Failure> {
    match (permission::org_role(world, call)?, action.token_permission()) {
        (OrgRole::Admin, _) | (OrgRole::Member, None) => Ok(()),
        (OrgRole::Member, Some(action)) => Err(beyond(action)),
        (OrgRole::NoAccess, _) => Err(Failure::permission(action.action_name(), "identity")),
    }
}

/// The refusal of a member who may manage identities but not log in as one.
fn beyond(action: &str) -> Failure {
    let what = if action == "get-token" { "get identity client secret" } else { "create client secret for identity" };
    let message = format!(
        "Failed to {what} with more privileged role. Permission denied: {action} on identity. Check that the actor's role \
         grants this permission and that all permission conditions are met."
    );
    Failure::new(403, "PermissionBoundaryError", message)
        .with_details(json!({"missingPermissions": [{"action": action, "subject": "identity"}]}))
}

/// Fails unless the identity exists and the caller may do this to it.
pub(crate) fn allow(world: &World, call: &Call, identity_id: &str, action: IdentityAction) -> Result<(), Failure> {
    let missing = || Failure::not_found(format!("Failed to find identity with ID {identity_id}"));
    let identity = world.identity(identity_id).ok_or_else(missing)?;
    match &identity.project_id {
        None => allow_in_organization(world, call, action),
        Some(project_id) => permission::allow(world, call, project_id, action.project_action(), Subject::Identity),
    }
}
