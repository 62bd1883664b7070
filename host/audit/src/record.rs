//! What is recorded.
//!
//! Texts come in escaped and capped; nothing here has a place for a value, a comment, a token or a client secret.

use crate::chain::Hash;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A record, as it is read back.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Record {
    /// Counts from 1, over all files.
    pub seq: u64,
    /// The hash of the record before, or zeros for the first.
    pub prev: Hash,
    /// Up to which record its writer knew the log to be on the disk.
    pub durable: u64,
    /// When it was written, RFC 3339 with milliseconds, by the clock of the machine.
    pub time: String,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
    /// The hash of all that stands before it in its line.
    pub hash: Hash,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Event {
    /// Something is about to leave.
    Intent(Intent),
    /// A call is over.
    Outcome(Outcome),
    /// A person did something at the operator's desk.
    Operator(Operator),
    /// The log was mended.
    Recovery(Recovery),
}

/// Who asked, as far as that is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Caller {
    /// The client's name, as it gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The client's version, as it gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The session: a number of the skill's own for a process or a connection.
    pub session: String,
}

/// What was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Asked {
    /// The call's id: what an intent and an outcome have in common.
    pub call: String,
    /// Who asked.
    pub caller: Caller,
    /// The tool.
    pub tool: String,
    /// What it was about, defaults filled in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<Target>,
    /// What the call could be allowed at most: `nothing`, `reads`, `reveal`, `preview`, `apply`; `operator` for what no
    /// agent can ask for.
    pub grant: String,
}

/// What a call is about: a place, and a secret or folder in it. What isn't said is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Target {
    /// The change that is wanted, such as `create-secret`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<String>,
    /// The project: id or slug.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The environment's slug.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The secret's or folder's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The name that it is to get.
    #[serde(default, rename = "newName", skip_serializing_if = "Option::is_none")]
    pub new_name: Option<String>,
}

impl fmt::Display for Target {
    /// `create-secret dev:/app/API_KEY`: what there is of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(change) = &self.change {
            write!(f, "{change} ")?;
        }
        if let Some(environment) = &self.environment {
            write!(f, "{environment}:")?;
        }
        let path = self.path.as_deref().unwrap_or_default();
        f.write_str(path)?;
        if let Some(name) = &self.name {
            let joint = if path.ends_with('/') || path.is_empty() { "" } else { "/" };
            write!(f, "{joint}{name}")?;
        }
        if let Some(new_name) = &self.new_name {
            write!(f, " → {new_name}")?;
        }
        Ok(())
    }
}

/// Something is about to leave: the first request of a call, a request that changes something, or the request for a value.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Intent {
    /// What was asked.
    #[serde(flatten)]
    pub asked: Asked,
    /// The change that is about to leave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
}

/// A change that is about to leave.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Change {
    /// The plan that it is from.
    #[serde(flatten)]
    pub plan: Plan,
    /// Which of the plan's requests, counted from 1.
    pub step: u32,
    /// The host's reading of the request.
    pub request: String,
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Plan {
    /// Its id.
    pub plan: String,
    /// Its keyed digest, in hexadecimal: says nothing to who hasn't the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// A call is over.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Outcome {
    /// What was asked.
    #[serde(flatten)]
    pub asked: Asked,
    /// What came of it.
    pub outcome: Verdict,
    /// Why it was refused or failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<Said>,
    /// The plan that was filed, redeemed or withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// What became of the plan's requests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// What left, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<Request>,
    /// How many more requests left than there are in `requests`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more_requests: u32,
    /// How long the call took, in microseconds.
    pub micros: u64,
}

/// What came of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It was answered.
    Done,
    /// A layer of the guard, or a check of the host's, refused it.
    Refused,
    /// It failed, and nothing was changed.
    Failed,
    /// All of a plan was applied.
    Applied,
    /// Infisical holds all or part of a plan for approval.
    WaitingForApproval,
    /// Part of a plan was applied.
    Partial,
    /// It isn't known what was changed.
    Unknown,
}

impl Verdict {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Done,
        Self::Refused,
        Self::Failed,
        Self::Applied,
        Self::WaitingForApproval,
        Self::Partial,
        Self::Unknown,
    ];

    /// Its name, as it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Applied => "applied",
            Self::WaitingForApproval => "waiting-for-approval",
            Self::Partial => "partial",
            Self::Unknown => "unknown",
        }
    }
}

/// Why a call was refused or failed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Said {
    /// The error's kind, such as `refused` or `not-found`.
    pub kind: String,
    /// The layer that refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// Who says so.
    pub by: Spoken,
    /// In words.
    pub reason: String,
}

/// Who says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spoken {
    /// The host.
    Host,
    /// The component, which isn't trusted.
    Component,
}

/// What became of one request of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Step {
    /// The host's reading of the request.
    pub request: String,
    /// `applied`, `waiting-for-approval`, `failed`, `unknown`, `not-sent`.
    pub outcome: String,
}

/// A request that left.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Request {
    /// What it is in the skill's route table, or `login`, `probe`.
    pub route: String,
    /// Its method.
    pub method: String,
    /// Its path and query. The body isn't recorded.
    pub path: String,
    /// The identity whose credential was on it.
    pub identity: Identity,
    /// The answer's status, if there was an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Infisical's name for the request, where it told one.
    #[serde(default, rename = "reqId", skip_serializing_if = "Option::is_none")]
    pub req_id: Option<String>,
    /// How long it took, in microseconds.
    pub micros: u64,
}

/// A machine identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Identity {
    /// The one that reads.
    Read,
    /// The one that reads plain values.
    Reveal,
    /// The one that writes.
    Write,
    /// None of the skill's own: an administrator, whose token an operator gave to provision identities.
    Administrator,
}

/// A person did something at the operator's desk.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Operator {
    /// What.
    pub act: Act,
    /// Who asked.
    pub caller: Caller,
    /// The plan, or the request to reveal a value, that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// What the plan or request is about, or what is about to be done, as it was shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<String>,
    /// Until when the switch is on, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// What the person said about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The user of the operating system who did it, where it was done with the command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Who approved or rejected the plan, and how.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approver: Option<Approver>,
}

/// Who approved or rejected a plan, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Approver {
    /// `terminal`, `form` (of the client's), `embedded` (by the word of a program that embeds the skill).
    pub how: String,
    /// How sure it is that this wasn't who asked: `different`, `same`, `cant-tell`.
    pub independence: String,
    /// The operating system's user that the process ran as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Who had logged in, by the kernel's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// What `SUDO_USER` said: a hint that proves nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sudo_user: Option<String>,
    /// The client that showed the form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
}

/// What a person can do at the operator's desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// Changes were turned on.
    WritesOn,
    /// Changes were turned off.
    WritesOff,
    /// The switch of plain values was turned on.
    RevealsOn,
    /// The switch of plain values was turned off.
    RevealsOff,
    /// A plan, or a request to reveal a value, was approved.
    Approve,
    /// A plan, or a request to reveal a value, was rejected.
    Reject,
    /// The clock was taken as it is, though a later time had been seen.
    AcceptClock,
    /// The doctor tried with a delete of a name that can't exist whether the read identity may delete.
    Probe,
    /// Machine identities, their rights and credentials were made or changed.
    Provision,
    /// Machine identities were taken away.
    Deprovision,
}

impl Act {
    /// Its name, as it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WritesOn => "writes-on",
            Self::WritesOff => "writes-off",
            Self::RevealsOn => "reveals-on",
            Self::RevealsOff => "reveals-off",
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::AcceptClock => "accept-clock",
            Self::Probe => "probe",
            Self::Provision => "provision",
            Self::Deprovision => "deprovision",
        }
    }
}

/// The log was mended.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "mended", rename_all = "kebab-case")]
pub enum Recovery {
    /// What a process that was cut off had left behind the last whole record was cut off, and set aside.
    TornTail {
        /// How many bytes.
        bytes: u64,
        /// The file, in the log's folder, that they are in now.
        kept: String,
    },
    /// The log was verified after a failed write or sync, and is written again.
    Verified {
        /// What had failed.
        after: String,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}
