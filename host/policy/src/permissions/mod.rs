//! What an identity may do in a project: Infisical's permission audit, read and evaluated.
//!
//! A current server answers `GET /api/v1/projects/PROJECT/memberships/identities/IDENTITY/permissions/audit` with every source of
//! permissions that counts for the identity (roles, roles of groups, additional privileges), each with its rules. A rule is packed as
//! `[actions, subject, conditions or 0, 1 if inverted, fields or 0, reason]`; zeros at the end are left out.
//!
//! The evaluation errs on one side. What isn't understood about a grant counts as granted; what isn't understood about a rule that takes
//! something away takes nothing away. A rule that isn't packed as above makes the whole answer unreadable: then nothing is known.
//!
//! - `conditions`: where a rule holds.
//! - `reach`: where an action is allowed, all rules together.
//!
//! ```
//! use infisical_skill_policy::permissions::Permissions;
//!
//! let answer = br#"{"sources": [
//!     {"type": "role", "name": "viewer", "isTemporary": false, "permissions": [["describeSecret,readValue", "secrets"]]},
//!     {"type": "additional_privilege", "name": "no-values", "isTemporary": false, "permissions": [["readValue,read", "secrets", 0, 1]]}
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

/// All that counts for one identity in one project.
#[derive(Debug, Clone, PartialEq)]
pub struct Permissions {
    sources: Vec<Source>,
}

/// Where rules come from.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    kind: SourceKind,
    /// Escaped and capped: it can be shown.
    name: String,
    /// When it ends, if it is temporary.
    ends: Option<String>,
    rules: Vec<Rule>,
}

/// What kind of source it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    /// A role of the identity's own.
    Role,
    /// A role of a group that it is in.
    GroupRole,
    /// An additional privilege.
    AdditionalPrivilege,
    /// A kind that isn't known here. Its rules count all the same.
    Other,
}

/// One rule.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rule {
    actions: Vec<String>,
    subjects: Vec<String>,
    conditions: Option<Conditions>,
    /// It takes away.
    inverted: bool,
    /// It is about some fields only. No rule of Infisical's was seen to be.
    has_fields: bool,
}

/// Why a permission audit can't be evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unreadable {
    /// Not the JSON of a permission audit.
    Malformed,
    /// A rule isn't packed as rules are known to be.
    Rule,
    /// More rules than are evaluated.
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
    /// [`Unreadable`] if anything in it is in an unknown form: half-known permissions aren't evaluated.
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
        // Text in fields that aren't read is skipped without a look at its encoding, so the whole is read first.
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

    /// Every source, in the server's order.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Every rule with where it comes from.
    fn rules(&self) -> impl Iterator<Item = (&Source, &Rule)> {
        self.sources.iter().flat_map(|source| source.rules.iter().map(move |rule| (source, rule)))
    }
}

/// When a temporary source ends, as far as that can be shown.
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
    /// What kind of source it is.
    #[must_use]
    pub fn kind(&self) -> SourceKind {
        self.kind
    }

    /// The role's or privilege's name, escaped and capped.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it ends by itself.
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
    /// As in "role viewer" and "additional privilege hotfix, until 2026-11-30T08:17:29.000Z".
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
        // The reason, in words of whoever made the rule.
        let reason = parts.next();
        let is_whole = matches!(reason, None | Some(Value::String(_))) || is_left_out(reason.as_ref());
        (is_whole && parts.next().is_none()).then_some(Self { actions, subjects, conditions, inverted, has_fields })
    }

    /// Whether it speaks of this action on this subject. `manage` and `all` are the permission library's own words for every action and every subject.
    fn is_about(&self, action: &str, subject: &str) -> bool {
        let has = |list: &[String], name: &str, every: &str| list.iter().any(|it| it == name || it == every);
        has(&self.actions, action, "manage") && has(&self.subjects, subject, "all")
    }
}

/// Packing writes 0 for what isn't there, and nothing at the end.
fn is_left_out(part: Option<&Value>) -> bool {
    match part {
        None | Some(Value::Null | Value::Bool(false)) => true,
        Some(Value::Number(number)) => number.as_u64() == Some(0),
        Some(Value::String(text)) => text.is_empty(),
        Some(_) => false,
    }
}
