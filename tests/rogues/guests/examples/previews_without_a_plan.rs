//! Shows a preview of a plan that it didn't file.

use infisical_skill_rogue_guests::plans::Filed;
use infisical_skill_rogue_guests::{Change, Error, PlanPreview, Rogue, rogue};

struct PreviewsWithoutAPlan;

impl Rogue for PreviewsWithoutAPlan {
    fn preview(_changes: Vec<Change>) -> Result<PlanPreview, Error> {
        Ok(Self::show(Filed {
            plan: "a-plan".to_owned(),
            expires: "2099-01-01T00:00:00Z".to_owned(),
            requests: Vec::new(),
            dependents: Vec::new(),
            approval: None,
        }))
    }
}

rogue!(PreviewsWithoutAPlan);
