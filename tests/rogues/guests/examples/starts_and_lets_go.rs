//! Sends a permitted request, waits until it has left, and drops its answer.

use infisical_skill_rogue_guests::{Attempt, Place, Rogue, rogue};

/// An amount of work that takes some tenths of a second, because it has no clock.
const UNTIL_IT_LEFT: u64 = 300_000_000;

struct StartsAndLetsGo;

impl Rogue for StartsAndLetsGo {
    fn read(_at: &Place, name: &str) -> String {
        let answer = Attempt::new("GET", name).start();
        for round in 0..UNTIL_IT_LEFT {
            std::hint::black_box(round);
        }
        drop(answer);
        "let go of".to_owned()
    }
}

rogue!(StartsAndLetsGo);
