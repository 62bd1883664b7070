//! Detects drift: whether the targets of a plan are still as they were at the preview, by the
//! server's answers to the host itself.
//!
//! The component compares, too, and explains the difference better. If it skips the comparison, the
//! host still lets no request out.

use super::call::{Denial, GateError};
use super::gate::Gate;
use crate::client::exchange::failure_of;
use crate::model::error::{Detail, Error, Layer};
use infisical_skill_policy::answers::{self, Failure};
use infisical_skill_policy::change::{self, ChangeRequest, ParsedChange};
use infisical_skill_policy::headers::is_json;
use infisical_skill_policy::plan::Observed;
use infisical_skill_policy::{ApiVersion, Operation};

impl Gate {
    /// Notes an answer, as the host wrote it for the component.
    pub(super) fn note_snapshot(&self, operation: &Operation, body: &[u8]) {
        let mut ledger = self.ledger();
        match operation {
            Operation::ListSecrets { place, recursive, tags } if tags.is_empty() => {
                ledger.snapshot.note_secrets(place, *recursive, answers::listed_secrets(body));
            }
            Operation::ListFolders { place, recursive } => {
                let folders = answers::listed_folders(body);
                for folder in &folders {
                    ledger.folders.note(place, folder.relative_path.as_deref(), &folder.id, &folder.name);
                }
                ledger.snapshot.note_folders(place, *recursive, folders);
            }
            Operation::ProjectById { .. } | Operation::ProjectBySlug { .. } => {
                ledger.snapshot.note_project(operation, answers::listed_project(body));
            }
            _ => {}
        }
    }

    /// Notes that the server shows no such project to the read identity. Either it doesn't exist,
    /// or the identity isn't a member.
    pub(super) fn note_unseen(&self, operation: &Operation, failure: &Failure) {
        if failure.is_of_no_project() {
            self.ledger().snapshot.note_project(operation, None);
        }
    }

    /// The current state of these changes' targets. The host itself requests what the component
    /// didn't read in this call.
    pub(super) async fn observe(
        &self,
        api_version: ApiVersion,
        changes: &[ParsedChange],
    ) -> Result<Vec<Observed>, GateError> {
        let missing = || self.ledger().snapshot.missing(changes, api_version == ApiVersion::V3);
        let mut asked = 0;
        while let Some(operation) = missing() {
            // Each request is a different one, and a change needs at most three.
            asked += 1;
            if asked > changes.len().saturating_mul(3) {
                let detail =
                    Detail::from("the host needs too many requests to read the current state of the plan's targets");
                return Err(self.stop(Error::UnexpectedAnswer(detail), GateError::Answer));
            }
            self.observe_one(api_version, &operation).await?;
        }
        Ok(self.ledger().snapshot.of(changes))
    }

    async fn observe_one(&self, api_version: ApiVersion, operation: &Operation) -> Result<(), GateError> {
        let answer = self.send(operation, api_version).await?;
        let is_of_project = matches!(operation, Operation::ProjectById { .. } | Operation::ProjectBySlug { .. });
        let unread = |detail: Detail| self.stop(Error::UnexpectedAnswer(detail), GateError::Answer);
        match answer.status {
            200 if answer.content_type.as_deref().is_some_and(is_json) => {
                let body = answers::rewrite(operation, self.scopes(), &answer.body)
                    .map_err(|refusal| unread(refusal.to_string().into()))?;
                self.note_snapshot(operation, &body);
                Ok(())
            }
            _ if is_of_project && failure_of(&answer).is_of_no_project() => {
                self.note_unseen(operation, &failure_of(&answer));
                Ok(())
            }
            // No such folder, so nothing is there.
            404 if failure_of(&answer).is_from_infisical() => {
                let nothing: &[u8] = match operation {
                    Operation::ListSecrets { .. } => br#"{"secrets":[]}"#,
                    _ => br#"{"folders":[]}"#,
                };
                self.note_snapshot(operation, nothing);
                Ok(())
            }
            status => Err(unread(Detail {
                http: Some(status.into()),
                ..Detail::from("the host couldn't read the current state of the plan's targets")
            })),
        }
    }

    /// Refuses if a target of the opened plan differs from the preview. Checked once, before the
    /// plan's first request leaves.
    pub(super) async fn check_drift(&self) -> Result<(), GateError> {
        let (api_version, changes, before) = {
            let ledger = self.ledger();
            let (Some(opened), None) = (&ledger.opened, &ledger.redeemed) else { return Ok(()) };
            let read = |it: &ChangeRequest| change::parse(opened.api_version, it.method, &it.path, &it.body).ok();
            let changes: Vec<ParsedChange> = opened.requests.iter().filter_map(read).collect();
            (opened.api_version, changes, opened.observed.clone())
        };
        let now = self.observe(api_version, &changes).await?;
        if now == before {
            return Ok(());
        }
        let changed = now.iter().zip(&before).position(|(now, before)| now != before).unwrap_or_default() + 1;
        Err(self.deny(Denial::Refused(Error::refused(
            Layer::TwoPhaseConfirm,
            format!(
                "the target of change {changed} of the plan changed since the preview. Nothing was sent, and the plan is used up"
            ),
            "preview the change again: the new preview shows what it would do now",
        ))))
    }
}
