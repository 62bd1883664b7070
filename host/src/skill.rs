//! The skill: what an embedder calls.

use crate::audit::{self, CallLog, Ending, Failed, OpenCall, Speaker, words};
use crate::audit_logs::{AuditLogFilter, AuditLogPage};
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
use infisical_skill_audit::{Act, Asked, Caller, Durability, Event, Operator, Target as AuditTarget};
use infisical_skill_policy::{Generation, Grant, Origin, Project as ProjectId};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use wasmtime::Store;

/// The skill, set up for one server. Cheap to clone; calls may run at the same time.
///
/// Each method runs the component in a fresh sandbox. What the call may do follows from the method, not from its arguments.
#[derive(Clone)]
pub struct Skill {
    inner: Arc<Inner>,
    caller: Arc<Caller>,
}

struct Inner {
    sandbox: &'static Sandbox,
    shared: Arc<Shared>,
    policy: warden::Policy,
    defaults: Place,
    limits: Limits,
    slots: Semaphore,
    calls: CallIds,
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
        let defaults = Place {
            project: policy.project.clone(),
            environment: policy.environment.clone(),
            path: policy.path.clone(),
        };
        let inner = Inner { sandbox, shared, policy, defaults, limits, slots, calls: CallIds::new() };
        Self { inner: Arc::new(inner), caller: Arc::new(audit::caller(None, None)) }
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

    /// The same skill for somebody else: what they ask is recorded under their name, in a session of its own.
    #[must_use]
    pub fn for_caller(&self, client: &str, version: Option<&str>) -> Self {
        Self { inner: Arc::clone(&self.inner), caller: Arc::new(audit::caller(Some(client), version)) }
    }

    /// The projects that the read identity and the scopes allow.
    ///
    /// # Errors
    /// [`Error`] says what happened and what to do.
    pub async fn list_projects(&self) -> Result<Vec<Project>, Error> {
        let projects = self
            .look("list-projects", Vec::new(), |skill, store| {
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
        let target = words::place(&at, &self.inner.defaults);
        let at = at.into();
        self.look("list-folders", vec![target], move |skill, store| {
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
        let target = words::place(&at, &self.inner.defaults);
        let (at, filter) = (at.into(), filter.into());
        self.look("list-secrets", vec![target], move |skill, store| {
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
        let target = words::named(&at, name, &self.inner.defaults);
        let (at, name) = (at.into(), name.to_owned());
        self.look("get-secret", vec![target], move |skill, store| {
            Box::pin(async move { skill.infisical_skill_reads().call_get_secret(store, &at, &name, version).await })
        })
        .await
        .map(Secret::from)
    }

    /// What Infisical itself recorded of a project, the newest first.
    ///
    /// # Errors
    /// [`Error`] says what happened and what to do.
    pub async fn list_audit_logs(&self, filter: AuditLogFilter) -> Result<AuditLogPage, Error> {
        let at = Place { project: filter.project.clone(), ..Place::default() };
        let target = AuditTarget { project: words::place(&at, &self.inner.defaults).project, ..AuditTarget::default() };
        let filter = match filter.into_request() {
            Ok(filter) => filter,
            Err(error) => return Err(self.record_refused("list-audit-logs", error).await),
        };
        self.look("list-audit-logs", vec![target], move |skill, store| {
            Box::pin(async move { skill.infisical_skill_reads().call_list_audit_logs(store, &filter).await })
        })
        .await
        .map(AuditLogPage::from)
    }

    /// One secret with its value. Refused unless the skill was set up to allow it ([`SkillBuilder::reveal`]). The value is given out once the disk has
    /// the record that it was.
    ///
    /// # Errors
    /// [`Error`] says what happened and what to do.
    pub async fn reveal_secret(&self, at: Place, name: &str) -> Result<RevealedSecret, Error> {
        let target = self.reveal_target(&at, name);
        // The gate is in the component too. Here it decides whether the call gets a grant at all.
        let grant = if self.may_reveal() { Grant::Reveal } else { Grant::Nothing };
        let log = self.log("reveal-secret", vec![words::named(&at, name, &self.inner.defaults)], grant);
        let gate = self.gate(grant, Some(target), &log);
        let (at, name) = (at.into(), name.to_owned());
        let revealed = self
            .call(&gate, false, move |skill, store| {
                Box::pin(async move { skill.infisical_skill_reveal().call_reveal_secret(store, &at, &name).await })
            })
            .await
            .and_then(|revealed| if self.may_reveal() { Ok(revealed) } else { Err(not_revealed().into()) });
        log.end(Ending::of(&revealed)).await?;
        revealed.map(RevealedSecret::from).map_err(|failed| failed.error)
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
        let tool = match changes.as_slice() {
            [one] => one.kind(),
            _ => "change-many",
        };
        let log = self.log(tool, words::changes(&changes, &self.inner.defaults), Grant::Preview);
        let gate = self.gate(Grant::Preview, None, &log);
        let with_values = words::carry_values(&changes);
        let changes: Vec<_> = changes.into_iter().map(Into::into).collect();
        let previewed = self
            .call(&gate, with_values, move |skill, store| {
                Box::pin(async move { skill.infisical_skill_changes().call_preview(store, &changes).await })
            })
            .await;
        let filed = gate.take_filed();
        let not_filed = || Failed::from(Error::Sandbox("it previewed a change and filed no plan".to_owned()));
        let plan = filed.as_ref().map(|filed| {
            let digest = Some(filed.card.digest.clone());
            infisical_skill_audit::Plan { digest, ..words::plan_named(&filed.card.plan) }
        });
        let previewed = previewed.and_then(|previewed| Ok((previewed, filed.ok_or_else(not_filed)?)));
        log.end(Ending { plan, ..Ending::of(&previewed) }).await?;
        let (previewed, Filed { card, approval }) = previewed.map_err(|failed| failed.error)?;
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
        let log = self.log("apply-change", Vec::new(), Grant::Apply);
        let gate = self.gate(Grant::Apply, None, &log);
        let (id, acknowledge) = (plan.to_owned(), acknowledge.map(str::to_owned));
        let said = self
            .call(&gate, false, move |skill, store| {
                Box::pin(
                    async move { skill.infisical_skill_changes().call_apply(store, &id, acknowledge.as_deref()).await },
                )
            })
            .await;
        let Some(sent) = gate.sent() else {
            let not_redeemed = || Error::Sandbox("it applied a plan that it didn't redeem".to_owned());
            let failed = said.err().unwrap_or_else(|| not_redeemed().into());
            let refused = Err::<Receipt, _>(failed);
            log.end(Ending { plan: Some(words::plan_named(plan)), ..Ending::of(&refused) }).await?;
            return refused.map_err(|failed| failed.error);
        };
        let recorded = gate.redeemed_plan();
        let why = said.as_ref().err().map(words::said);
        let mut receipt = settle(plan, sent, said.map_err(|failed| failed.error));
        self.desk().note(plan, receipt.as_ref().map_or(Fate::Failed, |receipt| receipt.outcome));
        let (verdict, steps) = match &receipt {
            Ok(receipt) => (words::fate(receipt.outcome), words::steps(receipt)),
            Err(error) => (words::verdict(error), Vec::new()),
        };
        // What was changed was changed, and on the disk is that it was about to be. The receipt is worth more than a refusal now.
        if let Err(error) = log.end(Ending { verdict, said: why, plan: recorded, steps }).await
            && let Ok(receipt) = &mut receipt
        {
            receipt.note_all(&error.reason());
        }
        receipt
    }

    /// Withdraws a plan: it can't be redeemed any more.
    ///
    /// # Errors
    /// [`Error`] if there is no such plan, or it is used.
    pub fn discard(&self, plan: &str) -> Result<(), Error> {
        let log = self.log("discard-change", Vec::new(), Grant::Nothing);
        let discarded = self.desk().discard(plan, Fate::Discarded).map_err(Failed::from);
        log.end_now(Ending { plan: Some(words::plan_named(plan)), ..Ending::of(&discarded) })?;
        discarded.map_err(|failed| failed.error)
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
    /// [`Error`] if there is no such plan, it is used or too old, the card isn't the one that was filed, or it can't be recorded.
    pub fn approve_plan(&self, shown: &PlanCard) -> Result<(), Error> {
        // Only what there is to approve is recorded as approved, and it is recorded before it is.
        if self.plan(&shown.plan)? == *shown {
            self.record_act(Act::Approve, &shown.plan, Some(shown))?;
        }
        self.desk().approve(shown)
    }

    /// Uses a plan up because a person rejected it.
    ///
    /// # Errors
    /// [`Error`] if there is no such plan, it is used, or it can't be recorded.
    pub fn reject_plan(&self, plan: &str) -> Result<(), Error> {
        self.desk().discard(plan, Fate::Rejected)?;
        self.record_act(Act::Reject, plan, None)
    }

    fn record_act(&self, act: Act, plan: &str, card: Option<&PlanCard>) -> Result<(), Error> {
        let digest = card.map(|card| card.digest.clone());
        let plan = infisical_skill_audit::Plan { digest, ..words::plan_named(plan) };
        self.record_operator(act, Some(plan), card.map(|card| card.requests.clone()).unwrap_or_default())
    }

    /// Records what a person does, on the disk.
    pub(crate) fn record_operator(
        &self,
        act: Act,
        plan: Option<infisical_skill_audit::Plan>,
        requests: Vec<String>,
    ) -> Result<(), Error> {
        let caller = (*self.caller).clone();
        let event = Event::Operator(Operator { act, caller, plan, requests, until: None, reason: None });
        self.inner.shared.trail.record_now(&event, Durability::OnTheDisk)
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

    #[cfg(feature = "cli")]
    pub(crate) fn shared(&self) -> &Shared {
        &self.inner.shared
    }

    /// What is recorded of a doctor's visit.
    #[cfg(feature = "cli")]
    pub(crate) fn log_of_doctor(&self) -> OpenCall {
        self.log("doctor", Vec::new(), Grant::Reads)
    }

    #[cfg(feature = "cli")]
    pub(crate) fn defaults(&self) -> &Place {
        &self.inner.defaults
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

    /// Records a call whose answer is at hand.
    pub(crate) async fn record_answered(&self, tool: &str) -> Result<(), Error> {
        self.log(tool, Vec::new(), Grant::Nothing).end(Ending::of(&Ok(()))).await
    }

    /// Records a call that was refused before there was anything to run. Gives the error to answer with.
    pub(crate) async fn record_refused(&self, tool: &str, error: Error) -> Error {
        let refused = Err::<(), _>(Failed::from(error.clone()));
        self.log(tool, Vec::new(), Grant::Nothing).end(Ending::of(&refused)).await.err().unwrap_or(error)
    }

    async fn look<T: Send>(
        &self,
        tool: &str,
        targets: Vec<AuditTarget>,
        function: impl for<'a> FnOnce(&'a crate::sandbox::bindings::Skill, &'a mut Store<State>) -> Called<'a, T>,
    ) -> Result<T, Error> {
        let log = self.log(tool, targets, Grant::Reads);
        let answer = self.call(&self.gate(Grant::Reads, None, &log), false, function).await;
        log.end(Ending::of(&answer)).await?;
        answer.map_err(|failed| failed.error)
    }

    /// What is recorded of a call that begins now.
    fn log(&self, tool: &str, targets: Vec<AuditTarget>, grant: Grant) -> OpenCall {
        let asked = Asked {
            call: self.inner.calls.next(),
            caller: (*self.caller).clone(),
            tool: tool.to_owned(),
            targets,
            grant: grant.as_str().to_owned(),
        };
        let deadline = Instant::now() + self.inner.limits.deadline;
        OpenCall::new(CallLog::new(self.inner.shared.trail.clone(), asked, grant, deadline))
    }

    fn gate(&self, grant: Grant, target: Option<RevealTarget>, log: &Arc<CallLog>) -> Gate {
        Gate::new(Arc::clone(&self.inner.shared), grant, target, Arc::clone(log))
    }

    /// Runs one exported function. `with_values`: the component gets values to write.
    async fn call<T: Send>(
        &self,
        gate: &Gate,
        with_values: bool,
        function: impl for<'a> FnOnce(&'a crate::sandbox::bindings::Skill, &'a mut Store<State>) -> Called<'a, T>,
    ) -> Result<T, Failed> {
        let inner = &self.inner;
        let Ok(Ok(_slot)) = timeout_at(gate.deadline(), inner.slots.acquire()).await else {
            return Err(Error::TimedOut.into());
        };
        let writes = match self.switch() {
            SwitchState::Never => warden::Writes::Never,
            SwitchState::Off { .. } => warden::Writes::Off,
            SwitchState::On { .. } => warden::Writes::On,
        };
        let policy = warden::Policy { writes, ..inner.policy.clone() };
        let answer = call(inner.sandbox, gate.clone(), policy, &inner.limits, function).await;
        answer.map_err(|failed| match failed.by {
            Speaker::Component if with_values || gate.has_values() => {
                Failed { by: Speaker::ComponentWithValues, ..failed }
            }
            _ => failed,
        })
    }
}

fn not_revealed() -> Error {
    Error::refused(
        Layer::RevealGate,
        "plain values are hidden here",
        "work with the secret by its name; if its value is really needed, ask the operator, who can set `reveal = true`",
    )
}

/// Ids for calls: none twice, in one process or in two.
pub(crate) struct CallIds {
    prefix: String,
    count: AtomicU64,
}

impl CallIds {
    pub(crate) fn new() -> Self {
        Self { prefix: audit::caller(None, None).session, count: AtomicU64::new(1) }
    }

    fn next(&self) -> String {
        format!("{}-{}", self.prefix, self.count.fetch_add(1, Ordering::Relaxed))
    }
}
