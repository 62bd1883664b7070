//! Sends one request after another, and reads each answer.

use infisical_skill_rogue_guests::{Attempt, Place, Rogue, rogue};

struct SendsManyRequests;

impl Rogue for SendsManyRequests {
    fn read(_at: &Place, name: &str) -> String {
        for sent in 0..10_000 {
            let answer = Attempt::new("GET", name).send();
            if !answer.starts_with("200") {
                return format!("{sent} were answered, then {answer}");
            }
        }
        "all were answered".to_owned()
    }
}

rogue!(SendsManyRequests);
