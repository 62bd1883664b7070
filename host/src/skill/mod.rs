//! The skill: the API for embedders.
//!
//! - `reading`: reads and reveals. `changing`: previews, plans, what people decide about them.
//! - `calling`: runs a method in the sandbox and records it. `asking`: records calls that ask a
//!   person first.
//! - `closing`: revokes the access tokens. `status`: what is allowed now. `builder`: sets a skill up.

#[cfg(feature = "mcp")]
mod asking;
pub(crate) mod builder;
mod calling;
mod changing;
mod closing;
mod reading;
mod status;

use crate::audit;
use crate::boundary::shared::Shared;
use crate::model::clients::Clients;
use crate::model::component_policy::ComponentPolicy;
use crate::model::enforcement::Enforcement;
use crate::model::limits::Limits;
use crate::model::people::AskedBy;
use crate::model::secrets::Place;
use crate::model::session::{Client, Session};
use crate::model::switch_state::SwitchState;
use crate::plans::PlanService;
use crate::plans::reveals::RevealService;
use crate::sandbox::Sandbox;
#[cfg(feature = "mcp")]
pub(crate) use asking::Asking;
use calling::CallIds;
use infisical_skill_audit::Caller;
use infisical_skill_policy::approver::Channel;
use infisical_skill_policy::{ApiVersion, Grant, Origin};
use std::fmt;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The skill, set up for one server. Cheap to clone. Calls may run concurrently.
///
/// Each method runs the component in a fresh sandbox. The method determines what the call may do.
/// Its arguments can't.
#[derive(Clone)]
pub struct Skill {
    inner: Arc<Inner>,
    caller: Arc<Caller>,
    client: Client,
}

struct Inner {
    sandbox: Arc<Sandbox>,
    shared: Arc<Shared>,
    policy: ComponentPolicy,
    defaults: Place,
    limits: Limits,
    slots: Semaphore,
    enforcement: Enforcement,
    clients: Clients,
    calls: CallIds,
}

impl fmt::Debug for Skill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Skill").field("origin", self.origin()).finish_non_exhaustive()
    }
}

impl Skill {
    pub(crate) fn new(
        sandbox: Arc<Sandbox>,
        shared: Arc<Shared>,
        policy: ComponentPolicy,
        limits: Limits,
        slots: Semaphore,
        (enforcement, clients): (Enforcement, Clients),
    ) -> Self {
        let defaults = policy.defaults.clone();
        let inner =
            Inner { sandbox, shared, policy, defaults, limits, slots, enforcement, clients, calls: CallIds::new() };
        Self { inner: Arc::new(inner), caller: Arc::default(), client: Client::default() }
            .asked_by(AskedBy::here(Channel::Embedded), audit::caller(None, None))
    }

    /// The same skill for this requester and caller.
    fn asked_by(&self, asked: AskedBy, caller: Caller) -> Self {
        let asked = AskedBy { client: caller.client.clone(), session: caller.session.clone(), ..asked };
        let client = Client { asked: Arc::new(asked), ..self.client.clone() };
        Self { caller: Arc::new(caller), client, ..self.clone() }
    }

    /// The same skill for requests through the command, at a terminal or in a script. The operating
    /// system says who runs it.
    #[must_use]
    pub fn for_command(&self) -> Self {
        self.asked_by(AskedBy::here(Channel::Command), (*self.caller).clone())
    }

    /// The same skill for a client of an MCP server, with what the operator allows it.
    #[cfg(feature = "mcp")]
    pub(crate) fn for_client(&self, channel: Channel, token: Option<&str>) -> Self {
        let clients = self.clients();
        let rights = token.map_or_else(|| clients.stdio.clone(), |token| clients.of_token(token));
        let token = token.map(str::to_owned);
        let asked = AskedBy { owner: rights.owner.clone(), token, ..AskedBy::here(channel) };
        let skill = self.asked_by(asked, (*self.caller).clone());
        Self { client: Client { rights: Arc::new(rights), ..skill.client.clone() }, ..skill }
    }

    /// The server.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        self.inner.shared.transport.origin()
    }

    /// Which API version the server speaks, if a call has already found it out.
    #[must_use]
    pub fn api_version(&self) -> Option<ApiVersion> {
        self.inner.shared.server.known()
    }

    /// Whether there is an identity that could change anything.
    #[must_use]
    pub fn has_write_identity(&self) -> bool {
        self.inner.shared.identities.has_write()
    }

    /// Whether plain values may be shown now.
    #[must_use]
    pub fn may_reveal(&self) -> bool {
        self.reveals().on().is_ok()
    }

    /// The current state of the switch of plain values.
    #[must_use]
    pub fn reveal_switch(&self) -> SwitchState {
        self.reveals().switch()
    }

    /// Whether there is a separate identity that reads plain values.
    #[must_use]
    pub fn has_reveal_identity(&self) -> bool {
        self.inner.shared.identities.has_reveal()
    }

    /// Whether the read identity reads the revealed values.
    #[cfg(feature = "cli")]
    pub(crate) fn reveals_with_reader(&self) -> bool {
        self.could_reveal() && !self.has_reveal_identity()
    }

    /// Whether the set-up could ever reveal a value. It may still be impossible now.
    pub(crate) fn could_reveal(&self) -> bool {
        self.reveals().could_reveal()
    }

    /// Whether the operator allows the calling client calls of this kind.
    pub(crate) fn client_may(&self, grant: Grant) -> bool {
        self.client.check(grant).is_ok()
    }

    /// What the operator allows the clients of an MCP server.
    #[must_use]
    pub fn clients(&self) -> &Clients {
        &self.inner.clients
    }

    /// The policy as the component gets it, for the calling client.
    fn policy(&self) -> ComponentPolicy {
        let policy = self.inner.policy.clone();
        match &self.client.rights.scopes {
            Some(scopes) if scopes.as_slice().is_some() => ComponentPolicy { scopes: scopes.clone(), ..policy },
            _ => policy,
        }
    }

    /// The same skill for another client. Its calls are recorded under its name. Only it can use the
    /// requests to reveal that it filed.
    #[must_use]
    pub fn for_caller(&self, client: &str, version: Option<&str>) -> Self {
        self.asked_by((*self.client.asked).clone(), audit::caller(Some(client), version))
    }

    /// The same skill for one session of a client. Its calls are recorded under the client's name
    /// and the session's. Plans that are previewed in the session can be applied and discarded only
    /// in it. A skill without a session handles only plans that were previewed without one.
    #[must_use]
    pub fn for_session(&self, session: &Session, client: &str, version: Option<&str>) -> Self {
        let caller = audit::caller_in(session.as_str().to_owned(), Some(client), version);
        let skill = self.asked_by((*self.client.asked).clone(), caller);
        Self { client: Client { session: Some(session.clone()), ..skill.client.clone() }, ..skill }
    }

    /// The same skill for one call that is monitored.
    #[cfg(feature = "mcp")]
    pub(crate) fn monitored(&self, monitor: Arc<crate::model::session::CallMonitor>) -> Self {
        Self { client: Client { monitor: Some(monitor), ..self.client.clone() }, ..self.clone() }
    }

    /// Whether the layers hold against the agent's own user.
    #[must_use]
    pub fn enforcement(&self) -> &Enforcement {
        &self.inner.enforcement
    }

    /// The current state of the kill switch.
    #[must_use]
    pub fn switch(&self) -> SwitchState {
        self.plan_service().switch()
    }

    pub(crate) fn reveals(&self) -> &RevealService {
        &self.inner.shared.reveals
    }

    #[cfg(feature = "cli")]
    pub(crate) fn shared(&self) -> &Shared {
        &self.inner.shared
    }

    pub(crate) fn defaults(&self) -> &Place {
        &self.inner.defaults
    }

    /// Whether projects, environments and members may be administered.
    pub(crate) fn may_administer(&self) -> bool {
        self.inner.policy.administration
    }

    /// The longest time that a call takes.
    #[cfg(feature = "mcp")]
    pub(crate) fn longest_call(&self) -> std::time::Duration {
        self.inner.limits.deadline
    }

    /// Whether the set-up could ever make a change. It may still be impossible now.
    pub(crate) fn could_change(&self) -> bool {
        self.has_write_identity() && self.switch() != SwitchState::Never && self.plan_service().keeps_plans()
    }

    fn plan_service(&self) -> &PlanService {
        &self.inner.shared.plan_service
    }

    fn switch_needed(&self) -> Option<String> {
        match self.switch() {
            SwitchState::On { .. } => None,
            SwitchState::Never => Some("the configuration forbids changes".to_owned()),
            SwitchState::Off { because } => {
                Some(format!("{because}: the operator can turn them on with `infisical-skill writes on --for 15m`"))
            }
        }
    }
}
