//! What the server remembers of an identity's rights: a change is seen only after that.

use std::collections::HashMap;

use crate::world::clock::Millis;

use super::Subject;
use super::ability::Ability;

/// Routes that remember together: those of one kind of project have their own memory, those of subjects that all kinds
/// share another (recorded-v4-more, after exchange 904).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Secrets,
    Shared,
}

impl Kind {
    pub(crate) fn of(subject: Subject) -> Self {
        match subject {
            Subject::Secrets | Subject::Folders | Subject::Imports | Subject::Tags => Self::Secrets,
            _ => Self::Shared,
        }
    }
}

/// Abilities by identity, project and kind, with the time until which they are used.
#[derive(Debug, Default)]
pub(crate) struct Remembered(HashMap<(String, String, Kind), (Millis, Ability)>);

impl Remembered {
    /// What was remembered and still counts, or what `look_up` finds now, which is then remembered for `delay`.
    pub(crate) fn get(
        &mut self,
        key: (String, String, Kind),
        now: Millis,
        delay: Millis,
        look_up: impl FnOnce() -> Ability,
    ) -> Ability {
        if let Some((until, ability)) = self.0.get(&key)
            && now < *until
        {
            return ability.clone();
        }
        let ability = look_up();
        self.0.insert(key, (now.saturating_add(delay), ability.clone()));
        ability
    }
}
