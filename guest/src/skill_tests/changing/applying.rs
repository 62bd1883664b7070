//! The whole sequence: preview, apply, receipt.

use super::world::world;
use super::*;
use crate::{Outcome, Recipe};

/// Checks that all changes succeeded, with these versions before and after, and no notes.
fn assert_applied(receipt: &Receipt, versions: &[(Option<u32>, Option<u32>)]) {
    assert_eq!(receipt.plan, PLAN);
    let found: Vec<_> = receipt.steps.iter().map(|step| (step.version_before, step.version_after)).collect();
    assert_eq!(found, versions);
    for step in &receipt.steps {
        assert_eq!((&step.outcome, &step.note), (&Outcome::Applied, &None), "{step:?}");
    }
}

#[test]
fn a_secret_is_created_updated_and_deleted() {
    for api_version in [V3, V4] {
        let world = world(api_version);
        let tagged =
            SecretCreation { comment: Some("note".to_owned()), tags: vec!["db".to_owned()], ..creation("/app", "NEW") };
        let (receipt, _) = change(api_version, &world, &[Change::CreateSecret(tagged)]);
        assert_applied(&receipt, &[(None, Some(1))]);
        let stored = world.borrow().get("/app", "NEW").cloned().unwrap();
        assert_eq!(
            (stored.value.as_str(), stored.comment.as_str(), stored.tags),
            (GIVEN, "note", vec!["db".to_owned()])
        );

        let renamed = SecretUpdate {
            new_name: Some("NEWER".to_owned()),
            value: Some(Value::Generated(Recipe { length: 32, alphabet: None })),
            comment: Some(String::new()),
            ..update("/app", "NEW")
        };
        let (receipt, _) = change(api_version, &world, &[Change::UpdateSecret(renamed)]);
        assert_applied(&receipt, &[(Some(1), Some(2))]);
        let stored = world.borrow().get("/app", "NEWER").cloned().unwrap();
        assert_eq!((stored.value.len(), stored.comment.as_str(), stored.tags.len()), (32, "", 1));

        let (receipt, _) = change(api_version, &world, &[delete_secret("/app", "NEWER")]);
        assert_applied(&receipt, &[(Some(2), None)]);
        assert_eq!(world.borrow().get("/app", "NEWER"), None);
    }
}

#[test]
fn a_current_server_keeps_the_value_of_an_update_without_one() {
    let world = world(V4);
    let renamed = SecretUpdate { value: None, new_name: Some("KEY".to_owned()), ..update("/app", "API_KEY") };
    let (receipt, script) = change(V4, &world, &[Change::UpdateSecret(renamed)]);
    assert_applied(&receipt, &[(Some(4), Some(5))]);
    assert_eq!(world.borrow().get("/app", "KEY").unwrap().value, super::world::STORED);
    let body = String::from_utf8(sent(&script)[0].body.clone().unwrap()).unwrap();
    assert!(!body.contains("secretValue"), "{body}");
}

#[test]
fn a_secret_with_an_odd_name_is_deleted_by_its_exact_name() {
    for api_version in [V3, V4] {
        let world = world(api_version);
        let (receipt, _) = change(api_version, &world, &[delete_secret("/app", "a/b")]);
        assert_applied(&receipt, &[(Some(4), None)]);
        assert_eq!(world.borrow().get("/app", "a/b"), None);
    }
}

#[test]
fn folders_are_created_renamed_and_deleted_with_all_in_them() {
    for api_version in [V3, V4] {
        let world = world(api_version);
        let all = [create_folder("/", "new"), create_secret("/new", "A"), rename_folder("/", "app", "apps")];
        let (receipt, _) = change(api_version, &world, &all);
        assert_applied(&receipt, &[(None, None), (None, Some(1)), (None, None)]);
        assert!(world.borrow().get("/new", "A").is_some() && world.borrow().get("/apps/db", "URL").is_some());
        let (receipt, _) = change(api_version, &world, &[delete_folder("/", "apps")]);
        assert_applied(&receipt, &[(None, None)]);
        assert_eq!(world.borrow().folders.len(), 1);
    }
}

#[test]
fn exactly_the_planned_requests_leave_in_order_and_once() {
    for api_version in [V3, V4] {
        let (world, operator) = (world(api_version), operator(api_version));
        let changes = [update_secret("/app", "API_KEY"), create_secret("/", "X"), delete_secret("/app/db", "URL")];
        preview(&operator, &world, &changes).0.unwrap();
        let planned = operator.filed.borrow().clone().unwrap().requests;
        let (receipt, script) = apply(&operator, &world);
        assert!(receipt.is_ok());
        assert_eq!(sent(&script), planned.iter().collect::<Vec<_>>());
        let gets = |requests: &[crate::Request]| requests.iter().all(|request| request.method == Method::Get);
        let first = script.requests.iter().position(|request| request.method != Method::Get).unwrap();
        assert_eq!(script.requests[first..first + 3], planned);
        assert!(gets(&script.requests[..first]) && gets(&script.requests[first + 3..]));
    }
}

#[test]
fn a_plan_is_applied_once() {
    let (world, operator) = (world(V4), operator(V4));
    preview(&operator, &world, &[create_secret("/app", "X")]).0.unwrap();
    assert!(apply(&operator, &world).0.is_ok());
    let (again, script) = apply(&operator, &world);
    assert_eq!(refusal(again).layer, crate::Layer::TwoPhaseConfirm);
    assert!(script.requests.is_empty());
}

#[test]
fn notes_concurrent_change_by_somebody_else() {
    let (world, operator) = (world(V4), operator(V4));
    preview(&operator, &world, &[update_secret("/app", "API_KEY")]).0.unwrap();
    let in_between = std::rc::Rc::clone(&world);
    let mut inner = script(&world);
    let mut serve = inner.server.take().unwrap();
    let mut script = Script {
        server: Some(Box::new(move |request| {
            if request.method != Method::Get {
                in_between.borrow_mut().get_mut("/app", "API_KEY").version += 1;
            }
            serve(request)
        })),
        ..Script::default()
    };
    let receipt = script.skill(&operator).apply(PLAN, None).unwrap();
    let step = &receipt.steps[0];
    assert_eq!((step.version_before, step.version_after), (Some(4), Some(6)));
    assert!(step.note.as_ref().unwrap().contains("somebody else"), "{step:?}");
}

#[test]
fn explains_version_raised_by_the_plans_own_rename() {
    const SOMEBODY: &str = "somebody else";
    let renaming = || {
        Change::UpdateSecret(SecretUpdate {
            new_name: Some("KEY".to_owned()),
            value: None,
            ..update("/app", "API_KEY")
        })
    };
    let referring = || {
        let value = Some(Value::Literal("x-${API_KEY}".to_owned()));
        Change::UpdateSecret(SecretUpdate { value, ..update("/app", "DB_PASSWORD") })
    };
    let commented = || {
        let comment = Some("c".to_owned());
        Change::UpdateSecret(SecretUpdate { value: None, comment, ..update("/app", "DB_PASSWORD") })
    };
    // The reference is written first and then rewritten, or it exists and is rewritten before the
    // update.
    for (changes, of_referrer) in [(vec![referring(), renaming()], 0), (vec![renaming(), commented()], 1)] {
        let world = world(V4);
        world.borrow_mut().get_mut("/app", "DB_PASSWORD").value = "x-${API_KEY}".to_owned();
        let (receipt, _) = change(V4, &world, &changes);
        let step = &receipt.steps[of_referrer];
        assert_eq!((&step.outcome, step.version_after), (&Outcome::Applied, Some(6)), "{receipt:?}");
        let note = step.note.as_deref().unwrap();
        assert!(note.contains("the plan renames a secret") && !note.contains(SOMEBODY), "{note}");
        assert_eq!(world.borrow().get("/app", "DB_PASSWORD").unwrap().value, "x-${KEY}");
    }
    // There is no rename in the plan, or the versions rose by more than its renames explain.
    let rising = |changes: &[Change], by: u32| {
        let (world, operator) = (world(V4), operator(V4));
        preview(&operator, &world, changes).0.unwrap();
        let mut script = Script {
            server: {
                let world = std::rc::Rc::clone(&world);
                let mut serve = super::world::script(&world).server.unwrap();
                Some(Box::new(move |request| {
                    let answer = serve(request);
                    if request.method == crate::Method::Patch && request.path_with_query.contains("DB_PASSWORD") {
                        world.borrow_mut().get_mut("/app", "DB_PASSWORD").version += by;
                    }
                    answer
                }))
            },
            ..Script::default()
        };
        let phrase = operator.filed.borrow().as_ref().and_then(|draft| draft.acknowledge.clone());
        script.skill(&operator).apply(PLAN, phrase.as_deref()).unwrap().steps[0].note.clone().unwrap()
    };
    for (changes, by) in [(vec![commented()], 1), (vec![commented(), renaming()], 2)] {
        let note = rising(&changes, by);
        assert!(note.contains(SOMEBODY), "{note}");
    }
}
