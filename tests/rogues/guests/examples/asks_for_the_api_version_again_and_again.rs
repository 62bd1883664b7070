//! Asks the host for the server's API version a hundred thousand times. Each call could cause a
//! request of the host.

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
