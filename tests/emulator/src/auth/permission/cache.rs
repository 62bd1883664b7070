//! The server's permission cache. A change takes effect only when a cached entry expires.

use std::collections::HashMap;

use crate::world::clock::Millis;

use super::Subject;
use super::ability::Ability;

/// The two caches: routes of secrets, folders, imports and tags share one, and all other routes
/// share the other (recorded-v4-more, after exchange 904).
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

/// Abilities by identity, project and kind, each with its expiry time.
#[derive(Debug, Default)]
pub(crate) struct Remembered(HashMap<(String, String, Kind), (Millis, Ability)>);

impl Remembered {
    /// Returns the cached ability if it is still valid. Otherwise looks it up and caches it for
    /// `delay`.
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
