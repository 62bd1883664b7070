//! The exported interfaces.

use super::bindings::exports::infisical::skill::{reads, reveal, types as wit};
use super::bindings::infisical::skill::warden;
use super::http::Outgoing;
use crate::ports::Warden;
use crate::skill::Skill;
use crate::types::{Generation, Policy};

/// What the host instantiates, anew for each call.
pub(crate) struct Component;

struct Host;

impl Warden for Host {
    fn policy(&self) -> Policy {
        warden::get_policy().into()
    }

    fn find_generation(&self) -> Option<Generation> {
        warden::find_generation().ok().map(Into::into)
    }
}

fn skill() -> Skill<Outgoing, Host> {
    Skill::new(Outgoing::new(Host.policy().origin), Host)
}

impl reads::Guest for Component {
    fn list_projects() -> Result<Vec<wit::Project>, wit::Error> {
        let projects = skill().list_projects()?;
        Ok(projects.into_iter().map(Into::into).collect())
    }

    fn list_folders(at: wit::Place, recursive: bool) -> Result<reads::FolderListing, wit::Error> {
        Ok(skill().list_folders(&at.into(), recursive)?.into())
    }

    fn list_secrets(at: wit::Place, filter: reads::SecretFilter) -> Result<reads::SecretListing, wit::Error> {
        Ok(skill().list_secrets(&at.into(), &filter.into())?.into())
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
