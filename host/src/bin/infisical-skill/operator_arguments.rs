//! The command line of plans and of the two switches.

use crate::arguments::Format;
use clap::Subcommand;
use std::time::Duration;

#[derive(Debug, Subcommand)]
pub(crate) enum Plans {
    /// List the plans that can still be applied
    List {
        /// Also list used and expired plans
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        format: Format,
    },
    /// Show a plan
    Show {
        /// The plan's id, as the preview shows it
        id: String,
        #[command(flatten)]
        format: Format,
    },
    /// Approve a plan at a terminal, by typing its target after reviewing it
    Approve {
        /// The plan's id
        id: String,
    },
    /// Reject a plan, so that it can't be applied any more
    Reject {
        /// The plan's id
        id: String,
    },
    /// Apply a plan, once
    Apply {
        /// The plan's id
        id: String,
        /// Confirm with the exact confirmation phrase that the preview shows
        #[arg(long, value_name = "PHRASE")]
        acknowledge: Option<String>,
        #[command(flatten)]
        format: Format,
    },
    /// Discard a plan, so that it can't be applied any more
    Discard {
        /// The plan's id
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum StateCommand {
    /// Accept the current clock although a later time was recorded. This expires pending plans and
    /// turns changes off
    AcceptClock {
        /// Record this reason
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Writes {
    /// Turn changes on for a limited time
    On {
        /// Keep them on this long, such as 15m or 1h
        #[arg(long = "for", value_name = "TIME", value_parser = time)]
        time: Duration,
        /// Show this reason in the status
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Turn all changes off at once, even if the rest of the configuration is broken
    Off,
    /// Show whether changes are on
    Status {
        #[command(flatten)]
        format: Format,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Reveal {
    /// Let values be revealed for a limited time
    On {
        /// Let them be revealed this long, such as 10m
        #[arg(long = "for", value_name = "TIME", value_parser = time)]
        time: Duration,
        /// Record this reason and show it in the status
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Hide all values again at once, even if the rest of the configuration is broken
    Off,
    /// Show whether values can be revealed
    Status {
        #[command(flatten)]
        format: Format,
    },
    /// List the reveal requests that wait for a person
    Requests {
        #[command(flatten)]
        format: Format,
    },
    /// Approve a request at a terminal, by typing the secret that it is about after reviewing it
    Approve {
        /// The request's id
        id: String,
    },
    /// Reject a request, so that it can't reveal anything any more
    Reject {
        /// The request's id
        id: String,
    },
}

fn time(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| "a time such as `15m` or `1h 30m` is expected".to_owned())
}
