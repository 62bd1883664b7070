//! Changes to identities' permissions in the first project.

use std::time::Duration;

use crate::credentials::MinimalIdentities;
use crate::seed::{IdentitySeed, PrivilegeSeed, Role};

use super::Emulator;

impl Emulator {
    /// Gives an identity an additional privilege in the first project. Returns the privilege's id,
    /// or `None` if the identity isn't a member.
    pub fn give_privilege(&self, identity_id: &str, privilege: &PrivilegeSeed) -> Option<String> {
        let project_id = self.project_id();
        self.shared.world().plant_privilege(&project_id, identity_id, privilege)
    }

    /// Removes an identity's additional privilege in the first project. Returns false if it has
    /// none with that slug.
    pub fn take_privilege(&self, identity_id: &str, slug: &str) -> bool {
        let project_id = self.project_id();
        let mut world = self.shared.world();
        let membership = world.project_mut(&project_id).and_then(|project| project.membership_mut(identity_id));
        let Some(membership) = membership else { return false };
        let count = membership.privileges.len();
        membership.privileges.retain(|privilege| privilege.slug != slug);
        membership.privileges.len() < count
    }

    /// Replaces an identity's roles in the first project by this one. Adds the identity to the
    /// project if needed.
    pub fn set_role(&self, identity_id: &str, role: Role) {
        let project_id = self.project_id();
        self.shared.world().plant_role(&project_id, identity_id, role);
    }

    /// Makes the server silently drop this condition key from privileges that are given or changed
    /// from now on. A current server does that with keys that it doesn't know.
    pub fn drop_condition(&self, name: &str) {
        self.shared.world().settings.dropped_conditions.push(name.to_owned());
    }

    /// The number of an identity's client secrets that can log in. `None` if there is no such
    /// identity, or if it has no Universal Auth.
    pub fn client_secrets(&self, identity_id: &str) -> Option<usize> {
        let world = self.shared.world();
        let universal = world.identity(identity_id)?.universal()?;
        Some(universal.client_secrets.iter().filter(|held| !held.revoked).count())
    }

    /// The id and name of each identity that belongs to the first project.
    pub fn project_identities(&self) -> Vec<(String, String)> {
        let project_id = self.project_id();
        let world = self.shared.world();
        let own = world.identities.iter().filter(|identity| identity.project_id.as_ref() == Some(&project_id));
        own.map(|identity| (identity.id.clone(), identity.name.clone())).collect()
    }

    /// Sets how long the server caches an identity's permissions. See
    /// `EmulatorBuilder::rights_delay`.
    pub fn set_rights_delay(&self, delay: Duration) {
        let mut world = self.shared.world();
        world.settings.rights_delay = delay;
        world.remembered.take();
    }

    /// Adds three identities with least privilege. The writer and the reveal identity are limited
    /// to an environment and a path glob (`/app/**`). The reader may read the permission audit of
    /// all three.
    pub fn add_minimal_identities(&self, environment: &str, glob: &str) -> MinimalIdentities {
        let reader = self.add_identity(&IdentitySeed::minimal_reader("skill-reader"));
        let writer = self.add_identity(&IdentitySeed::minimal_writer("skill-writer", environment, glob));
        let reveal = self.add_identity(&IdentitySeed::minimal_reveal("skill-reveal", environment, glob));
        let ids = [&reader, &writer, &reveal].map(|credentials| credentials.identity_id.as_str());
        self.give_privilege(&reader.identity_id, &PrivilegeSeed::reading_identities("skill-doctor", &ids));
        MinimalIdentities { reader, writer, reveal }
    }
}
