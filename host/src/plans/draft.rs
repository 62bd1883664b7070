//! Checks the drafts that a component files as plans. Refusals are the host's own text.

use crate::model::change_rules::ChangeRules;
use crate::model::error::{Error, Layer};
use infisical_skill_policy::ApiVersion;
use infisical_skill_policy::change::{AskedChange, ChangeRequest, KnownIds};
use infisical_skill_policy::exposure::{Exposure, Widening};
use infisical_skill_policy::plan::{self, Checked, DraftRefusal, Folders, MatchedPlan};

/// Checks a draft of the component against the policy.
pub(crate) fn check(
    api_version: ApiVersion,
    exposure: &Exposure<'_>,
    folders: &Folders,
    rules: &ChangeRules,
    requests: Vec<ChangeRequest>,
    acknowledge: Option<&str>,
) -> Result<Checked, Error> {
    let bounds = (rules.max_changes, rules.acknowledge_above);
    plan::check(api_version, exposure, folders, bounds, requests, acknowledge).map_err(not_filed)
}

/// Checks a draft against what was asked for.
pub(crate) fn matched(
    checked: Checked,
    api_version: ApiVersion,
    known: (&Folders, &KnownIds),
    asked: &[AskedChange],
) -> Result<MatchedPlan, Error> {
    checked.verify_matches_request(api_version, known, asked).map_err(not_filed)
}

fn not_filed(refusal: DraftRefusal) -> Error {
    let layer = match refusal {
        DraftRefusal::Widening(widening) => return widens(widening),
        DraftRefusal::OutOfScope | DraftRefusal::AdministrationOff => Layer::Scope,
        _ => Layer::Egress,
    };
    let reason = format!("the host files no such plan: {refusal}");
    Error::refused(layer, reason, "ask for another change; if this one should be possible, report it")
}

fn widens(widening: Widening) -> Error {
    let remedy = match widening {
        Widening::RenameIntoRevealScopes => {
            "choose a name outside of `reveal_scopes`; or ask the operator, who can rename the folder in Infisical"
        }
        _ => "leave the reference out; or ask the operator, who can write the value in Infisical",
    };
    Error::refused(Layer::Scope, widening.to_string(), remedy)
}
