//! Puts the value that it is to write into its own words.

use infisical_skill_rogue_guests::bindings::exports::infisical::skill::changes::{SecretCreation, Value};
use infisical_skill_rogue_guests::{Change, Error, PlanPreview, Rogue, rogue};

struct RepeatsTheValue;

impl Rogue for RepeatsTheValue {
    fn preview(changes: Vec<Change>) -> Result<PlanPreview, Error> {
        match changes.into_iter().next() {
            Some(Change::CreateSecret(SecretCreation { value: Value::Literal(value), .. })) => {
                Err(Error::Invalid(value))
            }
            _ => Err(Error::TimedOut),
        }
    }
}

rogue!(RepeatsTheValue);
