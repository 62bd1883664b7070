//! The command line of the `audit` commands.

use crate::arguments::Format;
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use infisical_skill::AuditLogFilter;
use infisical_skill::audit::log::Head;
use infisical_skill::audit_reader::history::{Filter, RowOutcome};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// List calls and their outcomes
    Show {
        #[command(flatten)]
        rows: Rows,
        /// Print the raw records, one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Show the latest calls
    Tail {
        /// Keep printing new records until interrupted
        #[arg(long, short)]
        follow: bool,
        /// Begin with this many records
        #[arg(long, short = 'n', value_name = "COUNT", default_value_t = 10)]
        lines: usize,
        /// Print the raw records, one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Verify the whole trail. If a failed write closed it, reopen it when all records are valid
    /// and none is missing
    Verify {
        /// Compare with a head that you noted earlier (from `audit head`), to detect records that
        /// were cut off or replaced since
        #[arg(long, value_name = "HEAD")]
        head: Option<Head>,
        /// Reopen the trail even though written records are missing
        #[arg(long)]
        accept_loss: bool,
        #[command(flatten)]
        format: Format,
    },
    /// Print the trail's current head, to be noted elsewhere
    Head {
        #[command(flatten)]
        format: Format,
    },
    /// List Infisical's own audit log of a project, newest first
    Server(Server),
    /// Write an HTML report for an auditor
    Report {
        /// The report's file
        #[arg(long, value_name = "FILE.html")]
        out: PathBuf,
        #[command(flatten)]
        rows: Rows,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Server {
    /// The project's id or slug; INFISICAL_PROJECT sets a default
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
    /// Show events since TIME: an age (2h, 7d), a date or a time (default: the last day)
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<String>,
    /// Show events before TIME
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<String>,
    /// Show only this kind of event, such as get-secret; can be repeated
    #[arg(long = "event", value_name = "EVENT")]
    events: Vec<String>,
    /// Show only events of the actor with this name or id
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
    /// Skip this many of the newest events
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    offset: u32,
    /// Read at most this many events (200 at most)
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    limit: u32,
    #[command(flatten)]
    pub(crate) format: Format,
}

impl From<Server> for AuditLogFilter {
    fn from(server: Server) -> Self {
        let Server { project, since, until, events, actor, offset, limit, format: _ } = server;
        Self { project, events, actor, since, until, offset, limit }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Rows {
    /// Show records since TIME: an age (2h, 7d), a date (2026-11-23) or a time
    /// (2026-11-23T07:00:00Z)
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<String>,
    /// Show records before TIME
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<String>,
    /// Show only this tool, or this act of a person (writes-on, approve)
    #[arg(long, value_name = "TOOL")]
    tool: Option<String>,
    /// Show only this outcome
    #[arg(long, value_name = "END", value_parser = PossibleValuesParser::new(RowOutcome::all().map(RowOutcome::name)))]
    outcome: Option<String>,
    /// Show only records about this plan
    #[arg(long, value_name = "ID")]
    plan: Option<String>,
}

impl Rows {
    pub(crate) fn to_text(&self) -> String {
        let parts = [
            ("since", &self.since),
            ("until", &self.until),
            ("tool", &self.tool),
            ("outcome", &self.outcome),
            ("plan", &self.plan),
        ];
        let said = parts.into_iter().filter_map(|(name, value)| Some(format!("{name} {}", value.as_ref()?)));
        said.collect::<Vec<_>>().join(", ")
    }
}

impl From<Rows> for Filter {
    fn from(rows: Rows) -> Self {
        let Rows { since, until, tool, outcome, plan } = rows;
        Self { since, until, tool, outcome, plan }
    }
}

/// Parses a time into the form that records use. An age is counted back from now.
fn time(text: &str) -> Result<String, String> {
    let text = text.trim();
    let dated = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    let at = match humantime::parse_rfc3339_weak(&dated) {
        Ok(at) => Some(at),
        Err(_) => humantime::parse_duration(text).ok().and_then(ago),
    };
    let at = at.ok_or("a time such as `2h`, `7d`, `2026-11-23` or `2026-11-23T07:00:00Z` is expected")?;
    Ok(humantime::format_rfc3339_millis(at).to_string())
}

fn ago(duration: Duration) -> Option<SystemTime> {
    // RFC 3339 times before 1970 can't be written.
    SystemTime::now().checked_sub(duration).filter(|at| *at >= SystemTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_date_a_moment_or_how_long_ago() {
        assert_eq!(time("2026-11-23").unwrap(), "2026-11-23T00:00:00.000Z");
        assert_eq!(time("2026-11-23T07:00:00Z").unwrap(), "2026-11-23T07:00:00.000Z");
        assert_eq!(time("2026-11-23 07:00:00").unwrap(), "2026-11-23T07:00:00.000Z");
        let [day, hour] = ["1d", "1h"].map(|ago| time(ago).unwrap());
        assert!(day < hour);
        for not in ["", "yesterday", "2026-13-01", "99999999999y", "100y", "é"] {
            assert!(time(not).is_err(), "{not}");
        }
    }
}
