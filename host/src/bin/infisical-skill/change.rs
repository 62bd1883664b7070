//! Changes from the command line: preview, ask, apply.

use crate::change_arguments::{Confirm, FolderCommand, SecretCommand};
use crate::output::{fail, misused, print, print_json, print_whole, say};
use crate::{terminal, value};
use infisical_skill::{
    Change, Error, FolderRename, Preview, Receipt, SecretCreation, SecretUpdate, Skill, StepOutcome, Target,
};
use infisical_skill::{PlanCard, PlanOutcome, render};
use secrecy::SecretString;
use serde_json::json;
use std::process::ExitCode;

pub(crate) async fn secret(skill: &Skill, command: SecretCommand) -> ExitCode {
    match secret_change(command) {
        Ok((change, confirm)) => run(skill, change, &confirm).await,
        Err(reason) => misused(&reason),
    }
}

pub(crate) async fn folder(skill: &Skill, command: FolderCommand) -> ExitCode {
    let (change, confirm) = match command {
        FolderCommand::Create { name, at, confirm } => (Change::CreateFolder(Target { at: at.into(), name }), confirm),
        FolderCommand::Rename { name, new, at, confirm } => {
            (Change::RenameFolder(FolderRename { at: at.into(), name, new_name: new }), confirm)
        }
        FolderCommand::Delete { name, at, confirm } => (Change::DeleteFolder(Target { at: at.into(), name }), confirm),
    };
    run(skill, change, &confirm).await
}

/// The requested change, with its value read from the file, standard input or prompt.
fn secret_change(command: SecretCommand) -> Result<(Change, Confirm), String> {
    Ok(match command {
        SecretCommand::Create { name, at, value, comment, tags, confirm } => {
            refuse_two_on_stdin(&value, &comment)?;
            let value = match value::value(value)? {
                Some(value) => value,
                None => value::prompted()?,
            };
            let comment = value::comment(comment)?;
            (Change::CreateSecret(SecretCreation { at: at.into(), name, value, comment, tags }), confirm)
        }
        SecretCommand::Update { name, at, new_name, value, comment, no_comment, tags, no_tags, confirm } => {
            refuse_two_on_stdin(&value, &comment)?;
            let mut value = value::value(value)?;
            let comment = if no_comment { Some(SecretString::from("")) } else { value::comment(comment)? };
            let tags = if no_tags || !tags.is_empty() { Some(tags) } else { None };
            if value.is_none() && new_name.is_none() && comment.is_none() && tags.is_none() {
                value = Some(value::prompted()?);
            }
            (Change::UpdateSecret(SecretUpdate { at: at.into(), name, new_name, value, comment, tags }), confirm)
        }
        SecretCommand::Delete { name, at, confirm } => (Change::DeleteSecret(Target { at: at.into(), name }), confirm),
    })
}

fn refuse_two_on_stdin(
    value: &crate::change_arguments::ValueFrom,
    comment: &crate::change_arguments::CommentFrom,
) -> Result<(), String> {
    if value::both_from_stdin(value, comment) {
        return Err(
            "the value and the comment can't both come from standard input: put one of them into a file".to_owned()
        );
    }
    Ok(())
}

async fn run(skill: &Skill, change: Change, confirm: &Confirm) -> ExitCode {
    let json = confirm.format.json;
    let preview = match skill.preview(vec![change]).await {
        Ok(preview) => preview,
        Err(error) => return fail(&error, json),
    };
    let printed = if json { print_json(&json!(preview)) } else { print_whole(&render::preview(&preview)) };
    if printed != ExitCode::SUCCESS || confirm.preview {
        return printed;
    }
    match decide(skill, &preview, confirm.yes) {
        Decision::Apply => apply(skill, &preview.plan, preview.acknowledge.as_deref(), json).await,
        Decision::Later(why) => {
            say(&format!("{why} To apply it: {}", how_to_apply(&preview.plan, preview.acknowledge.as_deref())));
            // `--yes` asked for the change, so not applying it is a failure.
            if confirm.yes { ExitCode::FAILURE } else { ExitCode::SUCCESS }
        }
        Decision::No(why) => {
            say(&why);
            ExitCode::FAILURE
        }
    }
}

enum Decision {
    /// The person, or `--yes`, confirmed the change.
    Apply,
    /// This command can't apply the plan. It can be applied later.
    Later(String),
    /// The person declined.
    No(String),
}

fn decide(skill: &Skill, preview: &Preview, yes: bool) -> Decision {
    if yes && preview.acknowledge.is_none() && preview.approval.is_none() {
        return Decision::Apply;
    }
    if !terminal::is_there() {
        return Decision::Later(match (&preview.acknowledge, &preview.approval) {
            _ if !yes => "Nothing was changed.".to_owned(),
            (Some(_), _) => {
                "Nothing was changed: this needs the confirmation phrase, and --yes doesn't replace it.".to_owned()
            }
            (None, _) => {
                "Nothing was changed: this needs a person's approval, and --yes doesn't replace it.".to_owned()
            }
        });
    }
    if let Some(switch) = &preview.switch {
        return Decision::Later(format!("Nothing was changed: {switch}."));
    }
    let means_it = match &preview.acknowledge {
        Some(phrase) => types_phrase(phrase),
        None => yes || terminal::agrees("Apply?"),
    };
    if !means_it {
        // Discard the plan, so that it doesn't count towards the limit of pending plans.
        return match skill.discard(&preview.plan) {
            Ok(()) => Decision::No("Nothing was changed, and the plan is discarded.".to_owned()),
            Err(error) => Decision::No(format!("Nothing was changed. {error}")),
        };
    }
    if preview.approval.is_some() {
        return match approve(skill, &preview.plan) {
            Ok(()) => Decision::Apply,
            Err(why) => Decision::No(why),
        };
    }
    Decision::Apply
}

/// A person is at the terminal, so ask for their approval as `plans approve` does.
fn approve(skill: &Skill, plan: &str) -> Result<(), String> {
    let card = skill.plan(plan).map_err(|error| error.to_string())?;
    skill.check_approver(&card).map_err(|error| format!("Nothing was changed. {error}"))?;
    if !types_target(&card) {
        return Err(format!("Not approved, and nothing was changed. The plan waits until {}.", card.expires_at()));
    }
    skill.approve_plan(&card).map_err(|error| error.to_string())
}

/// Asks the person to type the confirmation phrase exactly.
pub(crate) fn types_phrase(phrase: &str) -> bool {
    terminal::types(&format!("Type this confirmation phrase to acknowledge it: {phrase}\n> "), phrase)
}

/// Asks the person to type the plan's target exactly.
pub(crate) fn types_target(card: &PlanCard) -> bool {
    types(&card.target)
}

/// Asks the person to type the target of what they approve exactly.
pub(crate) fn types(target: &str) -> bool {
    terminal::types(&format!("To approve it, type: {target}\n> "), target)
}

/// Redeems a plan and prints the receipt.
pub(crate) async fn apply(skill: &Skill, plan: &str, acknowledge: Option<&str>, json: bool) -> ExitCode {
    match skill.apply(plan, acknowledge).await {
        Ok(receipt) => show(&receipt, json),
        Err(error) => fail(&error, json),
    }
}

fn show(receipt: &Receipt, json: bool) -> ExitCode {
    let printed = if json { print_json(&json!(receipt)) } else { print(&render::receipt(receipt)) };
    if matches!(receipt.outcome, PlanOutcome::Applied | PlanOutcome::WaitingForApproval) {
        return printed;
    }
    match receipt.steps.iter().find_map(first_failure) {
        Some(error) => say(&error.to_string()),
        None => say(&format!("the plan's outcome: {}", render::plan_outcome(receipt.outcome))),
    }
    ExitCode::FAILURE
}

fn first_failure(step: &infisical_skill::Step) -> Option<&Error> {
    match &step.outcome {
        StepOutcome::Failed(error) => Some(error),
        _ => None,
    }
}

fn how_to_apply(plan: &str, acknowledge: Option<&str>) -> String {
    match acknowledge {
        // Quoting is safe: phrases contain only letters, digits, spaces and `_ - . / ? ;`.
        Some(phrase) => format!("infisical-skill plans apply {plan} --acknowledge '{phrase}'"),
        None => format!("infisical-skill plans apply {plan}"),
    }
}
