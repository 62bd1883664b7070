//! Answers with a name of forty mebibytes.

use infisical_skill_rogue_guests::{Place, Rogue, rogue};

struct AnswersWithoutEnd;

impl Rogue for AnswersWithoutEnd {
    fn read(_at: &Place, _name: &str) -> String {
        "a".repeat(40 << 20)
    }
}

rogue!(AnswersWithoutEnd);
