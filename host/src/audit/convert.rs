//! Converts errors, changes and places to the form of audit records. None of these functions reads
//! a value or a comment.

use super::call::{ErrorSource, Failed};
use crate::model::changes::{self as model, Change, Receipt, StepOutcome};
use crate::model::error::{Error, Layer};
use crate::model::plan_card::PlanOutcome;
use crate::model::secrets::Place;
use infisical_skill_audit::{CallOutcome, CallTarget, Plan, ReportedBy, Step};
use infisical_skill_policy::plan::PlanDigest;
use infisical_skill_policy::text::{escape_capped, escape_unseen_capped};

/// The most characters of a name or path that an agent gave. Each can take eleven bytes in a
/// record.
const MAX_NAME: usize = 200;

/// The limit for names if a call is about many objects. All of them are recorded, and the record
/// still stays small enough to write.
const MAX_NAME_OF_MANY: usize = 40;

/// The most characters of a sentence.
const MAX_SENTENCE: usize = 400;

/// The most objects of a call that are recorded.
const MAX_TARGETS: usize = 50;

/// The outcome of a failed call.
pub(crate) fn call_outcome(error: &Error) -> CallOutcome {
    if error.layer().is_some() { CallOutcome::Refused } else { CallOutcome::Failed }
}

/// Why a call failed, as far as that may be recorded.
pub(crate) fn said(failed: &Failed) -> infisical_skill_audit::Said {
    let Failed { error, by } = failed;
    let (by, reason) = match by {
        ErrorSource::Host => (ReportedBy::Host, escape_unseen_capped(&error.reason(), MAX_SENTENCE)),
        ErrorSource::Component => (ReportedBy::Component, escape_unseen_capped(&error.reason(), MAX_SENTENCE)),
        ErrorSource::ComponentWithValues => (ReportedBy::Component, summary(error).to_owned()),
    };
    infisical_skill_audit::Said { kind: error.kind().to_owned(), layer: error.layer().map(layer), by, reason }
}

/// Replaces a text that could repeat a value.
fn summary(error: &Error) -> &'static str {
    match error.layer() {
        Some(Layer::KillSwitch) => "Changes were off.",
        Some(Layer::TwoPhaseConfirm) => "The plan can't be applied.",
        Some(Layer::BlastRadius) => "The confirmation phrase or the approval that the plan needs is missing.",
        Some(Layer::Scope) => "The place is outside of the scopes.",
        Some(Layer::Identity) => "The required identity is missing or was refused.",
        Some(Layer::Input) => "An argument isn't valid.",
        Some(_) => "It was refused.",
        None => "Its error kind says why it failed.",
    }
}

fn layer(layer: Layer) -> String {
    serde_json::to_value(layer).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

/// A place, with the defaults filled in.
pub(crate) fn place(at: &Place, defaults: &Place) -> CallTarget {
    place_in(at, defaults, MAX_NAME)
}

fn place_in(at: &Place, defaults: &Place, max: usize) -> CallTarget {
    let or = |given: &Option<String>, default: &Option<String>| {
        given.as_deref().or(default.as_deref()).map(|text| escape_capped(text, max))
    };
    CallTarget {
        project: or(&at.project, &defaults.project),
        environment: or(&at.environment, &defaults.environment),
        path: or(&at.path, &defaults.path).or_else(|| Some("/".to_owned())),
        ..CallTarget::default()
    }
}

/// An object in a place.
pub(crate) fn named(at: &Place, name: &str, defaults: &Place) -> CallTarget {
    CallTarget { name: Some(escape_capped(name, MAX_NAME)), ..place(at, defaults) }
}

/// What changes are about, without what they write.
pub(crate) fn changes(changes: &[Change], defaults: &Place) -> Vec<CallTarget> {
    let max = if changes.len() > 5 { MAX_NAME_OF_MANY } else { MAX_NAME };
    let target = |change: &Change| {
        let in_project = |project: &Option<String>| {
            let at = Place { project: project.clone(), ..Place::default() };
            let project = place_in(&at, defaults, max).project;
            CallTarget { project, ..CallTarget::default() }
        };
        let (target, name, new_name) = match change {
            Change::CreateSecret(it) => (place_in(&it.at, defaults, max), it.name.clone(), None),
            Change::UpdateSecret(it) => (place_in(&it.at, defaults, max), it.name.clone(), it.new_name.as_ref()),
            Change::DeleteSecret(it) | Change::CreateFolder(it) | Change::DeleteFolder(it) => {
                (place_in(&it.at, defaults, max), it.name.clone(), None)
            }
            Change::RenameFolder(it) => (place_in(&it.at, defaults, max), it.name.clone(), Some(&it.new_name)),
            Change::CreateProject(it) => (CallTarget::default(), it.slug.clone(), None),
            Change::CreateEnvironment(it) => (in_project(&it.project), it.slug.clone(), None),
            Change::InviteMembers(it) => (in_project(&it.project), it.emails.join(", "), None),
        };
        let name = Some(escape_capped(&name, max));
        let new_name = new_name.map(|name| escape_capped(name, max));
        CallTarget { change: Some(change.kind().to_owned()), name, new_name, ..target }
    };
    changes.iter().take(MAX_TARGETS).map(target).collect()
}

/// Whether the component gets or generates a value or comment for these changes.
pub(crate) fn carry_values(changes: &[Change]) -> bool {
    changes.iter().any(|change| match change {
        Change::CreateSecret(_) => true,
        Change::UpdateSecret(it) => it.value.is_some() || it.comment.is_some(),
        _ => false,
    })
}

/// A plan that a caller names by its id, which may be a guess.
pub(crate) fn plan_named(id: &str) -> Plan {
    Plan { plan: escape_capped(id, MAX_NAME), digest: None }
}

/// A plan that exists.
pub(crate) fn plan(id: &str, digest: &PlanDigest) -> Plan {
    Plan { digest: Some(crate::base::hex::to_hex(&digest.0)), ..plan_named(id) }
}

/// The outcome of a redeemed plan.
pub(crate) fn plan_outcome(outcome: PlanOutcome) -> CallOutcome {
    match outcome {
        PlanOutcome::Applied => CallOutcome::Applied,
        PlanOutcome::WaitingForApproval => CallOutcome::WaitingForApproval,
        PlanOutcome::Partial => CallOutcome::Partial,
        PlanOutcome::Failed | PlanOutcome::Discarded | PlanOutcome::Rejected => CallOutcome::Failed,
        PlanOutcome::Unknown | PlanOutcome::Redeemed => CallOutcome::Unknown,
    }
}

/// The outcome of each request.
pub(crate) fn steps(receipt: &Receipt) -> Vec<Step> {
    let step = |step: &model::Step| Step {
        request: step.request.clone(),
        outcome: StepOutcome::kind(&step.outcome).to_owned(),
    };
    receipt.steps.iter().map(step).collect()
}
