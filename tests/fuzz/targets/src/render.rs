//! Output for people and models, with any text from a component, a server or a caller in it. It
//! contains no control, bidirectional or zero-width character, and no text starts a new line.
//!
//! The input is texts, one a line, which are used in turn. The Unicode pictures of control
//! characters stand for those characters (`␊` is a line end within a text).

use crate::script::with_controls;
use crate::visible::assert_visible;
use infisical_skill::fuzzing::{ObservedOutcome, PlanCard, changes as wit, preview, reads, receipt, types};
use infisical_skill::{
    Actor, AuditLogPage, Environment, Folder, FolderListing, Hidden, Project, ResolvedPlace, Secret, SecretListing,
    render, text,
};
use serde_json::json;

/// Checks the invariant above for one input.
pub fn target(bytes: &[u8]) {
    let Ok(input) = std::str::from_utf8(bytes) else { return };
    let texts: Vec<String> = input.split('\n').map(with_controls).collect();
    texts.iter().for_each(|text| escaped(text));
    // Renders the same answers with plain letters only. They must have as many lines.
    let plain: Vec<String> = texts.iter().map(|text| if text.is_empty() { "" } else { "x" }.to_owned()).collect();
    for (shown, expected) in shown(&texts).iter().zip(shown(&plain)) {
        assert_visible(shown);
        assert_eq!(shown.lines().count(), expected.lines().count(), "a text made a line of its own: {shown}");
    }
    for json in fields(&texts) {
        assert_visible(&text::escape_json(&json));
    }
}

/// Checks the function that all other output goes through.
fn escaped(given: &str) {
    let shown = text::escape(given);
    assert_visible(&shown);
    assert!(!shown.contains('\n') && shown.chars().count() >= given.chars().count());
    let capped = text::escape_capped(given, 10);
    assert_visible(&capped);
    assert!(capped.chars().count() <= 10 * 10 + 1);
    let json = text::escape_json(&json!([given]).to_string());
    assert_visible(&json);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&json).ok(), Some(json!([given])));
    let twice = render::shown(&shown);
    assert_eq!(twice, shown, "what is escaped is escaped again");
}

/// Renders the answers that contain the texts.
fn shown(texts: &[String]) -> Vec<String> {
    let mut next = Texts(texts.iter().cycle());
    let preview = self::said(&mut next);
    let card = card(&mut next);
    let mut all = vec![render::preview(&preview), render::card(&card, "pending")];
    all.extend(settled(&mut next).map(|receipt| render::receipt(&receipt)));
    all.push(render::projects(&[next.project(), next.project()]));
    let folder = Folder { id: next.text(), name: next.text(), path: next.text(), updated_at: next.option() };
    all.push(render::folders(&FolderListing { place: next.place(), folders: vec![folder] }));
    let secret = next.secret();
    all.push(render::secret(&secret));
    let secrets = vec![secret, next.secret()];
    all.push(render::secrets(&SecretListing { place: next.place(), secrets }));
    all.push(render::audit_logs(&next.audit_logs()));
    all
}

/// Renders the same as JSON, which a caller gets who asks for no text.
fn fields(texts: &[String]) -> Vec<String> {
    let mut next = Texts(texts.iter().cycle());
    let mut all = vec![serde_json::to_string(&self::said(&mut next)).unwrap()];
    all.extend(settled(&mut next).map(|receipt| serde_json::to_string(&receipt).unwrap()));
    all.push(serde_json::to_string(&next.secret()).unwrap());
    all
}

/// A component's preview.
fn said(next: &mut Texts<'_>) -> infisical_skill::fuzzing::Preview {
    let state = |next: &mut Texts<'_>| wit::State {
        name: next.text(),
        version: Some(1),
        has_comment: true,
        tags: vec![next.text(), next.text()],
    };
    let effect = wit::Effect {
        summary: next.text(),
        place: types::ResolvedPlace { project: next.text(), environment: next.text(), path: next.text() },
        before: Some(state(next)),
        after: Some(state(next)),
        reversible: false,
        notices: vec![next.text(), next.text()],
    };
    preview(wit::PlanPreview {
        plan: next.text(),
        // The host sets this field itself.
        expires: "2026-11-23T08:00:00Z".to_owned(),
        effects: vec![effect],
        blast_radius: wit::BlastRadius { secrets: 1, folders: 0 },
        requests: vec![next.text(), next.text()],
        dependents: vec![next.text()],
        acknowledge: Some(next.text()),
        approval: next.option(),
    })
}

/// A component's receipt after an apply.
fn settled(next: &mut Texts<'_>) -> Option<infisical_skill::fuzzing::Receipt> {
    let refusal = types::Refusal { layer: types::Layer::Input, reason: next.text(), remedy: next.text() };
    let missing = types::Missing { kind: next.text(), name: next.text(), remedy: next.text() };
    let outcomes = [
        (ObservedOutcome::Done, wit::Outcome::Applied),
        (ObservedOutcome::Waits, wit::Outcome::WaitingForApproval(next.text())),
        (ObservedOutcome::Refused, wit::Outcome::Failed(types::Error::Refused(refusal))),
        (ObservedOutcome::Refused, wit::Outcome::Failed(types::Error::NotFound(missing))),
        (ObservedOutcome::Not, wit::Outcome::Failed(types::Error::Unreachable(next.text()))),
        (ObservedOutcome::Unsure, wit::Outcome::Unknown),
    ];
    let mut steps = Vec::new();
    let mut requests = Vec::new();
    for (observed, outcome) in outcomes {
        requests.push((text::escape_capped(&next.text(), 400), observed));
        steps.push(wit::Step {
            summary: next.text(),
            outcome,
            version_before: Some(1),
            version_after: None,
            note: next.option(),
        });
    }
    receipt("plan", requests, wit::Receipt { plan: next.text(), steps })
}

/// A card as read from a file. It is untrusted text until its seal is opened.
fn card(next: &mut Texts<'_>) -> PlanCard {
    serde_json::from_value(json!({
        "plan": next.text(), "origin": next.text(), "apiVersion": next.text(), "filed": 1, "expires": u64::MAX,
        "requests": [next.text()], "dependents": [dependents(next)], "acknowledge": next.text(), "target": next.text(), "digest": next.text(),
        "names": [names(next)],
        "blastRadius": { "secrets": 1, "folders": 1, "atLeast": true, "notCounted": [{ "change": 1, "reason": next.text() }] },
    }))
    .unwrap()
}

/// The names of a plan's places, as such a card holds them.
fn names(next: &mut Texts<'_>) -> serde_json::Value {
    json!({
        "id": next.text(), "slug": next.option(), "name": next.option(), "notKnown": next.option(),
        "environments": [{ "slug": next.text(), "name": next.option() }],
        "tags": [{ "id": next.text(), "slug": next.option(), "name": next.option() }],
    })
}

/// The dependents of a change, as such a card holds them.
fn dependents(next: &mut Texts<'_>) -> serde_json::Value {
    let mut finding = |status: &str| {
        json!({
            "status": status, "count": 1, "places": [next.text()], "searched": [next.text()],
            "gaps": [{ "place": next.text(), "reason": next.text() }], "reason": next.text(),
        })
    };
    json!({ "change": 1, "imports": finding("partial"), "references": finding("not-looked-for"), "hides": finding("complete") })
}

/// The texts of an input, in an endless cycle.
struct Texts<'a>(std::iter::Cycle<std::slice::Iter<'a, String>>);

impl Texts<'_> {
    fn text(&mut self) -> String {
        self.0.next().cloned().unwrap_or_default()
    }

    fn option(&mut self) -> Option<String> {
        Some(self.text()).filter(|text| !text.is_empty())
    }

    fn place(&mut self) -> ResolvedPlace {
        ResolvedPlace { project: self.text(), environment: self.text(), path: self.text() }
    }

    fn actor(&mut self) -> Actor {
        Actor { kind: self.option(), name: self.option(), id: self.option() }
    }

    fn project(&mut self) -> Project {
        let environments = vec![Environment { slug: self.text(), name: self.text() }];
        Project { id: self.text(), slug: self.text(), name: self.text(), environments }
    }

    fn secret(&mut self) -> Secret {
        Secret {
            id: self.text(),
            name: self.text(),
            path: self.text(),
            environment: self.text(),
            version: 1,
            value: Hidden,
            comment: Some(Hidden),
            metadata: None,
            tags: vec![self.text(), self.text()],
            created_at: self.option(),
            updated_at: self.option(),
            updated_by: Some(self.actor()),
        }
    }

    fn audit_logs(&mut self) -> AuditLogPage {
        let log = reads::AuditLog {
            id: self.text(),
            time: self.text(),
            event: self.text(),
            actor: types::Actor { kind: self.option(), name: self.option(), id: self.option() },
            environment: self.option(),
            path: self.option(),
            name: self.option(),
            ip_address: self.option(),
        };
        reads::AuditLogPage { project: self.text(), logs: vec![log], next: Some(1) }.into()
    }
}
