//! The outcome of a plan. What the host observed decides it, and the component's text explains it.

use crate::model::changes::{Receipt, Step, StepOutcome};
use crate::model::error::{Error, HttpFailure, PlanAfter};
use crate::model::plan_card::PlanOutcome;

/// What the host observed of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    /// It didn't leave.
    Not,
    /// It left, or may have, and no answer says what happened to it.
    Unsure,
    /// The server did it.
    Done,
    /// The server holds it for approval.
    Waits,
    /// The server refused it.
    Refused,
}

/// What the component says of a request. Its text is already escaped and truncated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReportedStep {
    pub(crate) outcome: ReportedOutcome,
    pub(crate) version_before: Option<u32>,
    pub(crate) version_after: Option<u32>,
    pub(crate) note: Option<String>,
}

/// The details of an outcome, according to the component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReportedOutcome {
    /// Infisical holds the change, under this id of an approval request.
    WaitingForApproval(String),
    Failed(Error),
    /// An outcome without details.
    Other,
}

/// What the host observed of a request, and of its answer if that was a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SentStep {
    /// The host's description of the request.
    pub(crate) request: String,
    pub(crate) sent: Sent,
    pub(crate) http: Option<HttpFailure>,
    /// Whether the answer was in Infisical's own form.
    pub(crate) is_infisicals: bool,
}

impl SentStep {
    /// What a failed answer says about a request whose outcome is unknown.
    fn unsure(&self) -> Option<String> {
        let http = self.http.as_ref().filter(|_| self.sent == Sent::Unsure)?;
        Some(if self.is_infisicals {
            format!("Infisical answered {http}, which doesn't say whether the change was made.")
        } else {
            format!("The answer was {http}, and not Infisical's: something in front of it answered.")
        })
    }
}

/// The same error. If it suggests applying the plan again, it now says that the plan is used up.
fn plan_used_up(error: Error) -> Error {
    match error {
        Error::RateLimited { .. }
        | Error::TimedOut
        | Error::ServerFailed(_)
        | Error::Unreachable(_)
        | Error::Unauthenticated(_)
        | Error::Denied(_) => Error::Applying { cause: Box::new(error), plan: PlanAfter::UsedUp },
        other => other,
    }
}

/// The receipt for a redeemed plan. `sent` is what the host observed, and `said` is what the
/// component returned. `cause` is why the host stopped something. The component knows only that it
/// was stopped.
///
/// # Errors
///
/// The component's error, or the host's own in its place, if nothing at all was changed.
pub(crate) fn settle(
    plan: &str,
    sent: Vec<SentStep>,
    said: Result<Vec<ReportedStep>, Error>,
    mut cause: Option<Error>,
) -> Result<Receipt, Error> {
    let nothing_left = sent.iter().all(|sent_step| matches!(sent_step.sent, Sent::Not | Sent::Refused));
    let (said, error) = match said {
        Ok(steps) => (steps, None),
        Err(error) if nothing_left => return Err(plan_used_up(error)),
        // The component trapped or ran out of time after a request had left. That must not look as
        // if nothing had happened.
        Err(error) => (Vec::new(), Some(error)),
    };
    let mut said = said.into_iter();
    let mut steps: Vec<Step> = sent.into_iter().map(|sent_step| step(sent_step, said.next(), &mut cause)).collect();
    if let (Some(error), Some(step)) = (error, steps.iter_mut().find(|step| step.outcome == StepOutcome::Unknown)) {
        let note = step.note.take().map(|note| format!("{note} ")).unwrap_or_default();
        step.note = Some(format!("{note}{} The change isn't sent again: look at what is there now.", error.reason()));
    }
    Ok(Receipt { plan: plan.to_owned(), outcome: plan_outcome(&steps), steps, approval: None })
}

/// The first request that should have left and didn't is the one that was stopped.
fn step(sent_step: SentStep, said: Option<ReportedStep>, cause: &mut Option<Error>) -> Step {
    let unsure = sent_step.unsure();
    let SentStep { request, sent, http, .. } = sent_step;
    let (said, before, after, note) = match said {
        Some(step) => (Some(step.outcome), step.version_before, step.version_after, step.note),
        None => (None, None, None, None),
    };
    let approval_request = match (&sent, &said) {
        (Sent::Waits, Some(ReportedOutcome::WaitingForApproval(id))) => Some(id.clone()),
        _ => None,
    };
    let failed = |said: Option<ReportedOutcome>| match said {
        Some(ReportedOutcome::Failed(error)) => Some(error),
        _ => None,
    };
    let outcome = match sent {
        Sent::Done => StepOutcome::Applied,
        Sent::Waits => StepOutcome::WaitingForApproval(approval_request.clone().unwrap_or_default()),
        Sent::Unsure => StepOutcome::Unknown,
        Sent::Refused => {
            let otherwise = || Error::Invalid("look at what is there now, then preview the change again".into());
            StepOutcome::Failed(plan_used_up(failed(said).unwrap_or_else(otherwise).with_answer(http)))
        }
        Sent::Not => failed(said)
            .map_or(StepOutcome::NotSent, |error| StepOutcome::Failed(plan_used_up(cause.take().unwrap_or(error)))),
    };
    let error = match &outcome {
        StepOutcome::Failed(error) => error.to_json().get("error").cloned(),
        _ => None,
    };
    let note = match (unsure, note) {
        (Some(unsure), Some(note)) => Some(format!("{unsure} {note}")),
        (unsure, note) => unsure.or(note),
    };
    Step { request, outcome, approval_request, error, version_before: before, version_after: after, note }
}

fn plan_outcome(steps: &[Step]) -> PlanOutcome {
    let all = |kind: &str| steps.iter().all(|step| step.outcome.kind() == kind);
    let any = |kind: &str| steps.iter().any(|step| step.outcome.kind() == kind);
    if any("unknown") {
        PlanOutcome::Unknown
    } else if all("applied") {
        PlanOutcome::Applied
    } else if !any("applied") && !any("waiting-for-approval") {
        PlanOutcome::Failed
    } else if any("failed") || any("not-sent") {
        PlanOutcome::Partial
    } else {
        PlanOutcome::WaitingForApproval
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent_step(request: &str, sent: Sent) -> SentStep {
        SentStep { request: request.to_owned(), sent, http: None, is_infisicals: false }
    }

    fn used_up(cause: Error) -> Error {
        Error::Applying { cause: Box::new(cause), plan: PlanAfter::UsedUp }
    }

    fn said(outcome: ReportedOutcome) -> ReportedStep {
        ReportedStep { outcome, version_before: Some(1), version_after: Some(2), note: Some("a note".to_owned()) }
    }

    fn outcome_of(sent: Sent, outcome: ReportedOutcome) -> String {
        match settle("p", vec![sent_step("r", sent)], Ok(vec![said(outcome)]), None) {
            Ok(receipt) => {
                assert_eq!((receipt.plan.as_str(), receipt.steps.len()), ("p", 1));
                assert_eq!(receipt.steps[0].note.as_deref(), Some("a note"));
                receipt.steps[0].outcome.kind().to_owned()
            }
            Err(error) => error.kind().to_owned(),
        }
    }

    #[test]
    fn receipt_follows_the_host_not_the_component() {
        let waiting = || ReportedOutcome::WaitingForApproval("id".to_owned());
        for (sent, expected) in [
            (Sent::Done, "applied"),
            (Sent::Waits, "waiting-for-approval"),
            (Sent::Unsure, "unknown"),
            (Sent::Not, "not-sent"),
            (Sent::Refused, "failed"),
        ] {
            for outcome in [ReportedOutcome::Other, waiting()] {
                assert_eq!(outcome_of(sent, outcome), expected, "{sent:?}");
            }
        }
    }

    #[test]
    fn plan_outcome_follows_from_its_steps() {
        use Sent::{Done, Not, Refused, Unsure, Waits};
        for (sent, outcome) in [
            (&[Done][..], PlanOutcome::Applied),
            (&[Done, Done], PlanOutcome::Applied),
            (&[Waits], PlanOutcome::WaitingForApproval),
            (&[Done, Waits], PlanOutcome::WaitingForApproval),
            (&[Done, Refused], PlanOutcome::Partial),
            (&[Done, Not], PlanOutcome::Partial),
            (&[Waits, Refused], PlanOutcome::Partial),
            (&[Waits, Not], PlanOutcome::Partial),
            (&[Done, Refused, Not], PlanOutcome::Partial),
            (&[Refused], PlanOutcome::Failed),
            (&[Not, Not], PlanOutcome::Failed),
            (&[Refused, Not], PlanOutcome::Failed),
            (&[Unsure], PlanOutcome::Unknown),
            (&[Done, Unsure, Not], PlanOutcome::Unknown),
            (&[Waits, Unsure], PlanOutcome::Unknown),
        ] {
            let steps = sent.iter().map(|sent| sent_step("r", *sent)).collect();
            let receipt = settle("p", steps, Ok(Vec::new()), None).unwrap();
            assert_eq!(receipt.outcome, outcome, "{sent:?}");
        }
    }

    #[test]
    fn keeps_component_details_only_if_they_fit_the_outcome() {
        let of = |sent: Sent, outcome: ReportedOutcome| step(sent_step("r", sent), Some(said(outcome)), &mut None);
        let waits = of(Sent::Waits, ReportedOutcome::WaitingForApproval("id-1".to_owned()));
        assert_eq!(waits.approval_request.as_deref(), Some("id-1"));
        assert_eq!(waits.outcome, StepOutcome::WaitingForApproval("id-1".to_owned()));
        for (sent, outcome) in [
            (Sent::Waits, ReportedOutcome::Other),
            (Sent::Done, ReportedOutcome::WaitingForApproval("id-1".to_owned())),
        ] {
            assert_eq!(of(sent, outcome).approval_request, None, "{sent:?}");
        }
        for sent in [Sent::Refused, Sent::Not] {
            let failed = of(sent, ReportedOutcome::Failed(Error::TimedOut));
            assert_eq!(failed.outcome, StepOutcome::Failed(used_up(Error::TimedOut)));
            assert_eq!(failed.error.unwrap()["kind"], "timed-out");
        }
        for sent in [Sent::Done, Sent::Waits, Sent::Unsure] {
            let failed = of(sent, ReportedOutcome::Failed(Error::TimedOut));
            assert!(failed.error.is_none() && failed.outcome.kind() != "failed", "{sent:?}");
        }
    }

    #[test]
    fn reports_the_stop_cause_on_the_first_stopped_request() {
        let why = Error::refused(crate::model::error::Layer::KillSwitch, "off", "ask");
        let failed = || said(ReportedOutcome::Failed(Error::TimedOut));
        let steps = vec![said(ReportedOutcome::Other), failed(), failed()];
        let sent = [Sent::Done, Sent::Not, Sent::Not].map(|sent| sent_step("r", sent)).to_vec();
        let receipt = settle("p", sent, Ok(steps), Some(why.clone())).unwrap();
        let outcomes: Vec<_> = receipt.steps.into_iter().map(|step| step.outcome).collect();
        assert_eq!(
            outcomes,
            [StepOutcome::Applied, StepOutcome::Failed(why), StepOutcome::Failed(used_up(Error::TimedOut))]
        );
    }

    #[test]
    fn error_after_sending_gives_an_unknown_receipt() {
        let sent = vec![sent_step("a", Sent::Done), sent_step("b", Sent::Unsure), sent_step("c", Sent::Not)];
        let receipt = settle("p", sent, Err(Error::TimedOut), None).unwrap();
        let kinds: Vec<_> = receipt.steps.iter().map(|step| step.outcome.kind()).collect();
        assert_eq!((kinds, receipt.outcome), (vec!["applied", "unknown", "not-sent"], PlanOutcome::Unknown));
        assert!(receipt.steps[1].note.as_ref().unwrap().contains("isn't sent again"));
        let nothing = vec![sent_step("a", Sent::Not)];
        assert_eq!(settle("p", nothing, Err(Error::TimedOut), None), Err(used_up(Error::TimedOut)));
    }

    #[test]
    fn step_reports_the_http_status_that_the_host_saw() {
        let of = |sent: Sent, status: u16, is_infisicals: bool, outcome: ReportedOutcome| {
            let http = Some(HttpFailure::new(status, Some("req-Ab12".to_owned())));
            step(SentStep { http, is_infisicals, ..sent_step("r", sent) }, Some(said(outcome)), &mut None)
        };
        let proxys = of(Sent::Unsure, 403, false, ReportedOutcome::Other).note.unwrap();
        assert!(proxys.contains("HTTP 403") && proxys.contains("not Infisical's"), "{proxys}");
        let own = of(Sent::Unsure, 500, true, ReportedOutcome::Other).note.unwrap();
        assert!(own.contains("Infisical answered HTTP 500, request req-Ab12"), "{own}");
        let refused = of(Sent::Refused, 400, true, ReportedOutcome::Failed(Error::Invalid("check".into())));
        let error = refused.error.unwrap();
        assert_eq!((&error["httpStatus"], &error["requestId"]), (&400.into(), &"req-Ab12".into()));
        let limited =
            of(Sent::Refused, 429, true, ReportedOutcome::Failed(Error::RateLimited { retry_after: Some(9) }));
        let StepOutcome::Failed(error) = limited.outcome else { panic!() };
        assert!(error.remedy().contains("Wait 9 seconds") && error.remedy().contains("used up"), "{error}");
    }

    #[test]
    fn silent_component_does_not_change_the_receipt() {
        let sent = vec![sent_step("a", Sent::Done), sent_step("b", Sent::Done)];
        let receipt = settle("p", sent, Ok(Vec::new()), None).unwrap();
        assert_eq!(receipt.outcome, PlanOutcome::Applied);
    }
}
