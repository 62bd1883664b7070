//! Applies a plan: redeems it once and sends its requests in order, each once.

use super::observe::Snapshot;
use super::payload::{Payload, unreadable};
use super::planned::Planned;
use super::{administration, drift, read_back};
use crate::client::Client;
use crate::client::change_failures::Sent;
use crate::client::failures;
use crate::error::{Error, Layer};
use crate::guard::preconditions;
use crate::guard::quote::escape;
use crate::ports::{HostPort, Redeemed, Request, Transport};
use crate::skill::Skill;
use crate::types::{Outcome, Receipt, Step};

impl<T: Transport, W: HostPort> Skill<T, W> {
    /// Redeems a plan, once, and sends its requests.
    ///
    /// # Errors
    /// [`Error`] says what went wrong and what to do next. After an error, nothing was changed.
    pub fn apply(&mut self, plan: &str, acknowledge: Option<&str>) -> Result<Receipt, Error> {
        let policy = self.host.policy();
        preconditions::may_change(&policy)?;
        preconditions::plan_id(plan)?;
        let redeemed = self.host.redeem(plan, acknowledge).ok_or_else(failures::not_redeemed)?;
        let Redeemed { requests, payload } = redeemed;
        let Payload { changes, acknowledge: phrase } = Payload::read(&payload)?;
        check_phrase(phrase.as_deref(), acknowledge)?;
        if changes.is_empty() || changes.len() != requests.len() {
            return Err(unreadable());
        }
        let api_version = self.host.find_api_version().ok_or_else(failures::api_version_unknown)?;
        let mut client = Client::new(&mut self.transport, api_version);
        let administered = match changes.as_slice() {
            [Planned { task, .. }] if task.kind.is_administrative() => Some(task),
            _ => None,
        };
        match administered {
            Some(task) => administration::check_drift(&mut client, task)?,
            None => {
                let snapshot = Snapshot::of(&mut client, &changes).map_err(drift::as_drift)?;
                drift::check(&changes, &snapshot)?;
            }
        }

        let mut steps = send(&mut client, &changes, &requests);
        // The first failure stops the rest, so the error is the whole result.
        if matches!(steps.first(), Some(Step { outcome: Outcome::Failed(_), .. }))
            && let Outcome::Failed(error) = steps.swap_remove(0).outcome
        {
            return Err(error);
        }
        match (administered, steps.as_mut_slice()) {
            (Some(task), [step]) => administration::note(&mut client, task, step),
            _ => read_back::read_back(&mut client, &changes, &mut steps),
        }
        Ok(Receipt { plan: plan.to_owned(), steps })
    }
}

/// The host checks the phrase too. If it redeems a plan without the phrase, this check stops the
/// call.
fn check_phrase(phrase: Option<&str>, given: Option<&str>) -> Result<(), Error> {
    if phrase == given {
        return Ok(());
    }
    let remedy = match phrase {
        Some(_) => "Preview the change again. To apply it, pass the exact phrase that the preview names.",
        None => "Preview the change again, and pass no phrase.",
    };
    Err(Error::refused(
        Layer::BlastRadius,
        "The given text isn't the confirmation phrase that this plan needs.",
        remedy,
    ))
}

/// Sends each request once. Stops after a request that failed, or whose outcome is unknown.
fn send<T: Transport>(client: &mut Client<'_, T>, changes: &[Planned], requests: &[Request]) -> Vec<Step> {
    let mut is_stopped = false;
    let mut steps = Vec::new();
    for (Planned { task, summary, observed }, request) in changes.iter().zip(requests) {
        let outcome = if is_stopped {
            Outcome::NotSent
        } else {
            match client.change(request, task.kind, task.asked()) {
                Sent::Done => Outcome::Applied,
                Sent::Waits(id) => Outcome::WaitingForApproval(escape(&id)),
                Sent::Failed(error) => Outcome::Failed(error),
                Sent::Unsure => Outcome::Unknown,
            }
        };
        is_stopped |= matches!(outcome, Outcome::Failed(_) | Outcome::Unknown);
        let (summary, version_before) = (summary.clone(), observed.version);
        steps.push(Step { summary, outcome, version_before, version_after: None, note: None });
    }
    steps
}
