//! The plan service's decisions, one by one. The conditions for redeeming a plan are tested over
//! time (`over_time`).

use super::*;
use crate::model::clients::ClientRights;
use crate::model::people::AskedBy;
use crate::plans::check;
use crate::plans::kill_switch::TimedSwitch;
use crate::state::DirectoryState;
use infisical_skill_policy::Scopes;
use infisical_skill_policy::approver::{Channel, Independence, Means};
use infisical_skill_policy::change::ChangeRequest;
use infisical_skill_policy::change::Method;
use infisical_skill_policy::client::May;
use infisical_skill_policy::plan::ApprovalPolicy;
use infisical_skill_policy::plan::Folders;
use infisical_skill_policy::plan::SumLimits;
use infisical_skill_policy::plan::{AcknowledgementRefusal, CurrentRefusal};
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

const STRICT: ApprovalPolicy = ApprovalPolicy::All;

fn rules() -> ChangeRules {
    ChangeRules { approval: STRICT, max_changes: 2, ..ChangeRules::default() }
}

fn plan_service_with(folder: Option<&Path>, rules: ChangeRules) -> PlanService {
    let budgets = Budgets { pending_plans: 3, writes_per_hour: 5, reveals_per_hour: 2 };
    let state = folder.map(|folder| Arc::new(DirectoryState::new(folder)) as Arc<dyn State>);
    PlanService::new(rules, budgets, state, "https://a", Some(PlanKeys::new("secret".into(), "a".to_owned())))
}

fn stage() -> (TempDir, PlanService) {
    let folder = tempfile::tempdir().unwrap();
    let plan_service = plan_service_with(Some(folder.path()), rules());
    TimedSwitch::new(folder.path(), rules().writes).turn_on(Duration::from_secs(60), None).unwrap();
    (folder, plan_service)
}

fn request(name: &str, value: &str) -> ChangeRequest {
    let body =
        format!(r#"{{"projectId":"p","environment":"dev","secretPath":"/","secretValue":"{value}","type":"shared"}}"#);
    ChangeRequest { method: Method::Post, path: format!("/api/v4/secrets/{name}"), body: body.into() }
}

/// A draft with a body and a path of these sizes in bytes.
fn sized(body: usize, path: usize) -> Checked {
    let request = ChangeRequest { method: Method::Post, path: "x".repeat(path), body: "x".repeat(body).into() };
    Checked {
        requests: vec![request],
        readings: Vec::new(),
        acknowledge: None,
        target: "t".to_owned(),
        is_protected: false,
        settings_fingerprint: String::new(),
        observed: Vec::new(),
        excess: Vec::new(),
    }
}

fn draft(plan_service: &PlanService) -> Checked {
    let requests = vec![request("A", "v")];
    check(ApiVersion::V4, &Exposure::unlimited(), &Folders::default(), plan_service.rules(), requests, None).unwrap()
}

fn terminal(card: &PlanCard) -> ApprovedBy {
    ApprovedBy::here(Means::Terminal, "approves", &card.asked, false)
}

fn filed(plan_service: &PlanService, session: Option<&Session>) -> PlanCard {
    plan_service
        .keep(ApiVersion::V4, (draft(plan_service), PlanFindings::default()), b"payload", &Client::of(session))
        .unwrap()
        .card
}

fn reason<T>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Refused(refusal)) => format!("{:?}: {}. {}", refusal.layer, refusal.reason, refusal.remedy),
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it wasn't refused"),
    }
}

#[test]
fn applies_the_given_rules_and_budgets() {
    let (folder, plan_service) = stage();
    assert_eq!((plan_service.rules(), plan_service.share(&Client::default()).pending_plans), (&rules(), 3));
    assert!(plan_service.keeps_plans() && !plan_service_with(None, rules()).keeps_plans());
    for at in 0..2 {
        assert!(plan_service.take_reveal(&Client::default()).is_ok(), "{at}");
    }
    assert!(reason(plan_service.take_reveal(&Client::default())).starts_with("Budget"), "two an hour");
    let other = plan_service_with(Some(folder.path()), rules());
    assert!(other.take_reveal(&Client::default()).is_err(), "over all processes");
    let names: Vec<_> = [ApprovalPolicy::None, ApprovalPolicy::Irreversible, STRICT].map(approval_name).into();
    assert_eq!(names, ["none", "irreversible", "all"]);
}

#[test]
fn changes_are_off_without_a_state_directory_or_if_never() {
    let never = ChangeRules { writes: SwitchPolicy::Never, ..rules() };
    let (folder, _) = stage();
    for (plan_service, is_never) in [
        (plan_service_with(None, rules()), false),
        (plan_service_with(None, never.clone()), true),
        (plan_service_with(Some(folder.path()), never), true),
    ] {
        assert_eq!(plan_service.switch() == SwitchState::Never, is_never);
        let reason = reason(plan_service.writes_on());
        assert!(reason.starts_with("KillSwitch"), "{reason}");
        assert_eq!(reason.contains("can't be lifted at run time"), is_never, "{reason}");
        assert!(is_never || reason.contains("changes are switched off"), "{reason}");
        assert!(
            plan_service.keep(ApiVersion::V4, (sized(1, 1), PlanFindings::default()), b"", &Client::default()).is_err()
        );
    }
}

#[test]
fn limits_plan_to_16_mib_and_payload_to_1_mib() {
    const MOST: usize = 16 * 1024 * 1024;
    for (body, path, payload, fits) in [
        (MOST - 10, 10, 0, true),
        (MOST - 9, 10, 0, false),
        (MOST - 10, 11, 0, false),
        (1, 1, 1024 * 1024, true),
        (1, 1, 1024 * 1024 + 1, false),
        (MOST + 1, 0, 0, false),
    ] {
        let (_folder, plan_service) = stage();
        let filed = plan_service.keep(
            ApiVersion::V4,
            (sized(body, path), PlanFindings::default()),
            &vec![0; payload],
            &Client::default(),
        );
        assert_eq!(filed.is_ok(), fits, "{body} {path} {payload}");
        if !fits {
            assert!(reason(filed).contains("too large"));
        }
    }
}

#[test]
fn refusal_of_a_used_plan_names_its_outcome() {
    let (_folder, plan_service) = stage();
    let all = || plan_service.plans().unwrap().into_iter().map(|status| status.outcome).collect::<Vec<_>>();
    let again =
        |card: &PlanCard| reason(plan_service.redeem(&card.plan, None, &Exposure::unlimited(), &Client::default()));
    let plan = filed(&plan_service, None);
    assert_eq!(all(), [None]);
    plan_service.discard(&plan.plan, PlanOutcome::Discarded, None).unwrap();
    assert!(again(&plan).contains("was discarded"));
    let plan = filed(&plan_service, None);
    plan_service.reject(&plan.plan).unwrap();
    assert!(again(&plan).contains("a person rejected"));
    let plan = filed(&plan_service, None);
    assert!(again(&plan).contains(&format!("plans approve {}", plan.plan)), "how a person approves it");
    plan_service.approve(&plan, &terminal(&plan)).unwrap();
    plan_service.redeem(&plan.plan, None, &Exposure::unlimited(), &Client::default()).unwrap();
    assert!(again(&plan).contains("redeemed already"));
    plan_service.note(&plan.plan, PlanOutcome::Applied);
    let outcomes = all();
    assert!(
        [PlanOutcome::Discarded, PlanOutcome::Rejected, PlanOutcome::Applied]
            .iter()
            .all(|outcome| outcomes.contains(&Some(*outcome)))
    );
}

#[test]
fn opened_plan_stays_until_it_is_redeemed() {
    let (_folder, plan_service) = stage();
    let plan = filed(&plan_service, None);
    let open = || plan_service.open(&plan.plan, None, &Exposure::unlimited(), &Client::default());
    assert!(reason(open()).contains("plans approve"), "every layer is asked");
    plan_service.approve(&plan, &terminal(&plan)).unwrap();
    for _ in 0..3 {
        assert_eq!(open().unwrap().expires, plan.expires_at());
    }
    let opened = open().unwrap();
    let redeemed = plan_service.redeem(&plan.plan, None, &Exposure::unlimited(), &Client::default()).unwrap();
    assert_eq!(redeemed.plan.plan().digest, opened.digest);
    assert!(reason(open()).contains("redeemed already"));
}

#[test]
fn plan_belongs_to_the_session_of_its_preview() {
    let (_folder, plan_service) = stage();
    let (one, two) = (Session::new().unwrap(), Session::new().unwrap());
    for (of, others) in [(Some(&one), [None, Some(&two)]), (None, [Some(&one), Some(&two)])] {
        let plan = filed(&plan_service, of);
        plan_service.approve(&plan, &terminal(&plan)).unwrap();
        for other in others {
            assert!(
                reason(plan_service.redeem(&plan.plan, None, &Exposure::unlimited(), &Client::of(other)))
                    .contains("another session")
            );
            assert!(
                reason(plan_service.discard(&plan.plan, PlanOutcome::Discarded, other)).contains("another session")
            );
        }
        plan_service.redeem(&plan.plan, None, &Exposure::unlimited(), &Client::of(of)).unwrap();
    }
}

/// A client in which forms approve plans, or don't.
fn client(approve_in_client: bool) -> Client {
    Client { rights: ClientRights { approve_in_client, ..ClientRights::without_limits() }.into(), ..Client::default() }
}

fn in_form(card: &PlanCard) -> ApprovedBy {
    ApprovedBy::here(Means::Form, "asks", &card.asked, false)
}

#[cfg(feature = "mcp")]
#[test]
fn asks_a_person_only_if_just_an_approval_is_missing() {
    let (folder, plan_service) = stage();
    let everything = Exposure::unlimited();
    let plan = filed(&plan_service, None);
    let asked = |plan_service: &PlanService, phrase, exposure: &Exposure<'_>, forms| {
        plan_service.awaiting_approval(&plan.plan, phrase, exposure, &client(forms), in_form)
    };
    assert_eq!(asked(&plan_service, None, &everything, true), Ok(Some(plan.clone())));
    assert_eq!(asked(&plan_service, None, &everything, false), Ok(None), "a form approves nothing in this client");
    let nobody = plan_service_with(Some(folder.path()), ChangeRules { approval: ApprovalPolicy::None, ..rules() });
    assert_eq!(asked(&nobody, None, &everything, true), Ok(None), "no person is wanted");
    assert!(asked(&plan_service, Some("phrase"), &everything, true).is_err());
    assert!(asked(&plan_service, None, &Exposure::within(&Scopes::only(Vec::new())), true).is_err());
    plan_service.approve(&plan, &terminal(&plan)).unwrap();
    assert_eq!(asked(&plan_service, None, &everything, true), Ok(None), "one said so already");
    TimedSwitch::new(folder.path(), rules().writes).turn_off().unwrap();
    assert!(asked(&plan_service, None, &everything, true).is_err());
}

#[test]
fn form_approval_counts_only_in_a_permitted_client() {
    let (_folder, plan_service) = stage();
    for (forms, counts) in [(false, false), (true, true)] {
        let plan = filed(&plan_service, None);
        plan_service.approve(&plan, &in_form(&plan)).unwrap();
        let redeemed = plan_service.redeem(&plan.plan, None, &Exposure::unlimited(), &client(forms));
        assert_eq!(redeemed.is_ok(), counts, "{forms}");
        match redeemed {
            Ok(redeemed) => assert_eq!(redeemed.approval.unwrap().independence, Independence::CantTell),
            refused => {
                let reason = reason(refused);
                assert!(
                    reason.contains("the operator doesn't allow it") && reason.contains("plans approve"),
                    "{reason}"
                );
            }
        }
    }
}

#[test]
fn requester_cannot_approve_in_an_enforced_set_up() {
    let (folder, plan_service) = stage();
    let asked = AskedBy { session: "asks".to_owned(), ..AskedBy::here(Channel::Command) };
    let who = Client { asked: asked.into(), ..Client::default() };
    let file = || {
        plan_service
            .keep(ApiVersion::V4, (draft(&plan_service), PlanFindings::default()), b"payload", &who)
            .unwrap()
            .card
    };
    let enforced = plan_service_with(Some(folder.path()), rules()).enforced(true);
    let plan = file();
    let same = ApprovedBy::here(Means::Terminal, "asks", &plan.asked, true);
    assert_eq!(same.independence, Independence::Same);
    let refused = reason(enforced.approve(&plan, &same));
    assert!(refused.starts_with("BlastRadius") && refused.contains("somebody else"), "{refused}");
    // An approval from the time when the set-up was advisory doesn't count either.
    plan_service.approve(&plan, &same).unwrap();
    let refused = reason(enforced.redeem(&plan.plan, None, &Exposure::unlimited(), &who));
    assert!(refused.contains("somebody else"), "{refused}");
    plan_service.redeem(&plan.plan, None, &Exposure::unlimited(), &who).unwrap();
    let plan = file();
    let other = ApprovedBy { independence: Independence::Different, ..same };
    enforced.approve(&plan, &other).unwrap();
    let kept = enforced.plans().unwrap().into_iter().find(|status| status.card.plan == plan.plan).unwrap();
    assert_eq!(kept.approval.as_ref(), Some(&other), "it is kept with who and how");
    enforced.redeem(&plan.plan, None, &Exposure::unlimited(), &who).unwrap();
    let used = enforced.plans().unwrap().into_iter().find(|status| status.card.plan == plan.plan).unwrap();
    assert_eq!(used.approval, Some(other), "also afterwards");
}

#[test]
fn refuses_a_draft_by_the_layer_that_it_violates() {
    let check = |exposure: &Exposure<'_>, count: usize| {
        let requests = (0..count).map(|n| request(&format!("S{n}"), "v")).collect();
        check(ApiVersion::V4, exposure, &Folders::default(), &rules(), requests, None)
    };
    assert!(check(&Exposure::unlimited(), 2).is_ok());
    assert!(reason(check(&Exposure::unlimited(), 3)).starts_with("Egress"), "the rules allow two");
    assert!(reason(check(&Exposure::within(&Scopes::only(Vec::new())), 1)).starts_with("Scope"));
}

#[test]
fn counts_hourly_changes_when_a_plan_is_redeemed() {
    let (_folder, plan_service) = stage();
    let redeem = || {
        let plan = filed(&plan_service, None);
        plan_service.approve(&plan, &terminal(&plan)).unwrap();
        plan_service.redeem(&plan.plan, None, &Exposure::unlimited(), &Client::default()).map(|_| ())
    };
    for at in 0..5 {
        assert_eq!(redeem(), Ok(()), "{at}");
    }
    assert!(reason(redeem()).starts_with("Budget"));
}

#[test]
fn refusal_names_the_layer_and_the_remedy() {
    for (refusal, layer, remedy) in [
        (CurrentRefusal::AdministrationOff, "Scope", "administration = true"),
        (CurrentRefusal::OutOfScope, "Scope", "preview the change again"),
        (CurrentRefusal::Expired, "TwoPhaseConfirm", "preview the change again"),
    ] {
        let told = reason::<()>(Err(not_current(refusal)));
        assert!(told.starts_with(layer) && told.contains(remedy), "{told}");
    }
    let phrase = || "delete A in dev /".to_owned();
    for (refusal, remedy) in [
        (AcknowledgementRefusal::Missing(phrase()), "pass its confirmation phrase"),
        (AcknowledgementRefusal::Wrong(phrase()), "pass its confirmation phrase"),
        (AcknowledgementRefusal::Unneeded, "omit `acknowledge`"),
    ] {
        let told = reason::<()>(Err(not_acknowledged(refusal)));
        assert!(told.starts_with("BlastRadius") && told.contains(remedy), "{told}");
        assert!(!told.contains(&phrase()), "who gives it is to have read the preview: {told}");
    }
}

/// Overwrites a secret with a separate plan in a separate process.
fn overwriting(folder: &Path, name: &str, id: &str, session: Option<&Session>) -> (PlanService, Filed) {
    let plan_service = plan_service_with(Some(folder), ChangeRules { approval: ApprovalPolicy::None, ..rules() });
    let request = ChangeRequest { method: Method::Patch, ..request(name, "v") };
    let mut draft =
        check(ApiVersion::V4, &Exposure::unlimited(), &Folders::default(), plan_service.rules(), vec![request], None)
            .unwrap();
    draft.observed = vec![Observed { id: Some(id.to_owned()), state: String::new() }];
    let filed = plan_service.keep(ApiVersion::V4, (draft, PlanFindings::default()), b"", &Client::of(session)).unwrap();
    (plan_service, filed)
}

fn redeem(plan_service: &PlanService, card: &PlanCard, session: Option<&Session>) -> Result<RedeemedPlan, Error> {
    plan_service.redeem(&card.plan, None, &Exposure::unlimited(), &Client::of(session))
}

#[test]
fn repeated_overwrite_of_a_value_needs_approval() {
    let (folder, _) = stage();
    let sessions = [Session::new().unwrap(), Session::new().unwrap()];
    let (plan_service, first) = overwriting(folder.path(), "A", "id-1", Some(&sessions[0]));
    assert_eq!((first.card.excess.as_slice(), first.approval), ([].as_slice(), None));
    redeem(&plan_service, &first.card, Some(&sessions[0])).unwrap();
    // In another process, for another client, with a rename, although the policy requires no
    // approval.
    let (plan_service, second) = overwriting(folder.path(), "RENAMED", "id-1", Some(&sessions[1]));
    assert_eq!(second.card.excess, ["secret dev:/RENAMED would be overwritten 2 times within 24 h"]);
    assert!(second.approval.is_some());
    assert!(reason(redeem(&plan_service, &second.card, Some(&sessions[1]))).contains("a person hasn't approved"));
    plan_service.approve(&second.card, &terminal(&second.card)).unwrap();
    redeem(&plan_service, &second.card, Some(&sessions[1])).unwrap();
    // Another secret of the same name needs no approval.
    let (plan_service, other) = overwriting(folder.path(), "A", "id-2", None);
    redeem(&plan_service, &other.card, None).unwrap();
}

#[test]
fn plan_that_later_exceeds_a_sum_needs_a_new_preview() {
    let (folder, _) = stage();
    let (plan_service, first) = overwriting(folder.path(), "A", "id-1", None);
    let (_, second) = overwriting(folder.path(), "A", "id-1", None);
    assert!(second.card.excess.is_empty());
    redeem(&plan_service, &first.card, None).unwrap();
    // Also if a person approved what the card said at that time.
    plan_service.approve(&second.card, &terminal(&second.card)).unwrap();
    let said = reason(redeem(&plan_service, &second.card, None));
    assert!(said.contains("overwritten 2 times") && said.contains("preview the change again"), "{said}");
    assert!(plan_service.open(&second.card.plan, None, &Exposure::unlimited(), &Client::default()).is_err());
}

#[test]
fn concurrent_redemptions_cannot_exceed_a_sum() {
    let (folder, _) = stage();
    let plans = [0, 1, 2].map(|_| overwriting(folder.path(), "A", "id-1", None));
    let redeemed: usize = std::thread::scope(|scope| {
        let redeem =
            |(plan_service, filed): &(PlanService, Filed)| usize::from(redeem(plan_service, &filed.card, None).is_ok());
        let threads: Vec<_> = plans.iter().map(|plan| scope.spawn(move || redeem(plan))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(redeemed, 1);
}

#[test]
fn many_small_plans_in_a_project_need_approval() {
    let folder = tempfile::tempdir().unwrap();
    let sums = SumLimits { changes_per_project: 3, ..SumLimits::default() };
    let rules = ChangeRules { approval: ApprovalPolicy::None, sums, ..rules() };
    TimedSwitch::new(folder.path(), rules.writes).turn_on(Duration::from_secs(60), None).unwrap();
    for number in 0..3 {
        let plan_service = plan_service_with(Some(folder.path()), rules.clone());
        let card = filed(&plan_service, None);
        assert!(card.excess.is_empty(), "{number}");
        redeem(&plan_service, &card, None).unwrap();
    }
    let plan_service = plan_service_with(Some(folder.path()), rules);
    let card = filed(&plan_service, None);
    assert_eq!(card.excess, ["project p would have 4 changes within 1 h"]);
    assert!(reason(redeem(&plan_service, &card, None)).contains("a person hasn't approved"));
}

#[test]
fn no_client_can_use_up_anothers_share() {
    let (_folder, plan_service) = stage();
    let share = |plans, changes| Share { pending_plans: plans, writes_per_hour: changes, reveals_per_hour: 1 };
    let shares = [("one", share(1, 2)), ("two", share(1, 2))].map(|(name, share)| (name.to_owned(), share));
    let plan_service = plan_service.divided((shares.into(), share(1, 1)));
    let of = |token: Option<&str>| {
        let asked = AskedBy { token: token.map(str::to_owned), ..AskedBy::here(Channel::Http) };
        Client { asked: asked.into(), ..Client::default() }
    };
    let file = |token| {
        plan_service.keep(ApiVersion::V4, (draft(&plan_service), PlanFindings::default()), b"payload", &of(token))
    };
    let redeem = |token, plan: &PlanCard| {
        plan_service.approve(plan, &terminal(plan)).unwrap();
        plan_service.redeem(&plan.plan, None, &Exposure::unlimited(), &of(token))
    };
    for (token, changes) in [(Some("one"), 2), (None, 1), (Some("two"), 2)] {
        assert_eq!(plan_service.share(&of(token)), share(1, changes), "{token:?}");
        let plan = file(token).unwrap().card;
        let refused = reason(file(token).map(|filed| filed.card));
        assert!(refused.starts_with("Budget") && refused.contains(token.unwrap_or("which is the limit")), "{refused}");
        redeem(token, &plan).unwrap();
        for _ in 1..changes {
            redeem(token, &file(token).unwrap().card).unwrap();
        }
        let plan = file(token).unwrap().card;
        let refused = reason(redeem(token, &plan).map(|_| ()));
        assert!(refused.starts_with("Budget") && refused.contains(token.unwrap_or("the operator's")), "{refused}");
        assert!(
            plan_service.take_reveal(&of(token)).is_ok() && plan_service.take_reveal(&of(token)).is_err(),
            "{token:?}"
        );
    }
}

#[test]
fn refuses_clients_without_the_rights() {
    let (_folder, plan_service) = stage();
    let client = |may, reveal| Client {
        rights: ClientRights { may, reveal, ..ClientRights::without_limits() }.into(),
        ..Client::default()
    };
    let plan = filed(&plan_service, None);
    plan_service.approve(&plan, &terminal(&plan)).unwrap();
    for (may, reveal, files, redeems) in
        [(May::Read, true, false, false), (May::Preview, false, true, false), (May::Apply, false, true, true)]
    {
        let client = client(may, reveal);
        let filed =
            plan_service.keep(ApiVersion::V4, (draft(&plan_service), PlanFindings::default()), b"payload", &client);
        assert_eq!(filed.is_ok(), files, "{may:?}");
        assert_eq!(plan_service.open(&plan.plan, None, &Exposure::unlimited(), &client).is_ok(), redeems, "{may:?}");
        let redeemed = plan_service.redeem(&plan.plan, None, &Exposure::unlimited(), &client).map(|_| ());
        assert_eq!(redeemed.is_ok(), redeems, "{may:?}");
        if !redeems {
            let reason = reason(redeemed);
            assert!(reason.starts_with("Scope") && reason.contains("`may = \"apply\"`"), "{reason}");
        }
        assert_eq!(plan_service.take_reveal(&client).is_ok(), reveal, "{may:?}");
    }
}
