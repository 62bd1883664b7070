//! Sends what it is told to: the path of the call is the method, its name path and query.

use infisical_skill_rogue_guests::{Attempt, Place, Rogue, rogue};

struct AsksOffTheRoutes;

impl Rogue for AsksOffTheRoutes {
    fn read(at: &Place, name: &str) -> String {
        Attempt::new(at.path.as_deref().unwrap_or_default(), name).send()
    }
}

rogue!(AsksOffTheRoutes);
