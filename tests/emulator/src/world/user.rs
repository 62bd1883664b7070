//! Users. The emulator identifies them by email, and nobody logs in as one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::credentials::ProjectMember;
use crate::seed::Role;

use super::World;
use super::clock::Millis;

/// A user of the organization.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) email: String,
    /// First and last name.
    pub(crate) name: Option<(String, String)>,
    /// The key that an old server encrypts keys with for this user.
    pub(crate) public_key: String,
}

/// A user's membership of a project.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) id: String,
    pub(crate) user_id: String,
    /// Role slugs, including those of custom roles.
    pub(crate) roles: Vec<String>,
    /// One id for each role.
    pub(crate) role_ids: Vec<String>,
    pub(crate) created: Millis,
}

impl World {
    pub(crate) fn user(&self, email: &str) -> Option<&User> {
        self.users.iter().find(|user| user.email == email)
    }

    /// Adds a user to the organization, unless it has one with that email.
    pub(crate) fn plant_user(&mut self, email: &str) {
        let email = email.to_lowercase();
        if self.user(&email).is_none() {
            let (id, key) = (self.ids.uuid(), self.ids.alphanumeric(32));
            self.users.push(User { id, email, name: None, public_key: STANDARD.encode(key) });
        }
    }

    /// Makes a user a member of a project.
    pub(crate) fn plant_member(&mut self, project_id: &str, email: &str, (first, last): (&str, &str), role: Role) {
        self.plant_user(email);
        let (id, role_id, created) = (self.ids.uuid(), self.ids.uuid(), self.now());
        let email = email.to_lowercase();
        let Some(user) = self.users.iter_mut().find(|user| user.email == email) else { return };
        user.name = Some((first.to_owned(), last.to_owned()));
        let user_id = user.id.clone();
        let Some(project) = self.project_mut(project_id) else { return };
        project.members.retain(|member| member.user_id != user_id);
        let (roles, role_ids) = (vec![role.slug().to_owned()], vec![role_id]);
        project.members.push(Member { id, user_id, roles, role_ids, created });
    }

    /// The users of a project with their roles, in the order of their invitations.
    pub(crate) fn members_of(&self, project_id: &str) -> Vec<ProjectMember> {
        let email = |id: &str| self.users.iter().find(|user| user.id == id).map(|user| user.email.clone());
        let members = self.project(project_id).map(|project| project.members.as_slice()).unwrap_or_default();
        members
            .iter()
            .filter_map(|member| Some(ProjectMember { email: email(&member.user_id)?, roles: member.roles.clone() }))
            .collect()
    }
}
