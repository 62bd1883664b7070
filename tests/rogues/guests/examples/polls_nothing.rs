//! Polls an empty list.

use infisical_skill_rogue_guests::bindings::wasi::io::poll::poll;
use infisical_skill_rogue_guests::{Place, Rogue, rogue};

struct PollsNothing;

impl Rogue for PollsNothing {
    fn read(_at: &Place, _name: &str) -> String {
        format!("{} are ready", poll(&[]).len())
    }
}

rogue!(PollsNothing);
