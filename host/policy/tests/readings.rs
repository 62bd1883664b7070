//! What is said of a plan: the phrase that it needs (docs/routes.md, "Acknowledgement"), and the host's own reading of each request.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

use infisical_skill_policy::change::acknowledgement::phrase;
use infisical_skill_policy::change::reading::{reading, target};
use infisical_skill_policy::change::value::{Comment, SecretValue};
use infisical_skill_policy::change::{Change, ChangeRefusal, ChangeRequest, Method};
use infisical_skill_policy::plan::{self, Checked, DraftRefusal, Folders};
use infisical_skill_policy::{
    Environment, FolderId, FolderName, Generation, NewSecretName, Place, Project, Scope, Scopes, SecretKey, SecretPath,
    TagId, WriteName,
};
use proptest::prelude::*;

const BOTH: [Generation; 2] = [Generation::V3, Generation::V4];

fn place(path: &str) -> Place {
    Place {
        project: Project::new("p1").unwrap(),
        environment: Environment::new("prod").unwrap(),
        path: SecretPath::new(path).unwrap(),
    }
}

fn value(text: &str) -> SecretValue {
    SecretValue::new(text.to_owned()).unwrap()
}

fn create(name: &str, text: &str) -> Change {
    let name = NewSecretName::new(name).unwrap();
    Change::CreateSecret { place: place("/app"), name, value: value(text), comment: None, tags: None }
}

fn update(name: &str, text: &str) -> Change {
    let (name, value) = (WriteName::new(name).unwrap(), Some(value(text)));
    Change::UpdateSecret { place: place("/app"), name, value, new_name: None, comment: None, tags: None }
}

fn delete(name: &str) -> Change {
    match WriteName::new(name) {
        Ok(name) => Change::DeleteSecret { place: place("/app"), name },
        Err(_) => Change::DeleteSecretByKey { place: place("/app"), key: SecretKey::new(name).unwrap() },
    }
}

fn delete_folder(path: &str, id: &str) -> Change {
    Change::DeleteFolder { place: place(path), id: FolderId::new(id).unwrap() }
}

fn check(folders: &Folders, changes: &[Change], acknowledge: Option<&str>) -> Result<Checked, DraftRefusal> {
    let requests = changes.iter().map(|change| change.request(Generation::V4)).collect();
    plan::check(Generation::V4, &Scopes::everything(), folders, (50, 50), requests, acknowledge)
}

/// No character that draws nothing, draws elsewhere, or ends a line.
fn is_visible(text: &str) -> bool {
    text.chars().all(|c| {
        !c.is_control()
            && !matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}' | '\u{3164}' | '\u{2800}' | '\u{fff9}'..='\u{fffb}')
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}')
            && !matches!(c, '\u{e0000}'..='\u{e0fff}' | '\u{300}'..='\u{36f}' | '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{3000}')
    })
}

#[test]
fn every_kind_of_blank_is_a_blanked_secret_and_creating_a_blank_one_wipes_nothing() {
    for blank in ["", " ", "\n", "\r\n\t", "\u{a0}", "\u{2003}", "\u{3000}", "\u{feff}", "\u{2028}", "\u{b}\u{c}"] {
        for generation in BOTH {
            let phrase = |change: Change| phrase(generation, &[change], 5, |_| None);
            assert_eq!(phrase(update("A", blank)).as_deref(), Some("blank secret A in prod"), "{blank:?}");
            assert_eq!(phrase(create("A", blank)), None, "{blank:?}");
        }
    }
    for other in ["0", "\u{200b}", "null", "{}", "$ {"] {
        assert_eq!(phrase(Generation::V4, &[update("A", other)], 5, |_| None), None, "{other:?}");
    }
    for reference in ["${", "a${b}c", "$${x}", "\\${x}", "${@p.e.K}", " ${ "] {
        let phrase = phrase(Generation::V4, &[update("A", reference)], 5, |_| None);
        assert_eq!(phrase.as_deref(), Some("write references into A in prod"), "{reference}");
    }
}

#[test]
fn a_phrase_can_be_typed_whatever_the_name_is() {
    for (name, said) in [
        ("DB_URL-1.x", "DB_URL-1.x"),
        ("A B", "A?B"),
        ("a/b", "a/b"),
        ("in prod; delete secret B", "in?prod??delete?secret?B"),
        ("\u{202e}\u{200b}\u{feff}x", "???x"),
        ("e\u{301}\u{1f510}日本", "e????"),
        ("\"'\\\r\n\0", "??????"),
        (".", "."),
        ("?", "?"),
        ("Ａ", "?"),
        (&"é".repeat(500), &"?".repeat(80)),
        (&["x".repeat(79), "/b".to_owned()].concat(), &["x".repeat(79), "/".to_owned()].concat()),
    ] {
        let phrase = phrase(Generation::V4, &[delete(name)], 5, |_| None).unwrap();
        assert_eq!(phrase, format!("delete secret {said} in prod"), "{name}");
        assert_eq!(target(&[delete(name)], |_| None), said, "{name}");
    }
}

#[test]
fn the_parts_come_in_the_order_of_the_changes_and_their_number_comes_last() {
    let changes = [
        create("A", "${x}"),
        delete("B"),
        update("C", "${y}"),
        update("D", ""),
        delete_folder("/", "f"),
        create("E", "x"),
    ];
    let said = |generation, above| phrase(generation, &changes, above, |_| Some("db")).unwrap();
    let v4 = "write references into A in prod; delete secret B in prod; write references into C in prod; blank secret D in prod; delete folder /db in prod";
    assert_eq!(said(Generation::V4, 6), v4);
    assert_eq!(said(Generation::V4, 5), format!("{v4}; apply 6 changes"));
    let v3 = v4.replace("write references into C", "overwrite secret C in prod; write references into C");
    assert_eq!(said(Generation::V3, 0), format!("{v3}; apply 6 changes"));
    assert_eq!(phrase(Generation::V4, &[create("A", "x")], 0, |_| None).as_deref(), Some("apply 1 changes"));
    assert_eq!(phrase(Generation::V4, &[], 0, |_| None), None);
}

#[test]
fn a_folder_is_called_by_the_name_that_the_server_gave_its_id_and_by_nothing_else() {
    let mut folders = Folders::default();
    for (id, name) in
        [("f-1", "db"), ("f-1", "db"), ("f-2", "a"), ("f-2", "b"), ("x", "y"), ("f-3", "x"), ("self", "self")]
    {
        folders.note(&place("/"), None, id, name);
    }
    folders.note(&place("/app"), None, "odd", "d b\u{202e}/../é");
    folders.note(&place("/"), None, "long", &"n".repeat(5_000));
    let filed = |change: Change, phrase: &str| check(&folders, &[change], Some(phrase));
    let kept = filed(delete_folder("/", "f-1"), "delete folder /db in prod").unwrap();
    assert_eq!(kept.readings, ["PERMANENTLY delete folder /db with everything in it [project p1, env=prod, path=/]"]);
    let kept = filed(delete_folder("/app", "odd"), "delete folder /app/d?b?/../? in prod").unwrap();
    assert!(kept.readings[0].starts_with(r#"PERMANENTLY delete folder "/app/d b\u{202e}/../é" with"#), "{kept:?}");
    let kept = filed(delete_folder("/", "long"), &format!("delete folder /{} in prod", "n".repeat(79))).unwrap();
    assert!(kept.readings[0].len() < 250 && kept.readings[0].contains('…'), "{kept:?}");
    for (id, what) in [
        ("unknown", "no answer had it"),
        ("F-1", "another spelling"),
        ("f-2", "two names"),
        ("x", "another folder's name: an old server looks for names first"),
        ("self", "a name too"),
    ] {
        for phrase in [format!("delete folder /{id} in prod"), "delete folder /y in prod".to_owned()] {
            assert_eq!(filed(delete_folder("/", id), &phrase), Err(DraftRefusal::UnknownFolder), "{what}");
        }
        let (id, name) = (FolderId::new(id).unwrap(), FolderName::new("new").unwrap());
        let rename = Change::RenameFolder { place: place("/"), id, name };
        assert_eq!(check(&folders, &[rename], None), Err(DraftRefusal::UnknownFolder), "{what}");
    }
}

#[test]
fn nothing_in_a_name_passes_for_the_readings_own_words() {
    let forged = "A [project p9, env=dev, path=/x]";
    assert_eq!(
        reading(&delete(forged), None),
        format!("PERMANENTLY delete secret \"{forged}\" [project p1, env=prod, path=/app]")
    );
    assert!(reading(&delete("A\" [project p9"), None).contains(r#"secret "A\" [project p9" [project p1,"#));
    assert!(reading(&delete("A\\\" x"), None).contains(r#"secret "A\\\" x" ["#));
    let at = Change::DeleteSecret { place: place("/a] with/b"), name: WriteName::new("A").unwrap() };
    assert!(reading(&at, None).ends_with(r#"path="/a] with/b"]"#));
    assert!(reading(&delete_folder("/", "f"), Some("with the id g")).contains(r#"folder "/with the id g" with"#));
    assert!(reading(&delete_folder("/", "f"), None).contains("folder with the id f with"));
    // Cut in the middle, and the end of a path says which folder is meant.
    let deep = format!("/{}", ["x".repeat(60), "y".repeat(60), "z".repeat(60)].join("/"));
    let cut = reading(&delete_folder(&deep, "f"), Some("payments"));
    assert!(cut.starts_with(&format!("PERMANENTLY delete folder /{}…", "x".repeat(59))), "{cut}");
    assert!(cut.contains("zzz/payments with everything in it ["), "{cut}");
    let forged = delete(&format!("/{}…B", "a".repeat(10)));
    assert!(
        reading(&forged, None).contains(&format!("\"/{}…B\"", "a".repeat(10))),
        "what looks cut and isn't is in quotes"
    );
}

#[test]
fn a_reading_says_everything_that_a_change_does() {
    let tags = |count: usize| Some((0..count).map(|n| TagId::new(format!("t{n}")).unwrap()).collect::<Vec<_>>());
    let comment = |text: &str| Some(Comment::new(text.to_owned()).unwrap());
    let new_name = Some(NewSecretName::new("B").unwrap());
    let at = "[project p1, env=prod, path=/app]";
    let with = |value: Option<&str>, new_name, comment, tags| Change::UpdateSecret {
        place: place("/app"),
        name: WriteName::new("A").unwrap(),
        value: value.map(self::value),
        new_name,
        comment,
        tags,
    };
    for (change, said) in [
        (with(Some("x"), None, None, None), "replace its value"),
        (with(Some(" "), None, None, None), "blank its value"),
        (with(Some("${x}"), None, None, None), "replace its value by one with references"),
        (with(None, new_name.clone(), None, None), "rename it to B"),
        (with(None, None, comment(""), None), "remove its comment"),
        (with(Some("x"), new_name, comment("c"), None), "rename it to B, replace its value, replace its comment"),
    ] {
        assert_eq!(reading(&change, None), format!("update secret A {at}: {said}"));
    }
    let tagged = reading(&with(None, None, None, tags(0)), None);
    assert!(tagged.contains(" 0 tags ") || tagged.contains(" no tags "), "{tagged}");
    assert!(reading(&with(None, None, None, tags(3)), None).contains("3 tags in place of those it has"));
    let change = Change::CreateSecret {
        place: place("/app"),
        name: NewSecretName::new("A").unwrap(),
        value: value("x"),
        comment: comment("c"),
        tags: tags(2),
    };
    assert_eq!(reading(&change, None), format!("create secret A {at} with a value, a comment, 2 tags"));
    let folder = Change::CreateFolder { place: place("/app"), name: FolderName::new("db").unwrap() };
    assert_eq!(reading(&folder, None), format!("create folder /app/db {at}"));
}

#[test]
fn one_bad_change_among_good_ones_spoils_the_draft() {
    let folders = Folders::default();
    let only = Scopes::only(vec![Scope {
        project: Project::new("p1").unwrap(),
        environments: Vec::new(),
        paths: vec![SecretPath::new("/app").unwrap()],
    }]);
    let outside = Change::CreateFolder { place: place("/apple"), name: FolderName::new("x").unwrap() };
    let requests = |changes: &[Change]| changes.iter().map(|change| change.request(Generation::V4)).collect::<Vec<_>>();
    let check = |requests: Vec<ChangeRequest>| plan::check(Generation::V4, &only, &folders, (9, 9), requests, None);
    assert!(check(requests(&[create("A", "x"), create("B", "x")])).is_ok());
    assert_eq!(check(requests(&[create("A", "x"), outside])), Err(DraftRefusal::OutOfScope));
    let mut spoiled = requests(&[create("A", "x"), create("B", "x")]);
    spoiled[1].path.push('?');
    assert!(matches!(check(spoiled), Err(DraftRefusal::Change(_))));
    let mut spoiled = requests(&[create("A", "x"), create("B", "x")]);
    spoiled[1].method = Method::Patch;
    assert!(check(spoiled.clone()).is_ok(), "the same place, name and value: an update");
    spoiled[1].body.insert(1, ' ');
    assert_eq!(check(spoiled), Err(DraftRefusal::Change(ChangeRefusal::NotCanonical)));
    let old = vec![create("A", "x").request(Generation::V3)];
    assert!(matches!(check(old), Err(DraftRefusal::Change(_))), "written for another generation");
    assert_eq!(check(requests(&[create("A", "x"), create("B", "y"), create("A", "x")])), Err(DraftRefusal::Twice));
}

proptest! {
    #[test]
    fn a_reading_is_one_visible_line_without_values_and_names_do_not_collide(
        one in ".{1,90}", two in ".{1,90}", folder in any::<String>(), path in "(/[^/\\\\\\p{Cc}.][^/\\\\\\p{Cc}]{0,40}){1,8}",
    ) {
        let (Ok(place), one_key, two_key) = (SecretPath::new(path), SecretKey::new(format!("/{one}/")), SecretKey::new(format!("/{two}/"))) else {
            return Ok(());
        };
        let place = Place { path: place, ..self::place("/") };
        let by_key = |key: SecretKey| Change::DeleteSecretByKey { place: place.clone(), key };
        let (one_key, two_key) = (one_key.unwrap(), two_key.unwrap());
        let deleted = Change::DeleteFolder { place: place.clone(), id: FolderId::new("f").unwrap() };
        let folder = Some(folder.as_str());
        for text in [reading(&by_key(one_key.clone()), None), reading(&deleted, folder)] {
            prop_assert!(is_visible(&text) && text.lines().count() == 1, "{}", text);
            prop_assert!(text.starts_with("PERMANENTLY delete ") && text.chars().count() < 2_500, "{}", text);
        }
        prop_assert_eq!(reading(&by_key(one_key), None) == reading(&by_key(two_key), None), one == two);
        let phrase = phrase(Generation::V4, &[deleted], 1, |_| folder).unwrap();
        prop_assert!(phrase.is_ascii() && phrase.chars().all(|c| !c.is_control()) && phrase.len() < 120, "{}", phrase);
    }
}
