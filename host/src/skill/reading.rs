//! Looking, with what is hidden left hidden; and the one way to a value.

use super::Skill;
use crate::audit::{Ending, words};
use crate::audit_logs::{AuditLogFilter, AuditLogPage};
use crate::egress::errand::{Errand, RevealTarget};
use crate::error::{Error, Layer};
use crate::types::{FolderListing, Place, Project, RevealedSecret, Secret, SecretFilter, SecretListing};
use infisical_skill_audit::Target as AuditTarget;
use infisical_skill_policy::Grant;

impl Skill {
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

    /// One secret with its value. Refused unless the skill was set up to allow it ([`crate::SkillBuilder::reveal`]). The value is given out once the disk has
    /// the record that it was.
    ///
    /// # Errors
    /// [`Error`] says what happened and what to do.
    pub async fn reveal_secret(&self, at: Place, name: &str) -> Result<RevealedSecret, Error> {
        let target = RevealTarget::new(&at, name, &self.inner.defaults);
        // The gate is in the component too. Here it decides whether the call gets a grant at all.
        let grant = if self.may_reveal() { Grant::Reveal } else { Grant::Nothing };
        let log = self.log("reveal-secret", vec![words::named(&at, name, &self.inner.defaults)], grant);
        let gate = self.gate(grant, Errand::Reveal(target), &log);
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
}

fn not_revealed() -> Error {
    Error::refused(
        Layer::RevealGate,
        "plain values are hidden here",
        "work with the secret by its name; if its value is really needed, ask the operator, who can set `reveal = true`",
    )
}
