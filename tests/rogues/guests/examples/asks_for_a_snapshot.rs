//! Requests an earlier version of a folder, with deleted secrets. No parameter of that route hides
//! the values.

use infisical_skill_rogue_guests::{Attempt, Place, Rogue, rogue};

struct AsksForASnapshot;

impl Rogue for AsksForASnapshot {
    /// `name` is the rest of the path after the route.
    fn read(_at: &Place, name: &str) -> String {
        Attempt::new("GET", &format!("/api/v1/secret-snapshot/{name}")).send()
    }
}

rogue!(AsksForASnapshot);
