//! Tests a plan from its draft to its last request, while time passes, the switch is turned on and
//! off, and somebody tries other requests in between.

use crate::common::{API_VERSIONS, place, value};
use infisical_skill_policy::approver::{Accepted, Independence, Means};
use infisical_skill_policy::change::{Method, ParsedChange, acknowledgement};
use infisical_skill_policy::exposure::Exposure;
use infisical_skill_policy::plan::{
    self, AcknowledgementRefusal, Approval, ApprovalPolicy, AuthorizationRefusal, Claim, Folders, Plan, PlanDigest,
    PlanId, Redeemed,
};
use infisical_skill_policy::switch::{SwitchPolicy, SwitchedOn, WritesOn, writes_on};
use infisical_skill_policy::{ApiVersion, NewSecretName, Scopes, WriteName};
use proptest::prelude::*;
use std::time::Duration;

const FILED: u64 = 1_000;
const EXPIRES: u64 = 2_000;
const DIGEST: PlanDigest = PlanDigest([7; 32]);
const POLICY: SwitchPolicy = SwitchPolicy::Switchable { max: Duration::from_secs(10) };

fn changes() -> Vec<ParsedChange> {
    let place = place("p1", "prod", "/app");
    vec![
        ParsedChange::DeleteSecret { place: place.clone(), name: WriteName::new("A").unwrap() },
        ParsedChange::CreateSecret {
            place: place.clone(),
            name: NewSecretName::new("A").unwrap(),
            value: value("x"),
            comment: None,
            tags: None,
        },
        ParsedChange::UpdateSecret {
            place,
            name: WriteName::new("A").unwrap(),
            value: Some(value("y")),
            new_name: None,
            comment: None,
            tags: None,
        },
    ]
}

/// The plan that a draft of these changes becomes.
fn a_plan(api_version: ApiVersion) -> Plan {
    let changes = changes();
    let phrase = acknowledgement::phrase(api_version, &changes, 9, |_| None);
    let requests = changes.iter().map(|change| change.request(api_version)).collect();
    let (everything, folders) = (Scopes::everything(), Folders::default());
    let kept = plan::check(api_version, &Exposure::within(&everything), &folders, (9, 9), requests, phrase.as_deref())
        .unwrap();
    Plan {
        id: PlanId::new("plan-1").unwrap(),
        digest: DIGEST,
        filed: FILED,
        expires: EXPIRES,
        api_version,
        requests: kept.requests,
        acknowledge: kept.acknowledge,
        settings_fingerprint: kept.settings_fingerprint,
        is_one_of_many: false,
    }
}

/// A person's approval that counts.
fn approval(digest: PlanDigest) -> Approval {
    Approval { digest, means: Means::Terminal, independence: Independence::Different }
}

fn switched_on(since: u64, until: u64, now: u64) -> Option<WritesOn> {
    writes_on(POLICY, Some(SwitchedOn { since, until }), now).ok()
}

fn redeemed(api_version: ApiVersion) -> Redeemed {
    let plan = a_plan(api_version);
    let (id, phrase) = (plan.id.clone(), plan.acknowledge.clone());
    let current = plan.current(FILED, &Exposure::unlimited()).unwrap();
    let acknowledged = current.acknowledge(phrase.as_deref()).unwrap();
    let approved = acknowledged.approve(ApprovalPolicy::All, Accepted::default(), Some(approval(DIGEST))).unwrap();
    assert_eq!((approved.id(), approved.requests()), (&id, 3));
    approved.redeem(&switched_on(0, EXPIRES, FILED).unwrap(), Claim::taken(id)).unwrap()
}

/// Something that is tried while a plan is applied.
#[derive(Debug, Clone)]
struct Try {
    now: u64,
    /// When the switch was read, and its state.
    read: u64,
    switch: (u64, u64),
    api_version: ApiVersion,
    request: usize,
    altered: Option<(u8, usize, char)>,
}

fn a_try() -> impl Strategy<Value = Try> {
    let near = || prop_oneof![6 => FILED..EXPIRES, 1 => Just(EXPIRES), 1 => Just(FILED), 1 => 0..3_000_u64];
    let switch = prop_oneof![5 => Just((0, 5_000)), 1 => (0..3_000_u64, 0..20_000_u64)];
    let api_version = prop_oneof![8 => Just(ApiVersion::V4), 1 => Just(ApiVersion::V3)];
    let altered = prop_oneof![4 => Just(None), 1 => (0..3_u8, any::<usize>(), any::<char>()).prop_map(Some)];
    (near(), prop::option::weighted(0.2, near()), switch, api_version, 0..3_usize, altered).prop_map(
        |(now, read, switch, api_version, request, altered)| Try {
            now,
            read: read.unwrap_or(now),
            switch,
            api_version,
            request,
            altered,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn sends_each_request_once_in_order_until_expiry_or_off(tries in prop::collection::vec(a_try(), 0..14)) {
        let mut plan = redeemed(ApiVersion::V4);
        let written = [a_plan(ApiVersion::V3).requests, a_plan(ApiVersion::V4).requests];
        let mut left = 0;
        for Try { now, read, switch: (since, until), api_version, request, altered } in tries {
            // Without proof that the switch is on, `next` can't even be called.
            let Some(on) = switched_on(since, until, read) else { continue };
            let mut request = written[usize::from(api_version == ApiVersion::V4)][request].clone();
            match altered {
                Some((0, _, _)) => request.method = if request.method == Method::Post { Method::Delete } else { Method::Post },
                Some((1, at, c)) => request.path.insert(at % request.path.len(), c),
                Some((_, at, c)) => {
                    let at = at % (request.body.len() + 1);
                    request.body.insert(at, c);
                }
                None => {}
            }
            let may = (since..until).contains(&now) && (FILED..EXPIRES).contains(&now) && plan.plan().requests.get(left) == Some(&request);
            let result = plan.next(&on, now, request.method, &request.path, &request.body);
            prop_assert_eq!(result.is_ok(), may, "{:?}", result);
            if let Ok(authorized) = result {
                prop_assert_eq!((authorized.index(), authorized.change()), (left, &changes()[left]));
                prop_assert_eq!(authorized.into_request(), request);
                left += 1;
            }
        }
    }

    #[test]
    fn rejects_phrase_with_one_wrong_character(at in any::<prop::sample::Index>(), c in any::<char>(), how in 0..4) {
        for api_version in API_VERSIONS {
            let plan = a_plan(api_version);
            let phrase = plan.acknowledge.clone().unwrap();
            let mut chars: Vec<char> = phrase.chars().collect();
            let at = at.index(chars.len());
            match how {
                0 => chars[at] = c,
                1 => chars.insert(at, c),
                2 => drop(chars.remove(at)),
                _ => chars[at] = chars[at].to_ascii_uppercase(),
            }
            let given: String = chars.into_iter().collect();
            let taken = plan.current(FILED, &Exposure::unlimited()).unwrap().acknowledge(Some(&given));
            prop_assert_eq!(taken.is_ok(), given == phrase);
        }
    }

    #[test]
    fn approval_is_bound_to_one_digest(digest in any::<[u8; 32]>(), bit in 0..256_usize) {
        let mut near = DIGEST;
        near.0[bit / 8] ^= 1 << (bit % 8);
        for digest in [PlanDigest(digest), near] {
            let is_approved = |policy| {
                let plan = a_plan(ApiVersion::V3);
                let phrase = plan.acknowledge.clone();
                let acknowledged = plan.current(FILED, &Exposure::unlimited()).unwrap().acknowledge(phrase.as_deref());
                acknowledged.unwrap().approve(policy, Accepted::default(), Some(approval(digest))).is_ok()
            };
            prop_assert!(!is_approved(ApprovalPolicy::All) && !is_approved(ApprovalPolicy::Irreversible));
            prop_assert!(is_approved(ApprovalPolicy::None));
        }
    }
}

#[test]
fn cached_switch_allows_nothing_after_its_expiry() {
    let mut plan = redeemed(ApiVersion::V4);
    let request = plan.plan().requests[0].clone();
    let on = switched_on(FILED, 1_500, 1_499).unwrap();
    let mut next = |now| plan.next(&on, now, request.method, &request.path, &request.body).map(|left| left.index());
    assert_eq!(next(1_500), Err(AuthorizationRefusal::SwitchedOff));
    assert_eq!(next(FILED - 1), Err(AuthorizationRefusal::SwitchedOff), "the clock went back");
    assert_eq!(next(1_499), Ok(0), "nothing was used up by asking");
}

#[test]
fn refused_request_uses_nothing_up_and_none_repeats() {
    for api_version in API_VERSIONS {
        let mut plan = redeemed(api_version);
        let requests = plan.plan().requests.clone();
        let on = switched_on(0, 5_000, FILED).unwrap();
        let mut next = |at: usize| {
            let request = &requests[at];
            plan.next(&on, FILED, request.method, &request.path, &request.body).map(|left| left.index())
        };
        let refused = Err(AuthorizationRefusal::NotPlanned);
        for (at, left) in [(1, refused), (2, refused), (0, Ok(0)), (0, refused), (2, refused), (1, Ok(1)), (2, Ok(2))] {
            assert_eq!(next(at), left, "{at}");
        }
        for at in 0..3 {
            assert_eq!(next(at), refused, "the plan is done");
        }
    }
}

#[test]
fn refusal_shows_expected_phrase_and_not_the_given_one() {
    let current = || a_plan(ApiVersion::V4).current(FILED, &Exposure::unlimited()).unwrap();
    for given in [None, Some(""), Some("CANARY"), Some("Delete secret A in prod"), Some("delete  secret A in prod")] {
        let refusal = current().acknowledge(given).unwrap_err();
        let (AcknowledgementRefusal::Missing(phrase) | AcknowledgementRefusal::Wrong(phrase)) = &refusal else {
            panic!("{refusal}")
        };
        assert_eq!(phrase, "delete secret prod:/app/A in project p1");
        assert!(!format!("{refusal} {refusal:?}").contains("CANARY"));
    }
}
