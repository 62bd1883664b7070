//! Tests how a process that remembers the end of the log handles a log with another history, and
//! what it needn't read again.

use crate::common::{Cut, Simulated, event, names};
use infisical_skill_audit::{Defect, Disk, Durability, Log, LogError, Problem, Rotation, verify};

const T: &str = "2026-11-23T00:00:00.000Z";

/// Records of this name, as another process writes them.
fn write(disk: &Simulated, rotation: u64, name: &str, count: usize) {
    let log = Log::new(disk.clone(), Rotation(rotation));
    for at in 0..count {
        log.append(T, &event(&format!("{name}{at}")), Durability::OnTheDisk).unwrap();
    }
}

#[test]
fn rejects_rewritten_history_that_continues() {
    // A file for each record, and files of several.
    for rotation in [1, 900] {
        for known in 1..6 {
            let disk = Simulated::default();
            let running = Log::new(disk.clone(), Rotation(rotation));
            for at in 0..known {
                running.append(T, &event(&format!("true{at}")), Durability::OnTheDisk).unwrap();
            }
            let forged = Simulated::default();
            write(&forged, rotation, "forged", 12);
            disk.become_like(&forged);
            assert_eq!(verify(&disk, None).unwrap().problem, None, "a good chain in itself");
            let refused = running.append(T, &event("x"), Durability::InTheFile);
            assert!(matches!(refused, Err(LogError::Poisoned(_))), "{rotation} {known}: {refused:?}");
        }
    }
}

#[test]
fn a_file_under_another_number_is_out_of_order() {
    let disk = Simulated::default();
    write(&disk, 900, "e", 12);
    let last = disk.segments().unwrap().pop().unwrap();
    for number in [last - 1, last + 1] {
        let moved = disk.cut_power(Cut::Torn(0));
        moved.rename(last, number);
        let refused = Log::new(moved.clone(), Rotation(900)).append(T, &event("x"), Durability::InTheFile);
        let is_bad = matches!(refused, Err(LogError::Broken { defect: Defect::OutOfOrder, .. }));
        assert!(is_bad, "{number}: {refused:?}");
        assert!(!verify(&moved, None).unwrap().is_sound());
    }
}

#[test]
fn only_the_last_file_can_be_torn() {
    let disk = Simulated::default();
    let running = Log::new(disk.clone(), Rotation(900));
    running.append(T, &event("a"), Durability::OnTheDisk).unwrap();
    write(&disk, 900, "e", 12);
    let before = disk.segment(1);
    disk.tamper(1, |bytes| bytes.truncate(before.len() - 5));
    let refused = running.append(T, &event("x"), Durability::InTheFile);
    assert!(matches!(refused, Err(LogError::Broken { .. })), "{refused:?}");
    assert_eq!(disk.segment(1), before[..before.len() - 5], "it stays as it is");
    assert!(disk.aside().is_empty());
    let second = disk.segments().unwrap()[1];
    let found = verify(&disk, None).unwrap();
    assert_eq!(found.problem, Some(Problem::Bad { record: second - 1, defect: Defect::Damaged }));
    assert_eq!((found.head.seq, found.records), (second - 2, second - 2));
}

#[test]
fn reports_first_bad_record_after_archiving_older_files() {
    let whole = Simulated::default();
    write(&whole, 900, "e", 12);
    let segments = whole.segments().unwrap();
    for (bad, record) in [(0, segments[1]), (1, segments[1] + 1)] {
        let disk = whole.cut_power(Cut::Torn(0));
        disk.remove(segments[0]);
        disk.tamper(segments[1], |bytes| {
            let mut lines: Vec<_> = bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
            let at = lines[bad].len() / 2;
            lines[bad][at] ^= 1;
            *bytes = lines.concat();
        });
        let found = verify(&disk, None).unwrap();
        assert_eq!(found.problem, Some(Problem::Bad { record, defect: Defect::Damaged }), "{bad}");
        assert_eq!((found.first, found.records), (segments[1], bad as u64));
    }
}

#[test]
fn first_file_without_good_record_is_bad_and_not_continued() {
    let whole = Simulated::default();
    write(&whole, 900, "e", 12);
    let segments = whole.segments().unwrap();
    let (last, earlier) = segments.split_last().unwrap();
    for segment in earlier {
        whole.remove(*segment);
    }
    whole.tamper(*last, |bytes| *bytes = b"no record".to_vec());
    assert!(!verify(&whole, None).unwrap().is_sound());
    let refused = Log::new(whole.clone(), Rotation(900)).append(T, &event("x"), Durability::InTheFile);
    assert!(matches!(refused, Err(LogError::Broken { defect: Defect::OutOfOrder, .. })), "{refused:?}");
}

#[test]
fn truncated_record_never_passes_for_an_archived_one() {
    let disk = Simulated::default();
    let log = Log::new(disk.clone(), Rotation::default());
    let head = log.append(T, &event("a"), Durability::OnTheDisk).unwrap();
    disk.tamper(1, |bytes| bytes.truncate(20));
    assert_eq!(verify(&disk, Some(head)).unwrap().problem, Some(Problem::CutOff { last: 0, noted: 1 }));
}

#[test]
fn does_not_sync_records_already_on_disk() {
    let disk = Simulated::default();
    let log = Log::new(disk.clone(), Rotation::default());
    assert!(!log.is_behind());
    log.append(T, &event("a"), Durability::InTheFile).unwrap();
    assert!(log.is_behind());
    log.sync().unwrap();
    assert!(!log.is_behind());
    let syncs = disk.count("sync");
    log.sync().unwrap();
    assert_eq!(disk.count("sync"), syncs);
    log.append(T, &event("b"), Durability::OnTheDisk).unwrap();
    assert_eq!((disk.count("sync"), log.is_behind()), (syncs + 1, false));
}

#[test]
fn writes_record_without_sync_where_allowed() {
    let disk = Simulated::default();
    let log = Log::new(disk.clone(), Rotation::default());
    assert!(log.try_append(T, &event("a")).is_none(), "the log has to be read first");
    log.append(T, &event("b"), Durability::InTheFile).unwrap();
    assert_eq!(log.try_append(T, &event("c")).unwrap().unwrap().seq, 2);
    let held = disk.lock().unwrap();
    assert!(log.try_append(T, &event("d")).is_none(), "it would have to wait");
    drop(held);
    assert_eq!(names(&disk), ["b", "c"]);
}

#[test]
fn reads_records_of_others_once() {
    let disk = Simulated::default();
    let (one, two) = (Log::new(disk.clone(), Rotation::default()), Log::new(disk.clone(), Rotation::default()));
    for log in [&one, &two] {
        log.append(T, &event("a"), Durability::InTheFile).unwrap();
    }
    let (opened, read) = (disk.count("open"), disk.count("read"));
    for at in 0..10 {
        for log in [&one, &two] {
            log.append(T, &event(&format!("b{at}")), Durability::InTheFile).unwrap();
        }
    }
    // Each record of the other process takes one read, and nothing is opened again.
    assert_eq!((disk.count("open") - opened, disk.count("read") - read), (0, 20));
    assert_eq!(verify(&disk, None).unwrap().records, 22);
}

#[test]
fn dropping_the_log_syncs_it() {
    let disk = Simulated::default();
    let log = Log::new(disk.clone(), Rotation::default());
    log.append(T, &event("a"), Durability::InTheFile).unwrap();
    assert!(names(&disk.cut_power(Cut::Torn(0))).is_empty());
    drop(log);
    assert_eq!(names(&disk.cut_power(Cut::Torn(0))), ["a"]);
}
