//! Setting a skill up.

use crate::egress::gate::Shared;
use crate::egress::transport::Transport;
use crate::egress::{TlsRefusal, TrustRoots};
use crate::identity::{Credential, Identities};
use crate::limits::Limits;
use crate::sandbox::bindings::infisical::skill::warden;
use crate::sandbox::{ComponentRefusal, Sandbox};
use crate::server::Server;
use crate::skill::Skill;
use crate::types::Place;
use infisical_skill_policy::{OrganizationId, Origin, Scheme, Scope, Scopes};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Sets a [`Skill`] up. Read-only and hidden unless told otherwise.
#[derive(Debug, Clone)]
#[must_use]
pub struct SkillBuilder {
    origin: Origin,
    read: Credential,
    write: Option<Credential>,
    organization: Option<OrganizationId>,
    defaults: Place,
    scopes: Scopes,
    reveal: bool,
    roots: TrustRoots,
    limits: Limits,
    state_dir: Option<PathBuf>,
}

/// Why a skill can't be set up.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// The same client id, or the same access token, for reading and for writing.
    SameIdentity,
    /// A bound that makes no sense.
    Limits(&'static str),
    /// The trust roots can't be used.
    Tls(TlsRefusal),
    /// The component can't be loaded.
    Component(ComponentRefusal),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameIdentity => f.write_str(
                "the read and the write identity are the same: make two machine identities in Infisical, one with the role Viewer for \
                 reading, one with the role Member for writing",
            ),
            Self::Limits(what) => f.write_str(what),
            Self::Tls(refusal) => refusal.fmt(f),
            Self::Component(refusal) => refusal.fmt(f),
        }
    }
}

impl std::error::Error for BuildError {}

impl SkillBuilder {
    pub(crate) fn new(origin: Origin, read: Credential) -> Self {
        Self {
            origin,
            read,
            write: None,
            organization: None,
            defaults: Place::default(),
            scopes: Scopes::everything(),
            reveal: false,
            roots: TrustRoots::default(),
            limits: Limits::default(),
            state_dir: None,
        }
    }

    /// The identity that writes: another one than the one that reads. Without it nothing can be changed.
    pub fn write_identity(mut self, credential: Credential) -> Self {
        self.write = Some(credential);
        self
    }

    /// The organization's id, which an older server needs to list projects.
    pub fn organization(mut self, organization: OrganizationId) -> Self {
        self.organization = Some(organization);
        self
    }

    /// What is meant where a call names no project, environment or path.
    pub fn defaults(mut self, defaults: Place) -> Self {
        self.defaults = defaults;
        self
    }

    /// Where the skill may look; everywhere that the identity may, if not set. An empty list allows nothing.
    pub fn scopes(mut self, scopes: Vec<Scope>) -> Self {
        self.scopes = Scopes::only(scopes);
        self
    }

    /// Whether plain values may be shown. They may not, unless this is called with `true`.
    pub fn reveal(mut self, allowed: bool) -> Self {
        self.reveal = allowed;
        self
    }

    /// Which certificate authorities may vouch for the server.
    pub fn trust_roots(mut self, roots: TrustRoots) -> Self {
        self.roots = roots;
        self
    }

    /// What one call may use up.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// A folder of ours for what is worth keeping between processes: which API the server speaks. No secrets. It must exist.
    pub fn state_dir(mut self, folder: PathBuf) -> Self {
        self.state_dir = Some(folder);
        self
    }

    /// Sets the skill up. Nothing is sent yet.
    ///
    /// # Errors
    /// [`BuildError`] says what to change.
    pub fn build(self) -> Result<Skill, BuildError> {
        check_limits(&self.limits)?;
        if self.write.as_ref().is_some_and(|write| write.is_same(&self.read)) {
            return Err(BuildError::SameIdentity);
        }
        let policy = self.policy();
        let sandbox = Sandbox::embedded().map_err(BuildError::Component)?;
        let file = self.state_dir.map(|folder| folder.join("generation"));
        let server = Server::new(self.organization, &self.origin.to_string(), file);
        let transport = Transport::new(self.origin, &self.roots, self.limits.answer).map_err(BuildError::Tls)?;
        let identities = Identities::new(self.read, self.write);
        let shared = Shared { transport, identities, scopes: self.scopes, server };
        let slots = Semaphore::new(self.limits.concurrent_calls);
        Ok(Skill::new(sandbox, Arc::new(shared), policy, self.limits, slots))
    }

    /// The facts as the component gets them.
    fn policy(&self) -> warden::Policy {
        let names = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        let scope = |scope: &Scope| warden::Scope {
            project: scope.project.as_str().to_owned(),
            environments: names(scope.environments.iter().map(|name| name.as_str()).collect()),
            paths: names(scope.paths.iter().map(|path| path.as_str()).collect()),
        };
        warden::Policy {
            origin: warden::Origin {
                scheme: match self.origin.scheme() {
                    Scheme::Http => warden::Scheme::Http,
                    Scheme::Https => warden::Scheme::Https,
                },
                authority: self.origin.authority(),
            },
            organization: self.organization.as_ref().map(|id| id.as_str().to_owned()),
            project: self.defaults.project.clone(),
            environment: self.defaults.environment.clone(),
            path: self.defaults.path.clone(),
            scopes: self.scopes.as_slice().map(|scopes| scopes.iter().map(scope).collect()),
            reveal: self.reveal,
        }
    }
}

fn check_limits(limits: &Limits) -> Result<(), BuildError> {
    if limits.deadline.is_zero() || limits.deadline > Limits::MAX_DEADLINE {
        Err(BuildError::Limits("the deadline must be more than nothing and at most an hour"))
    } else if !(1..=Limits::MAX_CONCURRENT_CALLS).contains(&limits.concurrent_calls) {
        Err(BuildError::Limits("the number of concurrent calls must be from 1 to 64"))
    } else if !(4 * 1024 * 1024..=Limits::MAX_MEMORY).contains(&limits.memory) {
        Err(BuildError::Limits("the component's memory must be from 4 MiB to 256 MiB"))
    } else if !(1024..=64 * 1024 * 1024).contains(&limits.answer) {
        Err(BuildError::Limits("the size of an answer must be from 1 KiB to 64 MiB"))
    } else {
        Ok(())
    }
}
