//! Users: the emulator knows them by their emails, and nobody logs in as one.

use crate::credentials::ProjectMember;

use super::World;
use super::clock::Millis;

/// A user of the organization.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) email: String,
}

/// A user's place in a project.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) id: String,
    pub(crate) user_id: String,
    /// Slugs, custom roles' too.
    pub(crate) roles: Vec<String>,
    /// One for each of the roles.
    pub(crate) role_ids: Vec<String>,
    pub(crate) created: Millis,
}

impl World {
    pub(crate) fn user(&self, email: &str) -> Option<&User> {
        self.users.iter().find(|user| user.email == email)
    }

    /// Adds a user to the organization, unless it has one of that email.
    pub(crate) fn plant_user(&mut self, email: &str) {
        let email = email.to_lowercase();
        if self.user(&email).is_none() {
            let id = self.ids.uuid();
            self.users.push(User { id, email });
        }
    }

    /// The users of a project with their roles, in the order in which they came.
    pub(crate) fn members_of(&self, project_id: &str) -> Vec<ProjectMember> {
        let email = |id: &str| self.users.iter().find(|user| user.id == id).map(|user| user.email.clone());
        let members = self.project(project_id).map(|project| project.members.as_slice()).unwrap_or_default();
        members
            .iter()
            .filter_map(|member| Some(ProjectMember { email: email(&member.user_id)?, roles: member.roles.clone() }))
            .collect()
    }
}
