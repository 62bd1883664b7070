//! The form that a person sees before a plan is applied, and their decision.

use crate::model::plan_card::PlanCard;
use crate::render;
use rmcp::model::{BooleanSchema, ElicitRequestParams, ElicitationSchema, PrimitiveSchemaDefinition};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// The form's only field.
const APPROVE: &str = "approve";

/// A person needs at least this long to read a change and decide. A faster answer comes from a
/// program and doesn't count as an approval.
pub(super) const READING_TIME: Duration = Duration::from_secs(1);

/// A person's decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// They approve.
    Approved,
    /// They reject.
    Rejected,
    /// Nobody decided, or the answer can't come from a person.
    None,
}

/// Returns the form: the requests that would leave, in the host's own words, and one box that isn't
/// ticked. It contains no values, because a card has none.
pub(super) fn form(card: &PlanCard) -> ElicitRequestParams {
    let message = format!(
        "An agent asks to change something in Infisical. This is about: {}\n\n{}\nTick the box only if you want exactly this.",
        render::shown(&card.target),
        render::card(card, "waits for your decision"),
    );
    let approve = BooleanSchema::new()
        .title(format!("Apply this: {}", render::shown(&card.target)))
        .description("If it isn't ticked, the plan is rejected")
        .with_default(false);
    let properties = BTreeMap::from([(APPROVE.to_owned(), PrimitiveSchemaDefinition::Boolean(approve))]);
    let requested_schema = ElicitationSchema::new(properties).with_required(vec![APPROVE.to_owned()]);
    ElicitRequestParams::FormElicitationParams { meta: None, message, requested_schema }
}

/// Interprets an answer that arrived `after` this time.
pub(super) fn decision(answer: &Value, after: Duration) -> Decision {
    if after < READING_TIME {
        return Decision::None;
    }
    let ticked = answer.get("content").and_then(|content| content.get(APPROVE)).and_then(Value::as_bool);
    match (answer.get("action").and_then(Value::as_str), ticked) {
        (Some("accept"), Some(true)) => Decision::Approved,
        (Some("accept"), Some(false)) | (Some("decline"), _) => Decision::Rejected,
        // The form was closed without a decision, or this answers another form.
        _ => Decision::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn card(target: &str, request: &str) -> PlanCard {
        serde_json::from_value(json!({
            "plan": "abcd", "origin": "https://example.org", "apiVersion": "v4", "filed": 0, "expires": 1_000, "requests": [request],
            "acknowledge": "delete secret A in dev", "target": target, "digest": "d",
        }))
        .unwrap()
    }

    #[test]
    fn only_a_ticked_box_after_a_person_could_have_read_it_approves() {
        let late = READING_TIME;
        for (answer, decided) in [
            (json!({ "action": "accept", "content": { "approve": true } }), Decision::Approved),
            (json!({ "action": "accept", "content": { "approve": false } }), Decision::Rejected),
            (json!({ "action": "accept", "content": {} }), Decision::None),
            (json!({ "action": "accept" }), Decision::None),
            (json!({ "action": "accept", "content": { "approve": "true" } }), Decision::None),
            (json!({ "action": "accept", "content": [true] }), Decision::None),
            (json!({ "action": "decline" }), Decision::Rejected),
            (json!({ "action": "decline", "content": { "approve": true } }), Decision::Rejected),
            (json!({ "action": "cancel", "content": { "approve": true } }), Decision::None),
            (json!({ "content": { "approve": true } }), Decision::None),
            (json!("accept"), Decision::None),
            (json!(null), Decision::None),
        ] {
            assert_eq!(decision(&answer, late), decided, "{answer}");
            assert_eq!(decision(&answer, late - Duration::from_millis(1)), Decision::None, "{answer}, at once");
        }
    }

    #[test]
    fn form_escapes_target_and_requests_and_defaults_to_no() {
        let form = serde_json::to_value(form(&card("A", "delete secret A\u{202e} \u{1b}[31m"))).unwrap();
        let message = form["message"].as_str().unwrap();
        assert!(message.contains("This is about: A\n") && message.contains("https://example.org"), "{message}");
        assert!(message.contains("delete secret A\\u{202e} \\u{1b}[31m"), "{message}");
        let schema = &form["requestedSchema"];
        assert_eq!(schema["required"], json!(["approve"]));
        assert_eq!(
            (&schema["properties"]["approve"]["default"], &schema["properties"]["approve"]["type"]),
            (&json!(false), &json!("boolean"))
        );
    }
}
