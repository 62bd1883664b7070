//! The component's exported functions, with the host's types.

use super::call::{CallState, Called, call};
use super::component::Sandbox;
use crate::audit::{ErrorSource, Failed};
use crate::bindings;
use crate::bindings::infisical::skill::policy::Policy;
use crate::boundary::gate::Gate;
use crate::model::audit_logs::{AuditLogFilter, AuditLogPage};
use crate::model::changes::{Change, Effect};
use crate::model::component_policy::ComponentPolicy;
use crate::model::error::Error;
use crate::model::limits::Limits;
use crate::model::secrets::{FolderListing, Place, Project, RevealedSecret, Secret, SecretFilter, SecretListing};
use crate::model::switch_state::SwitchState;
use crate::plans::ReportedStep;
use tokio::sync::SemaphorePermit;
use wasmtime::Store;

/// One call of the component that is about to begin.
pub(crate) struct Invocation<'a> {
    sandbox: &'a Sandbox,
    gate: &'a Gate,
    policy: Policy,
    limits: &'a Limits,
    /// Whether the component gets values to write.
    with_values: bool,
    _slot: SemaphorePermit<'a>,
}

impl<'a> Invocation<'a> {
    /// `switches`: the switch of changes and the one of plain values, now.
    pub(crate) fn new(
        (sandbox, limits): (&'a Sandbox, &'a Limits),
        gate: &'a Gate,
        policy: &ComponentPolicy,
        (writes, reveals): (&SwitchState, &SwitchState),
        with_values: bool,
        slot: SemaphorePermit<'a>,
    ) -> Self {
        let policy = bindings::policy(policy, writes, reveals);
        Self { sandbox, gate, policy, limits, with_values, _slot: slot }
    }

    async fn run<T: Send>(
        self,
        function: impl for<'b> FnOnce(&'b bindings::Skill, &'b mut Store<CallState>) -> Called<'b, T>,
    ) -> Result<T, Failed> {
        let answer = call(self.sandbox, self.gate.clone(), self.policy, self.limits, function).await;
        answer.map_err(|failed| match failed.by {
            ErrorSource::Component if self.with_values || self.gate.has_values() => {
                Failed { by: ErrorSource::ComponentWithValues, ..failed }
            }
            _ => failed,
        })
    }

    pub(crate) async fn list_projects(self) -> Result<Vec<Project>, Failed> {
        let run = self
            .run(|skill, store| Box::pin(async move { skill.infisical_skill_reads().call_list_projects(store).await }));
        Ok(run.await?.into_iter().map(Project::from).collect())
    }

    pub(crate) async fn list_folders(self, at: Place, recursive: bool) -> Result<FolderListing, Failed> {
        let at = at.into();
        let run = self.run(move |skill, store| {
            Box::pin(async move { skill.infisical_skill_reads().call_list_folders(store, &at, recursive).await })
        });
        run.await.map(FolderListing::from)
    }

    pub(crate) async fn list_secrets(self, at: Place, filter: SecretFilter) -> Result<SecretListing, Failed> {
        let (at, filter) = (at.into(), filter.into());
        let run = self.run(move |skill, store| {
            Box::pin(async move { skill.infisical_skill_reads().call_list_secrets(store, &at, &filter).await })
        });
        run.await.map(SecretListing::from)
    }

    pub(crate) async fn get_secret(self, at: Place, name: &str, version: Option<u32>) -> Result<Secret, Failed> {
        let (at, name) = (at.into(), name.to_owned());
        let run = self.run(move |skill, store| {
            Box::pin(async move { skill.infisical_skill_reads().call_get_secret(store, &at, &name, version).await })
        });
        run.await.map(Secret::from)
    }

    pub(crate) async fn list_audit_logs(self, filter: AuditLogFilter) -> Result<AuditLogPage, Failed> {
        let filter = filter.try_into().map_err(|error: Error| Failed::from(error))?;
        let run = self.run(move |skill, store| {
            Box::pin(async move { skill.infisical_skill_reads().call_list_audit_logs(store, &filter).await })
        });
        run.await.map(AuditLogPage::from)
    }

    pub(crate) async fn reveal_secret(self, at: Place, name: &str) -> Result<RevealedSecret, Failed> {
        let (at, name) = (at.into(), name.to_owned());
        let run = self.run(move |skill, store| {
            Box::pin(async move { skill.infisical_skill_reveal().call_reveal_secret(store, &at, &name).await })
        });
        run.await.map(RevealedSecret::from)
    }

    /// The effects of changes, of which the component also filed a plan.
    pub(crate) async fn preview(self, changes: Vec<Change>) -> Result<Vec<Effect>, Failed> {
        let changes: Vec<_> = changes.into_iter().map(Into::into).collect();
        let run = self.run(move |skill, store| {
            Box::pin(async move { skill.infisical_skill_changes().call_preview(store, &changes).await })
        });
        Ok(run.await?.effects.into_iter().map(Effect::from).collect())
    }

    /// What the component says of each request of a plan.
    pub(crate) async fn apply(self, plan: &str, acknowledge: Option<&str>) -> Result<Vec<ReportedStep>, Failed> {
        let (plan, acknowledge) = (plan.to_owned(), acknowledge.map(str::to_owned));
        let run = self.run(move |skill, store| {
            Box::pin(
                async move { skill.infisical_skill_changes().call_apply(store, &plan, acknowledge.as_deref()).await },
            )
        });
        Ok(run.await?.steps.into_iter().map(ReportedStep::from).collect())
    }
}
