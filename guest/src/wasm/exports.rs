//! Implements the exported interfaces.

use super::http::Outgoing;
use super::plans::planned;
use crate::bindings::wasi::random::random;
use crate::bindings::{changes, reads, reveal};
use crate::bindings::{plans, policy};
use crate::ports::{Draft, HostPort, Redeemed};
use crate::skill::Skill;
use crate::types::{
    ApiVersion, AuditLogFilter, AuditLogPage, Change, Error, Filed, FolderListing, Place, PlanPreview, Policy, Project,
    Receipt, RevealedSecret, Secret, SecretFilter, SecretListing,
};

/// The component. The host creates a new instance for each call.
pub(crate) struct Component;

struct Host;

impl HostPort for Host {
    fn policy(&self) -> Policy {
        policy::get_policy()
    }

    fn find_api_version(&self) -> Option<ApiVersion> {
        policy::find_api_version().ok()
    }

    fn file(&self, draft: &Draft) -> Option<Filed> {
        let requests = draft.requests.iter().map(planned).collect::<Option<_>>()?;
        let draft = plans::Draft { requests, payload: draft.payload.clone(), acknowledge: draft.acknowledge.clone() };
        plans::file(&draft).ok()
    }

    fn redeem(&self, plan: &str, acknowledge: Option<&str>) -> Option<Redeemed> {
        plans::redeem(plan, acknowledge).ok().map(Into::into)
    }

    fn random_bytes(&self, count: usize) -> Vec<u8> {
        random::get_random_bytes(count as u64)
    }
}

fn skill() -> Skill<Outgoing, Host> {
    Skill::new(Outgoing::new(Host.policy().origin), Host)
}

impl reads::Guest for Component {
    fn list_projects() -> Result<Vec<Project>, Error> {
        skill().list_projects()
    }

    fn list_folders(at: Place, recursive: bool) -> Result<FolderListing, Error> {
        skill().list_folders(&at, recursive)
    }

    fn list_secrets(at: Place, filter: SecretFilter) -> Result<SecretListing, Error> {
        skill().list_secrets(&at, &filter)
    }

    fn list_audit_logs(filter: AuditLogFilter) -> Result<AuditLogPage, Error> {
        skill().list_audit_logs(&filter)
    }

    fn get_secret(at: Place, name: String, version: Option<u32>) -> Result<Secret, Error> {
        skill().get_secret(&at, &name, version)
    }
}

impl reveal::Guest for Component {
    fn reveal_secret(at: Place, name: String) -> Result<RevealedSecret, Error> {
        skill().reveal_secret(&at, &name)
    }
}

impl changes::Guest for Component {
    fn preview(changes: Vec<Change>) -> Result<PlanPreview, Error> {
        skill().preview(&changes)
    }

    fn apply(plan: String, acknowledge: Option<String>) -> Result<Receipt, Error> {
        skill().apply(&plan, acknowledge.as_deref())
    }
}
