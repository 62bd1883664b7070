//! What a test changes about identities' rights in the first project.

use std::time::Duration;

use crate::credentials::MinimalIdentities;
use crate::seed::{IdentitySeed, PrivilegeSeed, Role};

use super::Emulator;

impl Emulator {
    /// Gives an identity an additional privilege in the first project. Returns the privilege's id, or `None` if the
    /// identity isn't a member.
    pub fn give_privilege(&self, identity_id: &str, privilege: &PrivilegeSeed) -> Option<String> {
        let project_id = self.project_id();
        self.shared.world().plant_privilege(&project_id, identity_id, privilege)
    }

    /// Removes an identity's additional privilege in the first project. Returns false if it has none of that slug.
    pub fn take_privilege(&self, identity_id: &str, slug: &str) -> bool {
        let project_id = self.project_id();
        let mut world = self.shared.world();
        let membership = world.project_mut(&project_id).and_then(|project| project.membership_mut(identity_id));
        let Some(membership) = membership else { return false };
        let count = membership.privileges.len();
        membership.privileges.retain(|privilege| privilege.slug != slug);
        membership.privileges.len() < count
    }

    /// Replaces an identity's roles in the first project by this one. Adds the identity to the project if needed.
    pub fn set_role(&self, identity_id: &str, role: Role) {
        let project_id = self.project_id();
        self.shared.world().plant_role(&project_id, identity_id, role);
    }

    /// Makes the server drop conditions of this name from privileges that are given or changed from now on, without a word: what a
    /// current server does with a name that it doesn't know.
    pub fn drop_condition(&self, name: &str) {
        self.shared.world().settings.dropped_conditions.push(name.to_owned());
    }

    /// How many client secrets of an identity can be used to log in. `None` if there is no such identity, or it has no Universal Auth.
    pub fn client_secrets(&self, identity_id: &str) -> Option<usize> {
        let world = self.shared.world();
        let universal = world.identity(identity_id)?.universal()?;
        Some(universal.client_secrets.iter().filter(|held| !held.revoked).count())
    }

    /// The identities that were made in the first project: id and name.
    pub fn project_identities(&self) -> Vec<(String, String)> {
        let project_id = self.project_id();
        let world = self.shared.world();
        let own = world.identities.iter().filter(|identity| identity.project_id.as_ref() == Some(&project_id));
        own.map(|identity| (identity.id.clone(), identity.name.clone())).collect()
    }

    /// Changes how long the server remembers an identity's permissions; see `EmulatorBuilder::rights_delay`.
    pub fn set_rights_delay(&self, delay: Duration) {
        let mut world = self.shared.world();
        world.settings.rights_delay = delay;
        world.remembered.take();
    }

    /// Adds three identities with least privilege. The writer and the reveal identity are limited to an environment and a
    /// path glob (`/app/**`). The reader may read the permission audit of all three.
    pub fn add_minimal_identities(&self, environment: &str, glob: &str) -> MinimalIdentities {
        let reader = self.add_identity(&IdentitySeed::minimal_reader("skill-reader"));
        let writer = self.add_identity(&IdentitySeed::minimal_writer("skill-writer", environment, glob));
        let reveal = self.add_identity(&IdentitySeed::minimal_reveal("skill-reveal", environment, glob));
        let ids = [&reader, &writer, &reveal].map(|credentials| credentials.identity_id.as_str());
        self.give_privilege(&reader.identity_id, &PrivilegeSeed::reading_identities("skill-doctor", &ids));
        MinimalIdentities { reader, writer, reveal }
    }
}
