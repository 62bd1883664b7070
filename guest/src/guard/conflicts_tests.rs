use super::super::intents::check as checked;
use super::*;
use crate::testing::{PROJECT, operator, place};
use crate::{ApiVersion, Change, FolderRename, Place, SecretCreation, SecretUpdate, Target, Value};

fn at(path: &str) -> Place {
    place(PROJECT, "dev", path)
}

fn create(path: &str, name: &str) -> Change {
    Change::CreateSecret(SecretCreation {
        at: at(path),
        name: name.to_owned(),
        value: Value::Literal("v".to_owned()),
        comment: None,
        tags: Vec::new(),
    })
}

fn rename(path: &str, name: &str, new_name: &str) -> Change {
    Change::UpdateSecret(SecretUpdate {
        at: at(path),
        name: name.to_owned(),
        new_name: Some(new_name.to_owned()),
        ..SecretUpdate::default()
    })
}

fn target(path: &str, name: &str) -> Target {
    Target { at: at(path), name: name.to_owned() }
}

fn rename_folder(path: &str, name: &str, new_name: &str) -> Change {
    Change::RenameFolder(FolderRename { at: at(path), name: name.to_owned(), new_name: new_name.to_owned() })
}

fn delete(path: &str, name: &str) -> Change {
    Change::DeleteSecret(target(path, name))
}

fn create_folder(path: &str, name: &str) -> Change {
    Change::CreateFolder(target(path, name))
}

fn delete_folder(path: &str, name: &str) -> Change {
    Change::DeleteFolder(target(path, name))
}

fn go_together(changes: &[Change]) -> bool {
    let operator = operator(ApiVersion::V4);
    check(&checked(changes, &operator.policy).unwrap()).is_ok()
}

#[test]
fn changes_of_different_things_go_together() {
    for changes in [
        [create("/", "A"), create("/", "B")],
        [create("/", "A"), create("/app", "A")],
        [create("/", "A"), create_folder("/", "A")],
        [delete("/", "A"), rename("/", "B", "C")],
        [create_folder("/", "a"), create("/a", "A")],
        [create_folder("/", "a"), create_folder("/a", "b")],
        [delete_folder("/", "a"), create("/ab", "A")],
        [rename_folder("/", "a", "b"), delete_folder("/", "c")],
    ] {
        assert!(go_together(&changes), "{changes:?}");
    }
    let mut other = target("/", "a");
    other.at.environment = Some("prod".to_owned());
    assert!(go_together(&[delete_folder("/", "a"), Change::DeleteFolder(other)]));
}

#[test]
fn refuses_two_changes_of_one_target_or_name() {
    for changes in [
        [create("/", "A"), create("/", "A")],
        [create("/", "A"), delete("/", "A")],
        [delete("/", "A"), delete("/", "A")],
        [rename("/", "A", "B"), create("/", "B")],
        [create("/", "B"), rename("/", "A", "B")],
        [rename("/", "A", "B"), rename("/", "B", "A")],
        [create_folder("/", "a"), delete_folder("/", "a")],
        [rename_folder("/", "a", "b"), create_folder("/", "a")],
    ] {
        assert!(!go_together(&changes), "{changes:?}");
    }
}

#[test]
fn refuses_changes_below_renamed_or_deleted_folder() {
    for other in [create("/a", "A"), delete("/a/b", "A"), create_folder("/a", "b"), delete_folder("/a", "b")] {
        for mover in [delete_folder("/", "a"), rename_folder("/", "a", "z"), rename_folder("/", "z", "a")] {
            assert!(!go_together(&[mover.clone(), other.clone()]), "{mover:?} {other:?}");
            assert!(!go_together(&[other.clone(), mover.clone()]), "{mover:?} {other:?}");
        }
    }
}

#[test]
fn a_folder_is_created_before_what_is_in_it() {
    assert!(!go_together(&[create("/a", "A"), create_folder("/", "a")]));
    assert!(!go_together(&[create_folder("/a", "b"), create_folder("/", "a")]));
}
