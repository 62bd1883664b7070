//! The skill: what an embedder calls.

use crate::builder::SkillBuilder;
use crate::changes::{Change, Desk, Effect, Filed, Preview, Receipt, settle};
use crate::egress::gate::{Gate, RevealTarget, Shared};
use crate::error::{Error, Layer};
use crate::identity::Credential;
use crate::limits::Limits;
use crate::sandbox::Sandbox;
use crate::sandbox::bindings::infisical::skill::warden;
use crate::sandbox::call::{Called, State, call};
use crate::state::{Fate, PlanCard, PlanStatus, SwitchState};
use crate::status::Status;
use crate::types::{FolderListing, Place, Project, RevealedSecret, Secret, SecretFilter, SecretListing};
use infisical_skill_policy::{Generation, Grant, Origin, Project as ProjectId};
use std::fmt;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use wasmtime::Store;

/// The skill, set up for one server. Cheap to clone; calls may run at the same time.
///
/// Each method runs the component in a fresh sandbox. What the call may do follows from the method, not from its arguments.
#[derive(Clone)]
pub struct Skill {
    inner: Arc<Inner>,
}

struct Inner {
    sandbox: &'static Sandbox,
    shared: Arc<Shared>,
    policy: warden::Policy,
    limits: Limits,
    slots: Semaphore,
}

impl fmt::Debug for Skill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Skill").field("origin", self.origin()).finish_non_exhaustive()
    }
}

impl Skill {
    /// Begins to set a skill up for a server, with the identity that reads.
    pub fn builder(origin: Origin, read_identity: Credential) -> SkillBuilder {
        SkillBuilder::new(origin, read_identity)
    }

    pub(crate) fn new(
        sandbox: &'static Sandbox,
        shared: Arc<Shared>,
        policy: warden::Policy,
        limits: Limits,
        slots: Semaphore,
    ) -> Self {
        Self { inner: Arc::new(Inner { sandbox, shared, policy, limits, slots }) }
    }

    /// The server.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        self.inner.shared.transport.origin()
    }

    /// Which API the server speaks, if a call has found it out already.
    #[must_use]
    pub fn generation(&self) -> Option<Generation> {
        self.inner.shared.server.known()
    }

    /// Whether there is an identity that could change anything.
    #[must_use]
    pub fn has_write_identity(&self) -> bool {
        self.inner.shared.identities.has_write()
    }

    /// Whether plain values may be shown.
    #[must_use]
    pub fn may_reveal(&self) -> bool {
        self.inner.policy.reveal
    }

    /// The projects that the read identity and the scopes allow.
    ///
    /// # Errors
    /// [`Error`] says what happened and what to do.
    pub async fn list_projects(&self) -> Result<Vec<Project>, Error> {
        let projects = self
            .run(Grant::Reads, |skill, store| {
                Box::pin(async move { skill.infisical_skill_reads().call_list_projects(store).await })
            })
            .await?;
        Ok(projects.into_iter().map(Project::from).collect())
    }

    /// The folders of a folder, or with `recursive` all below it.
    ///
    /// # Errors
    /// [`Error`] says what happened and what to do.
    pub async fn list_folders(&self, at: Place, recursive: bool) -> Result<FolderListing, Error> {
        let at = at.into();
        self.run(Grant::Reads, move |skill, store| {
            Box::pin(async move { skill.infisical_skill_reads().call_list_folders(store, &at, recursive).await })
        })
        .await
        .map(FolderListing::from)
    }

    /// The secrets of a folder, without their values. References and imports aren't expanded.
    ///
    /// # Errors
    /// [`Error`] says what happened and what to do.
    pub async fn list_secrets(&self, at: Place, filter: SecretFilter) -> Result<SecretListing, Error> {
        let (at, filter) = (at.into(), filter.into());
        self.run(Grant::Reads, move |skill, store| {
            Box::pin(async move { skill.infisical_skill_reads().call_list_secrets(store, &at, &filter).await })
        })
        .await
        .map(SecretListing::from)
    }

    /// One secret by its exact name, without its value: the newest version, or `version` where the server keeps it readable.
    ///
    /// # Errors
    /// [`Error`] says what happened and what to do.
    pub async fn get_secret(&self, at: Place, name: &str, version: Option<u32>) -> Result<Secret, Error> {
        let (at, name) = (at.into(), name.to_owned());
        self.run(Grant::Reads, move |skill, store| {
            Box::pin(async move { skill.infisical_skill_reads().call_get_secret(store, &at, &name, version).await })
        })
        .await
        .map(Secret::from)
    }

    /// One secret with its value. Refused unless the skill was set up to allow it ([`SkillBuilder::reveal`]).
    ///
    /// # Errors
    /// [`Error`] says what happened and what to do.
    pub async fn reveal_secret(&self, at: Place, name: &str) -> Result<RevealedSecret, Error> {
        let target = self.reveal_target(&at, name);
        let (at, name) = (at.into(), name.to_owned());
        // The gate is in the component too. Here it decides whether the call gets a grant at all.
        let grant = if self.may_reveal() { Grant::Reveal } else { Grant::Nothing };
        let revealed = self
            .run_for(grant, Some(target), move |skill, store| {
                Box::pin(async move { skill.infisical_skill_reveal().call_reveal_secret(store, &at, &name).await })
            })
            .await?;
        if !self.may_reveal() {
            return Err(Error::refused(
                Layer::RevealGate,
                "plain values are hidden here",
                "work with the secret by its name; if its value is really needed, ask the operator, who can set `reveal = true`",
            ));
        }
        Ok(RevealedSecret::from(revealed))
    }

    /// The secret that is meant, by the arguments and the defaults: the gate lets the component ask for no other.
    fn reveal_target(&self, at: &Place, name: &str) -> RevealTarget {
        let policy = &self.inner.policy;
        let or = |argument: &Option<String>, default: &Option<String>| argument.clone().or_else(|| default.clone());
        let project = or(&at.project, &policy.project).and_then(|project| ProjectId::new(project).ok());
        RevealTarget {
            // The id behind a slug is for the component to find out; the scopes are held to the id.
            project: project.filter(ProjectId::looks_like_id),
            environment: or(&at.environment, &policy.environment),
            path: or(&at.path, &policy.path).unwrap_or_else(|| "/".to_owned()),
            name: name.to_owned(),
        }
    }

    /// Looks, computes and files a plan for these changes. Changes nothing.
    ///
    /// # Errors
    /// [`Error`] says what happened and what to do.
    pub async fn preview(&self, changes: Vec<Change>) -> Result<Preview, Error> {
        let changes: Vec<_> = changes.into_iter().map(Into::into).collect();
        let gate = self.gate(Grant::Preview, None);
        let previewed = self
            .call(gate.clone(), move |skill, store| {
                Box::pin(async move { skill.infisical_skill_changes().call_preview(store, &changes).await })
            })
            .await?;
        let not_filed = || Error::Sandbox("it previewed a change and filed no plan".to_owned());
        let Filed { card, approval } = gate.take_filed().ok_or_else(not_filed)?;
        // Of what decides, nothing is taken from the component's answer.
        Ok(Preview {
            expires: card.expires_at(),
            plan: card.plan,
            effects: previewed.effects.into_iter().map(Effect::from).collect(),
            blast_radius: previewed.blast_radius.into(),
            requests: card.requests,
            acknowledge: card.acknowledge,
            approval,
            switch: self.switch_needed(),
        })
    }

    /// Redeems a plan, once, and makes its changes. `acknowledge` is the phrase that the preview named, if it named one.
    ///
    /// # Errors
    /// [`Error`] says what happened and what to do. Nothing was changed then.
    pub async fn apply(&self, plan: &str, acknowledge: Option<&str>) -> Result<Receipt, Error> {
        let gate = self.gate(Grant::Apply, None);
        let (id, acknowledge) = (plan.to_owned(), acknowledge.map(str::to_owned));
        let said = self
            .call(gate.clone(), move |skill, store| {
                Box::pin(
                    async move { skill.infisical_skill_changes().call_apply(store, &id, acknowledge.as_deref()).await },
                )
            })
            .await;
        let Some(sent) = gate.sent() else {
            return Err(said
                .err()
                .unwrap_or_else(|| Error::Sandbox("it applied a plan that it didn't redeem".to_owned())));
        };
        let receipt = settle(plan, sent, said);
        self.desk().note(plan, receipt.as_ref().map_or(Fate::Failed, |receipt| receipt.outcome));
        receipt
    }

    /// Withdraws a plan: it can't be redeemed any more.
    ///
    /// # Errors
    /// [`Error`] if there is no such plan, or it is used.
    pub fn discard(&self, plan: &str) -> Result<(), Error> {
        self.desk().discard(plan, Fate::Discarded)
    }

    /// The plans that are kept, used ones too, the newest first. For a person: agents know the plans that they made.
    ///
    /// # Errors
    /// [`Error`] if the state folder can't be read.
    pub fn plans(&self) -> Result<Vec<PlanStatus>, Error> {
        self.desk().plans()
    }

    /// A pending plan's card, to show to the person who decides. It is the one that was filed: a card that somebody changed in the state
    /// folder isn't given out.
    ///
    /// # Errors
    /// [`Error`] if there is no such plan, it is used, or it isn't as it was filed.
    pub fn plan(&self, plan: &str) -> Result<PlanCard, Error> {
        self.desk().card(plan)
    }

    /// Writes down that a person approved a plan after looking at this card ([`Self::plan`]). Only for what a person does, where no agent can
    /// reach.
    ///
    /// # Errors
    /// [`Error`] if there is no such plan, it is used or too old, or the card isn't the one that was filed.
    pub fn approve_plan(&self, shown: &PlanCard) -> Result<(), Error> {
        self.desk().approve(shown)
    }

    /// Uses a plan up because a person rejected it.
    ///
    /// # Errors
    /// [`Error`] if there is no such plan, or it is used.
    pub fn reject_plan(&self, plan: &str) -> Result<(), Error> {
        self.desk().discard(plan, Fate::Rejected)
    }

    /// How the kill switch stands, now.
    #[must_use]
    pub fn switch(&self) -> SwitchState {
        self.desk().switch()
    }

    /// What is allowed now. No secrets.
    #[must_use]
    pub fn status(&self) -> Status {
        let inner = &self.inner;
        let desk = self.desk();
        Status::new(self, &inner.policy, desk)
    }

    fn desk(&self) -> &Desk {
        &self.inner.shared.desk
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

    async fn run<T: Send>(
        &self,
        grant: Grant,
        function: impl for<'a> FnOnce(&'a crate::sandbox::bindings::Skill, &'a mut Store<State>) -> Called<'a, T>,
    ) -> Result<T, Error> {
        self.run_for(grant, None, function).await
    }

    async fn run_for<T: Send>(
        &self,
        grant: Grant,
        target: Option<RevealTarget>,
        function: impl for<'a> FnOnce(&'a crate::sandbox::bindings::Skill, &'a mut Store<State>) -> Called<'a, T>,
    ) -> Result<T, Error> {
        self.call(self.gate(grant, target), function).await
    }

    fn gate(&self, grant: Grant, target: Option<RevealTarget>) -> Gate {
        let deadline = Instant::now() + self.inner.limits.deadline;
        Gate::new(Arc::clone(&self.inner.shared), grant, target, deadline)
    }

    async fn call<T: Send>(
        &self,
        gate: Gate,
        function: impl for<'a> FnOnce(&'a crate::sandbox::bindings::Skill, &'a mut Store<State>) -> Called<'a, T>,
    ) -> Result<T, Error> {
        let inner = &self.inner;
        let Ok(Ok(_slot)) = timeout_at(gate.deadline(), inner.slots.acquire()).await else {
            return Err(Error::TimedOut);
        };
        let writes = match self.switch() {
            SwitchState::Never => warden::Writes::Never,
            SwitchState::Off { .. } => warden::Writes::Off,
            SwitchState::On { .. } => warden::Writes::On,
        };
        let policy = warden::Policy { writes, ..inner.policy.clone() };
        call(inner.sandbox, gate, policy, &inner.limits, function).await
    }
}
