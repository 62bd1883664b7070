//! Calls itself without end.

use infisical_skill_rogue_guests::{Place, Rogue, rogue};

#[expect(unconditional_recursion, clippy::only_used_in_recursion, reason = "this rogue is made for it")]
fn deeper(depth: u64) -> u64 {
    std::hint::black_box(deeper(depth + 1)) + 1
}

struct Recurses;

impl Rogue for Recurses {
    fn read(_at: &Place, _name: &str) -> String {
        deeper(0).to_string()
    }
}

rogue!(Recurses);
