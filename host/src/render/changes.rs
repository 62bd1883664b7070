//! Renders previews, plans and receipts as text. The host's own description of the requests comes
//! first, because it is authoritative. The component's text only explains.

use super::dependents::dependents;
use super::names::names;
use super::wrap::COPIED;
use super::{columns, shown};
use crate::model::blast_radius::{BlastRadius, Uncounted};
use crate::model::changes::{Effect, ItemState, Preview, Receipt, Step, StepOutcome};
use crate::model::people::ApprovedBy;
use crate::model::plan_card::{PlanCard, PlanOutcome};
use std::fmt::Write;

/// Renders a preview, with the target first.
#[must_use]
pub fn preview(preview: &Preview) -> String {
    let mut out = requests(&preview.requests, preview.acknowledge.as_deref());
    out.push_str(&names(&preview.names));
    out.push_str(&dependents(&preview.dependents));
    line(&mut out, "Touched", &touched(&preview.blast_radius));
    out.push_str("\nWhat that does, in the component's words:\n");
    for (number, effect) in (1..).zip(&preview.effects) {
        out.push_str(&self::effect(number, effect));
    }
    out.push('\n');
    line(&mut out, "Plan", &shown(&preview.plan));
    line(&mut out, "Expires", &preview.expires);
    needs(&mut out, preview.acknowledge.as_deref());
    for excess in &preview.excess {
        line(&mut out, "Beyond", &shown(excess));
    }
    if let Some(approval) = &preview.approval {
        line(&mut out, "Needs", &shown(approval));
    }
    if let Some(switch) = &preview.switch {
        line(&mut out, "Needs", &shown(switch));
    }
    out
}

/// Renders a filed plan: the card that a person approves.
#[must_use]
pub fn card(card: &PlanCard, state: &str) -> String {
    let mut out = requests(&card.requests, card.acknowledge.as_deref());
    out.push_str(&names(&card.names));
    out.push_str(&dependents(&card.dependents));
    line(&mut out, "Touched", &touched(&card.blast_radius));
    out.push('\n');
    for excess in &card.excess {
        line(&mut out, "Needs", &format!("a person's approval: {}", shown(excess)));
    }
    line(&mut out, "Server", &format!("{} ({})", shown(&card.origin), shown(&card.api_version)));
    line(&mut out, "Plan", &shown(&card.plan));
    line(&mut out, "State", state);
    line(&mut out, "Filed", &card.filed_at());
    line(&mut out, "Expires", &card.expires_at());
    line(&mut out, "Asked", &shown(&card.asked.describe()));
    needs(&mut out, card.acknowledge.as_deref());
    out
}

/// A line below a plan's card that says who approved it.
#[must_use]
pub fn approval(approval: Option<&ApprovedBy>) -> String {
    let mut out = String::new();
    if let Some(approval) = approval {
        line(&mut out, "Approved", &shown(&approval.describe()));
    }
    out
}

/// Renders what was done, step by step.
#[must_use]
pub fn receipt(receipt: &Receipt) -> String {
    let mut out = String::new();
    for step in &receipt.steps {
        out.push_str(&self::step(step));
    }
    let so = match receipt.outcome {
        PlanOutcome::Applied => "Everything was applied.",
        PlanOutcome::WaitingForApproval => {
            "Infisical accepted it, and holds it until somebody approves it there. Nothing is written before that."
        }
        PlanOutcome::Partial => {
            "Part of it was applied. Check the current state in Infisical, and preview the rest again."
        }
        PlanOutcome::Failed => "Nothing was applied.",
        _ => "Whether it was applied is unknown. It is never sent again: check the current state in Infisical.",
    };
    out.push_str(so);
    out.push('\n');
    if let Some(approval) = &receipt.approval {
        let _ = writeln!(out, "Approved {}.", shown(&approval.describe()));
    }
    out
}

/// The word for a plan's outcome.
#[must_use]
pub fn plan_outcome(outcome: PlanOutcome) -> &'static str {
    match outcome {
        PlanOutcome::Redeemed => "redeemed",
        PlanOutcome::Applied => "applied",
        PlanOutcome::WaitingForApproval => "waiting for approval in Infisical",
        PlanOutcome::Partial => "applied in part",
        PlanOutcome::Failed => "failed",
        PlanOutcome::Unknown => "unknown",
        PlanOutcome::Discarded => "discarded",
        PlanOutcome::Rejected => "rejected",
    }
}

/// Renders the requests. A long list is preceded by its length and by the requests that can't be
/// undone, because a reader would miss those in the middle.
fn requests(requests: &[String], acknowledge: Option<&str>) -> String {
    let mut out = String::new();
    if let (true, Some(phrase)) = (requests.len() > 1, acknowledge) {
        let _ = writeln!(out, "In short: {}\n", shown(phrase));
    }
    out.push_str("What would be sent:\n");
    for (number, request) in (1..).zip(requests) {
        let _ = writeln!(out, "  {number}. {}", shown(request));
    }
    out
}

fn effect(number: usize, effect: &Effect) -> String {
    let undone = if effect.reversible { "" } else { " (can't be undone)" };
    let mut out = format!("  {number}. {}{undone}\n", shown(&effect.summary));
    let rows =
        [("before", &effect.before), ("after", &effect.after)].map(|(when, state)| state_row(when, state.as_ref()));
    for row in columns(["", "NAME", "VERSION", "COMMENT", "TAGS"], rows).lines() {
        let _ = writeln!(out, "     {row}");
    }
    for notice in &effect.notices {
        let _ = writeln!(out, "     ! {}", shown(notice));
    }
    out
}

fn state_row(when: &str, state: Option<&ItemState>) -> [String; 5] {
    let when = when.to_owned();
    let nothing = || "-".to_owned();
    match state {
        None => [when, "nothing".to_owned(), String::new(), String::new(), String::new()],
        Some(state) => [
            when,
            shown(&state.name),
            state.version.map_or_else(nothing, |version| version.to_string()),
            state.comment.map_or_else(nothing, |hidden| hidden.to_string()),
            if state.tags.is_empty() { nothing() } else { shown(&state.tags.join(", ")) },
        ],
    }
}

fn step(step: &Step) -> String {
    let outcome = match &step.outcome {
        StepOutcome::Applied => "applied".to_owned(),
        StepOutcome::WaitingForApproval(id) if id.is_empty() => "waiting for approval in Infisical".to_owned(),
        StepOutcome::WaitingForApproval(id) => format!("waiting for approval in Infisical, request {}", shown(id)),
        StepOutcome::Unknown => "unknown: it was sent, and no answer says whether it was applied".to_owned(),
        StepOutcome::Failed(error) => format!("failed: {}", shown(&error.to_string())),
        StepOutcome::NotSent => "not sent".to_owned(),
    };
    let mut out = format!("{}\n  {outcome}\n", shown(&step.request));
    let version = |version: Option<u32>| version.map_or_else(|| "none".to_owned(), |version| version.to_string());
    if step.version_before.is_some() || step.version_after.is_some() {
        let _ = writeln!(out, "  version {} → {}", version(step.version_before), version(step.version_after));
    }
    if let Some(note) = &step.note {
        let _ = writeln!(out, "  {}", shown(note));
    }
    out
}

fn needs(out: &mut String, acknowledge: Option<&str>) {
    if let Some(phrase) = acknowledge {
        let _ = writeln!(out, "{COPIED}{}", shown(phrase));
    }
}

fn line(out: &mut String, title: &str, text: &str) {
    let _ = writeln!(out, "{title:9}{text}");
}

/// Renders how much is affected, and what wasn't counted.
fn touched(radius: &BlastRadius) -> String {
    let BlastRadius { secrets, folders, at_least, not_counted } = radius;
    let (secrets, folders) = (counted(*secrets, "secret"), counted(*folders, "folder"));
    let mut out = format!("{}{secrets}, {folders}", if *at_least { "at least " } else { "" });
    if !not_counted.is_empty() {
        let uncounted = |Uncounted { change, reason }: &Uncounted| format!("change {change} ({})", shown(reason));
        let _ = write!(out, "; not counted: {}", not_counted.iter().map(uncounted).collect::<Vec<_>>().join(", "));
    }
    out
}

fn counted(count: u32, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use infisical_skill_policy::text::{exact, exact_words};
    use proptest::prelude::*;
    use serde_json::json;

    /// A card of a plan that creates a folder there, with the server's names.
    fn card_of(project: &str, (name, slug, environment): (&str, &str, &str), tag: (&str, &str)) -> PlanCard {
        let names = json!({
            "id": project, "name": exact_words(name), "slug": exact(slug),
            "environments": [{ "slug": "dev", "name": exact_words(environment) }],
            "tags": [{ "id": tag.0, "name": exact_words(tag.1) }],
        });
        serde_json::from_value(json!({
            "plan": "abcd", "origin": "https://example.org", "apiVersion": "v4", "filed": 0, "expires": 1_000,
            "requests": [format!("create folder /new [project {project}, env=dev, path=/]")], "names": [names],
            "blastRadius": { "secrets": 0, "folders": 1, "atLeast": false }, "target": "dev:/new", "digest": "d",
        }))
        .unwrap()
    }

    #[test]
    fn card_shows_affected_counts_and_what_was_not_counted() {
        let radius = |secrets, folders, at_least, not_counted: &[u32]| {
            let not_counted: Vec<_> =
                not_counted.iter().map(|it| json!({ "change": it, "reason": "it wasn't listed" })).collect();
            let radius =
                json!({ "secrets": secrets, "folders": folders, "atLeast": at_least, "notCounted": not_counted });
            touched(&serde_json::from_value(radius).unwrap())
        };
        for (said, expected) in [
            (radius(1, 0, false, &[]), "1 secret, 0 folders"),
            (radius(5, 3, true, &[]), "at least 5 secrets, 3 folders"),
            (
                radius(0, 2, true, &[1, 2]),
                "at least 0 secrets, 2 folders; not counted: change 1 (it wasn't listed), change 2 (it wasn't listed)",
            ),
        ] {
            assert_eq!(said, expected);
        }
        let shown = card(&card_of("p1", ("Payments", "payments", "Development"), ("t1", "db")), "pending");
        assert!(shown.contains("\nTouched  0 secrets, 1 folder\n"), "{shown}");
    }

    #[test]
    fn card_of_an_earlier_release_claims_no_count() {
        let mut older = serde_json::to_value(card_of("p1", ("P", "p", "D"), ("t1", "db"))).unwrap();
        let fields = older.as_object_mut().unwrap();
        assert!(fields.remove("names").is_some() && fields.remove("blastRadius").is_some());
        let shown = card(&serde_json::from_value(older).unwrap(), "pending");
        assert!(shown.contains("\nTouched  at least 0 secrets, 0 folders\n") && !shown.contains("calls it"), "{shown}");
    }

    proptest! {
        /// Cards differ for all names of projects, environments and tags, whether lines are wrapped
        /// or not.
        #[test]
        fn two_cards_never_read_alike(
            (one, two) in (any_names(), any_names()), projects in ("p1|p2", "p1|p2"), tags in ("t1|t2", "t1|t2"),
        ) {
            let one = card_of(&projects.0, (&one.0, &one.1, &one.2), (&tags.0, &one.3));
            let two = card_of(&projects.1, (&two.0, &two.1, &two.2), (&tags.1, &two.3));
            let shown = |it: &PlanCard| card(it, "pending");
            prop_assert_eq!(shown(&one) == shown(&two), one == two);
            let wrapped = |it: &PlanCard| crate::render::wrapped(&shown(it), 60);
            prop_assert_eq!(wrapped(&one) == wrapped(&two), one == two);
            // No name ends its line, or looks like another line.
            prop_assert_eq!(shown(&one).lines().count(), shown(&two).lines().count());
            prop_assert!(shown(&one).is_ascii());
        }
    }

    /// Any name and slug of a project, name of an environment, and name of a tag.
    fn any_names() -> impl Strategy<Value = (String, String, String, String)> {
        let name = "[ab \",:|é\\u{430}\\u{202e}\n\\\\{}-]{0,5}|env dev: \"b\"|a\", slug b|not known";
        (name, name, name, name)
    }
}
