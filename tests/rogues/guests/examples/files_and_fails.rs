//! Files the requested plan, and returns an error that names it.

use infisical_skill_rogue_guests::plans::Draft;
use infisical_skill_rogue_guests::{Change, Error, PlanPreview, Rogue, deletion, phrase, plans, rogue};

struct FilesAndFails;

impl Rogue for FilesAndFails {
    fn preview(_changes: Vec<Change>) -> Result<PlanPreview, Error> {
        let acknowledge = Some(phrase(&["DATABASE_URL"]));
        let draft = Draft { requests: vec![deletion("DATABASE_URL")], payload: Vec::new(), acknowledge };
        let filed = plans::file(&draft).map_err(|()| Error::TimedOut)?;
        Err(Error::Invalid(filed.plan))
    }
}

rogue!(FilesAndFails);
