//! Finds changes of one plan that conflict with each other.

use super::grammar::covers;
use super::intents::Intent;
use super::quote::quote;
use super::refusals::input;
use super::validated_change::Kind;
use crate::error::Error;

/// Refuses a plan whose effect can't be predicted: two changes of the same target, or a change
/// inside a folder that the plan renames or deletes.
pub(crate) fn check(intents: &[Intent<'_>]) -> Result<(), Error> {
    for (at, later) in intents.iter().enumerate() {
        for earlier in intents.iter().take(at) {
            check_pair(earlier, later)?;
        }
    }
    Ok(())
}

fn check_pair(earlier: &Intent<'_>, later: &Intent<'_>) -> Result<(), Error> {
    const TWO_PLANS: &str = "Use two plans: apply the first, then preview the second.";
    if earlier.at.project != later.at.project || earlier.at.environment != later.at.environment {
        return Ok(());
    }
    let is_same_sort = earlier.validated.kind().is_of_secrets() == later.validated.kind().is_of_secrets();
    if is_same_sort && earlier.at.path == later.at.path {
        let names = [Some(earlier.validated.name()), earlier.validated.new_name()];
        let mut others = [Some(later.validated.name()), later.validated.new_name()].into_iter().flatten();
        if let Some(name) = others.find(|name| names.contains(&Some(*name))) {
            let reason =
                ["Two changes of the plan are about the ", later.validated.kind().thing(), " ", &quote(name), "."];
            return Err(input(reason.concat(), TWO_PLANS));
        }
    }
    for (mover, other) in [(earlier, later), (later, earlier)] {
        if let Some(path) = mover.moves(&other.at.path) {
            let reason = ["The plan renames or deletes the folder ", &quote(&path), ", and changes something in it."];
            return Err(input(reason.concat(), TWO_PLANS));
        }
    }
    if creates_parent(later, earlier) {
        let reason = [
            "The plan changes something in the folder ",
            &quote(earlier.at.path.as_str()),
            " and creates it afterwards.",
        ];
        return Err(input(reason.concat(), "Create the folder first, then what is in it."));
    }
    Ok(())
}

/// Whether `creator` creates the folder in which `other` happens, or a folder above it.
fn creates_parent(creator: &Intent<'_>, other: &Intent<'_>) -> bool {
    creator.validated.kind() == Kind::CreateFolder
        && creator.at.project == other.at.project
        && creator.at.environment == other.at.environment
        && covers(&creator.at.path.child(creator.validated.name()), other.at.path.as_str())
}

#[cfg(test)]
#[path = "conflicts_tests.rs"]
mod tests;
