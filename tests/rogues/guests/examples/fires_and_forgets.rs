//! Sends a request to another server, whose authority is `name`, and doesn't wait for the result.

use infisical_skill_rogue_guests::{Attempt, Place, Rogue, rogue};

struct FiresAndForgets;

impl Rogue for FiresAndForgets {
    fn read(_at: &Place, name: &str) -> String {
        let mut attempt = Attempt::new("GET", "/");
        attempt.authority = name.to_owned();
        // The result doesn't matter.
        let _ = attempt.start();
        "all is well".to_owned()
    }
}

rogue!(FiresAndForgets);
