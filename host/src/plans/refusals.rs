//! The texts of the plan service's refusals.

use crate::model::error::{Error, Layer};
use crate::model::plan_card::PlanCard;
use crate::model::session::Session;
use crate::state::{BudgetRefusal, ClockRefusal, advice};
use infisical_skill_policy::approver::NotAccepted;
use infisical_skill_policy::plan::{AcknowledgementRefusal, ApprovalRefusal, CurrentRefusal};
use infisical_skill_policy::switch::SwitchOff;

pub(super) fn off(off: SwitchOff) -> Error {
    let remedy = match off {
        SwitchOff::Never => "the operator must change the configuration: this can't be lifted at run time",
        _ => {
            "ask the operator to run `infisical-skill writes on --for 15m`, then apply the plan again while it is valid"
        }
    };
    Error::refused(Layer::KillSwitch, off.to_string(), remedy)
}

/// Checks that the plan was previewed in this session, or that neither belongs to a session.
pub(super) fn is_of(session: Option<&Session>, card: &PlanCard) -> Result<(), Error> {
    if session.map(Session::as_str) == card.session.as_deref() {
        return Ok(());
    }
    Err(Error::refused(
        Layer::TwoPhaseConfirm,
        "this plan was previewed in another session",
        "preview the change again where it is to be applied; a person can reject this plan with `infisical-skill plans reject`",
    ))
}

pub(crate) fn how_to_approve(plan: &str) -> String {
    format!("a person must review and approve the plan at a terminal: `infisical-skill plans approve {plan}`")
}

pub(super) fn not_current(refusal: CurrentRefusal) -> Error {
    let (layer, remedy) = match refusal {
        CurrentRefusal::AdministrationOff => (Layer::Scope, "ask the operator, who can set `administration = true`"),
        CurrentRefusal::OutOfScope => {
            (Layer::Scope, "ask the operator to add the place to `scopes`, then preview the change again")
        }
        CurrentRefusal::ClockWentBack => (Layer::TwoPhaseConfirm, CLOCK_REMEDY),
        _ => (Layer::TwoPhaseConfirm, "preview the change again"),
    };
    Error::refused(layer, refusal.to_string(), remedy)
}

pub(super) fn not_acknowledged(refusal: AcknowledgementRefusal) -> Error {
    let reason = refusal.to_string();
    let remedy = match refusal {
        // Without the phrase itself: the preview shows it, and whoever gives it should have read
        // that.
        AcknowledgementRefusal::Missing(_) | AcknowledgementRefusal::Wrong(_) => {
            "review the preview; if it is what you want, pass its confirmation phrase in `acknowledge`, exactly"
        }
        _ => "omit `acknowledge`, if this is the intended plan",
    };
    Error::refused(Layer::BlastRadius, reason, remedy)
}

/// What to do about a clock that isn't accepted.
pub(crate) const CLOCK_REMEDY: &str = "ask the operator to set the clock right; if it is right, and the later time was wrong, to run `infisical-skill state accept-clock`";

pub(super) fn clock_refused(refusal: ClockRefusal) -> Error {
    Error::refused(Layer::TwoPhaseConfirm, refusal.to_string(), CLOCK_REMEDY)
}

pub(super) fn recent_changes_unusable(error: std::io::Error) -> Error {
    Error::refused(
        Layer::BlastRadius,
        format!("the record of recent changes can't be read or written: {error}"),
        format!("ask the operator to {}", advice(&error)),
    )
}

pub(super) fn not_approved(refusal: ApprovalRefusal, plan: &str) -> Error {
    let remedy = match refusal {
        ApprovalRefusal::NotAccepted(NotAccepted::Same) => format!(
            "somebody other than the requester must review and approve the plan at a terminal: `infisical-skill plans approve {plan}`"
        ),
        _ => how_to_approve(plan),
    };
    Error::refused(Layer::BlastRadius, refusal.to_string(), remedy)
}

/// `token`: the client whose share it is, or `None` for the common share.
pub(super) fn too_many_plans(most: u32, token: Option<&str>) -> Error {
    let (reason, remedy) = match token {
        Some(token) => (
            format!("{most} plans of the client `{token}` are pending, its whole share"),
            "apply or discard some of them, wait until they expire, or ask the operator, who can raise `pending_plans` for this client",
        ),
        None => (
            format!("{most} plans are pending, which is the limit"),
            "apply or discard some of them, or wait until they expire",
        ),
    };
    Error::refused(Layer::Budget, reason, remedy)
}

/// `token`: the client whose share it is, or `None` for the common share.
pub(super) fn used_up(refusal: BudgetRefusal, what: &str, token: Option<&str>) -> Error {
    match refusal {
        BudgetRefusal::UsedUp(seconds) => Error::refused(
            Layer::Budget,
            match token {
                Some(token) => format!("the hourly share of {what} of the client `{token}` is used up"),
                None => format!("the operator's hourly budget of {what} is used up"),
            },
            format!("wait for {} minutes, or ask the operator for a larger budget", seconds.div_ceil(60)),
        ),
        BudgetRefusal::Unwritable(error) => Error::refused(
            Layer::Budget,
            format!("the use of the budget of {what} can't be recorded: {error}"),
            format!("ask the operator to {}", advice(&error)),
        ),
    }
}
