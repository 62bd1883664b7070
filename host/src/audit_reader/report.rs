//! The trail as a single page that an auditor can read, print and keep. It has no scripts and loads
//! nothing. Its numbers are counted from the rows.

use super::history::{Row, RowOutcome};
use super::plot;
use infisical_skill_audit::{CallOutcome, Event, Verification};
use infisical_skill_policy::text::escape;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What a report says about its trail.
#[derive(Debug, Clone)]
pub struct ReportSubject<'a> {
    /// The directory of the trail.
    pub folder: String,
    /// When the report was made, RFC 3339.
    pub made: String,
    /// The result of verifying the trail.
    pub verification: &'a Verification,
    /// Describes the filter of the rows. Empty: all rows.
    pub filter: String,
}

/// Counts over rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Rows by outcome ([`RowOutcome::name`]).
    pub by_end: BTreeMap<&'static str, u64>,
    /// Refused calls by layer.
    pub by_layer: BTreeMap<String, u64>,
    /// Calls by tool.
    pub by_tool: BTreeMap<String, u64>,
    /// Requests that changed something, or tried to, by status.
    pub changes: BTreeMap<String, u64>,
    /// Revealed values.
    pub revealed: u64,
}

impl Numbers {
    /// Counts rows.
    #[must_use]
    pub fn of(rows: &[Row]) -> Self {
        let mut numbers = Self::default();
        for row in rows {
            *numbers.by_end.entry(row.result.name()).or_default() += 1;
            *numbers.by_tool.entry(row.tool().to_owned()).or_default() += 1;
            if row.result == RowOutcome::Call(CallOutcome::Refused) {
                *numbers.by_layer.entry(row.layer().unwrap_or("none").to_owned()).or_default() += 1;
            }
            for change in row.changes() {
                *numbers.changes.entry(status(change)).or_default() += 1;
            }
            numbers.revealed += u64::from(is_reveal(row));
        }
        numbers
    }
}

/// Writes the page.
#[must_use]
pub fn html(subject: &ReportSubject<'_>, rows: &[Row]) -> String {
    let numbers = Numbers::of(rows);
    let mut out = String::with_capacity(4_096 + rows.len() * 512);
    out.push_str(HEAD);
    heading(&mut out, subject, rows);
    let _ = write!(out, "<h2>Over time</h2>{}", plot::svg(rows));
    out.push_str("<div class=\"columns\">");
    counts(&mut out, "How calls ended", numbers.by_end.iter().map(|(name, count)| ((*name).to_owned(), *count)));
    counts(&mut out, "Refused, by layer", numbers.by_layer.clone());
    counts(&mut out, "What was asked", numbers.by_tool.clone());
    let changes = numbers.changes.iter().map(|(status, count)| (format!("write identity, {status}"), *count));
    counts(&mut out, "Requests to change something", changes);
    out.push_str("</div>");
    let _ = write!(out, "<p>Values shown: <strong>{}</strong></p>", numbers.revealed);
    changed(&mut out, rows);
    listing(&mut out, "Values shown", rows.iter().filter(|row| is_reveal(row)));
    listing(&mut out, "What people did", rows.iter().filter(|row| row.result == RowOutcome::Act));
    listing(&mut out, "Refused", rows.iter().filter(|row| row.result == RowOutcome::Call(CallOutcome::Refused)));
    listing(&mut out, "Everything", rows.iter());
    out.push_str("</main></body></html>\n");
    out
}

fn heading(out: &mut String, subject: &ReportSubject<'_>, rows: &[Row]) {
    let ReportSubject { folder, made, verification, filter } = subject;
    let (class, verified) = match (&verification.problem, &verification.poisoned) {
        (Some(problem), _) => ("bad", format!("Not sound: {problem}")),
        (None, Some(reason)) => ("bad", format!("Closed until somebody verifies it: {reason}")),
        (None, None) => ("good", format!("The chain of {} records holds.", verification.records)),
    };
    let period = match (rows.first(), rows.last()) {
        (Some(first), Some(last)) => format!("{} to {}", first.record.time, last.record.time),
        _ => "nothing".to_owned(),
    };
    let filter = if filter.is_empty() { "everything" } else { filter.as_str() };
    out.push_str("<h1>Audit report of infisical-skill</h1><table class=\"facts\">");
    for (name, value) in [
        ("Trail", folder.as_str()),
        ("Made", made),
        ("About", filter),
        ("Period", &period),
        ("Head", &verification.head.to_string()),
    ] {
        let _ = write!(out, "<tr><th>{name}</th><td>{}</td></tr>", text(value));
    }
    let _ = write!(out, "<tr><th>Verified</th><td class=\"{class}\">{}</td></tr></table>", text(&verified));
    for step in &verification.clock {
        let _ = write!(out, "<p>Note: {}.</p>", text(&step.to_string()));
    }
    out.push_str(
        "<p>To show later that nothing was cut off, keep the head elsewhere: <code>infisical-skill audit verify --head HEAD</code>.</p>",
    );
}

fn counts(out: &mut String, title: &str, counts: impl IntoIterator<Item = (String, u64)>) {
    let _ = write!(out, "<section><h2>{title}</h2><table>");
    let mut any = false;
    for (name, count) in counts {
        any = true;
        let _ = write!(out, "<tr><th>{}</th><td class=\"number\">{count}</td></tr>", text(&name));
    }
    out.push_str(if any { "</table></section>" } else { "<tr><td>none</td></tr></table></section>" });
}

/// Lists each request of the write identity and its purpose.
fn changed(out: &mut String, rows: &[Row]) {
    out.push_str("<h2>Changed</h2><table class=\"rows\"><tr><th>Time</th><th>Who</th><th>Plan</th><th>What</th><th>Identity</th><th>Request</th><th>Status</th></tr>");
    let mut any = false;
    for row in rows {
        let steps = match &row.record.event {
            Event::Outcome(outcome) => outcome.steps.as_slice(),
            _ => &[],
        };
        for (at, change) in row.changes().enumerate() {
            any = true;
            let what = steps.get(at).map(|step| format!("{} ({})", step.request, step.outcome)).unwrap_or_default();
            let request = format!("{} {}", change.method, change.path);
            cells(
                out,
                &[
                    &row.record.time,
                    &row.who(),
                    row.plan().unwrap_or_default(),
                    &what,
                    "write",
                    &request,
                    &status(change),
                ],
            );
        }
    }
    if !any {
        out.push_str("<tr><td colspan=\"7\">nothing</td></tr>");
    }
    out.push_str("</table>");
}

fn listing<'r>(out: &mut String, title: &str, rows: impl Iterator<Item = &'r Row>) {
    let _ = write!(
        out,
        "<h2>{title}</h2><table class=\"rows\"><tr><th>Record</th><th>Time</th><th>Who</th><th>Asked</th><th>About</th><th>Outcome</th><th>Why</th></tr>"
    );
    let mut any = false;
    for row in rows {
        any = true;
        let outcome = match row.layer() {
            Some(layer) => format!("{} by {layer}", row.result.name()),
            None => row.result.name().to_owned(),
        };
        let why = row.why().unwrap_or_default();
        let seq = row.record.seq.to_string();
        cells(out, &[&seq, &row.record.time, &row.who(), row.tool(), &row.targets().join("; "), &outcome, &why]);
    }
    if !any {
        out.push_str("<tr><td colspan=\"7\">none</td></tr>");
    }
    out.push_str("</table>");
}

fn cells(out: &mut String, texts: &[&str]) {
    out.push_str("<tr>");
    for cell in texts {
        let _ = write!(out, "<td>{}</td>", text(cell));
    }
    out.push_str("</tr>");
}

fn is_reveal(row: &Row) -> bool {
    row.tool() == "reveal-secret" && row.result == RowOutcome::Call(CallOutcome::Done)
}

fn status(request: &infisical_skill_audit::Request) -> String {
    match (request.status, &request.failure) {
        (Some(status), _) => format!("HTTP {status}"),
        (None, Some(failure)) => format!("no answer: {failure}"),
        (None, None) => "no answer".to_owned(),
    }
}

/// Escapes text for a page, so that it is visible and never markup. Records are already escaped, so
/// their backslashes aren't escaped again.
pub(super) fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\\' => out.push('\\'),
            c => out.push_str(&escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    out
}

const HEAD: &str = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>Audit report of infisical-skill</title><style>\
:root{color-scheme:light dark;--line:#8886;--done:#3b7dd8;--changed:#2f9e44;--refused:#e8890c;--failed:#d6336c;--other:#868e96}\
body{font:15px/1.5 system-ui,sans-serif;margin:0}main{max-width:1200px;margin:auto;padding:1.5rem}\
h1{font-size:1.6rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}table{border-collapse:collapse}\
th,td{text-align:left;vertical-align:top;padding:.2rem .8rem .2rem 0;overflow-wrap:anywhere}\
.rows{width:100%;font-size:.85rem}.rows th,.rows td{border-bottom:1px solid var(--line)}.rows td:first-child{white-space:nowrap}\
.number{text-align:right;font-variant-numeric:tabular-nums}.columns{display:flex;flex-wrap:wrap;gap:0 3rem}\
.good{color:#2f9e44;font-weight:600}.bad{color:#e03131;font-weight:600}svg{max-width:100%;height:auto}svg text{font:12px system-ui,sans-serif;fill:currentColor}\
.done{fill:var(--done)}.changed{fill:var(--changed)}.refused{fill:var(--refused)}.failed{fill:var(--failed)}.other{fill:var(--other)}\
</style></head><body><main>";
