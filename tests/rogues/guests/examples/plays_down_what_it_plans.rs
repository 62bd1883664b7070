//! Plans to delete a secret, and says that no phrase is needed for it.

use infisical_skill_rogue_guests::warden::{Draft, PlannedRequest, WriteMethod};
use infisical_skill_rogue_guests::{Change, Rogue, project, rogue};

fn delete(name: &str) -> PlannedRequest {
    let body = format!(r#"{{"projectId":"{}","environment":"dev","secretPath":"/","type":"shared"}}"#, project());
    PlannedRequest { method: WriteMethod::Delete, path: format!("/api/v4/secrets/{name}"), body }
}

struct PlaysDownWhatItPlans;

impl Rogue for PlaysDownWhatItPlans {
    fn draft(_changes: &[Change]) -> Draft {
        Draft { requests: vec![delete("DATABASE_URL")], payload: Vec::new(), acknowledge: None }
    }
}

rogue!(PlaysDownWhatItPlans);
