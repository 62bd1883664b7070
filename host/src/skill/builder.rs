//! Sets up a skill.

use super::Skill;
use crate::audit::{AuditSettings, Trail};
use crate::boundary::shared::Shared;
use crate::client::api_version::Server;
use crate::client::identities::Identities;
use crate::client::tls::{TlsRefusal, TrustRoots};
use crate::client::transport::Transport;
use crate::model::change_rules::{Budgets, ChangeRules};
use crate::model::clients::Clients;
use crate::model::component_policy::ComponentPolicy;
use crate::model::credential::Credential;
use crate::model::enforcement::Enforcement;
use crate::model::limits::Limits;
use crate::model::reveal_rules::{RevealRules, RevealWith};
use crate::model::secrets::Place;
use crate::plans::PlanService;
use crate::plans::reveals::RevealService;
use crate::plans::seal::PlanKeys;
use crate::sandbox::{ComponentRefusal, Sandbox};
use crate::state::{DirectoryState, State};
use infisical_skill_policy::plan::SumLimits;
use infisical_skill_policy::switch::SwitchPolicy;
use infisical_skill_policy::{IdentityKind, OrganizationId, Origin, Scope, Scopes};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Sets up a [`Skill`]. By default it only reads, and values stay hidden.
#[derive(Debug, Clone)]
#[must_use]
pub struct SkillBuilder {
    origin: Origin,
    read: Credential,
    reveal_identity: Option<Credential>,
    write: Option<Credential>,
    organization: Option<OrganizationId>,
    defaults: Place,
    scopes: Scopes,
    reveal: RevealRules,
    reveal_scopes: Option<Scopes>,
    changes: ChangeRules,
    budgets: Budgets,
    clients: Clients,
    roots: TrustRoots,
    limits: Limits,
    state_dir: Option<PathBuf>,
    audit: Option<AuditSettings>,
    enforcement: Enforcement,
    /// A component that replaces the embedded one.
    sandbox: Option<Arc<Sandbox>>,
}

/// Why a skill can't be set up.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// Two of the identities have the same client id or the same access token.
    SameIdentity(IdentityKind, IdentityKind),
    /// Values may be revealed, but no scopes say where.
    NoRevealScopes,
    /// The rules let the read identity reveal values, but there is also a reveal identity.
    TwoToReveal,
    /// There is no state directory to keep the audit trail in.
    NoAuditTrail,
    /// Changes or reveals are set up without an audit trail.
    NotWithoutAuditTrail,
    /// A limit is out of its range.
    Limits(&'static str),
    /// This machine provides no randomness.
    Randomness,
    /// The trust roots can't be used.
    Tls(TlsRefusal),
    /// The component can't be loaded.
    Component(ComponentRefusal),
    /// A client's rights exceed what everybody may do.
    Clients(String),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameIdentity(one, other) => write!(
                f,
                "the {} and the {} identity are the same: create a separate machine identity in Infisical for each. The read identity sees the names of \
                 secrets, the reveal identity reads values, the write identity creates, edits and deletes",
                one.as_str(),
                other.as_str()
            ),
            Self::NoRevealScopes => f.write_str(
                "values may be revealed, but no scopes say where: name the places in `reveal_scopes` (project, environments, paths), or set `reveals = \"never\"`",
            ),
            Self::TwoToReveal => f.write_str(
                "there is a reveal identity, and `reveal_with = \"read\"` says that the read identity reveals values: leave one of them out. The reveal identity is safer",
            ),
            Self::NoAuditTrail => f.write_str(
                "there is no state directory to keep the audit trail in, and the skill does nothing without one: set INFISICAL_SKILL_STATE_DIR, or `state_dir` in \
                 the configuration file, to an absolute path. (By default it is below HOME, which isn't set or can't be written: some MCP clients start \
                 servers without it)",
            ),
            Self::NotWithoutAuditTrail => {
                f.write_str("without an audit trail nothing is changed or revealed: keep one, or configure no write identity and leave `reveals` at \"never\"")
            }
            Self::Limits(what) => f.write_str(what),
            Self::Clients(what) => f.write_str(what),
            Self::Randomness => f.write_str("this machine's random number generator fails, and the skill needs it to seal plans and to name sessions: repair it, then start the skill again"),
            Self::Tls(refusal) => refusal.fmt(f),
            Self::Component(refusal) => refusal.fmt(f),
        }
    }
}

impl std::error::Error for BuildError {}

impl Skill {
    /// Starts to set up a skill for a server, with the identity that reads.
    pub fn builder(origin: Origin, read_identity: Credential) -> SkillBuilder {
        SkillBuilder::new(origin, read_identity)
    }
}

impl SkillBuilder {
    fn new(origin: Origin, read: Credential) -> Self {
        Self {
            origin,
            read,
            reveal_identity: None,
            write: None,
            organization: None,
            defaults: Place::default(),
            scopes: Scopes::everything(),
            reveal: RevealRules::default(),
            reveal_scopes: None,
            changes: ChangeRules::default(),
            budgets: Budgets::default(),
            clients: Clients::default(),
            roots: TrustRoots::default(),
            limits: Limits::default(),
            state_dir: None,
            audit: Some(AuditSettings::default()),
            enforcement: Enforcement::default(),
            sandbox: None,
        }
    }

    /// The identity that reads the plain value of a revealed secret. It must differ from the other
    /// identities. Without it nothing is revealed, unless [`RevealRules::with`] says otherwise.
    pub fn reveal_identity(mut self, credential: Credential) -> Self {
        self.reveal_identity = Some(credential);
        self
    }

    /// The identity that writes. It must differ from the one that reads. Without it nothing can be
    /// changed.
    pub fn write_identity(mut self, credential: Credential) -> Self {
        self.write = Some(credential);
        self
    }

    /// The organization's id, which an older server needs to list projects.
    pub fn organization(mut self, organization: OrganizationId) -> Self {
        self.organization = Some(organization);
        self
    }

    /// The defaults for calls that name no project, environment or path.
    pub fn defaults(mut self, defaults: Place) -> Self {
        self.defaults = defaults;
        self
    }

    /// Where the skill may read and change something. Default: everywhere that the identity may. An
    /// empty list allows nothing.
    pub fn scopes(mut self, scopes: Vec<Scope>) -> Self {
        self.scopes = Scopes::only(scopes);
        self
    }

    /// The rules for plain values. Values stay hidden unless the rules let the switch be turned on.
    /// Then [`Self::reveal_scopes`] must say where they may be shown.
    pub fn reveal(mut self, rules: RevealRules) -> Self {
        self.reveal = rules;
        self
    }

    /// Where plain values may be shown, if they may be shown at all.
    pub fn reveal_scopes(mut self, scopes: Vec<Scope>) -> Self {
        self.reveal_scopes = Some(Scopes::only(scopes));
        self
    }

    /// The rules for changes. Without a write identity and a state directory, nothing can be
    /// changed.
    pub fn changes(mut self, rules: ChangeRules) -> Self {
        self.changes = rules;
        self
    }

    /// How often something may be done.
    pub fn budgets(mut self, budgets: Budgets) -> Self {
        self.budgets = budgets;
        self
    }

    /// The rights of an MCP server's clients. Clients with a token have shares of the budgets, and
    /// all others have the rest.
    pub fn clients(mut self, clients: Clients) -> Self {
        self.clients = clients;
        self
    }

    /// The certificate authorities that are trusted to vouch for the server.
    pub fn trust_roots(mut self, roots: TrustRoots) -> Self {
        self.roots = roots;
        self
    }

    /// The resource limits of one call.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The directory for what is kept between processes: the audit trail, the server's API version,
    /// the kill switch, plans (sealed), budgets. It must exist and belong to this user alone.
    /// Without one nothing can be changed.
    pub fn state_dir(mut self, folder: PathBuf) -> Self {
        self.state_dir = Some(folder);
        self
    }

    /// How the audit trail is kept in the state directory.
    pub fn audit(mut self, settings: AuditSettings) -> Self {
        self.audit = Some(settings);
        self
    }

    /// Whether the agent can't change the settings, as `skill-status` reports it. Default:
    /// advisory.
    pub fn enforcement(mut self, enforcement: Enforcement) -> Self {
        self.enforcement = enforcement;
        self
    }

    /// Keeps no audit trail. Nothing can be changed or revealed then.
    pub fn without_audit_trail(mut self) -> Self {
        self.audit = None;
        self
    }

    /// Runs this component instead of the embedded one, under the same rules.
    #[cfg(feature = "other-components")]
    pub fn component(mut self, component: crate::component::Component) -> Self {
        self.sandbox = Some(component.0);
        self
    }

    /// Sets up the skill. Sends nothing yet.
    ///
    /// # Errors
    ///
    /// [`BuildError`] says what to change.
    pub fn build(self) -> Result<Skill, BuildError> {
        check_limits(&self.limits)?;
        check_rules(&self.changes)?;
        check_reveal_time(&self.reveal)?;
        self.check_reveal()?;
        self.check_identities()?;
        let trail = self.trail()?;
        let policy = self.policy();
        let sandbox = self.sandbox.clone().map_or_else(Sandbox::embedded, Ok).map_err(BuildError::Component)?;
        let state = self.state_dir.as_deref().map(|folder| Arc::new(DirectoryState::new(folder)) as Arc<dyn State>);
        let server = Server::new(self.organization, &self.origin.to_string(), state.clone());
        let transport = Transport::new(self.origin, &self.roots, self.limits.answer).map_err(BuildError::Tls)?;
        let keys = match &self.write {
            None => None,
            Some(write) => Some(plan_keys(write, transport.origin())?),
        };
        let origin = transport.origin().to_string();
        let administration = self.changes.administration;
        let shares = self.clients.shares(&self.scopes, self.budgets.share()).map_err(BuildError::Clients)?;
        let enforced = self.enforcement.is_enforced();
        let reveals = {
            let reader = match self.reveal.with {
                RevealWith::Reveal => self.reveal_identity.as_ref(),
                RevealWith::Read => Some(&self.read),
            };
            let keys = reader.map(|reader| plan_keys(reader, transport.origin())).transpose()?;
            let bounds = (self.changes.plan_lifetime, self.budgets.pending_plans);
            let protected = self.changes.protected.clone();
            RevealService::new(self.reveal, protected, bounds, state.clone(), &origin, keys).enforced(enforced)
        };
        let plan_service =
            PlanService::new(self.changes, self.budgets, state, &origin, keys).enforced(enforced).divided(shares);
        let clients = self.clients.with_administration(administration);
        let client_scopes = clients.scopes();
        let identities = Identities::new(self.read, self.reveal_identity, self.write);
        let scopes = self.scopes.with_administration(administration);
        let reveal_scopes = self.reveal_scopes.unwrap_or_else(Scopes::everything);
        let shared = Shared {
            transport,
            identities,
            scopes,
            reveal_scopes,
            client_scopes,
            server,
            plan_service,
            reveals,
            trail,
        };
        let slots = Semaphore::new(self.limits.concurrent_calls);
        Ok(Skill::new(sandbox, Arc::new(shared), policy, self.limits, slots, (self.enforcement, clients)))
    }

    fn check_reveal(&self) -> Result<(), BuildError> {
        if self.could_reveal() && self.reveal_scopes.is_none() {
            return Err(BuildError::NoRevealScopes);
        }
        if self.reveal.with == RevealWith::Read && self.reveal_identity.is_some() {
            return Err(BuildError::TwoToReveal);
        }
        Ok(())
    }

    fn could_reveal(&self) -> bool {
        self.reveal.switch != SwitchPolicy::Never
    }

    /// Checks that no two identities are the same.
    fn check_identities(&self) -> Result<(), BuildError> {
        let (reveal, write) = (self.reveal_identity.as_ref(), self.write.as_ref());
        for (one, first, other, second) in [
            (IdentityKind::Read, Some(&self.read), IdentityKind::Write, write),
            (IdentityKind::Read, Some(&self.read), IdentityKind::Reveal, reveal),
            (IdentityKind::Reveal, reveal, IdentityKind::Write, write),
        ] {
            if first.zip(second).is_some_and(|(first, second)| first.is_same(second)) {
                return Err(BuildError::SameIdentity(one, other));
            }
        }
        Ok(())
    }

    fn trail(&self) -> Result<Trail, BuildError> {
        match (&self.audit, &self.state_dir) {
            (Some(settings), Some(_)) if !(64 * 1024..=64 * 1024 * 1024).contains(&settings.segment_bytes) => {
                Err(BuildError::Limits("a file of the audit trail must be from 64 KiB to 64 MiB"))
            }
            (Some(settings), Some(folder)) => Ok(Trail::kept(folder, *settings)),
            (Some(_), None) => Err(BuildError::NoAuditTrail),
            (None, folder) if self.could_reveal() || (self.write.is_some() && folder.is_some()) => {
                Err(BuildError::NotWithoutAuditTrail)
            }
            (None, _) => Ok(Trail::none()),
        }
    }

    /// The policy as the component gets it.
    fn policy(&self) -> ComponentPolicy {
        ComponentPolicy {
            origin: self.origin.clone(),
            organization: self.organization.as_ref().map(|id| id.as_str().to_owned()),
            defaults: self.defaults.clone(),
            scopes: self.scopes.clone(),
            reveal_scopes: self.reveal_scopes.clone(),
            protected: self.changes.protected.clone(),
            write_identity: self.write.is_some(),
            max_changes: self.changes.max_changes,
            acknowledge_above: self.changes.acknowledge_above,
            administration: self.changes.administration,
        }
    }
}

fn check_limits(limits: &Limits) -> Result<(), BuildError> {
    if limits.deadline.is_zero() || limits.deadline > Limits::MAX_DEADLINE {
        Err(BuildError::Limits("the deadline must be greater than 0 and at most 1h"))
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

fn check_reveal_time(rules: &RevealRules) -> Result<(), BuildError> {
    match rules.switch {
        SwitchPolicy::Switchable { max } if max.is_zero() || max > ChangeRules::MAX_SWITCHED_ON => {
            Err(BuildError::Limits(
                "the longest time for which reveals can be switched on must be greater than 0 and at most 24h",
            ))
        }
        _ => Ok(()),
    }
}

fn check_rules(rules: &ChangeRules) -> Result<(), BuildError> {
    if rules.plan_lifetime.is_zero() || rules.plan_lifetime > ChangeRules::MAX_PLAN_LIFETIME {
        return Err(BuildError::Limits("a plan's lifetime must be greater than 0 and at most 24h"));
    }
    if !(1..=ChangeRules::MAX_CHANGES).contains(&rules.max_changes) {
        return Err(BuildError::Limits("the number of changes of a plan must be from 1 to 50"));
    }
    let windows = [rules.sums.secret_window, rules.sums.project_window];
    if windows.iter().any(|window| window.is_zero() || *window > SumLimits::MAX_WINDOW) {
        return Err(BuildError::Limits("a window of summed changes must be greater than 0 and at most 7d"));
    }
    match rules.writes {
        SwitchPolicy::Switchable { max } if max.is_zero() || max > ChangeRules::MAX_SWITCHED_ON => {
            Err(BuildError::Limits(
                "the longest time for which changes can be switched on must be greater than 0 and at most 24h",
            ))
        }
        _ => Ok(()),
    }
}

/// The keys that seal plans or sign requests to reveal a value, from the secret of the identity
/// that they need.
fn plan_keys(identity: &Credential, origin: &Origin) -> Result<PlanKeys, BuildError> {
    match identity.plan_secret() {
        Some((secret, client_id)) => Ok(PlanKeys::new(secret, format!("{origin} {client_id}"))),
        None => PlanKeys::for_this_process().map_err(|_| BuildError::Randomness),
    }
}
