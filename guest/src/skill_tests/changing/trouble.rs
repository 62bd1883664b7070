//! What happens if an answer isn't a plain success.

use super::world::{Fault, Shared, went_wrong, world};
use super::*;
use crate::testing::{fault, ok};
use crate::{Answer, Outcome, TransportError};

/// Previews, then makes the changes fail in these ways, one after the other.
fn apply_with_faults(
    api_version: ApiVersion,
    changes: &[Change],
    faults: Vec<Option<Fault>>,
) -> (Result<Receipt, Error>, usize, Shared) {
    let (world, operator) = (world(api_version), operator(api_version));
    preview(&operator, &world, changes).0.unwrap();
    world.borrow_mut().faults = faults.into();
    let (receipt, script) = apply(&operator, &world);
    (receipt, sent(&script).len(), world)
}

fn made(answer: Result<Answer, TransportError>) -> Option<Fault> {
    Some(Fault { is_made: true, answer })
}

fn lost(answer: Result<Answer, TransportError>) -> Option<Fault> {
    Some(Fault { is_made: false, answer })
}

fn denied() -> Option<Fault> {
    lost(Ok(fault(403, "PermissionDenied", "You are not allowed to edit on secrets")))
}

fn waits() -> Option<Fault> {
    lost(Ok(ok(r#"{"approval":{"id":"approval-1"}}"#)))
}

#[test]
fn uncertain_answer_is_unknown_outcome_with_read_back_note() {
    let unsure = || {
        let errors =
            [TransportError::TimedOut, TransportError::CutShort, TransportError::TooLarge, TransportError::BadAnswer];
        let statuses = [500, 502, 503, 504, 408, 302, 404].map(went_wrong);
        errors.map(Err).into_iter().chain(statuses)
    };
    let changes = [
        (create_secret("/app", "NEW"), Some(1), None),
        (update_secret("/app", "API_KEY"), Some(5), Some(4)),
        (delete_secret("/app", "API_KEY"), None, Some(4)),
        (create_folder("/", "new"), None, None),
        (rename_folder("/", "app", "apps"), None, None),
        (delete_folder("/", "app"), None, None),
    ];
    for api_version in [V3, V4] {
        for (change, version_if_made, version_if_lost) in &changes {
            for answer in unsure() {
                for (fault, version, words) in [
                    (made(answer.clone()), version_if_made, "shows the change was made"),
                    (lost(answer.clone()), version_if_lost, "no change yet"),
                ] {
                    let (receipt, sent, _) = apply_with_faults(api_version, std::slice::from_ref(change), vec![fault]);
                    let step = &receipt.unwrap().steps[0];
                    assert_eq!((&step.outcome, sent), (&Outcome::Unknown, 1), "{change:?} {answer:?}");
                    assert_eq!(step.version_after, *version, "{change:?} {answer:?}");
                    assert!(step.note.as_ref().unwrap().contains(words), "{step:?}");
                }
            }
        }
    }
}

#[test]
fn outcome_stays_unknown_if_read_back_fails_too() {
    let (world, operator) = (world(V4), operator(V4));
    preview(&operator, &world, &[update_secret("/app", "API_KEY"), delete_secret("/app", "DB_PASSWORD")]).0.unwrap();
    world.borrow_mut().faults = vec![made(Err(TransportError::CutShort))].into();
    world.borrow_mut().is_blind_after = true;
    let steps = apply(&operator, &world).0.unwrap().steps;
    assert_eq!((&steps[0].outcome, steps[0].version_after), (&Outcome::Unknown, None));
    assert!(steps[0].note.as_ref().unwrap().contains("couldn't be read back"));
    assert_eq!(steps[1].outcome, Outcome::NotSent);
}

#[test]
fn failed_read_back_keeps_applied_outcome() {
    let (world, operator) = (world(V4), operator(V4));
    preview(&operator, &world, &[update_secret("/app", "API_KEY")]).0.unwrap();
    world.borrow_mut().is_blind_after = true;
    let step = apply(&operator, &world).0.unwrap().steps.remove(0);
    assert_eq!((&step.outcome, step.version_after), (&Outcome::Applied, None));
    assert!(step.note.unwrap().contains("couldn't be read back"));
}

#[test]
fn notes_read_back_that_contradicts_success() {
    for (change, answer) in [
        (update_secret("/app", "API_KEY"), r#"{"secret":{}}"#),
        (delete_secret("/app", "API_KEY"), r#"{"secret":{}}"#),
        (create_secret("/app", "NEW"), r#"{"secret":{}}"#),
        (delete_folder("/", "app"), r#"{"folder":{}}"#),
    ] {
        let (receipt, ..) = apply_with_faults(V4, &[change], vec![lost(Ok(ok(answer)))]);
        let step = receipt.unwrap().steps.remove(0);
        assert_eq!(step.outcome, Outcome::Applied);
        assert!(step.note.unwrap().contains("otherwise"));
    }
}

#[test]
fn change_awaiting_approval_isnt_applied_and_stops_nothing() {
    let changes = [update_secret("/app", "API_KEY"), create_secret("/app", "NEW")];
    let (receipt, sent, world) = apply_with_faults(V4, &changes, vec![waits()]);
    let steps = receipt.unwrap().steps;
    assert_eq!(steps[0].outcome, Outcome::WaitingForApproval("approval-1".to_owned()));
    assert_eq!((&steps[1].outcome, sent), (&Outcome::Applied, 2));
    assert_eq!(world.borrow().get("/app", "API_KEY").unwrap().version, 4);
}

#[test]
fn the_id_of_an_approval_is_shown_escaped_and_short() {
    let id = ["\u{202e}\n", &"x".repeat(500)].concat();
    let body = serde_json::json!({ "approval": { "id": id } }).to_string();
    let (receipt, ..) = apply_with_faults(V4, &[update_secret("/app", "API_KEY")], vec![lost(Ok(ok(&body)))]);
    let Outcome::WaitingForApproval(id) = receipt.unwrap().steps.remove(0).outcome else { panic!() };
    assert!(id.chars().count() <= 81 && !id.contains(['\u{202e}', '\n']), "{id}");
}

#[test]
fn failure_of_the_first_change_is_an_error() {
    let changes = [update_secret("/app", "API_KEY"), delete_secret("/app", "DB_PASSWORD")];
    let (receipt, sent, _) = apply_with_faults(V4, &changes, vec![denied()]);
    assert!(matches!(&receipt, Err(Error::Denied(text)) if text.contains("write identity")), "{receipt:?}");
    assert_eq!(sent, 1);
    for error in [TransportError::Refused, TransportError::Unreachable, TransportError::Tls] {
        let (receipt, sent, _) = apply_with_faults(V4, &changes, vec![lost(Err(error))]);
        assert!(matches!(receipt, Err(Error::Refused(_) | Error::Unreachable(_))), "{receipt:?}");
        assert_eq!(sent, 1);
    }
}

#[test]
fn stops_after_failure_and_receipt_lists_what_was_done() {
    let changes =
        [update_secret("/app", "API_KEY"), delete_secret("/app", "DB_PASSWORD"), create_secret("/app", "NEW")];
    let (receipt, sent, world) = apply_with_faults(V4, &changes, vec![None, denied()]);
    let steps = receipt.unwrap().steps;
    assert_eq!((&steps[0].outcome, steps[0].version_after), (&Outcome::Applied, Some(5)));
    assert!(matches!(steps[1].outcome, Outcome::Failed(Error::Denied(_))));
    assert_eq!((&steps[2].outcome, sent), (&Outcome::NotSent, 2));
    assert_eq!(world.borrow().get("/app", "NEW"), None);
    let (receipt, ..) = apply_with_faults(V4, &changes, vec![waits(), denied()]);
    assert!(matches!(receipt.unwrap().steps[1].outcome, Outcome::Failed(_)), "a change waited before the failure");
}

#[test]
fn notes_state_that_is_neither_old_nor_planned() {
    let (world, operator) = (world(V4), operator(V4));
    let rename = SecretUpdate { value: None, new_name: Some("RENAMED".to_owned()), ..update("/app", "API_KEY") };
    preview(&operator, &world, &[Change::UpdateSecret(rename)]).0.unwrap();
    let meanwhile = std::rc::Rc::clone(&world);
    let mut inner = script(&world);
    let mut serve = inner.server.take().unwrap();
    // Somebody else changes the value, and the rename is lost.
    let server = move |request: &crate::Request| {
        if request.method == Method::Get {
            return serve(request);
        }
        meanwhile.borrow_mut().get_mut("/app", "API_KEY").version += 1;
        Err(TransportError::CutShort)
    };
    let mut script = Script { server: Some(Box::new(server)), ..Script::default() };
    let phrase = ["rename secret dev:/app/API_KEY to RENAMED in project ", PROJECT].concat();
    let step = script.skill(&operator).apply(PLAN, Some(&phrase)).unwrap().steps.remove(0);
    assert_eq!((&step.outcome, step.version_after), (&Outcome::Unknown, None));
    assert!(step.note.as_ref().unwrap().contains("neither the old nor the planned state"), "{step:?}");
}
