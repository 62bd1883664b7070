//! The `reveal` commands, for the operator: the reveal switch, and pending requests.

use crate::change;
use crate::operator_arguments::Reveal;
use crate::output::{fail, print, print_json, print_whole, say};
use crate::terminal;
use crate::writes;
use infisical_skill::render::{self, columns, shown};
use infisical_skill::{Error, Skill, SwitchKind};
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;

/// Runs the commands of the switch, which need no server and no identity. Returns `None` for the
/// other commands.
pub(crate) fn switch(config: Option<&Path>, command: &Reveal) -> Option<ExitCode> {
    let kind = SwitchKind::Reveals;
    match command {
        Reveal::On { time, reason } => Some(writes::on(config, kind, *time, Some(reason))),
        Reveal::Off => Some(writes::off(config, kind)),
        Reveal::Status { format } => Some(writes::status(config, kind, format.json)),
        Reveal::Requests { .. } | Reveal::Approve { .. } | Reveal::Reject { .. } => None,
    }
}

pub(crate) fn requests(skill: &Skill, command: &Reveal) -> ExitCode {
    match command {
        Reveal::Requests { format } => list(skill, format.json),
        Reveal::Approve { id } => approve(skill, id),
        Reveal::Reject { id } => {
            done(skill.reject_reveal(id), "Rejected: this request can't reveal anything any more.")
        }
        // `switch` handled these.
        Reveal::On { .. } | Reveal::Off | Reveal::Status { .. } => ExitCode::SUCCESS,
    }
}

fn list(skill: &Skill, json: bool) -> ExitCode {
    let requests = match skill.reveal_requests() {
        Ok(requests) => requests,
        Err(error) => return fail(&error, json),
    };
    if json {
        return print_json(&json!({ "requests": requests }));
    }
    let rows = requests.iter().map(|request| {
        let state = if request.approval.is_some() { "approved" } else { "pending" };
        let card = &request.card;
        [shown(&card.request), state.to_owned(), card.expires_at(), shown(&card.reading())]
    });
    print(&columns(["REQUEST", "STATE", "EXPIRES", "VALUE"], rows))
}

fn approve(skill: &Skill, id: &str) -> ExitCode {
    // Show the card as it was filed, and approve exactly what was shown.
    let card = match skill.reveal_request(id) {
        Ok(card) => card,
        Err(error) => return fail(&error, false),
    };
    if !terminal::is_there() {
        say(
            "Only a person can approve a request, at a terminal: run this where standard input, output and error are a terminal.",
        );
        return ExitCode::FAILURE;
    }
    if let Err(error) = skill.check_reveal_approver(&card) {
        return fail(&error, false);
    }
    if print_whole(&render::reveal_request(&card)) != ExitCode::SUCCESS {
        return ExitCode::FAILURE;
    }
    if !change::types(&card.target()) {
        say("Not approved: the typed text isn't the secret that the request is about.");
        return ExitCode::FAILURE;
    }
    done(skill.approve_reveal(&card), "Approved: the value can be revealed once.")
}

fn done(result: Result<(), Error>, message: &str) -> ExitCode {
    match result {
        Ok(()) => print(&format!("{message}\n")),
        Err(error) => fail(&error, false),
    }
}
