//! Reads and evaluates Infisical's permission audit: what an identity may do in a project.
//!
//! A current server answers `GET
//! /api/v1/projects/PROJECT/memberships/identities/IDENTITY/permissions/audit` with every source of
//! the identity's permissions: roles, roles of groups, and additional privileges. Each source lists
//! its rules. A rule is packed as `[actions, subject, conditions or 0, 1 if inverted, fields or 0,
//! reason]`, without zeros at the end.
//!
//! The evaluation errs on the safe side. If it doesn't understand something about a grant, the
//! grant counts. If it doesn't understand a rule that takes something away, the rule takes nothing
//! away. A rule that is packed otherwise makes the whole answer unreadable, and then nothing is
//! known.
//!
//! - `conditions`: the places where a rule holds.
//! - `reach`: where all rules together allow an action.
//!
//! ```
//! use infisical_skill_policy::permissions::Permissions;
//!
//! let answer = br#"{"sources": [
//!     {"type": "role", "name": "viewer", "isTemporary": false,
//!      "permissions": [["describeSecret,readValue", "secrets"]]},
//!     {"type": "additional_privilege", "name": "no-values", "isTemporary": false,
//!      "permissions": [["readValue,read", "secrets", 0, 1]]}
//! ]}"#;
//! let permissions = Permissions::parse(answer)?;
//! assert!(permissions.describes_secrets().is_everywhere());
//! assert!(permissions.reads_values().is_nowhere());
//! # Ok::<(), infisical_skill_policy::permissions::Unreadable>(())
//! ```

mod conditions;
mod reach;

pub use conditions::Conditions;
pub use reach::Reach;

use crate::answers::exceeds_depth;
use crate::text::escape_capped;
use serde::Deserialize;
use serde_json::Value;
use std::fmt;

/// The most rules that are evaluated. An administrator has about sixty.
const MAX_RULES: usize = 2_000;

/// The most characters of a name that are shown.
const MAX_NAME: usize = 64;

/// Everything that counts for one identity in one project.
#[derive(Debug, Clone, PartialEq)]
pub struct Permissions {
    sources: Vec<Source>,
}

/// A source of rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    kind: SourceKind,
    /// Escaped and cut, so that it can be shown.
    name: String,
    /// When it ends, if it is temporary.
    ends: Option<String>,
    rules: Vec<Rule>,
}

/// The kind of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    /// A role of the identity itself.
    Role,
    /// A role of a group that contains the identity.
    GroupRole,
    /// An additional privilege.
    AdditionalPrivilege,
    /// An unknown kind. Its rules count, too.
    Other,
}

/// One rule.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rule {
    actions: Vec<String>,
    subjects: Vec<String>,
    conditions: Option<Conditions>,
    /// Whether the rule takes something away.
    inverted: bool,
    /// Whether the rule is about some fields only. Infisical itself wasn't observed to send such
    /// rules.
    has_fields: bool,
}

/// Why a permission audit can't be evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unreadable {
    /// The answer isn't the JSON of a permission audit.
    Malformed,
    /// A rule isn't packed in the known form.
    Rule,
    /// There are more rules than are evaluated.
    TooMany,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the answer isn't a permission audit as Infisical sends it",
            Self::Rule => "the permission audit has a rule in an unknown form",
            Self::TooMany => "the permission audit has more than 2000 rules",
        })
    }
}

impl std::error::Error for Unreadable {}

impl Permissions {
    /// Reads the answer to a request for an identity's permission audit.
    ///
    /// # Errors
    /// [`Unreadable`] if anything in the answer has an unknown form. Permissions that are known in
    /// part aren't evaluated.
    pub fn parse(body: &[u8]) -> Result<Self, Unreadable> {
        #[derive(Deserialize)]
        struct Answer {
            sources: Vec<PackedSource>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct PackedSource {
            #[serde(rename = "type")]
            kind: String,
            #[serde(default)]
            name: Option<String>,
            is_temporary: bool,
            #[serde(default)]
            temporary_access_end_time: Option<String>,
            permissions: Vec<Value>,
        }

        if exceeds_depth(body) {
            return Err(Unreadable::Malformed);
        }
        // The parser skips unread fields without a check of their encoding. So read the whole
        // answer first.
        let _: Value = serde_json::from_slice(body).map_err(|_| Unreadable::Malformed)?;
        let answer: Answer = serde_json::from_slice(body).map_err(|_| Unreadable::Malformed)?;
        if answer.sources.iter().map(|source| source.permissions.len()).sum::<usize>() > MAX_RULES {
            return Err(Unreadable::TooMany);
        }
        let source = |source: PackedSource| {
            let PackedSource { kind, name, is_temporary, temporary_access_end_time, permissions } = source;
            let rules = permissions.into_iter().map(Rule::unpack).collect::<Option<_>>();
            Ok(Source {
                kind: SourceKind::of(&kind),
                name: escape_capped(name.as_deref().unwrap_or("without a name"), MAX_NAME),
                ends: is_temporary.then(|| end(temporary_access_end_time.as_deref())),
                rules: rules.ok_or(Unreadable::Rule)?,
            })
        };
        Ok(Self { sources: answer.sources.into_iter().map(source).collect::<Result<_, _>>()? })
    }

    /// Returns every source in the server's order.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Returns every rule with its source.
    fn rules(&self) -> impl Iterator<Item = (&Source, &Rule)> {
        self.sources.iter().flat_map(|source| source.rules.iter().map(move |rule| (source, rule)))
    }
}

/// Writes when a temporary source ends, if that can be shown.
fn end(text: Option<&str>) -> String {
    let is_time = |text: &&str| {
        (1..=30).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b':' | b'.' | b'T' | b'Z' | b'+'))
    };
    text.filter(is_time).unwrap_or("an unknown time").to_owned()
}

impl SourceKind {
    fn of(text: &str) -> Self {
        match text {
            "role" => Self::Role,
            "group_role" => Self::GroupRole,
            "additional_privilege" => Self::AdditionalPrivilege,
            _ => Self::Other,
        }
    }
}

impl Source {
    /// The kind of the source.
    #[must_use]
    pub fn kind(&self) -> SourceKind {
        self.kind
    }

    /// The name of the role or privilege, escaped and cut.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it ends on its own.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        self.ends.is_some()
    }

    /// Whether it takes something away.
    #[must_use]
    pub fn takes_away(&self) -> bool {
        self.rules.iter().any(|rule| rule.inverted)
    }
}

impl fmt::Display for Source {
    /// Writes "role viewer" or "additional privilege hotfix, until 2026-11-30T08:17:29.000Z", for
    /// example.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            SourceKind::Role => "role",
            SourceKind::GroupRole => "a group's role",
            SourceKind::AdditionalPrivilege => "additional privilege",
            SourceKind::Other => "source",
        };
        write!(f, "{kind} {}", self.name)?;
        match &self.ends {
            Some(end) => write!(f, ", until {end}"),
            None => Ok(()),
        }
    }
}

impl Rule {
    fn unpack(packed: Value) -> Option<Self> {
        let Value::Array(parts) = packed else { return None };
        let mut parts = parts.into_iter();
        let mut list = || match parts.next()? {
            Value::String(text) => {
                let names: Vec<_> = text.split(',').map(str::to_owned).collect();
                names.iter().all(|name| !name.is_empty()).then_some(names)
            }
            _ => None,
        };
        let (actions, subjects) = (list()?, list()?);
        let conditions = match parts.next() {
            Some(Value::Object(conditions)) => Some(Conditions::read(&conditions)),
            other if is_left_out(other.as_ref()) => None,
            _ => return None,
        };
        let inverted = match parts.next() {
            Some(Value::Bool(true)) => true,
            Some(Value::Number(number)) if number.as_u64() == Some(1) => true,
            other if is_left_out(other.as_ref()) => false,
            _ => return None,
        };
        let has_fields = !is_left_out(parts.next().as_ref());
        // The reason that the author of the rule gave.
        let reason = parts.next();
        let is_whole = matches!(reason, None | Some(Value::String(_))) || is_left_out(reason.as_ref());
        (is_whole && parts.next().is_none()).then_some(Self { actions, subjects, conditions, inverted, has_fields })
    }

    /// Whether the rule is about this action on this subject. In the permission library, `manage`
    /// means every action and `all` every subject.
    fn is_about(&self, action: &str, subject: &str) -> bool {
        let has = |list: &[String], name: &str, every: &str| list.iter().any(|it| it == name || it == every);
        has(&self.actions, action, "manage") && has(&self.subjects, subject, "all")
    }
}

/// The packed form has 0 for a missing part, and nothing at the end.
fn is_left_out(part: Option<&Value>) -> bool {
    match part {
        None | Some(Value::Null | Value::Bool(false)) => true,
        Some(Value::Number(number)) => number.as_u64() == Some(0),
        Some(Value::String(text)) => text.is_empty(),
        Some(_) => false,
    }
}
