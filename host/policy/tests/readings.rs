//! Tests the texts about a plan: its confirmation phrase (docs/routes.md, "Acknowledgement"), and
//! the host's own description of each request.

use crate::common::{self, API_VERSIONS, value};
use infisical_skill_policy::change::acknowledgement::phrase;
use infisical_skill_policy::change::describe::{describe, target, typed_projects};
use infisical_skill_policy::change::value::Comment;
use infisical_skill_policy::change::{ChangeRefusal, ChangeRequest, Method, ParsedChange};
use infisical_skill_policy::exposure::Exposure;
use infisical_skill_policy::plan::{self, Checked, DraftRefusal, Folders};
use infisical_skill_policy::{
    ApiVersion, Environment, FolderId, FolderName, NewSecretName, Place, Project, Scope, Scopes, SecretKey, SecretPath,
    TagId, WriteName,
};
use proptest::prelude::*;

fn place(path: &str) -> Place {
    common::place("p1", "prod", path)
}

fn create(name: &str, text: &str) -> ParsedChange {
    let name = NewSecretName::new(name).unwrap();
    ParsedChange::CreateSecret { place: place("/app"), name, value: value(text), comment: None, tags: None }
}

fn update(name: &str, text: &str) -> ParsedChange {
    let (name, value) = (WriteName::new(name).unwrap(), Some(value(text)));
    ParsedChange::UpdateSecret { place: place("/app"), name, value, new_name: None, comment: None, tags: None }
}

fn delete(name: &str) -> ParsedChange {
    match WriteName::new(name) {
        Ok(name) => ParsedChange::DeleteSecret { place: place("/app"), name },
        Err(_) => ParsedChange::DeleteSecretByKey { place: place("/app"), key: SecretKey::new(name).unwrap() },
    }
}

fn delete_folder(path: &str, id: &str) -> ParsedChange {
    ParsedChange::DeleteFolder { place: place(path), id: FolderId::new(id).unwrap() }
}

fn check(folders: &Folders, changes: &[ParsedChange], acknowledge: Option<&str>) -> Result<Checked, DraftRefusal> {
    let requests = changes.iter().map(|change| change.request(ApiVersion::V4)).collect();
    plan::check(ApiVersion::V4, &Exposure::unlimited(), folders, (50, 50), requests, acknowledge)
}

/// No character that is invisible, moves the cursor, or ends a line.
fn is_visible(text: &str) -> bool {
    text.chars().all(|c| {
        !c.is_control()
            && !matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}' | '\u{3164}' | '\u{2800}' | '\u{fff9}'..='\u{fffb}')
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}')
            && !matches!(c, '\u{e0000}'..='\u{e0fff}' | '\u{300}'..='\u{36f}' | '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{3000}')
    })
}

#[test]
fn blank_update_wipes_a_secret_and_blank_creation_does_not() {
    for blank in ["", " ", "\n", "\r\n\t", "\u{a0}", "\u{2003}", "\u{3000}", "\u{feff}", "\u{2028}", "\u{b}\u{c}"] {
        for api_version in API_VERSIONS {
            let phrase = |change: ParsedChange| phrase(api_version, &[change], 5, |_| None);
            assert_eq!(
                phrase(update("A", blank)).as_deref(),
                Some("blank secret prod:/app/A in project p1"),
                "{blank:?}"
            );
            assert_eq!(phrase(create("A", blank)), None, "{blank:?}");
        }
    }
    for other in ["0", "\u{200b}", "null", "{}", "$ {"] {
        assert_eq!(phrase(ApiVersion::V4, &[update("A", other)], 5, |_| None), None, "{other:?}");
    }
    for reference in ["${", "a${b}c", "$${x}", "\\${x}", "${@p.e.K}", " ${ "] {
        let phrase = phrase(ApiVersion::V4, &[update("A", reference)], 5, |_| None);
        assert_eq!(phrase.as_deref(), Some("write references into prod:/app/A in project p1"), "{reference}");
    }
}

#[test]
fn a_phrase_can_be_typed_whatever_the_name_is() {
    for (name, said) in [
        ("DB_URL-1.x", "DB_URL-1.x"),
        ("A B", r"A\u{20}B"),
        ("a/b", r"a\u{2f}b"),
        ("in prod; B", r"in\u{20}prod\u{3b}\u{20}B"),
        ("\u{202e}\u{200b}\u{feff}x", r"\u{202e}\u{200b}\u{feff}x"),
        ("e\u{301}\u{1f510}日", r"e\u{301}\u{1f510}\u{65e5}"),
        ("\"\\\n\0", r"\u{22}\u{5c}\u{a}\u{0}"),
        (".", "."),
        ("?", r"\u{3f}"),
        ("Ａ", r"\u{ff21}"),
        (&"é".repeat(500), &r"\u{e9}".repeat(500)),
        (&"x".repeat(500), &"x".repeat(500)),
    ] {
        let phrase = phrase(ApiVersion::V4, &[delete(name)], 5, |_| None).unwrap();
        assert_eq!(phrase, format!("delete secret prod:/app/{said} in project p1"), "{name}");
        assert_eq!(target(&[delete(name)], |_| None), format!("prod:/app/{said}"), "{name}");
    }
}

#[test]
fn phrase_lists_parts_in_order_and_their_count_last() {
    let changes = [
        create("A", "${x}"),
        delete("B"),
        update("C", "${y}"),
        update("D", ""),
        delete_folder("/", "f"),
        create("E", "x"),
    ];
    let said = |api_version, above| phrase(api_version, &changes, above, |_| Some("db")).unwrap();
    let v4 = "write references into prod:/app/A; delete secret prod:/app/B; write references into prod:/app/C; blank secret prod:/app/D; \
              delete folder prod:/db";
    assert_eq!(said(ApiVersion::V4, 6), format!("{v4} in project p1"));
    // FNV-1a of a line for each, computed elsewhere.
    let all = format!("{v4} in project p1; apply 6 changes (7dad94b4cb401d28)");
    assert_eq!(said(ApiVersion::V4, 5), all);
    let v3 = all.replace(
        "write references into prod:/app/C",
        "overwrite secret prod:/app/C; write references into prod:/app/C",
    );
    assert_eq!(said(ApiVersion::V3, 0), v3);
    let one = phrase(ApiVersion::V4, &[create("A", "x")], 0, |_| None);
    assert_eq!(one.as_deref(), Some("apply 1 changes (4506ae8f9972a133)"));
    assert_eq!(phrase(ApiVersion::V4, &[], 0, |_| None), None);
}

#[test]
fn names_folder_only_as_the_server_named_its_id() {
    let mut folders = Folders::default();
    for (id, name) in
        [("f-1", "db"), ("f-1", "db"), ("f-2", "a"), ("f-2", "b"), ("x", "y"), ("f-3", "x"), ("self", "self")]
    {
        folders.note(&place("/"), None, id, name);
    }
    folders.note(&place("/app"), None, "odd", "d b\u{202e}/../é");
    folders.note(&place("/"), None, "long", &"n".repeat(5_000));
    let filed = |change: ParsedChange, phrase: &str| check(&folders, &[change], Some(phrase));
    let kept = filed(delete_folder("/", "f-1"), "delete folder prod:/db in project p1").unwrap();
    assert_eq!(kept.readings, ["PERMANENTLY delete folder /db with everything in it [project p1, env=prod, path=/]"]);
    let odd = r"/app/d\u{20}b\u{202e}\u{2f}..\u{2f}\u{e9}";
    let kept = filed(delete_folder("/app", "odd"), &format!("delete folder prod:{odd} in project p1")).unwrap();
    assert!(kept.readings[0].starts_with(&format!("PERMANENTLY delete folder {odd} with")), "{kept:?}");
    let name = "n".repeat(5_000);
    let kept = filed(delete_folder("/", "long"), &format!("delete folder prod:/{name} in project p1")).unwrap();
    assert!(kept.readings[0].contains(&name), "never cut: {kept:?}");
    for (id, what) in [
        ("unknown", "no answer had it"),
        ("F-1", "another spelling"),
        ("f-2", "two names"),
        ("x", "another folder's name: an old server looks for names first"),
        ("self", "a name too"),
    ] {
        for phrase in
            [format!("delete folder prod:/{id} in project p1"), "delete folder prod:/y in project p1".to_owned()]
        {
            assert_eq!(filed(delete_folder("/", id), &phrase), Err(DraftRefusal::UnknownFolder), "{what}");
        }
        let (id, name) = (FolderId::new(id).unwrap(), FolderName::new("new").unwrap());
        let rename = ParsedChange::RenameFolder { place: place("/"), id, name };
        assert_eq!(check(&folders, &[rename], None), Err(DraftRefusal::UnknownFolder), "{what}");
    }
}

#[test]
fn name_cannot_imitate_the_description() {
    let forged = "A [project p9, env=dev]";
    assert_eq!(
        describe(&delete(forged), None),
        r"PERMANENTLY delete secret A\u{20}\u{5b}project\u{20}p9\u{2c}\u{20}env\u{3d}dev\u{5d} [project p1, env=prod, path=/app]"
    );
    let at = ParsedChange::DeleteSecret { place: place("/a] with/b"), name: WriteName::new("A").unwrap() };
    assert!(describe(&at, None).ends_with(r"path=/a\u{5d}\u{20}with/b]"));
    assert!(
        describe(&delete_folder("/", "f"), Some("with the id g"))
            .contains(r"folder /with\u{20}the\u{20}id\u{20}g with")
    );
    assert!(describe(&delete_folder("/", "f"), None).contains("folder with the id f with"));
    let deep = format!("/{}", ["x".repeat(60), "y".repeat(60), "z".repeat(60)].join("/"));
    let whole = describe(&delete_folder(&deep, "f"), Some("payments"));
    assert!(whole.contains(&format!("{deep}/payments with everything in it [")), "{whole}");
}

#[test]
fn reading_mentions_every_effect_of_a_change() {
    let tags = |count: usize| Some((0..count).map(|n| TagId::new(format!("t{n}")).unwrap()).collect::<Vec<_>>());
    let comment = |text: &str| Some(Comment::new(text.to_owned()).unwrap());
    let new_name = Some(NewSecretName::new("B").unwrap());
    let at = "[project p1, env=prod, path=/app]";
    let with = |value: Option<&str>, new_name, comment, tags| ParsedChange::UpdateSecret {
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
        assert_eq!(describe(&change, None), format!("update secret A {at}: {said}"));
    }
    let tagged = describe(&with(None, None, None, tags(0)), None);
    assert!(tagged.contains(" 0 tags ") || tagged.contains(" no tags "), "{tagged}");
    let tagged = describe(&with(None, None, None, tags(3)), None);
    assert!(tagged.contains("give it 3 tags (t0, t1, t2) in place of those it has"), "{tagged}");
    assert!(describe(&with(None, None, None, tags(1)), None).contains("give it 1 tag (t0) in place"));
    let change = ParsedChange::CreateSecret {
        place: place("/app"),
        name: NewSecretName::new("A").unwrap(),
        value: value("x"),
        comment: comment("c"),
        tags: tags(2),
    };
    assert_eq!(describe(&change, None), format!("create secret A {at} with a value, a comment, 2 tags (t0, t1)"));
    let folder = ParsedChange::CreateFolder { place: place("/app"), name: FolderName::new("db").unwrap() };
    assert_eq!(describe(&folder, None), format!("create folder /app/db {at}"));
}

#[test]
fn several_changes_are_typed_with_their_projects_slugs() {
    let id = "9cefc4fb-34fd-432a-806c-8efb3307c759";
    for (projects, typed) in [
        (vec![], ""),
        (vec![("p1", Some("payments"))], "payments"),
        (vec![("p1", Some("payments")), ("p2", Some("Web_2"))], "payments+Web_2"),
        (vec![("p2", Some("web")), ("p1", Some("payments"))], "web+payments"),
        (vec![("p1", None)], "p1"),
        (vec![("p1", None), ("p2", Some("web"))], "p1+web"),
        // None of these names identifies the project. Only the id does.
        (vec![("p1", Some(""))], "p1"),
        (vec![("p1", Some("a b"))], "p1"),
        (vec![("p1", Some("a+b"))], "p1"),
        (vec![("p1", Some("p\u{430}yments"))], "p1"),
        (vec![("p1", Some(id))], "p1"),
        (vec![("p1", Some("same")), ("p2", Some("same"))], "p1+p2"),
        (vec![("p1", Some("p2")), ("p2", Some("web"))], "p1+web"),
    ] {
        let known: Vec<_> =
            projects.iter().map(|(id, slug)| (Project::new(*id).unwrap(), slug.map(str::to_owned))).collect();
        assert_eq!(typed_projects(&known), typed, "{projects:?}");
    }
}

#[test]
fn one_bad_change_rejects_the_whole_draft() {
    let folders = Folders::default();
    let only = Scopes::only(vec![Scope {
        project: Project::new("p1").unwrap(),
        environments: Vec::new(),
        paths: vec![SecretPath::new("/app").unwrap()],
    }]);
    let outside = ParsedChange::CreateFolder { place: place("/apple"), name: FolderName::new("x").unwrap() };
    let requests =
        |changes: &[ParsedChange]| changes.iter().map(|change| change.request(ApiVersion::V4)).collect::<Vec<_>>();
    let check = |requests: Vec<ChangeRequest>| {
        plan::check(ApiVersion::V4, &Exposure::within(&only), &folders, (9, 9), requests, None)
    };
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
    let old = vec![create("A", "x").request(ApiVersion::V3)];
    assert!(matches!(check(old), Err(DraftRefusal::Change(_))), "written for another API version");
    assert_eq!(check(requests(&[create("A", "x"), create("B", "y"), create("A", "x")])), Err(DraftRefusal::Twice));
}

proptest! {
    #[test]
    fn reading_is_one_visible_line_unique_to_its_names(
        one in ".{1,90}", two in ".{1,90}", folder in any::<String>(), path in "(/[^/\\\\\\p{Cc}.][^/\\\\\\p{Cc}]{0,40}){1,8}",
    ) {
        let (Ok(place), one_key, two_key) = (SecretPath::new(path), SecretKey::new(format!("/{one}/")), SecretKey::new(format!("/{two}/"))) else {
            return Ok(());
        };
        let place = Place { path: place, ..self::place("/") };
        let by_key = |key: SecretKey| ParsedChange::DeleteSecretByKey { place: place.clone(), key };
        let (one_key, two_key) = (one_key.unwrap(), two_key.unwrap());
        let deleted = ParsedChange::DeleteFolder { place: place.clone(), id: FolderId::new("f").unwrap() };
        let folder = Some(folder.as_str());
        for text in [describe(&by_key(one_key.clone()), None), describe(&deleted, folder)] {
            prop_assert!(is_visible(&text) && text.lines().count() == 1, "{}", text);
            prop_assert!(text.starts_with("PERMANENTLY delete ") && text.is_ascii(), "{}", text);
        }
        prop_assert_eq!(describe(&by_key(one_key), None) == describe(&by_key(two_key), None), one == two);
        let phrase = phrase(ApiVersion::V4, &[deleted], 1, |_| folder).unwrap();
        prop_assert!(phrase.is_ascii() && phrase.chars().all(|c| !c.is_control()), "{}", phrase);
    }

    /// It is neither in the approver's text, nor in the phrase, nor in the text to type.
    #[test]
    fn two_plans_never_read_alike(
        (one, two) in ("[ab/ é\\u{430}\"\\\\;:.-]{1,6}", "[ab/ é\\u{430}\"\\\\;:.-]{1,6}"),
        paths in ("/([ab ]/)?[ab]", "/([ab ]/)?[ab]"), environments in ("dev|prod", "dev|prod"), projects in ("p1|p2", "p1|p2"),
    ) {
        let plan = |name: &str, path: &str, environment: &str, project: &str| {
            let place = Place {
                project: Project::new(project).unwrap(),
                environment: Environment::new(environment).unwrap(),
                path: SecretPath::new(path).ok()?,
            };
            Some(ParsedChange::DeleteSecretByKey { place, key: SecretKey::new(name).ok()? })
        };
        let one = plan(&one, &paths.0, &environments.0, &projects.0);
        let two = plan(&two, &paths.1, &environments.1, &projects.1);
        let (Some(one), Some(two)) = (one, two) else { return Ok(()) };
        let said = |change: &ParsedChange| phrase(ApiVersion::V4, std::slice::from_ref(change), 5, |_| None);
        prop_assert_eq!(describe(&one, None) == describe(&two, None), one == two);
        prop_assert_eq!(said(&one) == said(&two), one == two);
        if one.project() == two.project() {
            let typed = |change: &ParsedChange| target(std::slice::from_ref(change), |_| None);
            prop_assert_eq!(typed(&one) == typed(&two), one == two);
        }
    }

    /// The description of a change of tags names the tags.
    #[test]
    fn two_sets_of_tags_never_read_alike(one in proptest::collection::vec("[ab-]{1,2}", 0..4), two in proptest::collection::vec("[ab-]{1,2}", 0..4)) {
        let tagged = |tags: &[String]| ParsedChange::UpdateSecret {
            place: place("/app"),
            name: WriteName::new("A").unwrap(),
            value: None,
            new_name: None,
            comment: None,
            tags: Some(tags.iter().map(|tag| TagId::new(tag.as_str()).unwrap()).collect()),
        };
        prop_assert_eq!(describe(&tagged(&one), None) == describe(&tagged(&two), None), one == two);
    }
}
