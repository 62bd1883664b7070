//! The `audit` commands, which read and verify the audit trail. They need no server and no
//! identity: see `Config::state_folder`.

use crate::audit_arguments::Audit;
use crate::output::{misused, print, print_json, say};
use infisical_skill::audit;
use infisical_skill::audit::log::{Durability, Event, Files, Head, Log, Reader, Record, Recovery, Rotation};
use infisical_skill::audit::log::{Verification, absolve, lost, records, verify};
use infisical_skill::audit_reader::history::{Filter, Row, RowOutcome, rows};
use infisical_skill::audit_reader::report;
use infisical_skill::config::Config;
use infisical_skill::render::{columns, shown};
use infisical_skill::text::escape;
use serde_json::json;
use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// How often `tail --follow` checks for new records.
const POLL_INTERVAL: Duration = Duration::from_millis(200);

const COLUMNS: [&str; 9] = ["RECORD", "TIME", "WHO", "ASKED", "ABOUT", "OUTCOME", "SENT", "PLAN", "WHY"];

pub(crate) fn run(config: Option<&Path>, command: Audit) -> ExitCode {
    let folder = match Config::state_folder(config, |name| std::env::var_os(name)) {
        Ok(folder) => folder,
        Err(error) => return misused(&error.to_string()),
    };
    let files = audit::open(&folder);
    let done = match command {
        Audit::Show { rows, json } => show(&files, &rows.into(), json),
        Audit::Tail { follow, lines, json } => tail(&files, lines, follow, json),
        Audit::Verify { head, accept_loss, format } => check(&files, head, accept_loss, format.json),
        Audit::Head { format } => head(&files, format.json),
        Audit::Report { out, rows } => {
            let description = rows.to_text();
            write_report(&files, &out, &rows.into(), description)
        }
        // `run` handles `audit server`, because it needs a server.
        Audit::Server(_) => Ok(ExitCode::SUCCESS),
    };
    done.unwrap_or_else(|error| {
        say(&format!("the audit trail in {} can't be read: {error}", escape(&folder.display().to_string())));
        ExitCode::FAILURE
    })
}

/// Reads all valid records, and reports how many lines aren't valid.
fn read(files: &Files) -> io::Result<(Vec<Record>, ExitCode)> {
    let all = records(files)?;
    let count = all.len();
    let good: Vec<Record> = all.into_iter().filter_map(Result::ok).collect();
    let status = if good.len() < count {
        say(&format!("{} lines aren't records: run `infisical-skill audit verify`", count - good.len()));
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    };
    Ok((good, status))
}

fn show(files: &Files, filter: &Filter, json: bool) -> io::Result<ExitCode> {
    let (records, status) = read(files)?;
    let rows = rows(records, filter);
    let printed = if json { print_records(rows.iter().map(|row| &row.record)) } else { print(&listed(&rows)) };
    Ok(if printed == ExitCode::SUCCESS { status } else { printed })
}

fn tail(files: &Files, lines: usize, follow: bool, json: bool) -> io::Result<ExitCode> {
    let mut reader = Reader::new(files);
    let mut before = Vec::new();
    loop {
        let more = reader.read()?;
        if more.is_empty() {
            break;
        }
        before.extend(more.into_iter().filter_map(Result::ok));
    }
    let all = if json { before } else { rows(before, &Filter::default()).into_iter().map(|row| row.record).collect() };
    let last = all.get(all.len().saturating_sub(lines)..).unwrap_or_default();
    let mut printed = print_new(last, json, true);
    while follow && printed == ExitCode::SUCCESS {
        std::thread::sleep(POLL_INTERVAL);
        let more: Vec<Record> = reader.read()?.into_iter().filter_map(Result::ok).collect();
        if !more.is_empty() {
            printed = print_new(&more, json, false);
        }
    }
    Ok(printed)
}

/// Prints new records. As text, an intent is printed together with the end of its call. The first
/// batch also shows intents that have no end yet.
fn print_new(records: &[Record], json: bool, with_titles: bool) -> ExitCode {
    if json {
        return print_records(records);
    }
    let mut rows = rows(records.iter().cloned(), &Filter::default());
    rows.retain(|row| with_titles || row.result != RowOutcome::NoEnd);
    let text = listed(&rows);
    let text = if with_titles { text.as_str() } else { text.split_once('\n').map_or("", |(_, rest)| rest) };
    print(text)
}

fn check(files: &Files, noted: Option<Head>, accept_loss: bool, json: bool) -> io::Result<ExitCode> {
    let mut found = verify(files, noted)?;
    let (mut opened, mut missing) = (None, None);
    if let (Some(reason), None) = (found.poisoned.clone(), found.problem.filter(|_| !found.is_sound())) {
        missing = lost(files, &reason)?;
        if missing.is_none() || accept_loss {
            let after = if missing.is_some() { format!("{reason}. The loss was accepted") } else { reason };
            let done = absolve(files).map_err(|error| error.to_string()).and_then(|()| reopened(files, &after));
            match done {
                Ok(()) => {
                    found = verify(files, noted)?;
                    opened = Some(after);
                }
                Err(error) => say(&format!("the trail stays closed: {error}")),
            }
        } else {
            say(
                "records are missing, so the trail stays closed: restore them, or accept the loss with `infisical-skill audit verify --accept-loss`",
            );
        }
    }
    let is_good = found.problem.is_none() && found.poisoned.is_none();
    let status = if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    let printed = if json {
        let problem = found.problem.map(|problem| problem.to_string());
        print_json(&json!({
            "good": is_good, "records": found.records, "first": found.first, "head": found.head.to_string(), "files": found.segments,
            "problem": problem, "closed": found.poisoned, "openedAfter": opened, "lost": missing.map(|lost| lost.to_string()),
            "clock": found.clock.iter().map(ToString::to_string).collect::<Vec<_>>(),
        }))
    } else {
        print(&verified(&found, opened.as_deref()))
    };
    Ok(if printed == ExitCode::SUCCESS { status } else { printed })
}

/// Records that the log was reopened, before anything else is written to it.
fn reopened(files: &Files, reason: &str) -> Result<(), String> {
    let log = Log::new(Files::new(files.folder().to_owned()), Rotation::default());
    let event = Event::Recovery(Recovery::Verified { after: escape(reason) });
    log.append(&audit::now(), &event, Durability::OnTheDisk).map(drop).map_err(|error| error.to_string())
}

fn verified(found: &Verification, opened: Option<&str>) -> String {
    let mut text = format!("{} records in {} files, up to {}\n", found.records, found.segments, found.head);
    if found.first > 1 {
        text.push_str(&format!("They begin with record {}: earlier records aren't here.\n", found.first));
    }
    for step in &found.clock {
        let ahead = if step.is_more_than_a_day() { "; or the clock had been ahead before" } else { "" };
        text.push_str(&format!("Note: {step}. The machine's clock was set back{ahead}.\n"));
    }
    match (&found.problem, &found.poisoned) {
        (Some(problem), _) => text.push_str(&format!("NOT GOOD: {problem}.\n")),
        (None, Some(reason)) => text.push_str(&format!("Closed: {}.\n", escape(reason))),
        (None, None) => text.push_str("Good: each record follows from the one before.\n"),
    }
    if let Some(reason) = opened {
        text.push_str(&format!("It was closed, and is open again: {}.\n", escape(reason)));
    }
    text
}

fn head(files: &Files, json: bool) -> io::Result<ExitCode> {
    let found = verify(files, None)?;
    if let Some(problem) = found.problem {
        say(&format!("the trail is invalid, so its head proves nothing: {problem}"));
        return Ok(ExitCode::FAILURE);
    }
    let head = found.head.to_string();
    Ok(if json { print_json(&json!({ "head": head })) } else { print(&format!("{head}\n")) })
}

fn write_report(files: &Files, out: &Path, filter: &Filter, description: String) -> io::Result<ExitCode> {
    let verification = verify(files, None)?;
    let (records, _) = read(files)?;
    let rows = rows(records, filter);
    let subject = report::ReportSubject {
        folder: files.folder().display().to_string(),
        made: audit::now(),
        verification: &verification,
        filter: description,
    };
    let shown = escape(&out.display().to_string());
    if let Err(error) = std::fs::write(out, report::html(&subject, &rows)) {
        say(&format!("{shown} can't be written: {error}"));
        return Ok(ExitCode::FAILURE);
    }
    let printed = print(&format!("{shown}: {} rows. Head: {}\n", rows.len(), verification.head));
    if let Some(problem) = verification.problem {
        say(&format!("the trail is invalid, and the report says so: {problem}"));
        return Ok(ExitCode::FAILURE);
    }
    Ok(printed)
}

fn print_records<'r>(records: impl IntoIterator<Item = &'r Record>) -> ExitCode {
    for record in records {
        let printed = print_json(&json!(record));
        if printed != ExitCode::SUCCESS {
            return printed;
        }
    }
    ExitCode::SUCCESS
}

fn listed(rows: &[Row]) -> String {
    columns(
        COLUMNS,
        rows.iter().map(|row| {
            let outcome = match row.layer() {
                Some(layer) => format!("{}: {}", row.result.name(), shown(layer)),
                None => row.result.name().to_owned(),
            };
            [
                row.record.seq.to_string(),
                shown(&row.record.time),
                shown(&row.who()),
                shown(row.tool()),
                shown(&row.targets().join("; ")),
                outcome,
                sent(row),
                shown(row.plan().unwrap_or("-")),
                shown(&row.why().unwrap_or_default()),
            ]
        }),
    )
}

/// How many requests left the host, and how many of those were changes on the write identity.
fn sent(row: &Row) -> String {
    match (row.requests().len(), row.changes().count()) {
        (0, _) => "-".to_owned(),
        (all, 0) => all.to_string(),
        (all, changes) => format!("{all} ({changes} to change)"),
    }
}
