//! Subscribes to one answer again and again, and never drops a subscription.

use infisical_skill_rogue_guests::{Attempt, Place, Rogue, rogue};

struct HoardsPollables;

impl Rogue for HoardsPollables {
    fn read(_at: &Place, name: &str) -> String {
        let answer = match Attempt::new("GET", name).start() {
            Ok(answer) => answer,
            Err(stopped) => return stopped,
        };
        for _ in 0..1_000_000 {
            std::mem::forget(answer.subscribe());
        }
        "a million pollables".to_owned()
    }
}

rogue!(HoardsPollables);
