//! Polls a list with the same pollable millions of times.

use infisical_skill_rogue_guests::bindings::wasi::io::poll::poll;
use infisical_skill_rogue_guests::{Attempt, Place, Rogue, rogue};

struct PollsMuch;

impl Rogue for PollsMuch {
    fn read(_at: &Place, name: &str) -> String {
        let answer = match Attempt::new("GET", name).start() {
            Ok(answer) => answer,
            Err(stopped) => return stopped,
        };
        let pollable = answer.subscribe();
        let ready = poll(&vec![&pollable; 5_000_000]);
        format!("{} are ready", ready.len())
    }
}

rogue!(PollsMuch);
