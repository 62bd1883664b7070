//! Changes of one plan that get into each other's way.

use super::grammar::covers;
use super::input;
use super::intents::Intent;
use super::quote::quote;
use super::validated_change::Kind;
use crate::error::Error;

/// Refuses what can't be told beforehand: changes of the same thing, and changes below a folder that goes elsewhere.
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
    let is_same_sort = earlier.deed.kind().is_of_secrets() == later.deed.kind().is_of_secrets();
    if is_same_sort && earlier.at.path == later.at.path {
        let names = [Some(earlier.deed.name()), earlier.deed.new_name()];
        let mut others = [Some(later.deed.name()), later.deed.new_name()].into_iter().flatten();
        if let Some(name) = others.find(|name| names.contains(&Some(*name))) {
            let reason = ["Two changes of the plan are about the ", later.deed.kind().thing(), " ", &quote(name), "."];
            return Err(input(reason.concat(), TWO_PLANS));
        }
    }
    for (mover, other) in [(earlier, later), (later, earlier)] {
        if let Some(path) = mover.moves(&other.at.path) {
            let reason = ["The plan renames or deletes the folder ", &quote(&path), ", and changes something in it."];
            return Err(input(reason.concat(), TWO_PLANS));
        }
    }
    if makes_room(later, earlier) {
        let reason =
            ["The plan changes something in the folder ", &quote(earlier.at.path.as_str()), " and creates it after."];
        return Err(input(reason.concat(), "Create the folder first, then what is in it."));
    }
    Ok(())
}

/// Whether `maker` creates the folder in which `other` happens, or one above it.
fn makes_room(maker: &Intent<'_>, other: &Intent<'_>) -> bool {
    maker.deed.kind() == Kind::CreateFolder
        && maker.at.project == other.at.project
        && maker.at.environment == other.at.environment
        && covers(&maker.at.path.child(maker.deed.name()), other.at.path.as_str())
}

#[cfg(test)]
#[path = "conflicts_tests.rs"]
mod tests;
