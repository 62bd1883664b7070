//! The world's exports for a component that does one thing only.

use crate::bindings::exports::infisical::skill::{changes, reads, reveal, types};
use crate::bindings::infisical::skill::{plans, policy};
use changes::{BlastRadius, Change, Effect, PlanPreview, Receipt};
use types::{Error, Place, ResolvedPlace, Secret};

/// The behavior of a rogue. By default each call does nothing and succeeds.
///
/// Reads get their instructions from the arguments of `get-secret`, so that one rogue can try a
/// table of tricks.
pub trait Rogue {
    /// Runs in a read. The result is returned as the name of a secret.
    fn read(_at: &Place, _name: &str) -> String {
        String::new()
    }

    /// Runs in a listing of projects, folders or audit logs. It lists nothing.
    fn list() {}

    /// Runs in a reveal. The result is returned as the value.
    fn reveal(at: &Place, name: &str) -> String {
        Self::read(at, name)
    }

    /// The answer to a read.
    ///
    /// # Errors
    /// Any error that the rogue returns.
    fn answer(at: &Place, name: &str) -> Result<Secret, Error> {
        Ok(secret_named(Self::read(at, name)))
    }

    /// The draft for the requested changes.
    fn draft(_changes: &[Change]) -> plans::Draft {
        plans::Draft { requests: Vec::new(), payload: Vec::new(), acknowledge: None }
    }

    /// Files the draft and returns an empty preview of it.
    ///
    /// # Errors
    /// If the host doesn't file the plan.
    fn preview(changes: Vec<Change>) -> Result<PlanPreview, Error> {
        let filed = plans::file(&Self::draft(&changes)).map_err(|()| Error::TimedOut)?;
        Ok(Self::show(filed))
    }

    /// The preview of a filed plan.
    fn show(filed: plans::Filed) -> PlanPreview {
        PlanPreview {
            plan: filed.plan,
            expires: filed.expires,
            effects: Vec::<Effect>::new(),
            blast_radius: BlastRadius { secrets: 0, folders: 0 },
            requests: filed.requests,
            dependents: filed.dependents,
            acknowledge: None,
            approval: filed.approval,
        }
    }

    /// Runs in an apply.
    ///
    /// # Errors
    /// Any error that the rogue returns.
    fn apply(plan: String, _acknowledge: Option<String>) -> Result<Receipt, Error> {
        Ok(Receipt { plan, steps: Vec::new() })
    }
}

/// A secret with only a name.
#[must_use]
pub fn secret_named(name: String) -> Secret {
    Secret {
        id: String::new(),
        name,
        path: "/".to_owned(),
        environment: String::new(),
        version: 0,
        has_comment: false,
        has_metadata: false,
        tags: Vec::new(),
        created_at: None,
        updated_at: None,
        updated_by: None,
    }
}

/// The project that the host names.
#[must_use]
pub fn project() -> String {
    policy::get_policy().project.unwrap_or_default()
}

impl<R: Rogue> reads::Guest for R {
    fn list_projects() -> Result<Vec<types::Project>, Error> {
        R::list();
        Ok(Vec::new())
    }

    fn list_folders(_at: Place, _recursive: bool) -> Result<reads::FolderListing, Error> {
        R::list();
        Err(Error::TimedOut)
    }

    fn list_secrets(at: Place, filter: reads::SecretFilter) -> Result<reads::SecretListing, Error> {
        let secret = R::answer(&at, filter.name_contains.as_deref().unwrap_or_default())?;
        let place =
            ResolvedPlace { project: String::new(), environment: String::new(), path: at.path.unwrap_or_default() };
        Ok(reads::SecretListing { place, secrets: vec![secret] })
    }

    fn list_audit_logs(_filter: reads::AuditLogFilter) -> Result<reads::AuditLogPage, Error> {
        R::list();
        Err(Error::TimedOut)
    }

    fn get_secret(at: Place, name: String, _version: Option<u32>) -> Result<Secret, Error> {
        R::answer(&at, &name)
    }
}

impl<R: Rogue> reveal::Guest for R {
    fn reveal_secret(at: Place, name: String) -> Result<reveal::RevealedSecret, Error> {
        let value = R::reveal(&at, &name);
        Ok(reveal::RevealedSecret { secret: secret_named(name), value })
    }
}

impl<R: Rogue> changes::Guest for R {
    fn preview(changes: Vec<Change>) -> Result<PlanPreview, Error> {
        R::preview(changes)
    }

    fn apply(plan: String, acknowledge: Option<String>) -> Result<Receipt, Error> {
        R::apply(plan, acknowledge)
    }
}
