//! Tests the layers in every combination: a request that changes something may leave only if every
//! layer allows it.

use crate::common::{self, project, value};
use infisical_skill_policy::approver::{Accepted, Independence, Means, NotAccepted};
use infisical_skill_policy::change::value::Comment;
use infisical_skill_policy::change::{self, ChangeRequest, ParsedChange, acknowledgement};
use infisical_skill_policy::exposure::Exposure;
use infisical_skill_policy::plan::{
    self, AcknowledgementRefusal, Approval, ApprovalPolicy, ApprovalRefusal, AuthorizationRefusal, Claim,
    CurrentRefusal, DraftRefusal, Folders, Plan, PlanDigest, PlanId,
};
use infisical_skill_policy::switch::{SwitchPolicy, SwitchedOn, writes_on};
use infisical_skill_policy::{
    ApiVersion, Environment, FolderId, FolderName, NewSecretName, Place, Scope, Scopes, SecretKey, SecretPath,
    WriteName,
};
use proptest::prelude::*;
use std::time::Duration;

const FILED: u64 = 1_000_000;
const EXPIRES: u64 = 2_000_000;
const DIGEST: PlanDigest = PlanDigest([7; 32]);

/// A person's approval that counts.
fn approval(digest: PlanDigest) -> Approval {
    Approval { digest, means: Means::Terminal, independence: Independence::Different }
}

fn place(path: &str) -> Place {
    common::place("p1", "prod", path)
}

fn create(name: &str, text: &str) -> ParsedChange {
    let name = NewSecretName::new(name).unwrap();
    ParsedChange::CreateSecret { place: place("/app"), name, value: value(text), comment: None, tags: None }
}

fn update(name: &str, text: Option<&str>) -> ParsedChange {
    ParsedChange::UpdateSecret {
        place: place("/app"),
        name: WriteName::new(name).unwrap(),
        value: text.map(value),
        new_name: Some(NewSecretName::new("NEW").unwrap()),
        comment: None,
        tags: None,
    }
}

/// The same under its name, with another comment.
fn commented(name: &str, text: Option<&str>) -> ParsedChange {
    ParsedChange::UpdateSecret {
        place: place("/app"),
        name: WriteName::new(name).unwrap(),
        value: text.map(value),
        new_name: None,
        comment: Some(Comment::new("c".to_owned()).unwrap()),
        tags: None,
    }
}

fn delete(name: &str) -> ParsedChange {
    ParsedChange::DeleteSecret { place: place("/app"), name: WriteName::new(name).unwrap() }
}

fn delete_folder(id: &str) -> ParsedChange {
    ParsedChange::DeleteFolder { place: place("/app"), id: FolderId::new(id).unwrap() }
}

fn requests(changes: &[ParsedChange]) -> Vec<ChangeRequest> {
    changes.iter().map(|change| change.request(ApiVersion::V4)).collect()
}

fn a_plan(changes: &[ParsedChange], acknowledge: Option<&str>) -> Plan {
    Plan {
        id: PlanId::new("plan-1").unwrap(),
        digest: DIGEST,
        filed: FILED,
        expires: EXPIRES,
        api_version: ApiVersion::V4,
        requests: requests(changes),
        acknowledge: acknowledge.map(str::to_owned),
        settings_fingerprint: Exposure::unlimited().fingerprint(),
        is_one_of_many: false,
    }
}

/// All conditions, each of which may hold or not.
#[derive(Debug, Clone)]
struct World {
    policy_never: bool,
    switched: Option<(u64, u64)>,
    now: u64,
    in_scope: bool,
    phrase: Option<&'static str>,
    given: Option<&'static str>,
    approval_policy: ApprovalPolicy,
    approval: Option<u8>,
    claim: &'static str,
    /// The requests to try, in order, and whether each is altered.
    tries: Vec<(usize, u8)>,
}

fn world() -> impl Strategy<Value = World> {
    let switched = prop_oneof![
        1 => Just(None),
        6 => Just(Some((FILED, EXPIRES))),
        1 => (0..3_000_000_u64, 0..4_000_000_u64).prop_map(Some),
    ];
    let now = prop_oneof![8 => FILED..EXPIRES, 1 => 0..3_000_000_u64];
    let phrase = || prop_oneof![Just(None), Just(Some("delete secret prod:/app/A in project p1"))];
    let given = prop_oneof![3 => Just(None), 3 => Just(Some("delete secret prod:/app/A in project p1")), 1 => Just(Some("yes"))];
    let policy = prop_oneof![Just(ApprovalPolicy::None), Just(ApprovalPolicy::Irreversible), Just(ApprovalPolicy::All)];
    let approval = prop_oneof![2 => Just(None), 3 => Just(Some(7)), 1 => Just(Some(8))];
    let claim = prop_oneof![9 => Just("plan-1"), 1 => Just("plan-2")];
    let tries = prop::collection::vec((0..3_usize, prop_oneof![5 => Just(0_u8), 1 => 1..6_u8]), 0..8);
    let sometimes = || prop::bool::weighted(0.1);
    (sometimes(), switched, now, sometimes(), phrase(), given, policy, approval, claim, tries).prop_map(
        |(policy_never, switched, now, out_of_scope, phrase, given, approval_policy, approval, claim, tries)| World {
            policy_never,
            switched,
            now,
            in_scope: !out_of_scope,
            phrase,
            given,
            approval_policy,
            approval,
            claim,
            tries,
        },
    )
}

/// The requests that leave under these conditions, by their positions in the plan.
fn sent_requests(world: &World, changes: &[ParsedChange]) -> Vec<usize> {
    let policy = match world.policy_never {
        true => SwitchPolicy::Never,
        false => SwitchPolicy::Switchable { max: Duration::from_secs(3_600) },
    };
    let switched = world.switched.map(|(since, until)| SwitchedOn { since, until });
    let scopes = match world.in_scope {
        true => Scopes::everything(),
        false => Scopes::only(vec![Scope {
            project: project("p1"),
            environments: vec![Environment::new("dev").unwrap()],
            paths: Vec::new(),
        }]),
    };
    let on = || writes_on(policy, switched, world.now);
    let plan = a_plan(changes, world.phrase);
    let requests = plan.requests.clone();
    let Ok(first) = on() else { return Vec::new() };
    let Ok(current) = plan.current(world.now, &Exposure::within(&scopes)) else { return Vec::new() };
    let Ok(acknowledged) = current.acknowledge(world.given) else { return Vec::new() };
    let approval = world.approval.map(|byte| approval(PlanDigest([byte; 32])));
    let Ok(approved) = acknowledged.approve(world.approval_policy, Accepted::default(), approval) else {
        return Vec::new();
    };
    let claim = Claim::taken(PlanId::new(world.claim).unwrap());
    let Ok(mut redeemed) = approved.redeem(&first, claim) else { return Vec::new() };
    let mut left = Vec::new();
    for (at, altered) in &world.tries {
        let mut request = requests[*at].clone();
        match altered {
            0 => {}
            1 => request.method = change::Method::Post,
            2 => request.path.push('x'),
            3 => request.body.push(' '),
            4 => *request.body = request.body.replace("prod", "dev"),
            _ => request.path = request.path.replace("/api/", "//api/"),
        }
        if let Ok(authorized) = redeemed.next(&on().unwrap(), world.now, request.method, &request.path, &request.body) {
            assert_eq!(authorized.index(), *at);
            let change = authorized.change().clone();
            assert_eq!(change.request(ApiVersion::V4), authorized.into_request());
            left.push(*at);
        }
    }
    left
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_096))]

    #[test]
    fn sends_request_only_if_every_layer_allows_once_in_order(world in world()) {
        let changes = [delete("A"), create("B", "x"), delete("C")];
        let left = sent_requests(&world, &changes);
        let switch_is_on = !world.policy_never
            && world.switched.is_some_and(|(since, until)| since <= world.now && world.now < until && until - since <= 3_600_000);
        let is_in_time = (FILED..EXPIRES).contains(&world.now);
        let needs_person = match world.approval_policy {
            ApprovalPolicy::None => false,
            ApprovalPolicy::Irreversible => world.phrase.is_some(),
            ApprovalPolicy::All => true,
        };
        let is_approved = !needs_person || world.approval == Some(7);
        let may = switch_is_on && is_in_time && world.in_scope && world.phrase == world.given && is_approved && world.claim == "plan-1";
        // The expected result: the plan's unaltered requests, each in its turn.
        let mut expected = Vec::new();
        for (at, altered) in &world.tries {
            let is_same = *altered == 0 || (*altered == 1 && *at == 1);
            if may && is_same && *at == expected.len() {
                expected.push(*at);
            }
        }
        prop_assert_eq!(left, expected);
    }
}

#[test]
fn each_layer_refuses_on_its_own() {
    let scopes = Scopes::everything();
    let plan = || a_plan(&[delete("A")], Some("delete secret prod:/app/A in project p1"));
    assert_eq!(plan().current(FILED - 1, &Exposure::within(&scopes)).err(), Some(CurrentRefusal::ClockWentBack));
    assert_eq!(plan().current(EXPIRES, &Exposure::within(&scopes)).err(), Some(CurrentRefusal::Expired));
    assert_eq!(
        plan().current(FILED, &Exposure::within(&Scopes::only(Vec::new()))).err(),
        Some(CurrentRefusal::OutOfScope)
    );
    let mut odd = plan();
    odd.requests[0].path.push('x');
    odd.requests[0].body.push(' ');
    assert_eq!(odd.current(FILED, &Exposure::within(&scopes)).err(), Some(CurrentRefusal::Unreadable));
    let phrase = "delete secret prod:/app/A in project p1".to_owned();
    let current = || plan().current(FILED, &Exposure::within(&scopes)).unwrap();
    assert_eq!(current().acknowledge(None).err(), Some(AcknowledgementRefusal::Missing(phrase.clone())));
    assert_eq!(
        current().acknowledge(Some("delete secret prod:/app/A in project p1 ")).err(),
        Some(AcknowledgementRefusal::Wrong(phrase.clone()))
    );
    let plain = a_plan(&[create("A", "x")], None).current(FILED, &Exposure::within(&scopes)).unwrap();
    assert_eq!(plain.acknowledge(Some("yes")).err(), Some(AcknowledgementRefusal::Unneeded));
    let acknowledged = || current().acknowledge(Some(&phrase)).unwrap();
    let approve = |policy, approval| acknowledged().approve(policy, Accepted::default(), approval);
    assert!(approve(ApprovalPolicy::Irreversible, None).is_err());
    assert!(approve(ApprovalPolicy::Irreversible, Some(approval(PlanDigest([0; 32])))).is_err());
    let in_form = Approval { means: Means::Form, ..approval(DIGEST) };
    let refused = approve(ApprovalPolicy::All, Some(in_form)).err();
    assert_eq!(refused, Some(ApprovalRefusal::NotAccepted(NotAccepted::Form)));
    assert!(approve(ApprovalPolicy::None, Some(in_form)).is_ok(), "nobody is needed");
    let approved = || approve(ApprovalPolicy::All, Some(approval(DIGEST))).unwrap();
    let on = |now| {
        writes_on(
            SwitchPolicy::Switchable { max: Duration::from_secs(9_000) },
            Some(SwitchedOn { since: 0, until: 9_000_000 }),
            now,
        )
        .unwrap()
    };
    let other = Claim::taken(PlanId::new("plan-2").unwrap());
    assert_eq!(approved().redeem(&on(FILED), other).err(), Some(AuthorizationRefusal::NotRedeemed));
    let mut redeemed = approved().redeem(&on(FILED), Claim::taken(PlanId::new("plan-1").unwrap())).unwrap();
    let request = delete("A").request(ApiVersion::V4);
    let next = |redeemed: &mut plan::Redeemed, now| {
        redeemed.next(&on(now), now, request.method, &request.path, &request.body).map(|authorized| authorized.index())
    };
    assert_eq!(next(&mut redeemed, EXPIRES), Err(AuthorizationRefusal::Expired), "it expires while it is applied, too");
    assert_eq!(next(&mut redeemed, FILED), Ok(0));
    assert_eq!(next(&mut redeemed, FILED), Err(AuthorizationRefusal::NotPlanned), "once");
}

#[test]
fn computes_acknowledgement_as_the_table_says() {
    let phrase =
        |api_version, changes: &[ParsedChange]| acknowledgement::phrase(api_version, changes, 5, |_| Some("db"));
    let odd = ParsedChange::DeleteSecretByKey { place: place("/"), key: SecretKey::new("a/b\u{202e} é\"").unwrap() };
    let long = ParsedChange::DeleteSecretByKey { place: place("/"), key: SecretKey::new("x".repeat(200)).unwrap() };
    const ODD: &str = r"delete secret prod:/a\u{2f}b\u{202e}\u{20}\u{e9}\u{22} in project p1";
    for (changes, v4, v3) in [
        (vec![create("A", "x")], None, None),
        (vec![commented("A", None)], None, None),
        (vec![commented("A", Some("x"))], None, Some("overwrite secret prod:/app/A in project p1")),
        (
            vec![update("A", None)],
            Some("rename secret prod:/app/A to NEW in project p1"),
            Some("rename secret prod:/app/A to NEW in project p1"),
        ),
        (
            vec![commented("A", Some(" \n"))],
            Some("blank secret prod:/app/A in project p1"),
            Some("blank secret prod:/app/A in project p1"),
        ),
        (
            vec![create("A", "${B}")],
            Some("write references into prod:/app/A in project p1"),
            Some("write references into prod:/app/A in project p1"),
        ),
        (
            vec![commented("A", Some("${B}"))],
            Some("write references into prod:/app/A in project p1"),
            Some("overwrite secret prod:/app/A; write references into prod:/app/A in project p1"),
        ),
        (
            vec![update("A", Some("${B}"))],
            Some("write references into prod:/app/A; rename secret prod:/app/A to NEW in project p1"),
            Some(
                "overwrite secret prod:/app/A; write references into prod:/app/A; rename secret prod:/app/A to NEW in project p1",
            ),
        ),
        (
            vec![delete("A")],
            Some("delete secret prod:/app/A in project p1"),
            Some("delete secret prod:/app/A in project p1"),
        ),
        (vec![odd], Some(ODD), Some(ODD)),
        (
            vec![delete_folder("f")],
            Some("delete folder prod:/app/db in project p1"),
            Some("delete folder prod:/app/db in project p1"),
        ),
        (
            vec![delete("A"), create("B", "x"), delete("C")],
            Some("delete secret prod:/app/A; delete secret prod:/app/C in project p1"),
            Some("delete secret prod:/app/A; delete secret prod:/app/C in project p1"),
        ),
    ] {
        assert_eq!(phrase(ApiVersion::V4, &changes).as_deref(), v4, "{changes:?}");
        assert_eq!(phrase(ApiVersion::V3, &changes).as_deref(), v3, "{changes:?}");
    }
    assert_eq!(
        phrase(ApiVersion::V4, &[long]).unwrap().len(),
        "delete secret prod:/".len() + 200 + " in project p1".len()
    );
    let many: Vec<ParsedChange> = (0..6).map(|n| create(&format!("A{n}"), "x")).collect();
    // FNV-1a of a line for each, computed elsewhere.
    assert_eq!(phrase(ApiVersion::V4, &many).as_deref(), Some("apply 6 changes (865cf71df4204b8c)"));
    assert_eq!(phrase(ApiVersion::V4, &many[..5]), None);
}

#[test]
fn accepts_only_drafts_that_describe_themselves_correctly() {
    let everything = Scopes::everything();
    let mut folders = Folders::default();
    let app = place("/app");
    folders.note(&app, None, "f-1", "db");
    folders.note(&app, Some("/db"), "f-1", "db");
    folders.note(&app, None, "f-2", "cache");
    folders.note(&app, None, "f-2", "store");
    folders.note(&app, None, "f-3", "x");
    folders.note(&app, None, "f-4", "f-3");
    // Folders of the same name elsewhere: below, beside, above, in another environment and in
    // another project.
    folders.note(&app, Some("/deep/db"), "f-5", "db");
    folders.note(&place("/other"), None, "f-6", "db");
    folders.note(&place("/"), Some("/db"), "f-7", "db");
    folders.note(&Place { environment: Environment::new("dev").unwrap(), ..app.clone() }, None, "f-8", "db");
    folders.note(&Place { project: project("p2"), ..app.clone() }, None, "f-9", "db");
    // One id in two places.
    folders.note(&app, None, "f-10", "db");
    folders.note(&place("/"), Some("/db"), "f-10", "db");
    for elsewhere in [
        Place { environment: Environment::new("dev").unwrap(), ..app.clone() },
        Place { project: project("p2"), ..app.clone() },
    ] {
        let id = format!("f-12-{}", elsewhere.environment);
        folders.note(&app, None, &id, "db");
        folders.note(&elsewhere, None, &id, "db");
    }
    // Found by a listing of a folder above.
    folders.note(&place("/"), Some("/app/up"), "f-11", "up");
    let check = |scopes: &Scopes, changes: &[ParsedChange], phrase: Option<&str>| {
        plan::check(ApiVersion::V4, &Exposure::within(scopes), &folders, (3, 2), requests(changes), phrase)
    };
    let refused = |changes: &[ParsedChange], phrase: Option<&str>| check(&everything, changes, phrase).unwrap_err();
    assert_eq!(refused(&[], None), DraftRefusal::Count);
    let four: Vec<ParsedChange> = (0..4).map(|n| create(&format!("A{n}"), "x")).collect();
    assert_eq!(refused(&four, Some("apply 4 changes")), DraftRefusal::Count);
    assert_eq!(refused(&[create("A", "x"), create("A", "x")], None), DraftRefusal::Twice);
    for phrase in [None, Some("delete secret prod:/app/B in project p1"), Some("")] {
        assert_eq!(refused(&[delete("A")], phrase), DraftRefusal::Acknowledgement, "a component that plays it down");
    }
    assert_eq!(
        refused(&[create("A", "x")], Some("delete secret prod:/app/A in project p1")),
        DraftRefusal::Acknowledgement
    );
    for id in ["f-99", "f-2", "f-3", "f-5", "f-6", "f-7", "f-8", "f-9", "f-10", "f-12-dev", "f-12-prod"] {
        for phrase in [
            format!("delete folder prod:/app/{id} in project p1"),
            "delete folder prod:/app/db in project p1".to_owned(),
        ] {
            assert_eq!(refused(&[delete_folder(id)], Some(&phrase)), DraftRefusal::UnknownFolder, "{id}");
        }
    }
    assert!(check(&everything, &[delete_folder("f-11")], Some("delete folder prod:/app/up in project p1")).is_ok());
    let only = Scopes::only(vec![Scope {
        project: project("p1"),
        environments: Vec::new(),
        paths: vec![SecretPath::new("/other").unwrap()],
    }]);
    assert_eq!(check(&only, &[create("A", "x")], None).unwrap_err(), DraftRefusal::OutOfScope);

    let kept = check(&everything, &[delete_folder("f-1")], Some("delete folder prod:/app/db in project p1")).unwrap();
    assert_eq!(
        kept.readings,
        ["PERMANENTLY delete folder /app/db with everything in it [project p1, env=prod, path=/app]"]
    );
    assert_eq!(kept.target, "prod:/app/db");
    let rename = ParsedChange::RenameFolder {
        place: place("/app"),
        id: FolderId::new("f-1").unwrap(),
        name: FolderName::new("store").unwrap(),
    };
    let said = "rename folder prod:/app/db to store in project p1";
    let kept = check(&everything, &[rename, create("A", "x")], Some(said)).unwrap();
    assert!(kept.readings[0].starts_with("rename folder /app/db to store [project p1"), "{:?}", kept.readings);
    assert_eq!((kept.target.as_str(), kept.acknowledge.as_deref()), ("2 changes", Some(said)));
}

#[test]
fn reading_is_one_line_with_target_first_and_no_value() {
    let key = SecretKey::new("A\u{202e}\u{1b}[31m\nB\u{200b}/").unwrap();
    let changes = [
        ParsedChange::DeleteSecretByKey { place: place("/app"), key },
        create("A", "canary${x}"),
        update("A", Some("canary")),
        delete("A"),
    ];
    let everything = Scopes::everything();
    let phrase = acknowledgement::phrase(ApiVersion::V4, &changes, 9, |_| None);
    let kept = plan::check(
        ApiVersion::V4,
        &Exposure::within(&everything),
        &Folders::default(),
        (9, 9),
        requests(&changes),
        phrase.as_deref(),
    )
    .unwrap();
    for reading in &kept.readings {
        assert!(
            !reading.contains("canary")
                && !reading.chars().any(|c| c.is_control() || matches!(c, '\u{202e}' | '\u{200b}')),
            "{reading}"
        );
    }
    assert_eq!(kept.readings[1], "create secret A [project p1, env=prod, path=/app] with a value with references");
    assert_eq!(
        kept.readings[2],
        "update secret A [project p1, env=prod, path=/app]: rename it to NEW, replace its value"
    );
    assert_eq!(kept.readings[3], "PERMANENTLY delete secret A [project p1, env=prod, path=/app]");
}

#[test]
fn one_of_too_many_plans_always_needs_a_person() {
    for policy in [ApprovalPolicy::None, ApprovalPolicy::Irreversible, ApprovalPolicy::All] {
        for is_one_of_many in [false, true] {
            let plan = Plan { is_one_of_many, ..a_plan(&[create("A", "v")], None) };
            let acknowledged =
                || plan.clone().current(FILED, &Exposure::unlimited()).unwrap().acknowledge(None).unwrap();
            let needs_person = is_one_of_many || policy == ApprovalPolicy::All;
            assert_eq!(acknowledged().approve(policy, Accepted::default(), None).is_err(), needs_person, "{policy:?}");
            assert!(acknowledged().approve(policy, Accepted::default(), Some(approval(DIGEST))).is_ok(), "{policy:?}");
        }
    }
}
