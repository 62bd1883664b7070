//! Tests the messages about a log, and the names in records. People act on both.

use crate::common::{Simulated, event};
use infisical_skill_audit::{
    Act, Asked, CallOutcome, CallTarget, Defect, Durability, Event, Hash, Head, Log, LogError, Outcome, Problem,
    Reader, Rotation, Unreadable, records,
};

#[test]
fn shows_target_as_one_string() {
    let target = |change: &str, environment: &str, path: &str, name: &str, new_name: &str| {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let (change, environment, path) = (some(change), some(environment), some(path));
        CallTarget { change, project: None, environment, path, name: some(name), new_name: some(new_name) }.to_string()
    };
    for (said, expected) in [
        (target("create-secret", "dev", "/app", "API_KEY", ""), "create-secret dev:/app/API_KEY"),
        (target("rename-folder", "dev", "/", "a", "b"), "rename-folder dev:/a → b"),
        (target("", "dev", "/app/", "A", ""), "dev:/app/A"),
        (target("", "", "", "A", ""), "A"),
        (target("", "", "/app", "", ""), "/app"),
        (target("", "", "", "", ""), ""),
    ] {
        assert_eq!(said, expected);
    }
}

#[test]
fn problem_names_the_record_and_its_meaning() {
    let head = Head { seq: 3, hash: Hash::ZERO };
    for (said, parts) in [
        (LogError::Io(std::io::Error::other("no room")).to_string(), ["can't be written", "no room"]),
        (LogError::Poisoned("a sync failed".to_owned()).to_string(), ["verifies", "a sync failed"]),
        (LogError::Broken { record: 7, defect: Defect::Damaged }.to_string(), ["record 7 ", "changed after"]),
        (Defect::Torn.to_string(), ["torn", "never acknowledged"]),
        (Defect::OutOfOrder.to_string(), ["removed", "doubled"]),
        (Defect::Unchained.to_string(), ["before it", "replaced"]),
        (Unreadable { segment: 9 }.to_string(), ["record 9 ", "isn't a record"]),
        (Problem::Bad { record: 7, defect: Defect::Damaged }.to_string(), ["record 7 ", "changed after"]),
        (Problem::Foreign { record: 7 }.to_string(), ["record 7 ", "isn't written as"]),
        (Problem::CutOff { last: 3, noted: 7 }.to_string(), ["record 3,", "record 7 was noted"]),
        (Problem::Replaced { noted: 7 }.to_string(), ["record 7 ", "anew"]),
        (Problem::MovedAway { noted: 7, first: 9 }.to_string(), ["record 7,", "record 9"]),
        (head.to_string(), ["3:", "0000"]),
    ] {
        assert!(parts.iter().all(|part| said.contains(part)), "{said}");
    }
}

#[test]
fn reads_a_line_only_once_it_is_complete() {
    let disk = Simulated::default();
    let log = Log::new(disk.clone(), Rotation::default());
    log.append("t", &event("a"), Durability::InTheFile).unwrap();
    log.append("t", &event("b"), Durability::InTheFile).unwrap();
    let whole = disk.segment(1);
    let first = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    disk.tamper(1, |bytes| bytes.truncate(first + 20));
    let mut reader = Reader::new(&disk);
    let seqs = |read: Vec<Result<infisical_skill_audit::Record, Unreadable>>| {
        read.into_iter().map(|record| record.unwrap().seq).collect::<Vec<_>>()
    };
    assert_eq!(seqs(reader.read().unwrap()), [1]);
    assert!(reader.read().unwrap().is_empty());
    disk.tamper(1, |bytes| bytes.clone_from(&whole));
    assert_eq!(seqs(reader.read().unwrap()), [2]);
    assert_eq!(records(&disk).unwrap().len(), 2);
}

#[test]
fn records_omitted_requests_only_where_some_are_omitted() {
    let disk = Simulated::default();
    let log = Log::new(disk.clone(), Rotation::default());
    for more_requests in [0, 3] {
        let outcome = Outcome {
            asked: Asked::default(),
            outcome: CallOutcome::Done,
            said: None,
            plan: None,
            steps: Vec::new(),
            requests: Vec::new(),
            more_requests,
            micros: 1,
        };
        log.append("t", &Event::Outcome(outcome), Durability::InTheFile).unwrap();
    }
    let lines = String::from_utf8(disk.segment(1)).unwrap();
    let said: Vec<_> = lines.lines().map(|line| line.contains("\"more_requests\":3,")).collect();
    assert_eq!((said, lines.matches("more_requests").count()), (vec![false, true], 1), "{lines}");
    assert!(records(&disk).unwrap().iter().all(Result::is_ok), "both are read back");
}

#[test]
fn names_events_as_they_are_serialized() {
    let written = |value: serde_json::Result<serde_json::Value>| value.unwrap().as_str().unwrap().to_owned();
    for outcome in CallOutcome::ALL {
        assert_eq!(outcome.name(), written(serde_json::to_value(outcome)));
    }
    for act in [
        Act::WritesOn,
        Act::WritesOff,
        Act::RevealsOn,
        Act::RevealsOff,
        Act::Approve,
        Act::Reject,
        Act::Probe,
        Act::Provision,
        Act::Deprovision,
    ] {
        assert_eq!(act.name(), written(serde_json::to_value(act)));
    }
}
