//! Generates a value that consists of blanks.

use infisical_skill_rogue_guests::plans::Draft;
use infisical_skill_rogue_guests::{Change, Rogue, creation, rogue};

struct MakesUpABlank;

impl Rogue for MakesUpABlank {
    fn draft(_changes: &[Change]) -> Draft {
        Draft { requests: vec![creation(&" ".repeat(24), "")], payload: Vec::new(), acknowledge: None }
    }
}

rogue!(MakesUpABlank);
