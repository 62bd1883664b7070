use super::*;
use crate::state::{files, pending_in, used_in};

#[test]
fn used_plan_stays_used_if_its_file_is_restored() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let id = file(&store, "v");
    let path = files_of(folder.path(), "plan").remove(0);
    let copy = fs::read(&path).unwrap();
    store.claim(&id, None).unwrap();
    assert!(files_of(folder.path(), "plan").is_empty(), "what it would have written is gone");
    files::create_new(&path, &copy).unwrap();
    assert!(matches!(store.open(&keys(), &id), Err(StoreRefusal::Used(_))));
    assert!(matches!(store.claim(&id, None), Err(StoreRefusal::Used(_))));
    store.note(&id, PlanOutcome::Applied).unwrap();
    let listed = store.list(None).unwrap();
    assert_eq!((listed.len(), listed[0].outcome), (1, Some(PlanOutcome::Applied)));
}

#[test]
fn keeps_used_marks_for_a_month_after_expiry() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let at = 2_000_000_000_000;
    crate::base::test_clock::set(at);
    let id = file(&store, "v");
    store.claim(&id, None).unwrap();
    let expires = card(&store, &id).expires;
    assert_eq!(expires, at + 60_000);
    let month = 30 * 24 * 3_600_000;
    for (now, is_there) in [(expires + month, true), (expires + month + 1, false)] {
        crate::base::test_clock::set(now);
        // Marks are cleaned up once an hour.
        fs::remove_file(folder.path().join("plans/swept")).unwrap();
        file(&store, "v");
        assert_eq!(store.path(&id, "used").exists(), is_there, "{now}");
    }
}

/// With 200,000 marks, listing them cost each preview 0.2 s.
#[test]
fn a_preview_lists_no_marks_of_used_plans() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let [redeemed, rejected, waiting] = ["a", "b", "c"].map(|value| file(&store, value));
    store.claim(&redeemed, None).unwrap();
    store.discard(&rejected, PlanOutcome::Rejected).unwrap();
    assert_eq!(pending_in(&folder.path().join("plans"), "plan").unwrap(), [store.path(&waiting, "plan")]);
    assert!(files_of(folder.path(), "used").is_empty(), "beside the plans");
    assert_eq!(store.list(None).unwrap().len(), 3);
    state(folder.path()).accept_time(now()).unwrap();
    assert!(matches!(store.open(&keys(), &waiting), Err(StoreRefusal::Used(PlanOutcome::Discarded))));
    assert_eq!(used_in(&folder.path().join("plans")).unwrap().len(), 3);
}

#[cfg(unix)]
#[test]
fn marks_that_others_could_take_away_are_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let id = file(&store, "v");
    let used = folder.path().join("plans/used");
    for (mode, is_taken) in [(0o777, false), (0o700, true)] {
        fs::set_permissions(&used, fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(store.open(&keys(), &id).is_ok(), is_taken, "{mode:o}");
        assert_eq!(store.claim(&id, None).is_ok(), is_taken, "{mode:o}");
    }
}

/// With 200,000 marks, reading them would cost each preview more than a second.
#[test]
fn cleans_up_used_marks_once_an_hour() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let (at, hour) = (2_000_000_000_000, 3_600_000);
    crate::base::test_clock::set(at);
    let id = file(&store, "v");
    store.claim(&id, None).unwrap();
    let old = at + 40 * 24 * hour;
    crate::base::test_clock::set(old);
    fs::write(folder.path().join("plans/swept"), (old - hour + 1).to_string()).unwrap();
    file(&store, "v");
    assert!(store.path(&id, "used").exists(), "looked at less than an hour ago");
    crate::base::test_clock::set(old + 1);
    file(&store, "v");
    assert!(!store.path(&id, "used").exists());
    // A recorded cleanup in the future doesn't count.
    assert!(store.sweeps(old) && !store.sweeps(old) && store.sweeps(old + hour));
}

#[test]
fn plan_of_a_killed_process_is_used_and_frees_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let file = || {
        store.file(
            &keys(),
            ApiVersion::V4,
            (draft("v"), PlanFindings::default()),
            b"",
            (None, &AskedBy::default()),
            (LIFETIME, 1, &|_| true),
        )
    };
    let id = PlanId::new(&file().unwrap().plan).unwrap();
    assert!(matches!(file(), Err(StoreRefusal::TooMany)));
    // The process was killed after it had created the file, before it wrote a byte to it and before
    // it removed the plan.
    fs::write(store.path(&id, "used"), b"").unwrap();
    assert!(matches!(store.open(&keys(), &id), Err(StoreRefusal::Used(PlanOutcome::Redeemed))));
    assert!(matches!(store.claim(&id, None), Err(StoreRefusal::Used(_))));
    assert!(approve(&store, &id).is_err() && store.list(None).unwrap().is_empty());
    file().unwrap();
    assert!(!store.path(&id, "plan").exists(), "its values are of no use any more");
    assert!(matches!(store.open(&keys(), &id), Err(StoreRefusal::Used(_))), "used for ever");
}
