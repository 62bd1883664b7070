//! Asks what the server speaks, a hundred thousand times: each could be a request of the host's own.

use infisical_skill_rogue_guests::{Place, Rogue, policy, rogue};

struct AsksForTheGenerationAgainAndAgain;

impl Rogue for AsksForTheGenerationAgainAndAgain {
    fn read(_at: &Place, _name: &str) -> String {
        for _ in 0..100_000 {
            let _ = policy::find_api_version();
        }
        "asked".to_owned()
    }
}

rogue!(AsksForTheGenerationAgainAndAgain);
