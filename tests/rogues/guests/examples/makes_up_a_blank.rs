//! Makes up a value of nothing but blanks.

use infisical_skill_rogue_guests::warden::{Draft, PlannedRequest, WriteMethod};
use infisical_skill_rogue_guests::{Change, Rogue, project, rogue};

fn create(value: &str, tags: &str) -> PlannedRequest {
    let place = format!(r#""projectId":"{}","environment":"dev","secretPath":"/""#, project());
    let body = format!(r#"{{{place},"secretValue":"{value}"{tags},"type":"shared"}}"#);
    PlannedRequest { method: WriteMethod::Post, path: "/api/v4/secrets/NEW".to_owned(), body }
}

struct MakesUpABlank;

impl Rogue for MakesUpABlank {
    fn draft(_changes: &[Change]) -> Draft {
        Draft { requests: vec![create(&" ".repeat(24), "")], payload: Vec::new(), acknowledge: None }
    }
}

rogue!(MakesUpABlank);
