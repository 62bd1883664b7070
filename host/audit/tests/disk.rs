//! Tests that each call on a log's folder succeeds or returns an error.

use infisical_skill_audit::{Disk, Files, SegmentFile};
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, symlink};
use tempfile::TempDir;

/// A folder with a lock and an empty segment.
fn folder() -> (TempDir, Files) {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::new(folder.path().join("audit"));
    drop(files.lock().unwrap());
    files.create(1).unwrap();
    (folder, files)
}

#[test]
fn a_segment_is_written_cut_and_read_back() {
    let (_folder, files) = folder();
    let segment = files.open(1).unwrap();
    segment.append(b"one").unwrap();
    segment.append(b"two").unwrap();
    segment.sync().unwrap();
    assert_eq!((files.read(1, 0).unwrap(), segment.read_from(3).unwrap()), (b"onetwo".to_vec(), b"two".to_vec()));
    let stat = files.stat(1).unwrap().unwrap();
    assert_eq!((stat.len, stat), (6, segment.stat().unwrap()));
    segment.set_len(4).unwrap();
    assert_eq!((files.stat(1).unwrap().unwrap().len, files.read(1, 0).unwrap()), (4, b"onet".to_vec()));
    segment.append(b"!").unwrap();
    assert_eq!(files.read(1, 0).unwrap(), b"onet!", "at the end that it has now");
    assert_eq!(files.stat(2).unwrap(), None);
    assert_eq!(files.create(1).unwrap_err().kind(), ErrorKind::AlreadyExists);
    files.create(20).unwrap();
    files.create(3).unwrap();
    assert_eq!(files.segments().unwrap(), [1, 3, 20]);
}

#[test]
fn rewritten_segment_is_a_new_file_with_that_content() {
    let (folder, files) = folder();
    let path = folder.path().join("audit/00000000000000000001.jsonl");
    let before = fs::metadata(&path).unwrap().ino();
    // The remains of an interrupted attempt block nobody.
    fs::write(folder.path().join("audit/rewritten"), b"half").unwrap();
    files.rewrite(1, b"anew").unwrap();
    assert_eq!(files.read(1, 0).unwrap(), b"anew");
    assert_ne!(fs::metadata(&path).unwrap().ino(), before);
    assert!(!folder.path().join("audit/rewritten").exists());
}

#[test]
fn set_aside_file_is_kept_and_replaces_nothing() {
    let (folder, files) = folder();
    files.set_aside("torn-1", b"half a line").unwrap();
    assert_eq!(fs::read(folder.path().join("audit/torn-1")).unwrap(), b"half a line");
    assert_eq!(files.set_aside("torn-1", b"other").unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(fs::read(folder.path().join("audit/torn-1")).unwrap(), b"half a line");
}

#[test]
fn keeps_first_poison_reason_until_absolved() {
    let (_folder, files) = folder();
    assert_eq!(files.poisoned().unwrap(), None);
    files.absolve().unwrap();
    files.poison("a sync failed").unwrap();
    files.poison("another one").unwrap();
    assert_eq!(files.poisoned().unwrap().as_deref(), Some("a sync failed"));
    files.absolve().unwrap();
    assert_eq!(files.poisoned().unwrap(), None);
}

#[test]
fn log_without_folder_is_empty_and_cannot_be_marked() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Files::new(folder.path().join("missing"));
    assert_eq!(
        (missing.segments().unwrap(), missing.stat(1).unwrap(), missing.poisoned().unwrap()),
        (vec![], None, None)
    );
    assert!(missing.poison("a sync failed").is_err(), "who can't write that down has to know");
}

#[test]
fn unreadable_log_is_an_error_and_not_empty() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("audit"), b"a file where the folder should be").unwrap();
    let files = Files::new(folder.path().join("audit"));
    assert!(files.segments().is_err());
    assert!(files.stat(1).is_err());
    assert!(files.poisoned().is_err());
    assert!(files.poison("a sync failed").is_err());
    assert!(files.absolve().is_err());
    assert!(files.lock().is_err() && files.try_lock().is_err());
}

#[test]
fn only_a_regular_file_is_read() {
    let (folder, files) = folder();
    let path = |name: &str| folder.path().join("audit").join(name);
    fs::write(path("elsewhere"), b"x").unwrap();
    symlink(path("elsewhere"), path("00000000000000000002.jsonl")).unwrap();
    fs::create_dir(path("00000000000000000003.jsonl")).unwrap();
    for segment in [2, 3] {
        assert_eq!(files.read(segment, 0).unwrap_err().kind(), ErrorKind::InvalidData, "{segment}");
        assert_eq!(files.open(segment).unwrap_err().kind(), ErrorKind::InvalidData, "{segment}");
    }
}

#[test]
fn lock_belongs_to_the_current_folder() {
    let (folder, files) = folder();
    let other = Files::new(folder.path().join("audit"));
    drop(files.lock().unwrap());
    fs::rename(folder.path().join("audit"), folder.path().join("evidence")).unwrap();
    let held = other.lock().unwrap();
    assert!(files.try_lock().unwrap().is_none(), "both lock the new folder's file");
    drop(held);
    let held = files.try_lock().unwrap();
    assert!(held.is_some() && other.try_lock().unwrap().is_none());
}
