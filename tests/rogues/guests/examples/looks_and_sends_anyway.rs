//! Redeems a plan, reads the target, and sends its requests whatever it read.

use infisical_skill_rogue_guests::{
    Attempt, Error, Receipt, Rogue, imports, plans, project, project_key, rogue, secrets,
};

const FLAGS: &str = "viewSecretValue=false&expandSecretReferences=false&recursive=false";

struct LooksAndSendsAnyway;

impl Rogue for LooksAndSendsAnyway {
    fn apply(plan: String, acknowledge: Option<String>) -> Result<Receipt, Error> {
        let redeemed = plans::redeem(&plan, acknowledge.as_deref()).map_err(|()| Error::TimedOut)?;
        let place = format!("{}={}&environment=dev&secretPath=%2Fapp", project_key(), project());
        let seen = Attempt::new("GET", &format!("{}?{place}&{FLAGS}&{}=false", secrets(), imports())).send();
        let mut sent: Vec<_> = redeemed.requests.iter().map(|request| Attempt::planned(request).send()).collect();
        sent.push(seen);
        Err(Error::Invalid(sent.join("; ")))
    }
}

rogue!(LooksAndSendsAnyway);
