//! The `plans` commands, for the operator.

use crate::change;
use crate::operator_arguments::Plans;
use crate::output::{fail, print, print_json, print_whole, say};
use crate::terminal;
use infisical_skill::render::{self, columns, shown};
use infisical_skill::text::escape_capped;
use infisical_skill::{Error, PlanStatus, Skill};
use serde_json::json;
use std::process::ExitCode;

pub(crate) async fn run(skill: &Skill, command: Plans) -> ExitCode {
    match command {
        Plans::List { all, format } => list(skill, all, format.json),
        Plans::Show { id, format } => match find(skill, &id) {
            Ok(plan) if format.json => print_json(&json!(plan)),
            Ok(plan) => print_whole(&format!(
                "{}{}",
                render::card(&plan.card, state(&plan)),
                render::approval(plan.approval.as_ref())
            )),
            Err(error) => fail(&error, format.json),
        },
        Plans::Approve { id } => approve(skill, &id),
        Plans::Reject { id } => done(skill.reject_plan(&id), "Rejected: it can't be applied any more."),
        Plans::Discard { id } => done(skill.discard(&id), "Discarded: it can't be applied any more."),
        Plans::Apply { id, acknowledge, format } => apply(skill, &id, acknowledge, format.json).await,
    }
}

fn list(skill: &Skill, all: bool, json: bool) -> ExitCode {
    let mut plans = match skill.plans() {
        Ok(plans) => plans,
        Err(error) => return fail(&error, json),
    };
    plans.retain(|plan| all || is_pending(plan));
    if json {
        return print_json(&json!({ "plans": plans }));
    }
    let rows = plans.iter().map(|plan| {
        let dependents = render::dependents_in_brief(&plan.card.dependents);
        [shown(&plan.card.plan), state(plan).to_owned(), plan.card.expires_at(), dependents, what(&plan.card.requests)]
    });
    print(&columns(["PLAN", "STATE", "EXPIRES", "DEPENDENTS", "CHANGE"], rows))
}

fn approve(skill: &Skill, id: &str) -> ExitCode {
    let plan = match find(skill, id) {
        Ok(plan) => plan,
        Err(error) => return fail(&error, false),
    };
    if !terminal::is_there() {
        say(
            "Only a person can approve a plan, at a terminal: run this where standard input, output and error are a terminal.",
        );
        return ExitCode::FAILURE;
    }
    // Used and expired plans can't be approved, so don't ask for typing that has no effect.
    if !is_pending(&plan) {
        say(&format!("This plan can't be approved: it is {}.", state(&plan)));
        return ExitCode::FAILURE;
    }
    // Show the card as it was filed, not as the file has it now, and approve exactly what was
    // shown.
    let card = match skill.plan(id) {
        Ok(card) => card,
        Err(error) => return fail(&error, false),
    };
    if let Err(error) = skill.check_approver(&card) {
        return fail(&error, false);
    }
    if print_whole(&render::card(&card, state(&plan))) != ExitCode::SUCCESS {
        return ExitCode::FAILURE;
    }
    if !change::types_target(&card) {
        say("Not approved: the typed text isn't the plan's target.");
        return ExitCode::FAILURE;
    }
    done(skill.approve_plan(&card), "Approved.")
}

async fn apply(skill: &Skill, id: &str, acknowledge: Option<String>, json: bool) -> ExitCode {
    let mut acknowledge = acknowledge;
    if acknowledge.is_none()
        && !json
        && terminal::is_there()
        && let Ok(plan) = find(skill, id)
        && is_pending(&plan)
        && let Some(phrase) = plan.card.acknowledge.clone()
    {
        if print_whole(&render::card(&plan.card, state(&plan))) != ExitCode::SUCCESS {
            return ExitCode::FAILURE;
        }
        if !change::types_phrase(&phrase) {
            say("Nothing was changed: the typed text isn't the confirmation phrase.");
            return ExitCode::FAILURE;
        }
        acknowledge = Some(phrase);
    }
    change::apply(skill, id, acknowledge.as_deref(), json).await
}

fn find(skill: &Skill, id: &str) -> Result<PlanStatus, Error> {
    skill.plans()?.into_iter().find(|plan| plan.card.plan == id).ok_or_else(|| Error::NotFound {
        kind: "plan".to_owned(),
        name: escape_capped(id, 80),
        remedy: "see `infisical-skill plans list --all`; expired plans are removed when new ones are filed".to_owned(),
        http: None,
    })
}

fn is_pending(plan: &PlanStatus) -> bool {
    plan.outcome.is_none() && !plan.expired
}

fn state(plan: &PlanStatus) -> &'static str {
    match plan.outcome {
        Some(outcome) => render::plan_outcome(outcome),
        None if plan.expired => "expired",
        None if plan.approved => "approved",
        None => "pending",
    }
}

fn what(requests: &[String]) -> String {
    match requests {
        [] => String::new(),
        [one] => shown(one),
        [first, rest @ ..] => format!("{} and {} more", shown(first), rest.len()),
    }
}

fn done(result: Result<(), Error>, message: &str) -> ExitCode {
    match result {
        Ok(()) => print(&format!("{message}\n")),
        Err(error) => fail(&error, false),
    }
}
