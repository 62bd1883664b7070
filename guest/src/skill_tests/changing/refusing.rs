//! What is refused before anything is sent.

use super::world::world;
use super::*;
use crate::{Layer, Writes};

/// The layers that refuse a preview and an apply. Neither may send a request.
fn refused(operator: &Operator, plan: &str) -> (Option<Layer>, Option<Layer>) {
    let layer = |result: Result<(), Error>| result.err().map(|error| refusal::<()>(Err(error)).layer);
    let world = world(V4);
    let (previewed, asked) = preview(operator, &world, &[create_secret("/app", "X")]);
    assert_eq!(previewed.is_err(), asked.is_empty());
    let mut script = script(&world);
    let before = operator.asked.get();
    let applied = script.skill(operator).apply(plan, None).map(drop);
    if applied.is_err() {
        assert!(
            script.requests.is_empty() && operator.asked.get() == before,
            "the component sent a request or asked for the API version"
        );
    }
    (layer(previewed.map(drop)), layer(applied))
}

#[test]
fn the_layers_refuse_in_their_order() {
    use Layer::{Identity, KillSwitch, TwoPhaseConfirm};
    for (writes, identity, plan, preview, apply) in [
        (Writes::Never, true, PLAN, Some(KillSwitch), Some(KillSwitch)),
        (Writes::Off, true, PLAN, None, Some(KillSwitch)),
        (Writes::Off, false, "?", Some(Identity), Some(KillSwitch)),
        (Writes::On, false, "?", Some(Identity), Some(Identity)),
        (Writes::On, true, "?", None, Some(TwoPhaseConfirm)),
        (Writes::On, true, "other", None, Some(TwoPhaseConfirm)),
        (Writes::On, true, PLAN, None, None),
    ] {
        let operator = operator(V4).with(|policy| {
            policy.writes = writes;
            policy.write_identity = identity;
        });
        assert_eq!(refused(&operator, plan), (preview, apply), "{writes:?} {identity} {plan}");
        assert_eq!(operator.redeemed.get(), u32::from(apply.is_none()));
    }
}

#[test]
fn a_plan_without_its_phrase_or_with_another_isnt_applied() {
    for given in [
        None,
        Some("delete secret"),
        Some("delete secret dev:/app/API_KEY"),
        Some("delete secret prod:/app/API_KEY in project p"),
    ] {
        let (world, operator) = (world(V4), operator(V4));
        preview(&operator, &world, &[delete_secret("/app", "API_KEY")]).0.unwrap();
        // This host redeems a plan without asking for its phrase.
        operator.filed.borrow_mut().as_mut().unwrap().acknowledge = given.map(str::to_owned);
        let mut script = script(&world);
        let result = script.skill(&operator).apply(PLAN, given);
        assert_eq!(refusal(result).layer, Layer::BlastRadius, "{given:?}");
        assert!(script.requests.is_empty());
    }
    let (world, operator) = (world(V4), operator(V4));
    preview(&operator, &world, &[create_secret("/app", "X")]).0.unwrap();
    operator.filed.borrow_mut().as_mut().unwrap().acknowledge = Some("x".to_owned());
    let result = script(&world).skill(&operator).apply(PLAN, Some("x"));
    assert_eq!(refusal(result).layer, Layer::BlastRadius, "a phrase that isn't needed was meant for another plan");
}

#[test]
fn refuses_plan_with_wrong_request_count_or_payload() {
    type Spoil = fn(&mut crate::Draft);
    let spoils: [Spoil; 3] = [
        |draft| draft.requests.clear(),
        |draft| draft.requests.push(draft.requests[0].clone()),
        |draft| draft.payload = b"[]".to_vec(),
    ];
    for spoil in spoils {
        let (world, operator) = (world(V4), operator(V4));
        preview(&operator, &world, &[create_secret("/app", "X")]).0.unwrap();
        spoil(operator.filed.borrow_mut().as_mut().unwrap());
        let (result, script) = apply(&operator, &world);
        assert_eq!(refusal(result).layer, Layer::TwoPhaseConfirm);
        assert!(script.requests.is_empty());
    }
}

#[test]
fn a_preview_that_is_refused_sends_nothing_and_files_nothing() {
    let masked = SecretCreation { value: Value::Literal("<hidden>".to_owned()), ..creation("/app", "A") };
    for changes in [
        vec![],
        vec![create_secret("/app", "a b")],
        vec![Change::CreateSecret(masked)],
        vec![create_secret("/app/..", "A")],
        vec![create_secret("/app", "A"), create_secret("/app", "A")],
        vec![delete_folder("/", "app"), create_secret("/app", "A")],
    ] {
        let operator = operator(V4);
        let (result, asked) = preview(&operator, &world(V4), &changes);
        assert_eq!(refusal(result).layer, Layer::Input, "{changes:?}");
        assert!(asked.is_empty() && operator.asked.get() == 0 && operator.filed.borrow().is_none());
    }
}

#[test]
fn refuses_update_without_value_on_older_server_early() {
    let rename = SecretUpdate { value: None, new_name: Some("B".to_owned()), ..update("/app", "API_KEY") };
    let (result, asked) = preview(&operator(V3), &world(V3), &[Change::UpdateSecret(rename)]);
    assert!(refusal(result).remedy.contains("Pass a value, generate one"));
    assert!(asked.is_empty());
}

#[test]
fn same_project_by_id_and_slug_is_one_project() {
    let mut by_slug = creation("/app", "A");
    by_slug.at.project = Some("vault".to_owned());
    let (result, asked) =
        preview(&operator(V4), &world(V4), &[create_secret("/app", "A"), Change::CreateSecret(by_slug)]);
    assert_eq!(refusal(result).layer, Layer::Input);
    assert_eq!(asked.len(), 1, "the slug was looked up, and nothing else: {asked:?}");
}

#[test]
fn sends_nothing_while_api_version_is_unknown() {
    let (world, mut operator) = (world(V4), operator(V4));
    preview(&operator, &world, &[create_secret("/app", "A")]).0.unwrap();
    operator.api_version = None;
    let (result, script) = apply(&operator, &world);
    assert!(matches!(result, Err(Error::Unreachable(_))), "{result:?}");
    assert!(script.requests.is_empty());
}

#[test]
fn preview_fails_if_host_refuses_the_plan() {
    let mut operator = operator(V4);
    operator.keeps_plans = false;
    let result = preview(&operator, &world(V4), &[create_secret("/app", "A")]).0;
    assert_eq!(refusal(result).layer, Layer::TwoPhaseConfirm);
}
