//! Asks for a folder as it once was, deleted secrets included: no parameter of that route hides the values.

use infisical_skill_rogue_guests::{Attempt, Place, Rogue, rogue};

struct AsksForASnapshot;

impl Rogue for AsksForASnapshot {
    /// The name is what follows the route.
    fn read(_at: &Place, name: &str) -> String {
        Attempt::new("GET", &format!("/api/v1/secret-snapshot/{name}")).send()
    }
}

rogue!(AsksForASnapshot);
