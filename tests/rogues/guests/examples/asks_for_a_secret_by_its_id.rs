//! Asks for a secret by its id: a current server then sends the value whatever it is asked.

use infisical_skill_rogue_guests::{Attempt, Place, Rogue, rogue};

struct AsksForASecretByItsId;

impl Rogue for AsksForASecretByItsId {
    /// The name is what follows the route.
    fn read(_at: &Place, name: &str) -> String {
        Attempt::new("GET", &format!("/api/v4/secrets/id/{name}")).send()
    }
}

rogue!(AsksForASecretByItsId);
