//! The audit trail as a person reads it: one row for each call and each act of an operator, however
//! many records it has.

use infisical_skill_audit::{Approver, CallOutcome, Caller, Event, Identity, Outcome, Record, Recovery, Request};
use std::collections::HashMap;

/// A call or an act.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row {
    /// The record that ends it.
    pub record: Record,
    /// How it ended.
    pub result: RowOutcome,
}

/// How a call or an act ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RowOutcome {
    /// A call ended with this outcome.
    Call(CallOutcome),
    /// A call began, some of its requests may have left, and no end is recorded. Its process was
    /// killed, or it is still running.
    NoEnd,
    /// A person did something.
    Act,
    /// The log was repaired.
    Mended,
}

impl RowOutcome {
    /// The outcome's name, as `--outcome` takes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Call(outcome) => outcome.name(),
            Self::NoEnd => "no-end",
            Self::Act => "act",
            Self::Mended => "mended",
        }
    }

    /// All outcomes.
    pub fn all() -> impl Iterator<Item = Self> {
        CallOutcome::ALL.into_iter().map(Self::Call).chain([Self::NoEnd, Self::Act, Self::Mended])
    }
}

/// Selects rows. An absent field selects all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// From this time on, RFC 3339 in UTC with milliseconds.
    pub since: Option<String>,
    /// Before this time, in the same form.
    pub until: Option<String>,
    /// Of this tool, or this act of a person.
    pub tool: Option<String>,
    /// With this outcome ([`RowOutcome::name`]).
    pub outcome: Option<String>,
    /// About this plan.
    pub plan: Option<String>,
}

impl Filter {
    fn takes(&self, row: &Row) -> bool {
        let is = |wanted: &Option<String>, found: Option<&str>| wanted.is_none() || wanted.as_deref() == found;
        // Times in the same format sort as text.
        self.since.as_ref().is_none_or(|since| row.record.time >= *since)
            && self.until.as_ref().is_none_or(|until| row.record.time < *until)
            && is(&self.tool, Some(row.tool()))
            && is(&self.outcome, Some(row.result.name()))
            && is(&self.plan, row.plan())
    }
}

/// The rows of a trail that match a filter, in order.
pub fn rows(records: impl IntoIterator<Item = Record>, filter: &Filter) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    // The rows of calls that have no end yet, by call id.
    let mut begun: HashMap<String, usize> = HashMap::new();
    let mut ended: Vec<bool> = Vec::new();
    for record in records {
        let result = match &record.event {
            Event::Intent(intent) => {
                // A call that changes several things has several intents. Its row shows the last
                // one, which says how far the call got.
                if let Some(before) = begun.insert(intent.asked.call.clone(), rows.len())
                    && let Some(ended) = ended.get_mut(before)
                {
                    *ended = true;
                }
                RowOutcome::NoEnd
            }
            Event::Outcome(outcome) => {
                if let Some(ended) = begun.remove(&outcome.asked.call).and_then(|before| ended.get_mut(before)) {
                    *ended = true;
                }
                RowOutcome::Call(outcome.outcome)
            }
            Event::Operator(_) => RowOutcome::Act,
            Event::Recovery(_) => RowOutcome::Mended,
        };
        rows.push(Row { record, result });
        ended.push(false);
    }
    let kept = rows.into_iter().zip(ended).filter(|(_, ended)| !ended);
    kept.map(|(row, _)| row).filter(|row| filter.takes(row)).collect()
}

/// Who decided about a plan, as text.
fn approver(approver: &Approver) -> String {
    let part = |before: &str, text: &Option<String>| text.as_ref().map(|text| format!("{before}{text}"));
    let who = [
        part(" of ", &approver.client),
        part(", as ", &approver.user),
        part(", logged in as ", &approver.login),
        part(", SUDO_USER ", &approver.sudo_user),
    ];
    let who: String = who.into_iter().flatten().collect();
    format!("{}{who}; compared with the requester: {}", approver.how, approver.independence)
}

impl Row {
    /// The tool, or what a person did.
    #[must_use]
    pub fn tool(&self) -> &str {
        match &self.record.event {
            Event::Intent(intent) => &intent.asked.tool,
            Event::Outcome(outcome) => &outcome.asked.tool,
            Event::Operator(operator) => operator.act.name(),
            Event::Recovery(_) => "recovery",
        }
    }

    /// The caller.
    #[must_use]
    pub fn caller(&self) -> Option<&Caller> {
        match &self.record.event {
            Event::Intent(intent) => Some(&intent.asked.caller),
            Event::Outcome(outcome) => Some(&outcome.asked.caller),
            Event::Operator(operator) => Some(&operator.caller),
            Event::Recovery(_) => None,
        }
    }

    /// The caller as text: the client with its version, or the session.
    #[must_use]
    pub fn who(&self) -> String {
        match self.caller() {
            Some(Caller { client: Some(client), version: Some(version), .. }) => format!("{client} {version}"),
            Some(Caller { client: Some(client), .. }) => client.clone(),
            Some(caller) => format!("session {}", caller.session),
            None => "the log".to_owned(),
        }
    }

    /// The plan that the row is about.
    #[must_use]
    pub fn plan(&self) -> Option<&str> {
        let plan = match &self.record.event {
            Event::Intent(intent) => intent.change.as_ref().map(|change| &change.plan),
            Event::Outcome(outcome) => outcome.plan.as_ref(),
            Event::Operator(operator) => operator.plan.as_ref(),
            Event::Recovery(_) => None,
        };
        plan.map(|plan| plan.plan.as_str())
    }

    /// What the row is about, as text: what was asked for, or a plan's requests.
    #[must_use]
    pub fn targets(&self) -> Vec<String> {
        let asked = match &self.record.event {
            Event::Intent(intent) => &intent.asked,
            Event::Outcome(Outcome { asked, steps, plan: Some(plan), .. })
                if asked.targets.is_empty() && steps.is_empty() =>
            {
                return vec![format!("plan {}", plan.plan)];
            }
            Event::Outcome(Outcome { asked, steps, .. }) if asked.targets.is_empty() => {
                return steps.iter().map(|step| format!("{} ({})", step.request, step.outcome)).collect();
            }
            Event::Outcome(outcome) => &outcome.asked,
            Event::Operator(operator) => {
                let until = operator.until.iter().map(|until| format!("until {until}"));
                let reason = operator.reason.iter().cloned();
                let user = operator.user.iter().map(|user| format!("by {user}"));
                let approver = operator.approver.iter().map(approver);
                let said = until.chain(reason).chain(user).chain(approver);
                return operator.requests.iter().cloned().chain(said).collect();
            }
            Event::Recovery(_) => return Vec::new(),
        };
        // For a single change, the tool already says which kind it is.
        let one = asked.targets.len() == 1;
        let plain = |target: &infisical_skill_audit::CallTarget| {
            let change = target.change.clone().filter(|_| !one);
            infisical_skill_audit::CallTarget { change, ..target.clone() }.to_string()
        };
        asked.targets.iter().map(plain).collect()
    }

    /// The layer that refused the call.
    #[must_use]
    pub fn layer(&self) -> Option<&str> {
        match &self.record.event {
            Event::Outcome(outcome) => outcome.said.as_ref()?.layer.as_deref(),
            _ => None,
        }
    }

    /// Why it ended this way, as text.
    #[must_use]
    pub fn why(&self) -> Option<String> {
        match &self.record.event {
            Event::Intent(_) => Some("no end is recorded: its process was killed or is still running".to_owned()),
            Event::Outcome(outcome) => outcome.said.as_ref().map(|said| said.reason.clone()),
            Event::Operator(_) => None,
            Event::Recovery(Recovery::TornTail { bytes, kept }) => Some(format!(
                "a write was interrupted: {bytes} bytes after the last complete record are now in `{kept}`"
            )),
            Event::Recovery(Recovery::Verified { after }) => Some(format!("verified and opened again, after: {after}")),
        }
    }

    /// The requests that left.
    #[must_use]
    pub fn requests(&self) -> &[Request] {
        match &self.record.event {
            Event::Outcome(outcome) => &outcome.requests,
            _ => &[],
        }
    }

    /// The requests that left with the write identity to change something. Its logins and token
    /// revocations don't count.
    pub fn changes(&self) -> impl Iterator<Item = &Request> {
        let is_change = |request: &&Request| {
            request.identity == Identity::Write
                && request.method != "GET"
                && !matches!(request.route.as_str(), "login" | "revoke token")
        };
        self.requests().iter().filter(is_change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use infisical_skill_audit::{Asked, Hash, Intent};

    fn record(seq: u64, event: Event) -> Record {
        let time = format!("2026-11-23T00:00:{seq:02}.000Z");
        Record { seq, prev: Hash::ZERO, durable: 0, time, event, hash: Hash::ZERO }
    }

    fn asked(call: &str, tool: &str) -> Asked {
        Asked { call: call.to_owned(), tool: tool.to_owned(), ..Asked::default() }
    }

    fn intent(seq: u64, call: &str, tool: &str) -> Record {
        record(seq, Event::Intent(Intent { asked: asked(call, tool), change: None }))
    }

    fn outcome(seq: u64, call: &str, tool: &str, outcome: CallOutcome) -> Record {
        let outcome = Outcome {
            asked: asked(call, tool),
            outcome,
            said: None,
            plan: None,
            steps: vec![],
            requests: vec![],
            more_requests: 0,
            micros: 1,
        };
        record(seq, Event::Outcome(outcome))
    }

    #[test]
    fn shows_one_row_per_call_and_marks_a_missing_end() {
        let records = [
            intent(1, "a", "get-secret"),
            intent(2, "b", "apply-change"),
            outcome(3, "a", "get-secret", CallOutcome::Done),
            intent(4, "b", "apply-change"),
            intent(5, "c", "list-secrets"),
            outcome(6, "d", "reveal-secret", CallOutcome::Refused),
            outcome(7, "c", "list-secrets", CallOutcome::Failed),
        ];
        let rows = rows(records.clone(), &Filter::default());
        let shown: Vec<_> = rows.iter().map(|row| (row.record.seq, row.tool(), row.result.name())).collect();
        assert_eq!(
            shown,
            [
                (3, "get-secret", "done"),
                (4, "apply-change", "no-end"),
                (6, "reveal-secret", "refused"),
                (7, "list-secrets", "failed")
            ]
        );
        let filtered = |filter: Filter| super::rows(records.clone(), &filter).len();
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(filtered(Filter { outcome: text("no-end"), ..Filter::default() }), 1);
        assert_eq!(filtered(Filter { tool: text("list-secrets"), ..Filter::default() }), 1);
        assert_eq!(filtered(Filter { since: text("2026-11-23T00:00:06.000Z"), ..Filter::default() }), 2);
        assert_eq!(filtered(Filter { until: text("2026-11-23T00:00:06.000Z"), ..Filter::default() }), 2);
        assert_eq!(filtered(Filter { plan: text("p"), ..Filter::default() }), 0);
    }

    #[test]
    fn each_outcome_has_its_own_name() {
        let names: std::collections::BTreeSet<_> = RowOutcome::all().map(RowOutcome::name).collect();
        assert_eq!(names.len(), RowOutcome::all().count());
    }
}
