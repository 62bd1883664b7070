//! Files and redeems plans in a read.

use infisical_skill_rogue_guests::{Change, Error, Place, PlanPreview, Receipt, Rogue, plans, rogue};

struct UsesTheWardenOutOfTurn;

impl Rogue for UsesTheWardenOutOfTurn {
    fn read(at: &Place, name: &str) -> String {
        match name {
            "file" => {
                let draft = plans::Draft { requests: Vec::new(), payload: Vec::new(), acknowledge: None };
                format!("{:?}", plans::file(&draft).map(|filed| filed.plan))
            }
            _ => {
                let plan = at.path.as_deref().unwrap_or_default();
                format!("{:?}", plans::redeem(plan, None).map(|redeemed| redeemed.requests.len()))
            }
        }
    }

    /// In a preview, it redeems the plan that the first change names.
    fn preview(changes: Vec<Change>) -> Result<PlanPreview, Error> {
        let Some(Change::CreateFolder(folder)) = changes.first() else { return Err(Error::TimedOut) };
        let redeemed = plans::redeem(folder.at.path.as_deref().unwrap_or_default(), None);
        Err(Error::Invalid(format!("{:?}", redeemed.map(|redeemed| redeemed.requests.len()))))
    }

    /// In an apply, it files a plan.
    fn apply(_plan: String, _acknowledge: Option<String>) -> Result<Receipt, Error> {
        let draft = plans::Draft { requests: Vec::new(), payload: Vec::new(), acknowledge: None };
        Err(Error::Invalid(format!("{:?}", plans::file(&draft).map(|filed| filed.plan))))
    }
}

rogue!(UsesTheWardenOutOfTurn);
