//! A log in real files: several writers, killed writers, tampering.

use crate::common::{event, names};
use infisical_skill_audit::{
    Durability, Files, Head, Log, LogError, Problem, Reader, Rotation, Verification, absolve, records, verify,
};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

const T: &str = "2026-11-23T00:00:00.000Z";

fn log(folder: &Path, rotation: u64) -> Log<Files> {
    Log::new(Files::new(folder.join("audit")), Rotation(rotation))
}

fn disk(folder: &Path) -> Files {
    Files::new(folder.join("audit"))
}

fn verified(folder: &Path, noted: Option<Head>) -> Verification {
    verify(&disk(folder), noted).unwrap()
}

fn segments(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder.join("audit"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    paths.sort();
    paths
}

/// A log of `count` records in several files, and its head.
fn written(count: usize) -> (TempDir, Head) {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path(), 1_000);
    let mut head = Head::GENESIS;
    for at in 0..count {
        head = log.append(T, &event(&format!("e{at}")), Durability::OnTheDisk).unwrap();
    }
    (folder, head)
}

#[test]
fn one_chain_spans_several_private_files() {
    let (folder, head) = written(30);
    let segments = segments(folder.path());
    assert!(segments.len() > 3);
    let found = verified(folder.path(), Some(head));
    assert_eq!((found.records, found.first, found.head, found.problem), (30, 1, head, None));
    assert_eq!(found.segments, segments.len());
    for path in &segments {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(fs::read(path).unwrap().len() < 1_400, "not much over the size at which the next one begins");
    }
    assert_eq!(fs::metadata(folder.path().join("audit")).unwrap().permissions().mode() & 0o777, 0o700);
    // Earlier files may be archived. The remaining files are a valid chain.
    fs::remove_file(&segments[0]).unwrap();
    let found = verified(folder.path(), None);
    assert_eq!((found.problem, found.head), (None, head));
    assert!(found.first > 1);
    assert!(matches!(
        verified(folder.path(), Some(Head { seq: 1, hash: head.hash })).problem,
        Some(Problem::MovedAway { noted: 1, .. })
    ));
    log(folder.path(), 1_000).append(T, &event("more"), Durability::OnTheDisk).unwrap();
}

#[test]
fn reports_first_bad_record_after_any_tampering() {
    type IntendedChange = fn(&mut Vec<String>);
    let cases: [(&str, IntendedChange, u64); 6] = [
        ("edited", |lines| lines[4] = lines[4].replace("writes-off", "writes-on"), 5),
        ("removed", |lines| drop(lines.remove(4)), 5),
        ("swapped", |lines| lines.swap(4, 6), 5),
        ("doubled", |lines| lines.insert(4, lines[4].clone()), 6),
        ("put in", |lines| lines.insert(4, "{\"seq\":5}".to_owned()), 5),
        ("emptied", |lines| lines[4].clear(), 5),
    ];
    for (what, change, bad) in cases {
        let folder = tempfile::tempdir().unwrap();
        let log = log(folder.path(), 1 << 20);
        for at in 0..10 {
            log.append(T, &event(&format!("e{at}")), Durability::OnTheDisk).unwrap();
        }
        drop(log);
        let path = &segments(folder.path())[0];
        let mut lines: Vec<String> = fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect();
        change(&mut lines);
        fs::write(path, lines.join("\n") + "\n").unwrap();
        let found = verified(folder.path(), None);
        assert!(matches!(found.problem, Some(Problem::Bad { record, .. }) if record == bad), "{what}: {found:?}");
        assert!(!found.is_sound(), "{what}");
        // Nothing is appended to a file that isn't a log, and the file stays unchanged.
        let refused = self::log(folder.path(), 1 << 20).append(T, &event("x"), Durability::OnTheDisk);
        assert!(matches!(refused, Err(LogError::Broken { record, .. }) if record == bad), "{what}: {refused:?}");
        assert!(absolve(&disk(folder.path())).is_err(), "{what}");
        assert_eq!(fs::read_to_string(path).unwrap(), lines.join("\n") + "\n");
    }
}

#[test]
fn cut_or_rolled_back_log_misses_the_noted_head() {
    let (folder, head) = written(30);
    let copy: Vec<_> =
        segments(folder.path()).into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect();
    let last = segments(folder.path()).pop().unwrap();
    // Cut at the end of a record: by itself, the rest is a valid chain.
    let text = fs::read_to_string(&last).unwrap();
    fs::write(&last, text.lines().next().unwrap().to_owned() + "\n").unwrap();
    assert_eq!(verified(folder.path(), None).problem, None);
    assert!(matches!(verified(folder.path(), Some(head)).problem, Some(Problem::CutOff { noted: 30, .. })));
    // The log is continued, so another record has its number now.
    while verified(folder.path(), None).head.seq < 31 {
        log(folder.path(), 1_000).append(T, &event("other"), Durability::OnTheDisk).unwrap();
    }
    assert_eq!(verified(folder.path(), Some(head)).problem, Some(Problem::Replaced { noted: 30 }));
    // An old copy is put back as a whole.
    for path in segments(folder.path()) {
        fs::remove_file(path).unwrap();
    }
    for (path, content) in copy.iter().take(2) {
        fs::write(path, content).unwrap();
    }
    assert_eq!(verified(folder.path(), None).problem, None);
    assert!(matches!(verified(folder.path(), Some(head)).problem, Some(Problem::CutOff { noted: 30, .. })));
    // All of it is missing.
    for path in segments(folder.path()) {
        fs::remove_file(path).unwrap();
    }
    assert!(matches!(verified(folder.path(), Some(head)).problem, Some(Problem::CutOff { last: 0, noted: 30 })));
}

#[test]
fn running_process_notices_its_records_are_gone() {
    type IntendedChange = fn(&Path, &[u8]);
    let changes: [IntendedChange; 3] = [
        |path, old| fs::write(path, old).unwrap(),
        |path, _| fs::remove_file(path).unwrap(),
        |path, old| {
            fs::write(path.with_extension("x"), old).unwrap();
            fs::set_permissions(path.with_extension("x"), fs::Permissions::from_mode(0o600)).unwrap();
            fs::rename(path.with_extension("x"), path).unwrap();
        },
    ];
    for change in changes {
        let folder = tempfile::tempdir().unwrap();
        let log = log(folder.path(), 1 << 20);
        log.append(T, &event("a"), Durability::OnTheDisk).unwrap();
        let path = segments(folder.path()).pop().unwrap();
        let old = fs::read(&path).unwrap();
        log.append(T, &event("b"), Durability::OnTheDisk).unwrap();
        change(&path, &old);
        assert!(matches!(log.append(T, &event("c"), Durability::InTheFile), Err(LogError::Poisoned(_))));
        let found = verified(folder.path(), None);
        assert!(found.poisoned.is_some_and(|reason| reason.contains("record 2")), "and says so to whoever looks later");
    }
}

#[test]
fn refuses_to_write_to_foreign_log_link_or_pipe() {
    let folder = tempfile::tempdir().unwrap();
    log(folder.path(), 1 << 20).append(T, &event("a"), Durability::OnTheDisk).unwrap();
    let path = segments(folder.path()).pop().unwrap();
    let refused = || log(folder.path(), 1 << 20).append(T, &event("b"), Durability::InTheFile).is_err();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o622)).unwrap();
    assert!(refused());
    assert_eq!(verified(folder.path(), None).problem, None, "it can be read and checked all the same");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(folder.path().join("audit"), fs::Permissions::from_mode(0o777)).unwrap();
    assert!(refused());
    fs::set_permissions(folder.path().join("audit"), fs::Permissions::from_mode(0o700)).unwrap();
    assert!(!refused());
    fs::rename(&path, folder.path().join("elsewhere")).unwrap();
    symlink(folder.path().join("elsewhere"), &path).unwrap();
    assert!(refused());
    assert!(log(Path::new("/dev/null"), 1 << 20).append(T, &event("b"), Durability::InTheFile).is_err());
}

#[test]
fn threads_and_logs_that_append_at_once_make_one_chain() {
    let folder = tempfile::tempdir().unwrap();
    let shared = log(folder.path(), 4_000);
    let each = 40;
    std::thread::scope(|scope| {
        for writer in 0..6 {
            let (shared, folder) = (&shared, folder.path());
            scope.spawn(move || {
                // Some threads share a log. Others use their own, as other processes would.
                let own = log(folder, 4_000);
                let log = if writer % 2 == 0 { shared } else { &own };
                for at in 0..each {
                    let durability = if at % 3 == 0 { Durability::OnTheDisk } else { Durability::InTheFile };
                    let event = event(&format!("w{writer}-{at}"));
                    if at % 2 == 0 && log.try_append(T, &event).is_some_and(|tried| tried.is_ok()) {
                        continue;
                    }
                    log.append(T, &event, durability).unwrap();
                }
            });
        }
    });
    let found = verified(folder.path(), None);
    assert_eq!((found.records, found.problem), (6 * each, None));
    let names = names(&disk(folder.path()));
    for writer in 0..6 {
        let own: Vec<_> = names.iter().filter(|name| name.starts_with(&format!("w{writer}-"))).cloned().collect();
        assert_eq!(own, (0..each).map(|at| format!("w{writer}-{at}")).collect::<Vec<_>>(), "each in its own order");
    }
}

/// Not a test: the process that `processes_that_are_killed` runs and kills.
#[test]
fn appends_for_ever() {
    let Some(folder) = std::env::var_os("AUDIT_TEST_APPEND_TO") else { return };
    let log = log(Path::new(&folder), 6_000);
    let me = std::process::id();
    for at in 0.. {
        let durability = if at % 5 == 0 { Durability::OnTheDisk } else { Durability::InTheFile };
        let name = format!("p{me}-{at}");
        log.append(T, &event(&name), durability).unwrap();
        let mut stdout = std::io::stdout().lock();
        writeln!(stdout, "acknowledged {name}").unwrap();
        stdout.flush().unwrap();
    }
}

#[test]
fn killed_writers_keep_acknowledged_records() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..12_u64 {
        // Two at a time, killed at different moments.
        let children: Vec<_> = (0..2)
            .map(|_| {
                Command::new(std::env::current_exe().unwrap())
                    .args(["--exact", "files::appends_for_ever", "--nocapture"])
                    .env("AUDIT_TEST_APPEND_TO", folder.path())
                    .stdout(Stdio::piped())
                    .stderr(Stdio::null())
                    .spawn()
                    .unwrap()
            })
            .collect();
        let readers: Vec<_> = children
            .into_iter()
            .enumerate()
            .map(|(number, mut child)| {
                std::thread::spawn(move || {
                    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
                    let first = lines.by_ref().map(Result::unwrap).find(|line| line.contains("acknowledged"));
                    std::thread::sleep(Duration::from_micros(300 + round * 1_700 + number as u64 * 900));
                    child.kill().unwrap();
                    child.wait().unwrap();
                    first.into_iter().chain(lines.map_while(Result::ok)).collect::<Vec<_>>()
                })
            })
            .collect();
        for reader in readers {
            let lines = reader.join().unwrap();
            assert!(!lines.is_empty(), "nothing was written before it was killed");
            // The last line may be cut off in the pipe. All lines before it were acknowledged.
            acknowledged.extend(lines.iter().filter_map(|line| Some(line.split_once("acknowledged ")?.1.to_owned())));
        }
        log(folder.path(), 6_000).append(T, &event("after"), Durability::OnTheDisk).unwrap();
        assert_eq!(verified(folder.path(), None).problem, None);
    }
    let found: std::collections::HashSet<String> = names(&disk(folder.path())).into_iter().collect();
    assert!(acknowledged.len() > 24);
    for name in &acknowledged {
        assert!(found.contains(name), "{name} was acknowledged");
    }
}

#[test]
fn a_reader_follows_a_log_as_it_is_written_over_files() {
    let folder = tempfile::tempdir().unwrap();
    let (log, disk) = (log(folder.path(), 700), disk(folder.path()));
    let mut reader = Reader::new(&disk);
    assert!(reader.read().unwrap().is_empty());
    let mut seen = Vec::new();
    for at in 0..20 {
        log.append(T, &event(&format!("e{at}")), Durability::InTheFile).unwrap();
        if at % 3 == 0 {
            loop {
                let more = reader.read().unwrap();
                if more.is_empty() {
                    break;
                }
                seen.extend(more.into_iter().map(|record| record.unwrap().seq));
            }
            assert_eq!(seen, (1..=at + 1).collect::<Vec<u64>>());
        }
    }
    assert_eq!(records(&disk).unwrap().len(), 20);
}

/// Short-lived processes, such as a command's, write a record or two each.
/// This holds for whichever process appends after the edit.
#[test]
fn edited_record_never_passes_for_a_crash_leftover() {
    let folder = tempfile::tempdir().unwrap();
    for at in 0..4 {
        let log = log(folder.path(), 1 << 20);
        log.append(T, &event(&format!("a{at}")), Durability::InTheFile).unwrap();
        log.append(T, &event(&format!("b{at}")), Durability::InTheFile).unwrap();
    }
    let path = segments(folder.path()).pop().unwrap();
    let text = fs::read_to_string(&path).unwrap();
    for line in text.lines().take(6) {
        fs::write(&path, text.replace(line, &line.replace("writes-off", "writes-on"))).unwrap();
        let refused = log(folder.path(), 1 << 20).append(T, &event("x"), Durability::OnTheDisk);
        assert!(matches!(refused, Err(LogError::Broken { .. })), "{line}");
    }
}

#[test]
fn waiting_for_a_held_lock_times_out() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path(), 1 << 20);
    log.append(T, &event("a"), Durability::OnTheDisk).unwrap();
    let held = infisical_skill_audit::Disk::lock(&disk(folder.path())).unwrap();
    assert!(log.try_append(T, &event("b")).is_none(), "it would have to wait");
    let began = std::time::Instant::now();
    assert!(matches!(log.append(T, &event("b"), Durability::InTheFile), Err(LogError::Io(_))));
    assert!(began.elapsed() < Duration::from_secs(20));
    drop(held);
    log.append(T, &event("c"), Durability::OnTheDisk).unwrap();
    assert_eq!(names(&disk(folder.path())), ["a", "c"]);
}

#[test]
fn stale_process_continues_after_others_wrote_and_archived() {
    let folder = tempfile::tempdir().unwrap();
    let sleeper = log(folder.path(), 700);
    sleeper.append(T, &event("a"), Durability::OnTheDisk).unwrap();
    let other = log(folder.path(), 700);
    for at in 0..12 {
        other.append(T, &event(&format!("b{at}")), Durability::OnTheDisk).unwrap();
    }
    let all = segments(folder.path());
    assert!(all.len() > 4);
    for path in &all[..3] {
        fs::remove_file(path).unwrap();
    }
    let head = sleeper.append(T, &event("c"), Durability::OnTheDisk).unwrap();
    assert_eq!((head.seq, verified(folder.path(), None).problem), (14, None));
}

#[test]
fn moved_folder_stops_writer_until_new_one_is_verified() {
    let folder = tempfile::tempdir().unwrap();
    let running = log(folder.path(), 1 << 20);
    running.append(T, &event("a"), Durability::OnTheDisk).unwrap();
    fs::rename(folder.path().join("audit"), folder.path().join("evidence")).unwrap();
    assert!(matches!(running.append(T, &event("b"), Durability::InTheFile), Err(LogError::Poisoned(_))));
    assert!(matches!(running.append(T, &event("b"), Durability::InTheFile), Err(LogError::Poisoned(_))));
    absolve(&disk(folder.path())).unwrap();
    running.append(T, &event("c"), Durability::OnTheDisk).unwrap();
    // Both lock the same file.
    let held = infisical_skill_audit::Disk::lock(&disk(folder.path())).unwrap();
    assert!(running.try_append(T, &event("d")).is_none());
    drop(held);
    assert_eq!(names(&disk(folder.path())), ["c"]);
    assert_eq!(names(&Files::new(folder.path().join("evidence"))), ["a"]);
}
