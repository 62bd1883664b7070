use super::*;
use crate::error::Layer;
use crate::testing::{Operator, PROJECT, operator, place, scope};
use crate::{ApiVersion, FolderRename, Recipe, Target as Aim};

const V4: ApiVersion = ApiVersion::V4;

fn at() -> Place {
    place(PROJECT, "dev", "/app")
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn creation(name: &str, value: &str) -> SecretCreation {
    SecretCreation { at: at(), name: text(name), value: Value::Literal(text(value)), comment: None, tags: Vec::new() }
}

fn update(name: &str) -> SecretUpdate {
    SecretUpdate { at: at(), name: text(name), ..SecretUpdate::default() }
}

fn aim(name: &str) -> Aim {
    Aim { at: at(), name: text(name) }
}

fn refused(change: Change) -> Refusal {
    let operator = operator(V4);
    let Err(Error::Refused(refusal)) = check(std::slice::from_ref(&change), &operator.policy) else {
        panic!("{change:?}")
    };
    assert!(!refusal.reason.is_empty() && !refusal.remedy.is_empty());
    refusal
}

fn is_taken(change: Change) -> bool {
    let operator = operator(V4);
    check(std::slice::from_ref(&change), &operator.policy).is_ok()
}

#[test]
fn only_plain_names_are_given_to_secrets_and_folders() {
    for name in ["", "..", ".", "a/b", "a%2Fb", "?x=", "#", "A ", "1A", "é", "batch", &"x".repeat(4096)] {
        assert_eq!(refused(Change::CreateSecret(creation(name, "v"))).layer, Layer::Input, "{name}");
        let renamed = SecretUpdate { new_name: Some(text(name)), ..update("A") };
        assert_eq!(refused(Change::UpdateSecret(renamed)).layer, Layer::Input, "{name}");
    }
    for name in ["", "..", "a/b", "a.b", "a b", "é", &"x".repeat(65)] {
        assert_eq!(refused(Change::CreateFolder(aim(name))).layer, Layer::Input, "{name}");
        let rename = FolderRename { at: at(), name: text("a"), new_name: text(name) };
        assert_eq!(refused(Change::RenameFolder(rename)).layer, Layer::Input, "{name}");
    }
    assert!(is_taken(Change::CreateSecret(creation("__proto__", "v"))));
    assert!(is_taken(Change::CreateFolder(aim("1-a_B"))));
}

#[test]
fn deletes_any_name_that_the_server_doesnt_trim() {
    for name in [" ", " x", "x ", "a/b\t", "\u{a0}x", "x\u{feff}"] {
        assert_eq!(refused(Change::DeleteSecret(aim(name))).layer, Layer::Input, "{name:?}");
        let update = SecretUpdate { comment: Some(text("c")), ..update(name) };
        assert_eq!(refused(Change::UpdateSecret(update)).layer, Layer::Input, "{name:?}");
    }
    for name in ["..", "a/b", "batch", "a:b", &"x".repeat(1024)] {
        assert!(is_taken(Change::DeleteSecret(aim(name))), "{name}");
    }
    for name in ["", &"x".repeat(1025)] {
        assert_eq!(refused(Change::DeleteSecret(aim(name))).layer, Layer::Input);
        assert_eq!(refused(Change::DeleteFolder(aim(name))).layer, Layer::Input);
    }
}

#[test]
fn deletes_folder_only_if_its_content_can_be_listed() {
    for name in ["a/b", "..", "a\n", "a\\b"] {
        assert!(refused(Change::DeleteFolder(aim(name))).remedy.contains("Rename"), "{name:?}");
        let rename = FolderRename { at: at(), name: text(name), new_name: text("plain") };
        assert!(is_taken(Change::RenameFolder(rename)), "{name:?}");
    }
    assert!(is_taken(Change::DeleteFolder(aim("with blank"))));
}

#[test]
fn a_secret_whose_name_isnt_safe_in_a_url_cant_be_updated() {
    for name in ["a/b", "..", "batch", "move", "duplicate", " A", "%"] {
        let refusal = refused(Change::UpdateSecret(SecretUpdate { comment: Some(text("c")), ..update(name) }));
        assert!(refusal.remedy.contains("Rename"), "{name}");
    }
    assert!(is_taken(Change::UpdateSecret(SecretUpdate { comment: Some(text("c")), ..update("with:colon") })));
}

#[test]
fn an_update_that_changes_nothing_is_refused() {
    assert!(refused(Change::UpdateSecret(update("A"))).reason.contains("changes nothing"));
    let same = SecretUpdate { new_name: Some(text("A")), ..update("A") };
    assert!(refused(Change::UpdateSecret(same)).reason.contains("the name that it has"));
    let rename = FolderRename { at: at(), name: text("a"), new_name: text("a") };
    assert!(refused(Change::RenameFolder(rename)).reason.contains("the name that it has"));
    for update in [
        SecretUpdate { comment: Some(String::new()), ..update("A") },
        SecretUpdate { tags: Some(Vec::new()), ..update("A") },
        SecretUpdate { value: Some(Value::Literal(String::new())), ..update("A") },
    ] {
        assert!(is_taken(Change::UpdateSecret(update)));
    }
}

#[test]
fn refuses_masks_without_quoting_the_text() {
    for mask in ["<hidden-by-infisical>", "x<hidden>x", "<masked>", "x<masked>x", "********"] {
        let commented = SecretCreation { comment: Some(text(mask)), ..creation("A", "v") };
        for change in [
            Change::CreateSecret(creation("A", mask)),
            Change::CreateSecret(commented),
            Change::UpdateSecret(SecretUpdate { value: Some(Value::Literal(text(mask))), ..update("A") }),
            Change::UpdateSecret(SecretUpdate { comment: Some(text(mask)), ..update("A") }),
        ] {
            let refusal = refused(change);
            assert!(refusal.reason.contains("mask") && !refusal.reason.contains(mask), "{refusal:?}");
        }
    }
}

#[test]
fn limits_request_size_after_json_escaping() {
    assert!(is_taken(Change::CreateSecret(creation("A", &"x".repeat(524_288)))));
    assert!(is_taken(Change::CreateSecret(creation("A", &"\u{1}".repeat(160_000)))));
    assert!(refused(Change::CreateSecret(creation("A", &"\u{1}".repeat(170_000)))).reason.contains("escaped"));
    assert!(refused(Change::CreateSecret(creation("A", &"x".repeat(524_289)))).reason.contains("524,288"));
}

#[test]
fn tags_are_slugs_and_a_recipe_is_checked() {
    let tagged =
        |tags: &[&str]| SecretCreation { tags: tags.iter().map(|tag| text(tag)).collect(), ..creation("A", "v") };
    assert!(is_taken(Change::CreateSecret(tagged(&["infra", "infra"]))));
    for tags in [&["a b"][..], &[""], &["x"; 21]] {
        assert_eq!(refused(Change::CreateSecret(tagged(tags))).layer, Layer::Input);
    }
    let weak = Value::Generated(Recipe { length: 8, alphabet: None });
    assert!(
        refused(Change::CreateSecret(SecretCreation { value: weak, ..creation("A", "") })).reason.contains("guessed")
    );
}

#[test]
fn plan_has_one_change_up_to_the_operators_limit() {
    let operator = operator(V4).with(|policy| policy.max_changes = 2);
    let folder = |name: &str| Change::CreateFolder(aim(name));
    let count = |changes: &[Change]| check(changes, &operator.policy).is_ok();
    assert!(!count(&[]));
    assert!(count(&[folder("a")]) && count(&[folder("a"), folder("b")]));
    assert!(!count(&[folder("a"), folder("b"), folder("c")]));
}

#[test]
fn refusal_numbers_the_change_in_a_larger_plan() {
    let operator = operator(V4);
    let changes = [Change::CreateFolder(aim("a")), Change::CreateFolder(aim("b c"))];
    let result = check(&changes, &operator.policy);
    assert!(matches!(&result, Err(Error::Refused(refusal)) if refusal.reason.starts_with("Change 2: ")));
}

#[test]
fn a_place_out_of_scope_is_refused_for_every_kind_of_change() {
    let operator: Operator = operator(V4).scoped(&[scope(PROJECT, &["dev"], &["/other"])]);
    let changes = [
        Change::CreateSecret(creation("A", "v")),
        Change::UpdateSecret(SecretUpdate { comment: Some(text("c")), ..update("A") }),
        Change::DeleteSecret(aim("A")),
        Change::CreateFolder(aim("a")),
        Change::RenameFolder(FolderRename { at: at(), name: text("a"), new_name: text("b") }),
        Change::DeleteFolder(aim("a")),
    ];
    for change in changes {
        let result = check(std::slice::from_ref(&change), &operator.policy);
        assert!(matches!(result, Err(Error::Refused(refusal)) if refusal.layer == Layer::Scope), "{change:?}");
    }
}

#[test]
fn an_older_server_takes_no_update_without_a_value() {
    let operator = operator(V4);
    let without = [Change::UpdateSecret(SecretUpdate { new_name: Some(text("B")), ..update("A") })];
    let intents = check(&without, &operator.policy).unwrap();
    assert!(check_for(V4, &intents).is_ok());
    let Err(Error::Refused(refusal)) = check_for(ApiVersion::V3, &intents) else { panic!() };
    assert!(refusal.layer == Layer::Input && refusal.remedy.contains("generate"), "{refusal:?}");
    let with = [Change::UpdateSecret(SecretUpdate { value: Some(Value::Literal(text("v"))), ..update("A") })];
    assert!(check_for(ApiVersion::V3, &check(&with, &operator.policy).unwrap()).is_ok());
}

#[test]
fn refusal_of_a_single_change_has_no_number() {
    assert!(!refused(Change::CreateFolder(aim("b c"))).reason.starts_with("Change"));
}

#[test]
fn value_and_comment_share_the_size_limit() {
    const ROOM: usize = 1_000_000 - 16_384;
    let quotes = (ROOM - 2) / 2;
    let value = |quotes: usize| "\"".repeat(quotes);
    assert_eq!(json::written_len(&value(quotes)), ROOM);
    assert!(is_taken(Change::CreateSecret(creation("A", &value(quotes)))));
    let one_more = [&value(quotes), "x"].concat();
    assert!(refused(Change::CreateSecret(creation("A", &one_more))).reason.contains("too large"));
    // The comment counts against the same limit.
    let with_comment = |quotes: usize| {
        let comment = Some(text("c"));
        Change::CreateSecret(SecretCreation { comment, ..creation("A", &value(quotes)) })
    };
    assert!(is_taken(with_comment(quotes - 2)));
    assert!(refused(with_comment(quotes - 1)).reason.contains("too large"));
}
