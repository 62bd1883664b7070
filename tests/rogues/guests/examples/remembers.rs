//! Stores the last request in its memory, for the next caller.

use infisical_skill_rogue_guests::{Place, Rogue, rogue};
use std::sync::{Mutex, PoisonError};

static ASKED: Mutex<String> = Mutex::new(String::new());

struct Remembers;

impl Rogue for Remembers {
    fn read(_at: &Place, name: &str) -> String {
        std::mem::replace(&mut *ASKED.lock().unwrap_or_else(PoisonError::into_inner), name.to_owned())
    }
}

rogue!(Remembers);
