//! The old server, continued: snapshots, moves, members, privileges.

use infisical_emulator::{IdentitySeed, Role};

use crate::replay::area::{Area, nothing};
use crate::replay::recording::Recorded;
use crate::replay::stage::{SetUp, Stage};

/// The whole recording. It has a user with the organization role admin (`$ADMIN_USER_JWT`). Here,
/// an identity that is an admin of the project takes that user's place, because the answers don't
/// show the caller.
pub(crate) const AREA: Area = Area { name: "v3-more", covers: |_| true, before, after: nothing, not_replayed: &[] };

/// Sets up the state before the first exchange: a fresh project with a reader, a writer and its
/// creator.
pub(crate) fn begin(stage: &mut Stage) -> SetUp {
    stage.name_standard_identities();
    stage.names.set("$PROJECT_SLUG", "agent-vault");
    stage.emulator.remove_identity(&stage.emulator.admin().identity_id);
    stage.emulator.put_member("admin@example.com", ("Ad", "Min"), Role::Admin);
    Ok(())
}

fn before(stage: &mut Stage, recorded: &Recorded) -> SetUp {
    if recorded.number == 231 {
        for (name, role) in
            [("admin-user", Role::Admin), ("describer", Role::NoAccess), ("blindwriter", Role::NoAccess)]
        {
            let credentials = stage.emulator.add_identity(&IdentitySeed::new(name).role(role));
            let name = name.to_uppercase().replace('-', "_");
            stage.names.set(&format!("${name}_IDENTITY_ID"), &credentials.identity_id);
            stage.log_in(&format!("${name}_TOKEN"), &credentials);
        }
        let token = stage.real("$ADMIN_USER_TOKEN");
        stage.names.set("$ADMIN_USER_JWT", &token);
    }
    Ok(())
}
