//! Asks for what a folder imports: other places' secrets, with values that no parameter hides.

use infisical_skill_rogue_guests::{Attempt, Place, Rogue, rogue};

struct AsksForTheSecretsOfImports;

impl Rogue for AsksForTheSecretsOfImports {
    /// The name is the route's query.
    fn read(_at: &Place, name: &str) -> String {
        Attempt::new("GET", &format!("/api/v2/secret-imports/secrets?{name}")).send()
    }
}

rogue!(AsksForTheSecretsOfImports);
