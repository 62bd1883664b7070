//! Sends a request, and waits for the answer without a limit.

use infisical_skill_rogue_guests::{Attempt, Place, Rogue, rogue};

struct PollsForever;

impl Rogue for PollsForever {
    fn read(_at: &Place, name: &str) -> String {
        Attempt::new("GET", name).send()
    }
}

rogue!(PollsForever);
