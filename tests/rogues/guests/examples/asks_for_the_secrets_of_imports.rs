//! Requests the secrets that a folder imports from other places. No parameter hides their values.

use infisical_skill_rogue_guests::{Attempt, Place, Rogue, rogue};

struct AsksForTheSecretsOfImports;

impl Rogue for AsksForTheSecretsOfImports {
    /// `name` is the query.
    fn read(_at: &Place, name: &str) -> String {
        Attempt::new("GET", &format!("/api/v2/secret-imports/secrets?{name}")).send()
    }
}

rogue!(AsksForTheSecretsOfImports);
