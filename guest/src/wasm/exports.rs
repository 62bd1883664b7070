//! Implements the exported interfaces.

use super::bindings::exports::infisical::skill::{changes, reads, reveal, types as wit};
use super::bindings::infisical::skill::{plans, policy};
use super::bindings::wasi::random::random;
use super::convert::all;
use super::convert_changes::planned;
use super::http::Outgoing;
use crate::ports::{Draft, Filed, HostPort, Redeemed};
use crate::skill::Skill;
use crate::types::{ApiVersion, Policy};

/// The component. The host creates a new instance for each call.
pub(crate) struct Component;

struct Host;

impl HostPort for Host {
    fn policy(&self) -> Policy {
        policy::get_policy().into()
    }

    fn find_api_version(&self) -> Option<ApiVersion> {
        policy::find_api_version().ok().map(Into::into)
    }

    fn file(&self, draft: &Draft) -> Option<Filed> {
        let mut requests = Vec::new();
        for request in &draft.requests {
            requests.push(planned(request)?);
        }
        let draft = plans::Draft { requests, payload: draft.payload.clone(), acknowledge: draft.acknowledge.clone() };
        plans::file(&draft).ok().map(Into::into)
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
    fn list_projects() -> Result<Vec<wit::Project>, wit::Error> {
        Ok(all(skill().list_projects()?))
    }

    fn list_folders(at: wit::Place, recursive: bool) -> Result<reads::FolderListing, wit::Error> {
        Ok(skill().list_folders(&at.into(), recursive)?.into())
    }

    fn list_secrets(at: wit::Place, filter: reads::SecretFilter) -> Result<reads::SecretListing, wit::Error> {
        Ok(skill().list_secrets(&at.into(), &filter.into())?.into())
    }

    fn list_audit_logs(filter: reads::AuditLogFilter) -> Result<reads::AuditLogPage, wit::Error> {
        Ok(skill().list_audit_logs(&filter.into())?.into())
    }

    fn get_secret(at: wit::Place, name: String, version: Option<u32>) -> Result<wit::Secret, wit::Error> {
        Ok(skill().get_secret(&at.into(), &name, version)?.into())
    }
}

impl reveal::Guest for Component {
    fn reveal_secret(at: wit::Place, name: String) -> Result<reveal::RevealedSecret, wit::Error> {
        Ok(skill().reveal_secret(&at.into(), &name)?.into())
    }
}

impl changes::Guest for Component {
    fn preview(changes: Vec<changes::Change>) -> Result<changes::PlanPreview, wit::Error> {
        Ok(skill().preview(&all(changes))?.into())
    }

    fn apply(plan: String, acknowledge: Option<String>) -> Result<changes::Receipt, wit::Error> {
        Ok(skill().apply(&plan, acknowledge.as_deref())?.into())
    }
}
