//! The content of a record.
//!
//! All texts are escaped and shortened before they get here. No type has a field for a value, a
//! comment, a token or a client secret.

use crate::hash::Hash;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A record as it is read back.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Record {
    /// The number of the record. It counts from 1, over all files.
    pub seq: u64,
    /// The hash of the record before. For the first record it is zeros.
    pub prev: Hash,
    /// The last record that the writer knew to be on the disk.
    pub durable: u64,
    /// When the record was written, by the machine's clock, in RFC 3339 with milliseconds.
    pub time: String,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
    /// The hash of everything before it in the line.
    pub hash: Hash,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Event {
    /// A request is about to leave.
    Intent(Intent),
    /// A call has ended.
    Outcome(Outcome),
    /// A person did something as the operator.
    Operator(Operator),
    /// The log was repaired.
    Recovery(Recovery),
}

/// Who asked, as far as the host knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Caller {
    /// The client's name, as the client gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The client's version, as the client gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The session: a random number for a process or a connection.
    pub session: String,
}

/// What was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Asked {
    /// The call's id. The intent and the outcome of a call share it.
    pub call: String,
    /// Who asked.
    pub caller: Caller,
    /// The name of the tool.
    pub tool: String,
    /// What the call was about, with defaults filled in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<CallTarget>,
    /// What the call could be allowed at most: `nothing`, `reads`, `reveal`, `preview` or `apply`.
    /// It is `operator` for what no agent can ask for.
    pub grant: String,
}

/// What a call is about: a place, and a secret or folder in it. Absent fields weren't named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct CallTarget {
    /// The change, such as `create-secret`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<String>,
    /// The project's id or slug.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The environment's slug.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The folder's path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The name of the secret or folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The new name.
    #[serde(default, rename = "newName", skip_serializing_if = "Option::is_none")]
    pub new_name: Option<String>,
}

impl fmt::Display for CallTarget {
    /// Writes the fields that are there, such as `create-secret dev:/app/API_KEY`.
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

/// A request is about to leave: the first one of a call, one that changes something, or one for a
/// value.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Intent {
    /// What was asked.
    #[serde(flatten)]
    pub asked: Asked,
    /// The change that is about to leave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<IntendedChange>,
}

/// A change that is about to leave.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct IntendedChange {
    /// The plan that contains it.
    #[serde(flatten)]
    pub plan: Plan,
    /// The number of the request in the plan, counted from 1.
    pub step: u32,
    /// The host's own description of the request.
    pub request: String,
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Plan {
    /// The plan's id.
    pub plan: String,
    /// The plan's keyed digest in hexadecimal. It is meaningless without the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// A call has ended.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Outcome {
    /// What was asked.
    #[serde(flatten)]
    pub asked: Asked,
    /// How the call ended.
    pub outcome: CallOutcome,
    /// Why the call was refused or failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<Said>,
    /// The plan that was filed, redeemed or discarded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// What became of the plan's requests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// The requests that left, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<Request>,
    /// How many more requests left than `requests` lists.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more_requests: u32,
    /// How long the call took, in microseconds.
    pub micros: u64,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallOutcome {
    /// The call was answered.
    Done,
    /// A layer of the guard or a check of the host refused the call.
    Refused,
    /// The call failed, and nothing was changed.
    Failed,
    /// The whole plan was applied.
    Applied,
    /// Infisical holds the plan, or a part of it, for approval.
    WaitingForApproval,
    /// A part of the plan was applied.
    Partial,
    /// The host doesn't know what was changed.
    Unknown,
}

impl CallOutcome {
    /// All outcomes.
    pub const ALL: [Self; 7] = [
        Self::Done,
        Self::Refused,
        Self::Failed,
        Self::Applied,
        Self::WaitingForApproval,
        Self::Partial,
        Self::Unknown,
    ];

    /// The outcome's name in a record.
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
    /// Who says so: the host or the component.
    pub by: ReportedBy,
    /// The reason as a sentence.
    pub reason: String,
}

/// Who says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReportedBy {
    /// The host.
    Host,
    /// The component, which isn't trusted.
    Component,
}

/// What became of one request of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Step {
    /// The host's own description of the request.
    pub request: String,
    /// `applied`, `waiting-for-approval`, `failed`, `unknown` or `not-sent`.
    pub outcome: String,
}

/// A request that left.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Request {
    /// The name in the skill's route table, or `login` or `probe`.
    pub route: String,
    /// The HTTP method.
    pub method: String,
    /// The path and query. The body isn't recorded.
    pub path: String,
    /// The identity whose credential the request carried.
    pub identity: Identity,
    /// The status of the answer, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why there was no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Infisical's name for the request, if the answer had one.
    #[serde(default, rename = "reqId", skip_serializing_if = "Option::is_none")]
    pub req_id: Option<String>,
    /// How long the request took, in microseconds.
    pub micros: u64,
}

/// A machine identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Identity {
    /// The identity that reads.
    Read,
    /// The identity that reads plain values.
    Reveal,
    /// The identity that writes.
    Write,
    /// An administrator, whose token an operator gave to provision identities. It is no identity of
    /// the skill.
    Administrator,
}

/// A person did something as the operator.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Operator {
    /// What the person did.
    pub act: Act,
    /// Who asked.
    pub caller: Caller,
    /// The plan, or the request to reveal a value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// What the plan or request is about, or what is about to be done, as it was shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<String>,
    /// When the switch ends, in RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// The reason that the person gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The user of the operating system, if the person used the command.
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
    /// `terminal`, `form` (in the client), or `embedded` (a program that embeds the skill says so).
    pub how: String,
    /// Whether the approver is somebody other than the requester: `different`, `same` or
    /// `cant-tell`.
    pub independence: String,
    /// The operating system's user of the process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Who had logged in, according to the kernel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// The content of `SUDO_USER`. It is a hint and proves nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sudo_user: Option<String>,
    /// The client that showed the form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
}

/// What a person can do as the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// Changes were turned on.
    WritesOn,
    /// Changes were turned off.
    WritesOff,
    /// Reveals were turned on.
    RevealsOn,
    /// Reveals were turned off.
    RevealsOff,
    /// A plan, or a request to reveal a value, was approved.
    Approve,
    /// A plan, or a request to reveal a value, was rejected.
    Reject,
    /// The clock was accepted although a later time had been recorded.
    AcceptClock,
    /// The doctor tried to delete something that can't exist, to see whether the read identity may
    /// delete.
    Probe,
    /// Machine identities, their permissions or credentials were created or changed.
    Provision,
    /// Machine identities were deleted.
    Deprovision,
}

impl Act {
    /// The act's name in a record.
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

/// How the log was repaired.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "mended", rename_all = "kebab-case")]
pub enum Recovery {
    /// A process was interrupted and left bytes after the last whole record. They were cut off and
    /// kept.
    TornTail {
        /// The number of bytes.
        bytes: u64,
        /// The file in the log's directory that contains them now.
        kept: String,
    },
    /// The log was verified after a failed write or sync, and is open again.
    Verified {
        /// What had failed.
        after: String,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}
