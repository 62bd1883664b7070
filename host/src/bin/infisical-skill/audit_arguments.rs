//! The command line of the audit trail.

use crate::arguments::Format;
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use infisical_skill::AuditLogFilter;
use infisical_skill::audit::history::{Filter, RowOutcome};
use infisical_skill::audit::log::Head;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Lists what was asked and what came of it
    Show {
        #[command(flatten)]
        rows: Rows,
        /// The records themselves, a JSON object in each line
        #[arg(long)]
        json: bool,
    },
    /// Shows the last of it
    Tail {
        /// Goes on as more is recorded, until it is interrupted
        #[arg(long, short)]
        follow: bool,
        /// How many to begin with
        #[arg(long, short = 'n', value_name = "COUNT", default_value_t = 10)]
        lines: usize,
        /// The records themselves, a JSON object in each line
        #[arg(long)]
        json: bool,
    },
    /// Check the whole trail; open it again after a failed write, if all of its records are good and none is gone
    Verify {
        /// A head that was noted elsewhere, as `audit head` prints it: shows whether records were cut off or replaced since
        #[arg(long, value_name = "HEAD")]
        head: Option<Head>,
        /// Open the trail again although records that were written are gone
        #[arg(long)]
        accept_loss: bool,
        #[command(flatten)]
        format: Format,
    },
    /// Prints how far the trail goes, to be noted elsewhere
    Head {
        #[command(flatten)]
        format: Format,
    },
    /// Lists what Infisical itself recorded of a project, the newest first
    Server(Server),
    /// Writes a page for an auditor, to read in a browser
    Report {
        /// The page's file
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
    /// Only from then on: how long ago (2h, 7d), or a date or time; the last day if not said
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<String>,
    /// Only before then
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<String>,
    /// Only this kind of event, such as get-secret; may be given several times
    #[arg(long = "event", value_name = "EVENT")]
    events: Vec<String>,
    /// Only of the actor with this name or id
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
    /// How many of the newest to skip
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    offset: u32,
    /// How many to look at, at most 200
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
    /// Only from then on: how long ago (2h, 7d), or a date or time (2026-11-23, 2026-11-23T07:00:00Z)
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<String>,
    /// Only before then
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<String>,
    /// Only this tool, or this act of a person's (writes-on, approve)
    #[arg(long, value_name = "TOOL")]
    tool: Option<String>,
    /// Only with this end
    #[arg(long, value_name = "END", value_parser = PossibleValuesParser::new(RowOutcome::all().map(RowOutcome::name)))]
    outcome: Option<String>,
    /// Only about this plan
    #[arg(long, value_name = "ID")]
    plan: Option<String>,
}

impl Rows {
    pub(crate) fn in_words(&self) -> String {
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

/// A time in the form that records have: a duration is counted back from now.
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
    // Times before 1970 can't be written.
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
