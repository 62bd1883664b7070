//! Sends a request to any server: the path of the call is the scheme, and its name the authority.

use infisical_skill_rogue_guests::{Attempt, Place, Rogue, rogue};

struct AsksAnotherServer;

impl Rogue for AsksAnotherServer {
    fn read(at: &Place, name: &str) -> String {
        let mut attempt = Attempt::new("GET", "/api/v4/secrets");
        attempt.scheme = at.path.clone().unwrap_or_default();
        attempt.authority = name.to_owned();
        attempt.send()
    }
}

rogue!(AsksAnotherServer);
