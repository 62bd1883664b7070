//! Privileges, roles and approval policies that a test inserts.

use crate::seed::{PrivilegeSeed, Role};

use super::clock::{Millis, to_millis};
use super::ids::Ids;
use super::membership::{Membership, Privilege, Term};
use super::{ApprovalPolicy, World};

/// A new privilege.
pub(super) fn privilege(ids: &mut Ids, now: Millis, seed: &PrivilegeSeed) -> Privilege {
    let term = seed.lifetime.map(|lifetime| Term {
        range: format!("{}s", lifetime.as_secs()),
        start: now,
        end: now.saturating_add(to_millis(lifetime)),
    });
    let (slug, permissions) = (seed.slug.clone(), seed.permissions.clone());
    Privilege { id: ids.uuid(), slug, permissions, term, created: now, updated: now }
}

impl World {
    /// Gives a member a privilege. Returns its id.
    pub(crate) fn plant_privilege(
        &mut self,
        project_id: &str,
        identity_id: &str,
        seed: &PrivilegeSeed,
    ) -> Option<String> {
        let now = self.now();
        let privilege = privilege(&mut self.ids, now, seed);
        let id = privilege.id.clone();
        self.project_mut(project_id)?.membership_mut(identity_id)?.privileges.push(privilege);
        Some(id)
    }

    /// Makes an identity a member with only this role.
    pub(crate) fn plant_role(&mut self, project_id: &str, identity_id: &str, role: Role) {
        let now = self.now();
        let new = Membership::new(&mut self.ids, now, identity_id, role);
        let Some(project) = self.project_mut(project_id) else { return };
        match project.membership_mut(identity_id) {
            Some(membership) => membership.roles = new.roles,
            None => project.memberships.push(new),
        }
    }

    /// Adds an approval policy for a path of the first project, which every user may approve.
    /// Returns its id.
    pub(crate) fn plant_policy(&mut self, name: &str, environment: &str, path: &str, holds_identities: bool) -> String {
        let (id, created) = (self.ids.uuid(), self.now());
        self.policies.push(ApprovalPolicy {
            id: id.clone(),
            name: name.to_owned(),
            project_id: self.projects.first().map(|project| project.id.clone()).unwrap_or_default(),
            environment: environment.to_owned(),
            path: path.to_owned(),
            approvers: self.users.iter().map(|user| user.id.clone()).collect(),
            holds_identities,
            created,
        });
        id
    }
}
