//! The command line of plans and of the switches.

use crate::arguments::Format;
use clap::Subcommand;
use std::time::Duration;

#[derive(Debug, Subcommand)]
pub(crate) enum Plans {
    /// Lists those that can still be applied
    List {
        /// Also those that are used or expired
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        format: Format,
    },
    /// Shows one
    Show {
        /// Its id, as the preview names it
        id: String,
        #[command(flatten)]
        format: Format,
    },
    /// Approves one, as a person who looked at it: on a terminal, by typing what it is about
    Approve {
        /// Its id
        id: String,
    },
    /// Rejects one: it can't be applied any more
    Reject {
        /// Its id
        id: String,
    },
    /// Applies one, once
    Apply {
        /// Its id
        id: String,
        /// The phrase that the preview names, exactly
        #[arg(long, value_name = "PHRASE")]
        acknowledge: Option<String>,
        #[command(flatten)]
        format: Format,
    },
    /// Withdraws one: it can't be applied any more
    Discard {
        /// Its id
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum StateCommand {
    /// Accept the clock as it is, though a later time was seen: that one was wrong. Plans that wait and the kill switch end
    AcceptClock {
        /// Why; it is on record
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Writes {
    /// Lets changes through for a time
    On {
        /// For how long, such as 15m or 1h
        #[arg(long = "for", value_name = "TIME", value_parser = time)]
        time: Duration,
        /// Why; the status shows it
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Stops all changes, at once; also when the rest of the configuration is broken
    Off,
    /// Shows whether changes are on
    Status {
        #[command(flatten)]
        format: Format,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Reveal {
    /// Let values be revealed for a time
    On {
        /// For how long, such as 10m
        #[arg(long = "for", value_name = "TIME", value_parser = time)]
        time: Duration,
        /// Why; it is recorded, and the status shows it
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Hide all values again, at once; also when the rest of the configuration is broken
    Off,
    /// Show whether values can be revealed
    Status {
        #[command(flatten)]
        format: Format,
    },
    /// List the requests that wait for a person
    Requests {
        #[command(flatten)]
        format: Format,
    },
    /// Approve one, as a person who looked at it: on a terminal, by typing the secret that it is
    /// about
    Approve {
        /// Its id
        id: String,
    },
    /// Reject one: nothing can be revealed by it any more
    Reject {
        /// Its id
        id: String,
    },
}

fn time(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| "a time such as `15m` or `1h 30m` is expected".to_owned())
}
