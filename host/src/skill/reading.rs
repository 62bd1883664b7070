//! Reads, which keep values hidden, and reveals, the only way to a value.

use super::Skill;
use crate::audit::{CallEnd, CallLog, Failed, convert};
use crate::boundary::purpose::{CallPurpose, RevealTarget};
use crate::model::audit_logs::{AuditLogFilter, AuditLogPage};
use crate::model::error::{Error, Layer};
use crate::model::people::ApprovedBy;
use crate::model::reveal_card::{RevealCard, RevealStatus};
use crate::model::secrets::{FolderListing, Place, Project, RevealedSecret, Secret, SecretFilter, SecretListing};
use crate::plans::reveals::person_required;
use infisical_skill_audit::{Act, CallTarget};
use infisical_skill_policy::Grant;
use infisical_skill_policy::reveal::Reveal;
use std::sync::Arc;

/// A request to reveal that was filed. If the call ends before its caller learns of the request, the
/// request can't be approved.
struct FiledReveal<'a> {
    skill: &'a Skill,
    card: RevealCard,
    is_known: bool,
}

impl FiledReveal<'_> {
    /// The caller learns of it.
    fn keep(mut self) {
        self.is_known = true;
    }
}

impl Drop for FiledReveal<'_> {
    fn drop(&mut self) {
        if !self.is_known {
            self.skill.reveals().withdraw(&self.card);
        }
    }
}

impl Skill {
    /// The projects that the read identity and the scopes allow.
    ///
    /// # Errors
    ///
    /// [`Error`] says what happened and what to do.
    pub async fn list_projects(&self) -> Result<Vec<Project>, Error> {
        let call = self.begin_read("list-projects", Vec::new());
        let answer = async { call.invocation().await?.list_projects().await }.await;
        call.end(answer).await
    }

    /// The folders in a folder, or all folders below it if `recursive`.
    ///
    /// # Errors
    ///
    /// [`Error`] says what happened and what to do.
    pub async fn list_folders(&self, at: Place, recursive: bool) -> Result<FolderListing, Error> {
        let call = self.begin_read("list-folders", vec![convert::place(&at, &self.inner.defaults)]);
        let answer = async { call.invocation().await?.list_folders(at, recursive).await }.await;
        call.end(answer).await
    }

    /// The secrets of a folder, without their values. References and imports aren't expanded.
    ///
    /// # Errors
    ///
    /// [`Error`] says what happened and what to do.
    pub async fn list_secrets(&self, at: Place, filter: SecretFilter) -> Result<SecretListing, Error> {
        let call = self.begin_read("list-secrets", vec![convert::place(&at, &self.inner.defaults)]);
        let answer = async { call.invocation().await?.list_secrets(at, filter).await }.await;
        call.end(answer).await
    }

    /// One secret by its exact name, without its value: the newest version, or `version` if the
    /// server can still read it.
    ///
    /// # Errors
    ///
    /// [`Error`] says what happened and what to do.
    pub async fn get_secret(&self, at: Place, name: &str, version: Option<u32>) -> Result<Secret, Error> {
        let call = self.begin_read("get-secret", vec![convert::named(&at, name, &self.inner.defaults)]);
        let answer = async { call.invocation().await?.get_secret(at, name, version).await }.await;
        call.end(answer).await
    }

    /// Infisical's own audit log of a project, the newest entries first.
    ///
    /// # Errors
    ///
    /// [`Error`] says what happened and what to do.
    pub async fn list_audit_logs(&self, filter: AuditLogFilter) -> Result<AuditLogPage, Error> {
        let at = Place { project: filter.project.clone(), ..Place::default() };
        let target = CallTarget { project: convert::place(&at, &self.inner.defaults).project, ..CallTarget::default() };
        let call = self.begin_read("list-audit-logs", vec![target]);
        let answer = async { call.invocation().await?.list_audit_logs(filter).await }.await;
        call.end(answer).await
    }

    /// One secret with its value. Refused unless the set-up allows it
    /// ([`crate::SkillBuilder::reveal`]) and the switch is on. If a person has to approve it, the
    /// refusal names the request that was filed: see [`Self::reveal_approved`]. The value is given
    /// out only after the record of it is on disk.
    ///
    /// # Errors
    ///
    /// [`Error`] says what happened and what to do.
    pub async fn reveal_secret(&self, at: Place, name: &str) -> Result<RevealedSecret, Error> {
        self.reveal(at, name, None).await
    }

    /// One secret with its value, by the request that a person approved. Uses the request up.
    ///
    /// # Errors
    ///
    /// [`Error`] says what happened and what to do.
    pub async fn reveal_approved(&self, at: Place, name: &str, request: &str) -> Result<RevealedSecret, Error> {
        self.reveal(at, name, Some(request)).await
    }

    pub(crate) async fn reveal(&self, at: Place, name: &str, request: Option<&str>) -> Result<RevealedSecret, Error> {
        let target = RevealTarget::new(&at, name, &self.inner.defaults);
        // The component checks this too. Here the check decides whether the call gets a grant at
        // all.
        let grant = if self.may_reveal() { Grant::Reveal } else { Grant::Nothing };
        let log = self.log("reveal-secret", vec![convert::named(&at, name, &self.inner.defaults)], grant);
        let checked = if grant == Grant::Reveal { self.check_reveal(&target, request) } else { Ok(None) };
        let refused = match checked {
            Ok(None) => None,
            Ok(Some(reveal)) => {
                // Recorded before a request exists that a person can approve.
                log.note().await?;
                // Boxed, so that the futures of an embedder's own code don't get too deep for the
                // compiler.
                Some(Box::pin(self.file_reveal(&reveal, (&at, name), &target, &log)).await)
            }
            Err(error) => Some(Err(error.into())),
        };
        if let Some(filed) = refused {
            let filed_id = filed.as_ref().ok().map(|filed| filed.card.request.clone());
            let failed = match &filed {
                Ok(filed) => {
                    person_required(&filed.card, "a person must approve that this value is shown: a request was filed")
                        .into()
                }
                Err(failed) => Failed { error: failed.error.clone(), by: failed.by },
            };
            let plan = filed_id.as_deref().or(request).map(convert::plan_named);
            let error = failed.error.clone();
            let refused = Err::<(), Failed>(failed);
            log.end(CallEnd { plan, ..CallEnd::of(&refused) }).await?;
            if let Ok(filed) = filed {
                filed.keep();
            }
            return Err(error);
        }
        let gate = self.gate(grant, CallPurpose::Reveal { target, request: request.map(str::to_owned) }, &log);
        let revealed = async { self.invocation(&gate, false).await?.reveal_secret(at, name).await }.await;
        // The switch may have been turned off meanwhile. A component that has the value could also
        // put it into an error.
        let revealed = match self.reveals().on() {
            Err(off) if revealed.is_ok() || gate.has_values() => Err(Failed::from(off)),
            _ => revealed,
        };
        log.end(CallEnd { plan: request.map(convert::plan_named), ..CallEnd::of(&revealed) }).await?;
        revealed.map_err(|failed| failed.error)
    }

    /// Finds the secret and files a request that a person can approve. The client's room is checked
    /// first, and the requests take a place among the concurrent calls.
    async fn file_reveal<'a>(
        &'a self,
        reveal: &Reveal,
        (at, name): (&Place, &str),
        target: &RevealTarget,
        log: &Arc<CallLog>,
    ) -> Result<FiledReveal<'a>, Failed> {
        self.reveals().check_room(&self.client)?;
        let gate = self.gate(Grant::Reveal, CallPurpose::Reveal { target: target.clone(), request: None }, log);
        let found = {
            let _slot = self.slot(&gate).await?;
            gate.find_secret(reveal).await
        };
        let secret = match found {
            Ok(secret) => secret,
            Err(error @ Error::NotFound { .. }) => return Err(self.explain_missing(at, name, error, log).await),
            Err(error) => return Err(error.into()),
        };
        let card = self.reveals().file(&secret, &self.client)?;
        Ok(FiledReveal { skill: self, card, is_known: false })
    }

    /// The component's account of a secret that isn't there. It also looks at the folder's imports.
    async fn explain_missing(&self, at: &Place, name: &str, error: Error, log: &Arc<CallLog>) -> Failed {
        let gate = self.gate(Grant::Reads, CallPurpose::Read, log);
        let observed = async { self.invocation(&gate, false).await?.get_secret(at.clone(), name, None).await };
        observed.await.err().unwrap_or_else(|| error.into())
    }

    /// Checks what a reveal needs before the component runs: an identity, and a person's approval
    /// if needed. If approval is needed and no request was given, it returns the reveal to file a
    /// request for. Nothing is revealed then.
    fn check_reveal(&self, target: &RevealTarget, request: Option<&str>) -> Result<Option<Reveal>, Error> {
        let reveals = self.reveals();
        self.client.check(Grant::Reveal)?;
        reveals.identity()?;
        let needs_person = target.environment().is_some_and(|environment| reveals.needs_person(&environment));
        if !needs_person && request.is_none() {
            return Ok(None);
        }
        let Some(reveal) = target.named() else {
            let is_by_slug = target.at.project.as_ref().is_some_and(|project| !project.looks_like_id());
            if is_by_slug {
                let reason =
                    "a person approves the value of one secret, and a project's slug can be given to another project";
                let remedy = "name the project by its id, as `list-projects` shows it";
                return Err(Error::refused(Layer::Input, reason, remedy));
            }
            // The component reports what is wrong with the arguments. Without an approved request,
            // nothing leaves.
            return Ok(None);
        };
        let shared = &self.inner.shared;
        let is_out = [shared.scopes_of(&self.client), &shared.reveal_scopes]
            .iter()
            .any(|it| it.check_place(&reveal.place).is_err());
        if is_out {
            // The component itself refuses it. Nobody is asked to approve what can't be done.
            return Ok(None);
        }
        if let Some(request) = request {
            return reveals.check(request, &reveal, &self.client).map(|_| None);
        }
        Ok(Some(reveal))
    }

    /// The pending requests to reveal a value, the newest first.
    ///
    /// # Errors
    ///
    /// [`Error`] if the state directory can't be read.
    pub fn reveal_requests(&self) -> Result<Vec<RevealStatus>, Error> {
        self.reveals().list()
    }

    /// The card of a pending request to reveal a value, to show to the person who decides. It is
    /// the card that was filed.
    ///
    /// # Errors
    ///
    /// [`Error`] if there is no such request, it is used or expired, or it was changed since it was
    /// filed.
    pub fn reveal_request(&self, request: &str) -> Result<RevealCard, Error> {
        self.reveals().card(request)
    }

    /// Records that a person approved a request after seeing this card ([`Self::reveal_request`]).
    /// Call it only for an action of a person, where no agent can reach.
    ///
    /// # Errors
    ///
    /// [`Error`] if there is no such request, the card isn't the one that was filed, or the
    /// approval can't be recorded.
    pub fn approve_reveal(&self, shown: &RevealCard) -> Result<(), Error> {
        let by = self.approver(self.means(), &shown.asked);
        self.reveals().check_approver(shown, &by)?;
        if self.reveal_request(&shown.request)? == *shown {
            self.record_reveal_act(Act::Approve, shown, &by)?;
        }
        self.reveals().approve(shown, &by)
    }

    /// Checks whether this person may approve the request. In an enforced set-up, the requester may
    /// not.
    ///
    /// # Errors
    ///
    /// [`Error`] says why not, and who may.
    pub fn check_reveal_approver(&self, shown: &RevealCard) -> Result<(), Error> {
        self.reveals().check_approver(shown, &self.approver(self.means(), &shown.asked))
    }

    /// Uses a request up because a person rejected it.
    ///
    /// # Errors
    ///
    /// [`Error`] if there is no such request, it is used, or the rejection can't be recorded.
    pub fn reject_reveal(&self, request: &str) -> Result<(), Error> {
        let card = self.reveal_request(request)?;
        self.reveals().reject(request)?;
        self.record_reveal_act(Act::Reject, &card, &self.approver(self.means(), &card.asked))
    }

    fn record_reveal_act(&self, act: Act, card: &RevealCard, by: &ApprovedBy) -> Result<(), Error> {
        let plan =
            infisical_skill_audit::Plan { digest: Some(card.digest.clone()), ..convert::plan_named(&card.request) };
        self.record_operator(act, Some(plan), vec![card.reading()], Some(by))
    }
}
