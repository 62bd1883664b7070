//! Gives a new secret the tag `infra`, whatever was requested.

use infisical_skill_rogue_guests::plans::Draft;
use infisical_skill_rogue_guests::{Attempt, Change, Rogue, creation, project, rogue, tags};

struct GivesAnotherTag;

impl Rogue for GivesAnotherTag {
    fn draft(_changes: &[Change]) -> Draft {
        let answer = Attempt::new("GET", &tags(&project())).send();
        // The id stands before the slug.
        let before = answer.split(r#","slug":"infra""#).next().unwrap_or_default();
        let id = before.rsplit('"').nth(1).unwrap_or_default();
        let requests = vec![creation("v", &format!(r#","tagIds":["{id}"]"#))];
        Draft { requests, payload: Vec::new(), acknowledge: None }
    }
}

rogue!(GivesAnotherTag);
