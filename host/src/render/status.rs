//! Renders what is allowed now.

use super::table;
use crate::model::enforcement::{Enforcement, Level};
use crate::model::status::{ClientStatus, Reveal, ScopeStatus, Status, Sums};
use crate::model::switch_state::SwitchState;
use infisical_skill_policy::text::escape;
use std::time::Duration;

/// Renders the status, one line per topic.
#[must_use]
pub fn status(status: &Status) -> String {
    let defaults = &status.defaults;
    let or = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
    let identities = match (status.identities.reveal, status.identities.write) {
        (true, true) => "one to read names, one to read values, one to write",
        (false, true) => "one to read, one to write",
        (true, false) => "one to read names, one to read values, none to write: nothing can be changed",
        (false, false) => "one to read, none to write: nothing can be changed",
    };
    let changes = &status.changes;
    let approval = match changes.approval {
        "all" => "all changes",
        "none" => "none",
        _ => "what can't be undone",
    };
    let row = |title: &str, text: String| [title.to_owned(), text];
    table(
        ["server", &status.origin],
        [
            row("API version", status.api_version.unwrap_or("not known yet").to_owned()),
            row("project", or(&defaults.project)),
            row("environment", or(&defaults.environment)),
            row("path", defaults.path.clone()),
            row(
                "scopes",
                status.scopes.as_deref().map_or_else(|| "everything that the identity may see".to_owned(), scopes),
            ),
            row("identities", identities.to_owned()),
            row("values", reveal(&status.reveal)),
            row("changes", switch(&changes.switch)),
            row("administration", if changes.administration { "allowed" } else { "not allowed" }.to_owned()),
            row("approval", format!("a person's: {approval}")),
            row(
                "plans",
                format!(
                    "kept for {} s; at most {} pending, {} changes in one",
                    changes.plan_seconds, changes.pending_plans, changes.max_changes
                ),
            ),
            row("sums", sums(&changes.sums)),
            row("budget", format!("{} changes an hour", changes.per_hour)),
            row("this client", client(status.client)),
            row("set-up", enforcement(&status.enforcement)),
        ],
    )
}

/// Renders the thresholds from which earlier changes make a plan need a person, on one line.
#[must_use]
pub fn sums(sums: &Sums) -> String {
    let time = |seconds: u64| humantime::format_duration(Duration::from_secs(seconds)).to_string();
    let count = |count: u32, one: &str| if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") };
    format!(
        "a person approves what goes beyond {} or {} of a secret in {}, or {} in a project in {}",
        count(sums.overwrites_per_secret, "overwrite"),
        count(sums.updates_per_secret, "update"),
        time(sums.secret_seconds),
        count(sums.changes_per_project, "change"),
        time(sums.project_seconds)
    )
}

fn client(client: ClientStatus) -> String {
    let values = if client.reveal { "" } else { "; isn't shown values" };
    let forms = if client.approve_in_client { "; a form in it approves plans" } else { "" };
    let may = match client.may {
        "apply" => "reads, previews and applies",
        "preview" => "reads and previews, applies nothing",
        _ => "reads, changes nothing",
    };
    format!("{may}{values}{forms}")
}

/// Renders whether the protection holds against the agent's own user, on one line.
#[must_use]
pub fn enforcement(enforcement: &Enforcement) -> String {
    match enforcement.level {
        Level::Enforced => {
            "enforced: the agent's user can't change the configuration, the credentials or the state".to_owned()
        }
        Level::Advisory => {
            format!(
                "advisory: the user who runs it can bypass every layer ({})",
                escape(&enforcement.because.join("; "))
            )
        }
    }
}

fn reveal(reveal: &Reveal) -> String {
    let mut text = reveal_switch(&reveal.switch);
    if reveal.switch == SwitchState::Never {
        return text;
    }
    let places = reveal.scopes.as_deref().map_or_else(|| "everything that the skill may see".to_owned(), scopes);
    text.push_str(&format!(" Places: {places}; {} an hour;", reveal.per_hour));
    text.push_str(match reveal.approval {
        "all" => " each approved by a person",
        _ => " each approved by a person in protected environments",
    });
    text.push_str(match reveal.identity {
        Some("read") => "; on the read identity, which is weaker than a reveal identity",
        Some(_) => "; on the reveal identity",
        None => "; but there is no reveal identity, so none can be shown",
    });
    text
}

fn scopes(scopes: &[ScopeStatus]) -> String {
    if scopes.is_empty() {
        return "nowhere".to_owned();
    }
    let all = |names: &[String]| if names.is_empty() { "all".to_owned() } else { names.join(" ") };
    let scope =
        |scope: &ScopeStatus| format!("{} ({}; {})", scope.project, all(&scope.environments), all(&scope.paths));
    scopes.iter().map(scope).collect::<Vec<_>>().join(", ")
}

/// Renders the kill switch's state as a sentence.
#[must_use]
pub fn switch(state: &SwitchState) -> String {
    match state {
        SwitchState::On { until, reason: Some(reason) } => format!("Changes are on until {until}: {}", escape(reason)),
        SwitchState::On { until, reason: None } => format!("Changes are on until {until}."),
        SwitchState::Never => "Changes are off for good: the configuration says `writes = \"never\"`.".to_owned(),
        SwitchState::Off { because } if because == "changes are switched off" => "Changes are off.".to_owned(),
        SwitchState::Off { because } => format!("Changes are off: {}.", escape(because)),
    }
}

/// Renders the reveal switch's state as a sentence.
#[must_use]
pub fn reveal_switch(state: &SwitchState) -> String {
    match state {
        SwitchState::On { until, reason } => {
            let reason = reason.as_deref().map(escape).unwrap_or_default();
            format!("Values can be revealed until {until}: {reason}")
        }
        SwitchState::Never => "Values stay hidden: the configuration doesn't allow revealing them.".to_owned(),
        SwitchState::Off { because } if because == "revealing is switched off" => "Values stay hidden.".to_owned(),
        SwitchState::Off { because } => format!("Values stay hidden: {}.", escape(because)),
    }
}
