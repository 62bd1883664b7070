//! Properties that hold for any policy, changes and answers.

use super::world::{Fault, STORED, went_wrong, world};
use super::*;
use crate::testing::{fault, ok};
use crate::{Recipe, Request, TransportError, Writes};
use proptest::prelude::*;

fn paths() -> impl Strategy<Value = String> {
    let other = prop::sample::select(vec!["/", "/app/db", "/new", "/nope"]);
    prop_oneof![12 => Just("/app"), 1 => other].prop_map(str::to_owned)
}

/// Mostly names that fit.
fn names(fitting: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop_oneof![
        30 => prop::sample::select(fitting).prop_map(str::to_owned),
        1 => prop::sample::select(&["API_KEY", "NEW", "db", "a/b"][..]).prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

fn values() -> impl Strategy<Value = Value> {
    prop_oneof![
        20 => Just(given()),
        1 => Just(Value::Literal("<hidden>".to_owned())),
        4 => Just(Value::Literal(format!(" ${{x}} {GIVEN}"))),
        8 => (10_u32..60).prop_map(|length| Value::Generated(Recipe { length, alphabet: None })),
    ]
}

fn changes() -> impl Strategy<Value = Change> {
    let texts = || prop::option::of(Just(GIVEN.to_owned()));
    let tags = || prop::sample::select(vec![vec![], vec![], vec!["db".to_owned()], vec!["infra".to_owned()]]);
    let old = || names(&["API_KEY", "DB_PASSWORD"]);
    let new = || names(&["NEW", "OTHER", "db_password"]);
    let creations = (paths(), new(), values(), texts(), tags()).prop_map(|(path, name, value, comment, tags)| {
        Change::CreateSecret(SecretCreation { value, comment, tags, ..creation(&path, &name) })
    });
    let values = prop::option::weighted(0.9, values());
    let updates = (paths(), old(), prop::option::of(new()), values, texts(), prop::option::of(tags())).prop_map(
        |(path, name, new_name, value, comment, tags)| {
            Change::UpdateSecret(SecretUpdate { new_name, value, comment, tags, ..update(&path, &name) })
        },
    );
    let folder = || names(&["db"]);
    prop_oneof![
        3 => creations,
        3 => updates,
        2 => (paths(), names(&["API_KEY", "DB_PASSWORD", "a/b"])).prop_map(|(path, name)| delete_secret(&path, &name)),
        1 => (paths(), names(&["new", "other"])).prop_map(|(path, name)| create_folder(&path, &name)),
        1 => (paths(), folder(), names(&["x"])).prop_map(|(path, name, new)| rename_folder(&path, &name, &new)),
        1 => (paths(), folder()).prop_map(|(path, name)| delete_folder(&path, &name)),
    ]
}

fn faults() -> impl Strategy<Value = Option<Fault>> {
    (0..16, any::<bool>()).prop_map(|(kind, is_made)| {
        let answer = match kind {
            0 => Err(TransportError::CutShort),
            1 => Err(TransportError::Refused),
            2 => went_wrong(500),
            3 => Ok(fault(403, "PermissionDenied", "CANARY-SAID")),
            4 => Ok(ok(r#"{"approval":{"id":"a"},"secret":{"secretValue":"CANARY-SAID"}}"#)),
            5 => Ok(ok("CANARY-SAID")),
            _ => return None,
        };
        Some(Fault { is_made, answer })
    })
}

fn operators() -> impl Strategy<Value = Operator> {
    let writes = prop_oneof![6 => Just(Writes::On), 1 => Just(Writes::Off), 1 => Just(Writes::Never)];
    (writes, prop::bool::weighted(0.9), any::<bool>(), 1_u32..5).prop_map(|(writes, write_identity, old, above)| {
        operator(if old { V3 } else { V4 }).with(|policy| {
            policy.writes = writes;
            policy.write_identity = write_identity;
            policy.acknowledge_above = above;
            policy.max_changes = 4;
        })
    })
}

fn is_change(request: &&Request) -> bool {
    request.method != Method::Get
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn changes_leave_only_after_redeem_in_order_and_once(
        operator in operators(), changes in prop::collection::vec(changes(), 0..5), faults in prop::collection::vec(faults(), 0..5),
        keep_phrase in prop::bool::weighted(0.9), drift in prop::bool::weighted(0.1),
    ) {
        let world = world(operator.api_version.unwrap());
        let (preview, _) = preview(&operator, &world, &changes);
        let planned = operator.filed.borrow().clone();
        prop_assert_eq!(preview.is_ok(), planned.is_some());
        let phrase = planned.as_ref().and_then(|draft| draft.acknowledge.clone()).filter(|_| keep_phrase);
        world.borrow_mut().faults = faults.into();
        if drift {
            for stored in &mut world.borrow_mut().secrets {
                stored.version += 1;
            }
        }
        let mut script = script(&world);
        let receipt = script.skill(&operator).apply(PLAN, phrase.as_deref());
        let sent: Vec<&Request> = script.requests.iter().filter(is_change).collect();
        let requests = planned.map(|draft| draft.requests).unwrap_or_default();
        if operator.redeemed.get() == 0 {
            prop_assert!(script.requests.is_empty() && receipt.is_err());
        }
        prop_assert!(sent.len() <= requests.len());
        prop_assert!(sent.iter().zip(&requests).all(|(sent, planned)| *sent == planned), "another request, or another order");
        if let Ok(receipt) = &receipt {
            prop_assert_eq!(receipt.steps.len(), requests.len());
        }
        let said = format!("{preview:?} {receipt:?} {:?} {:?} {changes:?}", script.requests, operator.filed);
        for canary in [STORED, GIVEN, "CANARY-COMMENT", "CANARY-SAID"] {
            prop_assert!(!said.contains(canary), "{canary} in {said}");
        }
    }
}
