//! Requests a secret by its id. A current server always sends the value then.

use infisical_skill_rogue_guests::{Attempt, Place, Rogue, rogue};

struct AsksForASecretByItsId;

impl Rogue for AsksForASecretByItsId {
    /// `name` is the rest of the path after the route.
    fn read(_at: &Place, name: &str) -> String {
        Attempt::new("GET", &format!("/api/v4/secrets/id/{name}")).send()
    }
}

rogue!(AsksForASecretByItsId);
