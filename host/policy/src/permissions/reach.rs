//! Where all rules together allow an action.

use super::conditions::{all, any};
use super::{Conditions, Permissions, Source};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The most parts that are written.
const MAX_PARTS: usize = 4;

/// The subjects that the skill works with.
const SECRETS: &str = "secrets";
const FOLDERS: &str = "secret-folders";

/// Where an action is allowed. It borrows from the permissions.
#[derive(Debug, Clone)]
pub struct Reach<'p> {
    parts: Vec<Part<'p>>,
    /// Temporary sources that forbid the action now. They don't count, because the action is
    /// allowed again when they end.
    suspended_by: Vec<&'p Source>,
}

/// What one rule allows, without what others take away.
#[derive(Debug, Clone)]
struct Part<'p> {
    by: &'p Source,
    /// `None` means everywhere.
    only: Option<&'p Conditions>,
    except: Vec<&'p Conditions>,
}

impl Permissions {
    /// Returns where the identity may do this.
    ///
    /// An inverted rule beats every grant, from any source and in any order. With conditions, it
    /// takes away only where they hold.
    #[must_use]
    pub fn may(&self, action: &str, subject: &str) -> Reach<'_> {
        let mut reach = Reach { parts: Vec::new(), suspended_by: Vec::new() };
        let mut except = Vec::new();
        for (source, rule) in self.rules().filter(|(_, rule)| rule.is_about(action, subject)) {
            let conditions = rule.conditions.as_ref().filter(|conditions| !conditions.is_empty());
            match (rule.inverted, conditions) {
                (false, only) => reach.parts.push(Part { by: source, only, except: Vec::new() }),
                // The rule takes away some fields. The action stays allowed.
                (true, _) if rule.has_fields => {}
                (true, _) if source.is_temporary() => reach.suspended_by.push(source),
                (true, Some(there)) => except.push(there),
                (true, None) => return Reach { parts: Vec::new(), suspended_by: Vec::new() },
            }
        }
        for part in &mut reach.parts {
            part.except.clone_from(&except);
        }
        reach
    }

    /// Returns where it may see the names, versions, tags, comments and metadata of secrets.
    #[must_use]
    pub fn describes_secrets(&self) -> Reach<'_> {
        self.may("describeSecret", SECRETS).or(self.may("read", SECRETS))
    }

    /// Returns where it may read values. `read` is the older name for seeing a secret with its
    /// value.
    #[must_use]
    pub fn reads_values(&self) -> Reach<'_> {
        self.may("readValue", SECRETS).or(self.may("read", SECRETS))
    }

    /// Returns where it may create, update or delete secrets or folders.
    #[must_use]
    pub fn writes(&self) -> Reach<'_> {
        let changes = ["create", "edit", "delete"].into_iter();
        let pairs = changes.flat_map(|action| [SECRETS, FOLDERS].map(|subject| (action, subject)));
        pairs.fold(Reach::nowhere(), |reach, (action, subject)| reach.or(self.may(action, subject)))
    }

    /// Returns where it may delete another identity's privileges, change its roles, give it new
    /// ones or create tokens for it.
    #[must_use]
    pub fn manages_identities(&self) -> Reach<'_> {
        const ACTIONS: [&str; 9] = [
            "edit",
            "delete",
            "grant-privileges",
            "assign-role",
            "assign-additional-privileges",
            "assume-privileges",
            "create-token",
            "get-token",
            "revoke-auth",
        ];
        ACTIONS.into_iter().fold(Reach::nowhere(), |reach, action| reach.or(self.may(action, "identity")))
    }

    /// Returns where it may give roles or privileges to people, groups or identities. That amounts
    /// to every permission in the project.
    #[must_use]
    pub fn gives_rights(&self) -> Reach<'_> {
        const ACTIONS: [&str; 4] =
            ["grant-privileges", "assign-role", "assign-additional-privileges", "assume-privileges"];
        let pairs = ACTIONS.into_iter().flat_map(|action| ["identity", "member", "groups"].map(|it| (action, it)));
        pairs.fold(Reach::nowhere(), |reach, (action, subject)| reach.or(self.may(action, subject)))
    }

    /// Returns what it may do beyond reading, by subject, anywhere. To read a credential isn't mere
    /// reading, because it returns a secret.
    #[must_use]
    pub fn beyond_reading(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (_, rule) in self.rules().filter(|(_, rule)| !rule.inverted) {
            for subject in &rule.subjects {
                let beyond = rule.actions.iter().filter(|action| !is_reading(subject, action));
                for action in beyond.filter(|action| !self.may(action, subject).is_nowhere()) {
                    found.entry(subject.clone()).or_default().insert(action.clone());
                }
            }
        }
        found
    }
}

/// Whether an action on a subject only reads, and no secret.
fn is_reading(subject: &str, action: &str) -> bool {
    match subject {
        // `reads_values` covers values.
        SECRETS => matches!(action, "describeSecret" | "readValue" | "read"),
        _ => matches!(
            action,
            "read"
                | "list"
                | "list-certs"
                | "read-data-sources"
                | "read-data-source-scans"
                | "read-data-source-resources"
                | "read-findings"
                | "read-configs"
                | "read-clients"
                | "read-app-connections"
                | "read-hsm-connectors"
                | "read-grant"
                | "subscribe-to-creation-events"
                | "subscribe-to-deletion-events"
                | "subscribe-to-update-events"
                | "subscribe-to-import-mutation-events"
        ),
    }
}

impl<'p> Reach<'p> {
    fn nowhere() -> Self {
        Self { parts: Vec::new(), suspended_by: Vec::new() }
    }

    /// Joins two: allowed where one of them allows it.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        self.parts.extend(other.parts);
        self.suspended_by.extend(other.suspended_by);
        self
    }

    /// Whether no rule allows it, now or after a temporary source ends.
    #[must_use]
    pub fn is_nowhere(&self) -> bool {
        self.parts.is_empty()
    }

    /// Whether one rule allows it everywhere in the project, and none takes a part of that away.
    #[must_use]
    pub fn is_everywhere(&self) -> bool {
        self.parts.iter().any(|part| part.only.is_none() && part.except.is_empty())
    }

    /// Whether it is allowed for everything in this folder. `None` if that depends on more than the
    /// place, or can't be decided.
    #[must_use]
    pub fn admits(&self, environment: &str, path: &str) -> Option<bool> {
        any(self.parts.iter().map(|part| part.admits(environment, path)))
    }

    /// Returns a folder where it is allowed, if one can be made. It is in this environment, unless
    /// the rules name another.
    #[must_use]
    pub fn example(&self, environment: Option<&str>) -> Option<(String, String)> {
        let places = self.parts.iter().filter_map(|part| match part.only {
            Some(conditions) => conditions.example(environment),
            None => environment.map(|environment| (environment.to_owned(), "/".to_owned())),
        });
        places.into_iter().find(|(environment, path)| self.admits(environment, path) == Some(true))
    }

    /// Returns the sources that allow it, each once.
    #[must_use]
    pub fn sources(&self) -> Vec<String> {
        distinct(self.parts.iter().map(|part| part.by.to_string()))
    }

    /// Returns the temporary sources that forbid it now, each once.
    #[must_use]
    pub fn suspended_by(&self) -> Vec<String> {
        distinct(self.suspended_by.iter().map(ToString::to_string))
    }
}

impl Part<'_> {
    fn admits(&self, environment: &str, path: &str) -> Option<bool> {
        let only = self.only.map_or(Some(true), |conditions| conditions.admit(environment, path));
        let excepted = any(self.except.iter().map(|conditions| conditions.admit(environment, path)));
        all([only, excepted.map(|excepted| !excepted)].into_iter())
    }
}

impl fmt::Display for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.only {
            Some(conditions) => write!(f, "where {conditions}")?,
            None => f.write_str("everywhere")?,
        }
        for (index, conditions) in self.except.iter().enumerate() {
            write!(f, "{} where {conditions}", if index == 0 { ", except" } else { " or" })?;
        }
        Ok(())
    }
}

impl fmt::Display for Reach<'_> {
    /// Writes "everywhere, except where environment is prod", for example.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_everywhere() {
            return f.write_str("everywhere");
        }
        let parts = distinct(self.parts.iter().map(ToString::to_string));
        if parts.is_empty() {
            return f.write_str("nowhere");
        }
        f.write_str(&parts.iter().take(MAX_PARTS).map(String::as_str).collect::<Vec<_>>().join("; or "))?;
        match parts.len().checked_sub(MAX_PARTS) {
            Some(more @ 1..) => write!(f, "; or by {more} more rules"),
            _ => Ok(()),
        }
    }
}

fn distinct(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut out = Vec::new();
    for text in texts {
        if !out.contains(&text) {
            out.push(text);
        }
    }
    out
}
