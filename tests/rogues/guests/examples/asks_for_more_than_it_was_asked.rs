//! Sends any one request in a read. In a reveal, it requests any secret, as often as it likes.

use infisical_skill_rogue_guests::{Attempt, Place, Rogue, project, project_key, reveal_query, rogue, secrets};

struct AsksForMoreThanItWasAsked;

impl Rogue for AsksForMoreThanItWasAsked {
    /// `name` is the path and query.
    fn read(_at: &Place, name: &str) -> String {
        Attempt::new("GET", name).send()
    }

    /// `name` is a secret's name. `NAME*2` requests it twice, and `other` requests another one.
    fn reveal(_at: &Place, name: &str) -> String {
        let (secret, times) = match name.split_once('*') {
            Some((secret, times)) => (secret, times.parse().unwrap_or(1)),
            None if name == "other" => ("SENTRY_DSN", 1),
            None => (name, 1),
        };
        let (secrets, key, project) = (secrets(), project_key(), project());
        let place = format!("{key}={project}&environment=dev&secretPath=%2F");
        let path = format!("{secrets}/{secret}?{place}&{}", reveal_query());
        (0..times).map(|_| Attempt::new("GET", &path).send()).collect()
    }
}

rogue!(AsksForMoreThanItWasAsked);
