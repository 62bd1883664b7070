//! Computes the steps from what exists to what is wanted, in order. It is pure.

use super::found::{Found, FoundIdentity};
use super::rules;
use super::rules::{Kind, Rule, are_same};
use super::wanted::Wanted;
use infisical_skill_audit::Act;
use infisical_skill_policy::text::escape_capped;
use std::collections::BTreeMap;

/// The maximum length of a recorded step, in characters.
const MAX_WORDS: usize = 2_000;

/// A step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Create an identity in the project, without permissions.
    MakeIdentity(Kind),
    /// Give it its only privilege.
    GivePrivilege(Kind),
    /// Change the rules of its privilege.
    ChangePrivilege(Kind),
    /// Read back and compare all rules. No step that enables a login comes before this one.
    CheckRules,
    /// Add Universal Auth.
    GiveLogin(Kind),
    /// Create a client secret, and write it to its file at once.
    MakeSecret(Kind),
    /// Write the client id to the configuration.
    KeepClientId(Kind),
    /// Remove Universal Auth, and with it every access token.
    TakeLogin(Kind),
    /// Delete the identity, with its privilege.
    TakeIdentity(Kind),
}

/// What this machine has of an identity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Local {
    /// The client id in the configuration.
    pub client_id: Option<String>,
    /// Whether its secret file has content.
    pub has_secret: bool,
    /// The secret file's path, as it is displayed.
    pub file: String,
}

/// The steps, and what they start from.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub(super) steps: Vec<Step>,
    pub(super) found: Found,
}

impl Plan {
    /// Computes the steps to what is wanted.
    ///
    /// # Errors
    /// Why that needs a person's decision, and what to decide.
    pub fn new(
        wanted: &Wanted,
        found: Found,
        local: &BTreeMap<Kind, Local>,
        new_secrets: bool,
    ) -> Result<Self, String> {
        let kinds = wanted.kinds();
        check_environments(wanted, &found)?;
        for kind in &kinds {
            check_others(wanted, &found, *kind)?;
        }
        let ids = ids(wanted, &found);
        let there = |kind: Kind| found.identities.get(&kind);
        let mut steps: Vec<Step> =
            kinds.iter().filter(|kind| there(**kind).is_none()).map(|kind| Step::MakeIdentity(*kind)).collect();
        for kind in &kinds {
            match there(*kind) {
                Some(FoundIdentity { privilege: Some(_), rules: Some(has), .. })
                    if are_same(has, &rules::rules(*kind, wanted, &ids)) => {}
                Some(FoundIdentity { privilege: Some(_), .. }) => steps.push(Step::ChangePrivilege(*kind)),
                _ => steps.push(Step::GivePrivilege(*kind)),
            }
        }
        let mut logins = Vec::new();
        for kind in &kinds {
            let (local, there) = (local.get(kind).cloned().unwrap_or_default(), there(*kind));
            let client_id = there.and_then(|identity| identity.client_id.as_ref());
            if client_id.is_none() {
                logins.push(Step::GiveLogin(*kind));
            }
            if needs_secret(&wanted.name(*kind), there, &local, new_secrets)? {
                logins.push(Step::MakeSecret(*kind));
            }
            let is_kept = client_id.is_some() && client_id == local.client_id.as_ref();
            if !is_kept {
                logins.push(Step::KeepClientId(*kind));
            }
        }
        if !steps.is_empty() || !logins.is_empty() {
            steps.push(Step::CheckRules);
            steps.append(&mut logins);
        }
        Ok(Self { steps, found })
    }

    /// Computes the steps that delete all of the skill's identities.
    #[must_use]
    pub fn to_remove(found: Found) -> Self {
        let there: Vec<Kind> = found.identities.keys().copied().collect();
        // End all logins before the first identity is deleted.
        let logins = there.iter().filter(|kind| found.identities.get(kind).is_some_and(|it| it.client_id.is_some()));
        let mut steps: Vec<Step> = logins.map(|kind| Step::TakeLogin(*kind)).collect();
        steps.extend(there.iter().map(|kind| Step::TakeIdentity(*kind)));
        Self { steps, found }
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The steps.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether permissions are granted or changed. They take effect after a delay.
    #[must_use]
    pub fn changes_rights(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::GivePrivilege(_) | Step::ChangePrivilege(_)))
    }

    /// What exists.
    #[must_use]
    pub fn found(&self) -> &Found {
        &self.found
    }

    pub(super) fn act(&self) -> Act {
        let takes = self.steps.iter().any(|step| matches!(step, Step::TakeLogin(_) | Step::TakeIdentity(_)));
        if takes { Act::Deprovision } else { Act::Provision }
    }

    /// Describes each step, with the rules.
    #[must_use]
    pub fn describe(&self, wanted: &Wanted) -> Vec<String> {
        self.steps.iter().map(|step| escape_capped(&self.word(*step, wanted), MAX_WORDS)).collect()
    }

    fn word(&self, step: Step, wanted: &Wanted) -> String {
        let rules = |kind: Kind| {
            let names = self.names(wanted);
            shown(&rules::rules(kind, wanted, &names))
        };
        let name = |kind| wanted.name(kind);
        match step {
            Step::MakeIdentity(kind) => {
                format!("create the identity {} in the project {}, with no role", name(kind), self.found.slug)
            }
            Step::GivePrivilege(kind) => format!("give {} one privilege: {}", name(kind), rules(kind)),
            Step::ChangePrivilege(kind) => {
                let has = self.found.identities.get(&kind).and_then(|identity| identity.rules.as_deref());
                let before = has.map_or_else(|| "rules that end or can't be read".to_owned(), shown);
                format!("change the privilege of {}: it has {before}. It gets {}", name(kind), rules(kind))
            }
            Step::CheckRules => {
                "read all rules back, and stop before anybody can log in if one isn't as above".to_owned()
            }
            Step::GiveLogin(kind) => format!("add Universal Auth to {}, with access tokens of one hour", name(kind)),
            Step::MakeSecret(kind) => format!("create a client secret for {}, and write it to its file", name(kind)),
            Step::KeepClientId(kind) => {
                format!("write the client id of {} to the configuration, under [{}]", name(kind), kind.table())
            }
            Step::TakeLogin(kind) => {
                format!("remove Universal Auth from {}: its client secrets and access tokens stop working", name(kind))
            }
            Step::TakeIdentity(kind) => {
                let others = self.found.identities.get(&kind).map_or(&[][..], |identity| identity.others.as_slice());
                let also =
                    if others.is_empty() { String::new() } else { format!(", which also has {},", others.join(", ")) };
                format!("delete the identity {}{also} from the project {}", name(kind), self.found.slug)
            }
        }
    }

    /// The identities' names, for displaying rules.
    fn names(&self, wanted: &Wanted) -> BTreeMap<Kind, String> {
        let there = |kind: &Kind| wanted.kinds().contains(kind) || self.found.identities.contains_key(kind);
        Kind::ALL.into_iter().filter(there).map(|kind| (kind, wanted.name(kind))).collect()
    }
}

/// The ids of the existing identities. The ids of identities that are still to be created are
/// missing, and then the reader's rules differ.
fn ids(wanted: &Wanted, found: &Found) -> BTreeMap<Kind, String> {
    let there = found.identities.iter().map(|(kind, identity)| (*kind, identity.id.clone()));
    let missing = wanted.kinds().into_iter().filter(|kind| !found.identities.contains_key(kind));
    there.chain(missing.map(|kind| (kind, String::new()))).collect()
}

fn shown(rules: &[Rule]) -> String {
    if rules.is_empty() {
        return "no rule".to_owned();
    }
    rules.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn needs_secret(name: &str, there: Option<&FoundIdentity>, local: &Local, new_secrets: bool) -> Result<bool, String> {
    let file = &local.file;
    match (there.map_or(0, |identity| identity.client_secrets), local.has_secret, new_secrets) {
        (_, _, true) => Ok(true),
        (0, false, false) => Ok(true),
        (0, true, false) => Err(format!(
            "{name} has no client secret in Infisical, and {file} isn't empty, and isn't overwritten: empty or move that file, or run this again \
             with --new-secrets"
        )),
        (_, true, false) => Ok(false),
        (_, false, false) => Err(format!(
            "{name} has a client secret in Infisical, and {file} is empty: Infisical shows a client secret only once. Write it to that file, or run this again with --new-secrets to create another one"
        )),
    }
}

fn check_environments(wanted: &Wanted, found: &Found) -> Result<(), String> {
    let missing = wanted.named_environments().find(|environment| {
        let slug = environment.as_str();
        !found.environments.iter().any(|it| it == slug)
    });
    match missing {
        None => Ok(()),
        Some(missing) => Err(format!(
            "the project {} has no environment {}: it has {}",
            found.slug,
            missing.as_str(),
            found.environments.join(", ")
        )),
    }
}

fn check_others(wanted: &Wanted, found: &Found, kind: Kind) -> Result<(), String> {
    match found.identities.get(&kind) {
        Some(identity) if !identity.others.is_empty() => Err(format!(
            "{} has rights that the skill doesn't give it: {}. Remove them in Infisical, or choose other names with --name",
            wanted.name(kind),
            identity.others.join(", ")
        )),
        _ => Ok(()),
    }
}

/// Compares every rule with the intended one.
pub(super) fn check(wanted: &Wanted, found: &Found) -> Result<(), String> {
    wanted.kinds().into_iter().try_for_each(|kind| check_one(wanted, found, kind))
}

/// Compares the rules of one identity.
pub(super) fn check_one(wanted: &Wanted, found: &Found, kind: Kind) -> Result<(), String> {
    let name = wanted.name(kind);
    let Some(identity) = found.identities.get(&kind) else {
        return Err(format!("the identity {name} isn't there any more: run this again"));
    };
    check_others(wanted, found, kind)?;
    let (has, means) = (identity.rules.as_deref().unwrap_or_default(), rules::rules(kind, wanted, &ids(wanted, found)));
    if are_same(has, &means) {
        return Ok(());
    }
    Err(format!(
        "the rules of {name} aren't those that were sent. Infisical has: {}. The intended rules are: {}",
        shown(has),
        shown(&means)
    ))
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
