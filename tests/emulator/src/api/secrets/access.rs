//! The caller's permissions on the secrets of a project.

use crate::ApiVersion;
use crate::auth::permission::ability::Ability;
use crate::auth::permission::{self, Action, Subject, Target};
use crate::call::Call;
use crate::failure::Failure;
use crate::world::World;
use crate::world::project::Project;
use crate::world::secret::Version;

use super::place::Place;
use super::shape::View;

/// A project and the caller's permissions on its secrets.
#[derive(Debug, Clone)]
pub(crate) struct Access<'w> {
    pub(crate) project: &'w Project,
    ability: Ability,
    api_version: ApiVersion,
}

impl<'w> Access<'w> {
    /// Fails if the caller isn't a member of the project.
    pub(crate) fn of(world: &'w World, call: &Call, project: &'w Project) -> Result<Self, Failure> {
        let ability = permission::ability(world, call, &project.id, Subject::Secrets)?;
        Ok(Self { project, ability, api_version: world.api_version })
    }

    /// Fails unless the caller may do this to secrets somewhere in the project.
    pub(crate) fn check_anywhere(&self, action: Action) -> Result<(), Failure> {
        self.ability.check(action, Subject::Secrets, None)
    }

    /// Checks the permission on a place before anything in it is looked up, as an old server does.
    /// A current server looks it up first.
    pub(crate) fn check_first(&self, action: Action, place: &Place) -> Result<(), Failure> {
        match self.api_version {
            ApiVersion::V3 => self.check_name(action, place, "", &[]),
            ApiVersion::V4 => Ok(()),
        }
    }

    /// Fails unless the caller may do this to a secret of that name and those tags. The secret need
    /// not exist.
    pub(crate) fn check_name(
        &self,
        action: Action,
        place: &Place,
        name: &str,
        tag_slugs: &[String],
    ) -> Result<(), Failure> {
        // Rules match paths with a leading slash, which a request may omit.
        let path = format!("/{}", place.path.trim_start_matches('/'));
        let target = Target::place(&place.environment, &path).secret(name, tag_slugs);
        self.ability.check(action, Subject::Secrets, Some(&target))
    }

    /// True if the caller may do this to a stored secret.
    pub(crate) fn may(&self, action: Action, view: &View<'_>) -> bool {
        let path = self.project.path_of(&view.secret.folder_id);
        let tags = tag_slugs(self.project, &view.secret.now);
        let target = Target::place(view.environment, &path).secret(&view.version.key, &tags);
        self.ability.can(action, Subject::Secrets, Some(&target))
    }

    /// Fails unless the caller may do this to a stored secret.
    pub(crate) fn check(&self, action: Action, view: &View<'_>) -> Result<(), Failure> {
        if self.may(action, view) { Ok(()) } else { Err(self.refusal(action)) }
    }

    /// The refusal of an action on secrets.
    pub(crate) fn refusal(&self, action: Action) -> Failure {
        self.ability.refusal(action, Subject::Secrets)
    }

    /// True if the answer to a write may contain the secret's value. An old server doesn't check.
    pub(crate) fn shows_value(&self, view: &View<'_>) -> bool {
        self.api_version == ApiVersion::V3 || self.may(Action::ReadValue, view)
    }
}

/// The slugs of a version's tags.
pub(crate) fn tag_slugs(project: &Project, version: &Version) -> Vec<String> {
    slugs_of(project, &version.tag_ids)
}

/// The slugs of tags by id.
pub(crate) fn slugs_of(project: &Project, ids: &[String]) -> Vec<String> {
    let slug = |id: &String| project.tags.iter().find(|tag| tag.id == *id).map(|tag| tag.slug.clone());
    ids.iter().filter_map(slug).collect()
}
