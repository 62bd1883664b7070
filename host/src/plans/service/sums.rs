//! The sums over recent changes that limit plans together.

use crate::base::hex::to_hex;
use infisical_skill_policy::ApiVersion;
use infisical_skill_policy::change::{self, ChangeRequest, ParsedChange};
use infisical_skill_policy::plan::{CountedChange, Excess, Observed, PastChange, SumLimits, beyond, counted_changes};
use infisical_skill_policy::switch::Millis;

/// What a plan's changes add to the counts of recent changes.
pub(super) struct Sum {
    changes: Vec<ParsedChange>,
    /// The changes in two forms: as the state keeps them, and with names for messages.
    pub(super) kept: Vec<CountedChange>,
    named: Vec<CountedChange>,
}

impl Sum {
    pub(super) fn of(api_version: ApiVersion, requests: &[ChangeRequest], observed: &[Observed]) -> Self {
        let read = |it: &ChangeRequest| change::parse(api_version, it.method, &it.path, &it.body).ok();
        let changes: Vec<ParsedChange> = requests.iter().filter_map(read).collect();
        let named = counted_changes(&changes, observed);
        Self { kept: hashed(&named), named, changes }
    }

    pub(super) fn beyond(&self, limits: &SumLimits, done: &[PastChange], now: Millis) -> Vec<Excess> {
        let mut all = beyond(limits, done, &self.changes, &self.kept, now);
        for excess in &mut all {
            let is_it =
                |(kept, _): &(&CountedChange, &CountedChange)| excess.about == format!("project {}", kept.project);
            if let Some((_, named)) = self.kept.iter().zip(&self.named).find(is_it) {
                excess.about = format!("project {}", named.project);
            }
        }
        all
    }
}

/// The changes in their stored form, with hashes for names. No name is kept.
fn hashed(changes: &[CountedChange]) -> Vec<CountedChange> {
    let hashed = |change: &CountedChange| CountedChange {
        project: hash(&change.project),
        updates: change.updates.as_deref().map(hash),
        overwrites: change.overwrites,
    };
    changes.iter().map(hashed).collect()
}

fn hash(text: &str) -> String {
    let hash = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    to_hex(hash.as_ref().get(..16).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_changes_have_no_names() {
        let change =
            CountedChange { project: "a project".to_owned(), updates: Some("a secret".to_owned()), overwrites: true };
        let [hashed] = hashed(std::slice::from_ref(&change)).try_into().unwrap();
        assert_eq!((hashed.project.len(), hashed.updates.as_deref().map(str::len)), (32, Some(32)));
        assert!(hashed.overwrites && hashed.project != change.project);
    }
}
