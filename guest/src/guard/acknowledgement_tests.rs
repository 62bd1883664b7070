use super::super::intents::check;
use super::*;
use crate::testing::{PROJECT, operator, place};
use crate::{Change, FolderRename, Recipe, SecretCreation, SecretUpdate, Target, Value};

fn target(path: &str, name: &str) -> Target {
    Target { at: place(PROJECT, "prod", path), name: name.to_owned() }
}

fn literal(text: &str) -> Value {
    Value::Literal(text.to_owned())
}

fn create(value: Value) -> Change {
    let Target { at, name } = target("/app", "A");
    Change::CreateSecret(SecretCreation { at, name, value, comment: None, tags: Vec::new() })
}

fn update(value: Option<Value>) -> Change {
    let Target { at, name } = target("/app", "WITH:COLON");
    Change::UpdateSecret(SecretUpdate { at, name, value, comment: Some("c".to_owned()), ..SecretUpdate::default() })
}

fn renaming(value: Option<Value>) -> Change {
    let Target { at, name } = target("/app", "A");
    Change::UpdateSecret(SecretUpdate { at, name, value, new_name: Some("B".to_owned()), ..SecretUpdate::default() })
}

fn phrase_of(generation: Generation, changes: &[Change], above: u32) -> Option<String> {
    let operator = operator(generation);
    phrase(generation, &check(changes, &operator.policy).unwrap(), above)
}

#[test]
fn each_change_contributes_as_the_table_has_it() {
    let generated = || Value::Generated(Recipe { length: 32, alphabet: None });
    let rename = FolderRename { at: target("/", "").at, name: "a".to_owned(), new_name: "b".to_owned() };
    for (change, v4, v3) in [
        (Change::DeleteSecret(target("/app", "DB")), "delete secret DB in prod", "delete secret DB in prod"),
        (Change::DeleteSecret(target("/", "a b/é")), "delete secret a?b/? in prod", "delete secret a?b/? in prod"),
        (
            Change::DeleteFolder(target("/app", "d b")),
            "delete folder /app/d?b in prod",
            "delete folder /app/d?b in prod",
        ),
        (Change::DeleteFolder(target("/", "db")), "delete folder /db in prod", "delete folder /db in prod"),
        (update(Some(literal(" \n"))), "blank secret WITH?COLON in prod", "blank secret WITH?COLON in prod"),
        (update(Some(literal(""))), "blank secret WITH?COLON in prod", "blank secret WITH?COLON in prod"),
        (update(Some(literal("x"))), "", "overwrite secret WITH?COLON in prod"),
        (update(Some(generated())), "", "overwrite secret WITH?COLON in prod"),
        (
            update(Some(literal("${x}"))),
            "write references into WITH?COLON in prod",
            "overwrite secret WITH?COLON in prod; write references into WITH?COLON in prod",
        ),
        (update(None), "", ""),
        (renaming(None), "rename secret A in prod", "rename secret A in prod"),
        (
            renaming(Some(literal("x"))),
            "rename secret A in prod",
            "overwrite secret A in prod; rename secret A in prod",
        ),
        (
            renaming(Some(literal("${x}"))),
            "write references into A in prod; rename secret A in prod",
            "overwrite secret A in prod; write references into A in prod; rename secret A in prod",
        ),
        (create(literal("${")), "write references into A in prod", "write references into A in prod"),
        (create(literal("")), "", ""),
        (create(generated()), "", ""),
        (Change::CreateFolder(target("/", "a")), "", ""),
        (Change::RenameFolder(rename), "", ""),
    ] {
        for (generation, expected) in [(Generation::V4, v4), (Generation::V3, v3)] {
            let phrase = phrase_of(generation, std::slice::from_ref(&change), 5).unwrap_or_default();
            assert_eq!(phrase, expected, "{change:?}");
        }
    }
}

#[test]
fn more_changes_than_the_operators_number_need_a_phrase_of_their_own() {
    let folder = |name: &str| Change::CreateFolder(target("/", name));
    let changes = [folder("a"), Change::DeleteSecret(target("/", "DB")), folder("c")];
    let phrase = |above| phrase_of(Generation::V4, &changes, above);
    assert_eq!(phrase(3).as_deref(), Some("delete secret DB in prod"));
    assert_eq!(phrase(2).as_deref(), Some("delete secret DB in prod; apply 3 changes"));
    assert_eq!(phrase_of(Generation::V4, &changes[..1], 0).as_deref(), Some("apply 1 changes"));
}

#[test]
fn only_the_first_eighty_characters_of_a_name_stand_in_a_phrase() {
    let phrase = phrase_of(Generation::V4, &[Change::DeleteSecret(target("/", &"é".repeat(200)))], 5).unwrap();
    assert_eq!(phrase, ["delete secret ", &"?".repeat(80), " in prod"].concat());
}
