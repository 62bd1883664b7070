//! What each backend of the state must do. A backend's tests call [`check`].

use super::{BudgetRefusal, ItemKind, Room, State, StoreRefusal, TurnedOn, UsedMark};
use crate::model::plan_card::PlanOutcome;
use infisical_skill_policy::ApiVersion;
use infisical_skill_policy::plan::{CountedChange, PlanId};
use infisical_skill_policy::switch::SwitchKind;
use std::slice::from_ref;
use std::sync::Arc;
use std::time::Duration;

/// A new process on one place.
type Process = Box<dyn Fn() -> Arc<dyn State> + Sync>;

const KINDS: [ItemKind; 2] = [ItemKind::Plan, ItemKind::Reveal];
const WINDOW: Duration = Duration::from_secs(100);
const HOUR: u64 = 3_600_000;

/// Checks a backend. `place` makes a new, empty place, and gives the processes on it.
pub(crate) fn check(mut place: impl FnMut() -> Process) {
    for case in [
        items_are_read_as_filed,
        item_is_used_once,
        only_one_of_many_uses_an_item,
        room_is_limited_and_counts_by_token,
        only_one_of_many_takes_the_last_place,
        approvals_are_kept_in_order,
        outcome_can_be_changed_later,
        removed_item_is_unknown,
        switches_are_separate,
        budgets_are_shared_and_all_or_nothing,
        changes_are_counted_only_if_accepted,
        time_never_goes_back_unless_accepted,
        accepting_a_time_ends_what_waits,
        api_version_belongs_to_its_origin,
    ] {
        case(&place());
    }
}

fn id(text: &str) -> PlanId {
    PlanId::new(text).unwrap()
}

fn record(token: Option<&str>, expires: u64) -> Vec<u8> {
    let head = serde_json::json!({ "expires": expires, "asked": { "token": token } });
    [head.to_string().as_bytes(), b"\n", &[0, 10, 255]].concat()
}

fn mark(outcome: PlanOutcome) -> UsedMark {
    UsedMark { card: None, outcome, at: 1, approval: None }
}

const ALL: Room<'static> = Room { max_pending: 10, counts: &|_| true };

fn filed(state: &Arc<dyn State>, kind: ItemKind, name: &str) -> PlanId {
    let id = id(name);
    state.file(kind, &id, &record(None, u64::MAX), &ALL).unwrap();
    id
}

fn items_are_read_as_filed(process: &Process) {
    for kind in KINDS {
        assert!(process().pending(kind).unwrap().is_empty() && process().used(kind).unwrap().is_empty());
        assert!(matches!(process().item(kind, &id("one")), Err(StoreRefusal::Unknown)));
        let one = filed(&process(), kind, "one");
        let item = process().item(kind, &one).unwrap();
        assert_eq!((item.record, item.approvals), (record(None, u64::MAX), Vec::new()));
        assert_eq!(process().pending(kind).unwrap(), [record(None, u64::MAX)]);
        // The same id again doesn't replace it.
        assert!(process().file(kind, &one, &record(None, 7), &ALL).is_err());
        assert_eq!(process().item(kind, &one).unwrap().record, record(None, u64::MAX));
    }
    // A plan and a request may have the same id.
    filed(&process(), ItemKind::Plan, "two");
    assert!(matches!(process().item(ItemKind::Reveal, &id("two")), Err(StoreRefusal::Unknown)));
}

fn item_is_used_once(process: &Process) {
    for kind in KINDS {
        let one = filed(&process(), kind, "one");
        process().use_up(kind, &one, &mark(PlanOutcome::Rejected)).unwrap();
        for refused in [
            process().use_up(kind, &one, &mark(PlanOutcome::Redeemed)).err(),
            process().item(kind, &one).err(),
            process().approve(kind, &one, b"proof").err(),
        ] {
            assert!(matches!(refused, Some(StoreRefusal::Used(PlanOutcome::Rejected))), "{refused:?}");
        }
        assert!(process().pending(kind).unwrap().is_empty());
        assert_eq!(process().used(kind).unwrap(), [mark(PlanOutcome::Rejected)]);
        let never = process().use_up(kind, &id("never"), &mark(PlanOutcome::Redeemed));
        assert!(matches!(never, Err(StoreRefusal::Unknown)));
    }
}

fn at_once(process: &Process, act: impl Fn(&Arc<dyn State>, usize) -> bool + Sync) -> usize {
    std::thread::scope(|scope| {
        let act = &act;
        let threads: Vec<_> = (0..8).map(|at| scope.spawn(move || act(&process(), at))).collect();
        threads.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum()
    })
}

fn only_one_of_many_uses_an_item(process: &Process) {
    for kind in KINDS {
        let one = filed(&process(), kind, "one");
        let used = at_once(process, |state, _| state.use_up(kind, &one, &mark(PlanOutcome::Redeemed)).is_ok());
        assert_eq!(used, 1, "{kind:?}");
    }
}

fn room_is_limited_and_counts_by_token(process: &Process) {
    for kind in KINDS {
        let file = |name: &str, token: Option<&str>, expires| {
            let room = Room { max_pending: 2, counts: &|filed| filed == token };
            process().file(kind, &id(name), &record(token, expires), &room)
        };
        file("one", Some("a"), u64::MAX).unwrap();
        file("two", Some("a"), u64::MAX).unwrap();
        assert!(matches!(file("three", Some("a"), u64::MAX), Err(StoreRefusal::TooMany)));
        file("four", None, u64::MAX).unwrap();
        // Used and expired items take no room.
        process().use_up(kind, &id("one"), &mark(PlanOutcome::Redeemed)).unwrap();
        file("five", Some("a"), 1).unwrap();
        file("six", Some("a"), u64::MAX).unwrap();
        assert!(matches!(file("seven", Some("a"), u64::MAX), Err(StoreRefusal::TooMany)));
    }
}

fn only_one_of_many_takes_the_last_place(process: &Process) {
    for kind in KINDS {
        let room = || Room { max_pending: 1, counts: &|_| true };
        let file = |state: &Arc<dyn State>, at: usize| {
            state.file(kind, &id(&format!("item{at}")), &record(None, u64::MAX), &room()).is_ok()
        };
        assert_eq!(at_once(process, file), 1, "{kind:?}");
    }
}

fn approvals_are_kept_in_order(process: &Process) {
    for kind in KINDS {
        let one = filed(&process(), kind, "one");
        for proof in [&b"first"[..], &[0; 40], b"first", b""] {
            process().approve(kind, &one, proof).unwrap();
        }
        let approvals = process().item(kind, &one).unwrap().approvals;
        assert_eq!(approvals, [b"first".to_vec(), vec![0; 40], Vec::new()], "the same proof counts once");
        assert!(matches!(process().approve(kind, &id("other"), b"x"), Err(StoreRefusal::Unknown)));
        let added = at_once(process, |state, at| state.approve(kind, &one, &[u8::try_from(at).unwrap()]).is_ok());
        assert_eq!(process().item(kind, &one).unwrap().approvals.len(), 3 + added);
    }
}

fn outcome_can_be_changed_later(process: &Process) {
    for kind in KINDS {
        let one = filed(&process(), kind, "one");
        process().set_outcome(kind, &one, PlanOutcome::Applied).unwrap();
        assert!(process().item(kind, &one).is_ok(), "an item that isn't used stays");
        process().use_up(kind, &one, &mark(PlanOutcome::Redeemed)).unwrap();
        process().set_outcome(kind, &one, PlanOutcome::Applied).unwrap();
        assert_eq!(process().used(kind).unwrap(), [mark(PlanOutcome::Applied)]);
        assert!(matches!(process().item(kind, &one), Err(StoreRefusal::Used(PlanOutcome::Applied))));
    }
}

fn removed_item_is_unknown(process: &Process) {
    for kind in KINDS {
        let one = filed(&process(), kind, "one");
        process().approve(kind, &one, b"proof").unwrap();
        process().remove(kind, &one);
        process().remove(kind, &one);
        assert!(matches!(process().item(kind, &one), Err(StoreRefusal::Unknown)));
        filed(&process(), kind, "one");
        assert!(process().item(kind, &one).unwrap().approvals.is_empty(), "a proof doesn't outlive its item");
    }
}

fn switches_are_separate(process: &Process) {
    let on = TurnedOn { since: 5, until: 10, reason: Some("a \"reason\"".to_owned()) };
    for (kind, other) in [(SwitchKind::Writes, SwitchKind::Reveals), (SwitchKind::Reveals, SwitchKind::Writes)] {
        assert_eq!(process().switch(kind).unwrap(), None);
        process().set_switch(kind, Some(&on)).unwrap();
        assert_eq!((process().switch(kind).unwrap().as_ref(), process().switch(other).unwrap()), (Some(&on), None));
        process().set_switch(kind, None).unwrap();
        process().set_switch(kind, None).unwrap();
        assert_eq!(process().switch(kind).unwrap(), None);
    }
}

fn budgets_are_shared_and_all_or_nothing(process: &Process) {
    // A state keeps nothing before something is filed or turned on.
    filed(&process(), ItemKind::Plan, "one");
    let now = 10 * HOUR;
    process().take("writes", 2, 3, now).unwrap();
    assert!(matches!(process().take("writes", 2, 3, now), Err(BudgetRefusal::UsedUp(3_600))));
    process().take("reveals", 3, 3, now).unwrap();
    process().take("writes", 1, 3, now).unwrap();
    assert!(process().take("writes", 1, 3, now - HOUR).is_err(), "a clock that goes back frees nothing");
    let taken = at_once(process, |state, _| state.take("others", 1, 5, now).is_ok());
    assert_eq!(taken, 5);
    process().take("writes", 3, 3, now + HOUR).unwrap();
}

fn changes_are_counted_only_if_accepted(process: &Process) {
    filed(&process(), ItemKind::Plan, "one");
    let change = |project: &str, updates: Option<&str>| CountedChange {
        project: project.to_owned(),
        updates: updates.map(str::to_owned),
        overwrites: updates.is_some(),
    };
    let recent = |now| -> Vec<_> {
        process().recent_changes(WINDOW, now).unwrap().into_iter().map(|past| past.counted.unwrap()).collect()
    };
    let (one, two) = (change("p", Some("s")), change("p", None));
    assert!(process().count_changes(from_ref(&one), WINDOW, 1_000, &mut |earlier| earlier.is_empty()).unwrap());
    assert!(!process().count_changes(from_ref(&two), WINDOW, 1_000, &mut |earlier| earlier.is_empty()).unwrap());
    assert_eq!(recent(1_000), from_ref(&one));
    assert!(process().count_changes(from_ref(&two), WINDOW, 2_000, &mut |_| true).unwrap());
    assert_eq!(recent(100_999), [one, two.clone()]);
    assert_eq!(recent(101_000), [two]);
    assert_eq!(recent(0).len(), 2, "a clock that went back makes no room");
    let counted = at_once(process, |state, at| {
        let change = change(&format!("q{at}"), None);
        state.count_changes(&[change], WINDOW, 200_000, &mut |earlier| earlier.len() < 4).unwrap()
    });
    assert_eq!(counted, 4, "each sees the changes before it");
}

fn time_never_goes_back_unless_accepted(process: &Process) {
    filed(&process(), ItemKind::Plan, "one");
    let first = process().now().unwrap();
    assert!(process().now().unwrap() >= first);
    process().accept_time(first + 365 * 24 * HOUR).unwrap();
    assert!(process().now().is_err(), "the machine's clock is a year behind");
    process().accept_time(first).unwrap();
    assert!(process().now().unwrap() >= first);
}

fn accepting_a_time_ends_what_waits(process: &Process) {
    let on = TurnedOn { since: 5, until: 10, reason: None };
    for kind in KINDS {
        let one = filed(&process(), kind, "one");
        process().approve(kind, &one, b"proof").unwrap();
    }
    for kind in [SwitchKind::Writes, SwitchKind::Reveals] {
        process().set_switch(kind, Some(&on)).unwrap();
    }
    let now = process().now().unwrap();
    process().accept_time(now).unwrap();
    for kind in KINDS {
        assert!(matches!(process().item(kind, &id("one")), Err(StoreRefusal::Used(PlanOutcome::Discarded))));
    }
    for kind in [SwitchKind::Writes, SwitchKind::Reveals] {
        assert_eq!(process().switch(kind).unwrap(), None);
    }
}

fn api_version_belongs_to_its_origin(process: &Process) {
    filed(&process(), ItemKind::Plan, "one");
    assert_eq!(process().api_version("https://a"), None);
    process().set_api_version("https://a", Some(ApiVersion::V3));
    assert_eq!((process().api_version("https://a"), process().api_version("https://b")), (Some(ApiVersion::V3), None));
    process().set_api_version("https://a", None);
    assert_eq!(process().api_version("https://a"), None);
}
