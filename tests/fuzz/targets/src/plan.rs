//! A plan on its way, whatever is tried with it: a request leaves only while the switch is on and the plan in time, acknowledged, approved and
//! claimed; each at most once, in order.

use arbitrary::{Arbitrary, Unstructured};
use infisical_skill_policy::change::{Change, Method};
use infisical_skill_policy::plan::{Approval, ApprovalPolicy, Claim, Plan, PlanDigest, PlanId};
use infisical_skill_policy::switch::{SwitchedOn, WritePolicy, writes_on};
use infisical_skill_policy::{Environment, Generation, Place, Project, Scopes, SecretPath, WriteName};
use std::time::Duration;

type Input = (u64, u64, u64, (u64, u64), Option<String>, Option<String>, u8, Option<u8>, String, Vec<(u8, u8, String)>);

/// Holds the invariant above for one input.
pub fn target(bytes: &[u8]) {
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(bytes)) else { return };
    let (filed, expires, now, (since, until), acknowledge, given, policy, approval, claim, tries) = input;
    let place = Place {
        project: Project::new("p").unwrap(),
        environment: Environment::new("dev").unwrap(),
        path: SecretPath::new("/").unwrap(),
    };
    let delete = |name: &str| Change::DeleteSecret { place: place.clone(), name: WriteName::new(name).unwrap() };
    let requests: Vec<_> = ["A", "B", "C"].map(|name| delete(name).request(Generation::V4)).into();
    let plan = Plan {
        id: PlanId::new("plan").unwrap(),
        digest: PlanDigest([1; 32]),
        filed,
        expires,
        generation: Generation::V4,
        requests: requests.clone(),
        acknowledge: acknowledge.clone(),
    };
    let policy = [ApprovalPolicy::None, ApprovalPolicy::Irreversible, ApprovalPolicy::All][usize::from(policy) % 3];
    let max = Duration::from_secs(3_600);
    let on = |now| writes_on(WritePolicy::Switchable { max }, Some(SwitchedOn { since, until }), now);
    let (Ok(first), Some(claimed)) = (on(now), PlanId::new(&claim)) else { return };
    let approval = approval.map(|byte| Approval { digest: PlanDigest([byte; 32]) });
    let redeemed = plan.current(now, &Scopes::everything()).ok();
    let redeemed = redeemed.and_then(|current| current.acknowledge(given.as_deref()).ok());
    let redeemed = redeemed.and_then(|acknowledged| acknowledged.approve(policy, approval).ok());
    let Some(mut redeemed) = redeemed.and_then(|approved| approved.redeem(&first, Claim::taken(claimed)).ok()) else {
        return;
    };
    assert!(filed <= now && now < expires && acknowledge == given && claim == "plan");
    assert!(!policy.applies(acknowledge.as_deref()) || approval == Some(Approval { digest: PlanDigest([1; 32]) }));
    let mut left = 0;
    for (kind, later, noise) in tries {
        let request = &requests[usize::from(kind) % 3];
        let at = now.saturating_add(u64::from(later));
        // Some ask with what was said of the switch when they began.
        let asked = if kind & 4 == 0 { at } else { now };
        let Ok(on) = on(asked) else { continue };
        let (mut path, mut body, mut method) = (request.path.clone(), request.body.to_string(), Method::Delete);
        match kind >> 3 & 3 {
            0 => path.push_str(&noise),
            1 => body.push_str(&noise),
            2 => body.insert_str(usize::from(later) % (body.len() + 1), &noise),
            _ => method = Method::named(&noise).unwrap_or(method),
        }
        if let Ok(departure) = redeemed.next(&on, at, method, &path, &body) {
            assert!((filed..expires).contains(&at) && (since..until).contains(&at) && departure.index() == left);
            assert_eq!(&departure.into_request(), &requests[left]);
            left += 1;
        }
    }
    assert!(left <= 3);
}
