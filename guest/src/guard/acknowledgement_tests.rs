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

fn tagged(tags: Vec<String>) -> Change {
    let Target { at, name } = target("/app", "A");
    Change::UpdateSecret(SecretUpdate {
        at,
        name,
        value: Some(literal("x")),
        tags: Some(tags),
        ..SecretUpdate::default()
    })
}

fn phrase_of(api_version: ApiVersion, changes: &[Change], above: u32) -> Option<String> {
    let operator = operator(api_version);
    phrase(api_version, &check(changes, &operator.policy).unwrap(), above)
}

#[test]
fn phrase_of_each_change_matches_the_table() {
    let generated = || Value::Generated(Recipe { length: 32, alphabet: None });
    let rename = FolderRename { at: target("/", "").at, name: "a".to_owned(), new_name: "b".to_owned() };
    for (change, v4, v3) in [
        (Change::DeleteSecret(target("/app", "DB")), "delete secret prod:/app/DB", "delete secret prod:/app/DB"),
        (
            Change::DeleteSecret(target("/", "a b/é")),
            r"delete secret prod:/a\u{20}b\u{2f}\u{e9}",
            r"delete secret prod:/a\u{20}b\u{2f}\u{e9}",
        ),
        (
            Change::DeleteFolder(target("/app", "d b")),
            r"delete folder prod:/app/d\u{20}b",
            r"delete folder prod:/app/d\u{20}b",
        ),
        (Change::DeleteFolder(target("/", "db")), "delete folder prod:/db", "delete folder prod:/db"),
        (
            update(Some(literal(" \n"))),
            r"blank secret prod:/app/WITH\u{3a}COLON",
            r"blank secret prod:/app/WITH\u{3a}COLON",
        ),
        (
            update(Some(literal(""))),
            r"blank secret prod:/app/WITH\u{3a}COLON",
            r"blank secret prod:/app/WITH\u{3a}COLON",
        ),
        (update(Some(literal("x"))), "", r"overwrite secret prod:/app/WITH\u{3a}COLON"),
        (update(Some(generated())), "", r"overwrite secret prod:/app/WITH\u{3a}COLON"),
        (
            update(Some(literal("${x}"))),
            r"write references into prod:/app/WITH\u{3a}COLON",
            r"overwrite secret prod:/app/WITH\u{3a}COLON; write references into prod:/app/WITH\u{3a}COLON",
        ),
        (update(None), "", ""),
        (renaming(None), "rename secret prod:/app/A to B", "rename secret prod:/app/A to B"),
        (
            renaming(Some(literal("x"))),
            "rename secret prod:/app/A to B",
            "overwrite secret prod:/app/A; rename secret prod:/app/A to B",
        ),
        (
            renaming(Some(literal("${x}"))),
            "write references into prod:/app/A; rename secret prod:/app/A to B",
            "overwrite secret prod:/app/A; write references into prod:/app/A; rename secret prod:/app/A to B",
        ),
        (create(literal("${")), "write references into prod:/app/A", "write references into prod:/app/A"),
        (create(literal("")), "", ""),
        (create(generated()), "", ""),
        (Change::CreateFolder(target("/", "a")), "", ""),
        (Change::RenameFolder(rename), "rename folder prod:/a to b", "rename folder prod:/a to b"),
        (tagged(Vec::new()), "change tags of prod:/app/A", "overwrite secret prod:/app/A; change tags of prod:/app/A"),
    ] {
        for (api_version, expected) in [(ApiVersion::V4, v4), (ApiVersion::V3, v3)] {
            let phrase = phrase_of(api_version, std::slice::from_ref(&change), 5).unwrap_or_default();
            let suffix = if expected.is_empty() { String::new() } else { [" in project ", PROJECT].concat() };
            assert_eq!(phrase, [expected, suffix.as_str()].concat(), "{change:?}");
        }
    }
}

#[test]
fn phrase_for_many_changes_has_count_and_fingerprint() {
    let folder = |name: &str| Change::CreateFolder(target("/", name));
    let changes = [folder("a"), Change::DeleteSecret(target("/", "DB")), folder("c")];
    let phrase = |above| phrase_of(ApiVersion::V4, &changes, above);
    let deletion = ["delete secret prod:/DB in project ", PROJECT].concat();
    assert_eq!(phrase(3), Some(deletion.clone()));
    let lines = ["create folder prod:/a", "delete secret prod:/DB", "create folder prod:/c"];
    let lines = lines.map(|line| [line, " in project ", PROJECT].concat());
    let all = [deletion.as_str(), "; apply 3 changes (", &fingerprint(&lines), ")"].concat();
    assert_eq!(phrase(2), Some(all));
    let one = ["apply 1 changes (", &fingerprint(&lines[..1]), ")"].concat();
    assert_eq!(phrase_of(ApiVersion::V4, &changes[..1], 0), Some(one));
}

#[test]
fn each_part_names_its_project_where_they_differ() {
    let mut other = target("/", "B");
    other.at.project = Some("9cefc4fb-34fd-432a-806c-8efb3307c759".to_owned());
    let changes = [Change::DeleteSecret(target("/", "A")), Change::DeleteSecret(other)];
    let expected = [
        "delete secret prod:/A in project ",
        PROJECT,
        "; delete secret prod:/B in project 9cefc4fb-34fd-432a-806c-8efb3307c759",
    ];
    assert_eq!(phrase_of(ApiVersion::V4, &changes, 5), Some(expected.concat()));
}

#[test]
fn a_name_is_never_cut() {
    let phrase = phrase_of(ApiVersion::V4, &[Change::DeleteSecret(target("/", &"é".repeat(200)))], 5).unwrap();
    assert_eq!(phrase, ["delete secret prod:/", &r"\u{e9}".repeat(200), " in project ", PROJECT].concat());
}
