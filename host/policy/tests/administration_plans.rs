//! Tests plans of administrative changes: what the operator allows, what needs a phrase, and how
//! they are described.

use crate::common::{API_VERSIONS, place, project, value};
use infisical_skill_policy::change::ParsedChange;
use infisical_skill_policy::change::acknowledgement::phrase;
use infisical_skill_policy::change::describe::{describe, target};
use infisical_skill_policy::exposure::Exposure;
use infisical_skill_policy::plan::{
    self, ApprovalPolicy, CurrentRefusal, DraftRefusal, Folders, Plan, PlanDigest, PlanId,
};
use infisical_skill_policy::{
    ApiVersion, ChangeScopeRefusal, Email, Environment, EnvironmentSlug, FolderId, FolderName, NewSecretName, Place,
    ProjectSlug, Role, Scope, Scopes, SecretKey, SecretPath, Title, WriteName,
};
use proptest::prelude::*;

fn new_project(name: &str) -> ParsedChange {
    ParsedChange::CreateProject { name: Title::new(name).unwrap(), slug: ProjectSlug::new("pay-eu").unwrap() }
}

fn new_environment(id: &str, name: &str) -> ParsedChange {
    let (name, slug) = (Title::new(name).unwrap(), EnvironmentSlug::new("qa-1").unwrap());
    ParsedChange::CreateEnvironment { project: project(id), name, slug }
}

fn invite(id: &str, emails: &[&str], roles: &[&str]) -> ParsedChange {
    ParsedChange::InviteMembers {
        project: project(id),
        emails: emails.iter().map(|email| Email::new(*email).unwrap()).collect(),
        roles: roles.iter().map(|role| Role::new(*role).unwrap()).collect(),
    }
}

fn administrative(id: &str) -> [ParsedChange; 3] {
    [new_project("Pay"), new_environment(id, "Quality"), invite(id, &["ada@example.com"], &["member"])]
}

fn create(place: Place) -> ParsedChange {
    let (name, value) = (NewSecretName::new("A").unwrap(), value("x"));
    ParsedChange::CreateSecret { place, name, value, comment: None, tags: None }
}

/// A change of each kind that isn't administrative.
fn ordinary(place: &Place) -> [ParsedChange; 7] {
    let (place, name, id) = (place.clone(), WriteName::new("A").unwrap(), FolderId::new("f").unwrap());
    let folder = FolderName::new("db").unwrap();
    [
        create(place.clone()),
        ParsedChange::UpdateSecret {
            place: place.clone(),
            name: name.clone(),
            value: Some(value("x")),
            new_name: None,
            comment: None,
            tags: None,
        },
        ParsedChange::DeleteSecret { place: place.clone(), name },
        ParsedChange::DeleteSecretByKey { place: place.clone(), key: SecretKey::new("a/b").unwrap() },
        ParsedChange::CreateFolder { place: place.clone(), name: folder.clone() },
        ParsedChange::RenameFolder { place: place.clone(), id: id.clone(), name: folder },
        ParsedChange::DeleteFolder { place, id },
    ]
}

fn scope(id: &str, environments: &[&str], paths: &[&str]) -> Scope {
    Scope {
        project: project(id),
        environments: environments.iter().map(|slug| Environment::new(*slug).unwrap()).collect(),
        paths: paths.iter().map(|path| SecretPath::new(*path).unwrap()).collect(),
    }
}

/// The result for the changes when they are drafted and when their plan is redeemed. Both must be
/// the same.
fn checked_by_scopes(scopes: &Scopes, changes: &[ParsedChange]) -> Result<(), ChangeScopeRefusal> {
    let mut folders = Folders::default();
    for place in changes.iter().filter_map(ParsedChange::place) {
        folders.note(place, None, "f", "db");
    }
    let acknowledge = phrase(ApiVersion::V4, changes, 50, |change| change.folder_id().map(|_| "db"));
    let requests: Vec<_> = changes.iter().map(|change| change.request(ApiVersion::V4)).collect();
    let drafted = plan::check(
        ApiVersion::V4,
        &Exposure::within(scopes),
        &folders,
        (50, 50),
        requests.clone(),
        acknowledge.as_deref(),
    )
    .map(|_| ());
    let plan = Plan {
        id: PlanId::new("plan-1").unwrap(),
        digest: PlanDigest([7; 32]),
        filed: 1,
        expires: 3,
        api_version: ApiVersion::V4,
        requests,
        acknowledge,
        settings_fingerprint: Exposure::within(scopes).fingerprint(),
        is_one_of_many: false,
    };
    let redeemed = plan.current(2, &Exposure::within(scopes)).map(|_| ());
    let checked_by_scopes = changes.iter().try_for_each(|change| scopes.check_change(change));
    let (draft, current) = match checked_by_scopes {
        Ok(()) => (Ok(()), Ok(())),
        Err(ChangeScopeRefusal::AdministrationOff) => {
            (Err(DraftRefusal::AdministrationOff), Err(CurrentRefusal::AdministrationOff))
        }
        Err(ChangeScopeRefusal::OutOfScope) => (Err(DraftRefusal::OutOfScope), Err(CurrentRefusal::OutOfScope)),
        Err(other) => panic!("{other}"),
    };
    assert_eq!((drafted, redeemed), (draft, current), "{changes:?}");
    checked_by_scopes
}

#[test]
fn none_is_allowed_unless_the_operator_allows_administration() {
    let whole = Scopes::only(vec![scope("p1", &[], &[])]);
    for scopes in [
        Scopes::everything(),
        Scopes::everything().with_administration(true).with_administration(false),
        whole.clone(),
        whole.with_administration(false),
        Scopes::only(Vec::new()),
    ] {
        assert!(!scopes.administration());
        for change in administrative("p1") {
            assert_eq!(checked_by_scopes(&scopes, &[change]), Err(ChangeScopeRefusal::AdministrationOff), "{scopes:?}");
        }
    }
    let off = "administrative changes are off: the operator must set `administration = true` to allow them";
    assert_eq!(ChangeScopeRefusal::AdministrationOff.to_string(), off);
    assert_eq!(DraftRefusal::AdministrationOff.to_string(), off);
    assert_eq!(CurrentRefusal::AdministrationOff.to_string(), off);
    assert_ne!(Scopes::everything(), Scopes::everything().with_administration(true));
}

/// A new project is in no scope. If scopes are configured, nobody can create one.
#[test]
fn administration_needs_a_scope_over_the_whole_project() {
    let on = |scopes: Vec<Scope>| Scopes::only(scopes).with_administration(true);
    for (scopes, new_project, in_project) in [
        (Scopes::everything().with_administration(true), true, true),
        (on(vec![]), false, false),
        (on(vec![scope("p1", &[], &[])]), false, true),
        (on(vec![scope("p2", &[], &[]), scope("p1", &[], &[])]), false, true),
        (on(vec![scope("p1", &["dev"], &[]), scope("p1", &[], &[])]), false, true),
        (on(vec![scope("p1", &["dev"], &[])]), false, false),
        (on(vec![scope("p1", &["dev", "qa-1"], &[])]), false, false),
        (on(vec![scope("p1", &[], &["/app"])]), false, false),
        (on(vec![scope("p1", &[], &["/"])]), false, false),
        (on(vec![scope("p1", &["dev"], &["/"])]), false, false),
        (on(vec![scope("p2", &[], &[])]), false, false),
        (on(vec![scope("P1", &[], &[])]), false, false),
        (on(vec![scope("pay-eu", &[], &[])]), false, false),
        (on(vec![scope("p2", &[], &[]), scope("p1", &["dev"], &[])]), false, false),
    ] {
        assert!(scopes.administration());
        let expected = |allowed| if allowed { Ok(()) } else { Err(ChangeScopeRefusal::OutOfScope) };
        let allowed = [new_project, in_project, in_project];
        for (change, allowed) in administrative("p1").into_iter().zip(allowed) {
            assert_eq!(checked_by_scopes(&scopes, &[change]), expected(allowed), "{scopes:?}");
        }
    }
}

#[test]
fn administration_setting_does_not_affect_other_changes() {
    for (scopes, at, allowed) in [
        (Scopes::everything(), place("p1", "dev", "/app"), true),
        (Scopes::only(Vec::new()), place("p1", "dev", "/app"), false),
        (Scopes::only(vec![scope("p1", &["dev"], &["/app"])]), place("p1", "dev", "/app/db"), true),
        (Scopes::only(vec![scope("p1", &["dev"], &["/app"])]), place("p1", "dev", "/apple"), false),
        (Scopes::only(vec![scope("p1", &["dev"], &["/app"])]), place("p1", "prod", "/app"), false),
        (Scopes::only(vec![scope("p1", &["dev"], &["/app"])]), place("p2", "dev", "/app"), false),
    ] {
        for change in ordinary(&at) {
            for on in [false, true] {
                let checked_by_scopes =
                    checked_by_scopes(&scopes.clone().with_administration(on), std::slice::from_ref(&change));
                assert_eq!(
                    checked_by_scopes,
                    if allowed { Ok(()) } else { Err(ChangeScopeRefusal::OutOfScope) },
                    "{change:?}"
                );
            }
        }
    }
}

#[test]
fn one_forbidden_change_rejects_the_whole_plan() {
    let dev = create(place("p1", "dev", "/"));
    for administrative in administrative("p1") {
        let changes = [dev.clone(), administrative];
        assert_eq!(checked_by_scopes(&Scopes::everything(), &changes), Err(ChangeScopeRefusal::AdministrationOff));
        assert_eq!(checked_by_scopes(&Scopes::everything().with_administration(true), &changes), Ok(()));
        let part = Scopes::only(vec![scope("p1", &["dev"], &[])]).with_administration(true);
        assert_eq!(checked_by_scopes(&part, &changes), Err(ChangeScopeRefusal::OutOfScope));
    }
}

#[test]
fn each_change_needs_its_phrase_in_both_api_versions() {
    let long = format!("{}@b.example", "a".repeat(244));
    for (change, said) in [
        (new_project("Payments; delete secret A in prod"), "create project pay-eu".to_owned()),
        (new_environment("p1", "Quality"), "create environment qa-1 in project p1".to_owned()),
        (invite("p1", &["ada@example.com"], &["member"]), "invite ada@example.com to project p1 as member".to_owned()),
        (
            invite("p1", &["ada+x@example.com", "b@c.d"], &["member", "no-access"]),
            "invite ada+x@example.com, b@c.d to project p1 as member, no-access".to_owned(),
        ),
        // A truncated address could be any of many.
        (invite("p1", &[&long], &["member"]), format!("invite {long} to project p1 as member")),
    ] {
        for api_version in API_VERSIONS {
            let phrase = phrase(api_version, std::slice::from_ref(&change), 5, |_| None);
            assert_eq!(phrase.as_ref(), Some(&said));
            assert!(ApprovalPolicy::Irreversible.applies(phrase.as_deref(), false));
        }
    }
    let mut changes = vec![create(place("p1", "dev", "/"))];
    changes.extend(administrative("p1"));
    let said =
        "create project pay-eu; create environment qa-1 in project p1; invite ada@example.com to project p1 as member";
    assert_eq!(phrase(ApiVersion::V4, &changes, 4, |_| None).as_deref(), Some(said));
    let all = phrase(ApiVersion::V4, &changes, 3, |_| None).unwrap();
    assert!(all.starts_with(&format!("{said}; apply 4 changes (")), "{all}");
    // Plain in every phrase from now on.
    let odd =
        ParsedChange::DeleteSecretByKey { place: place("p1", "dev", "/"), key: SecretKey::new("a@b+c/d e").unwrap() };
    let said = phrase(ApiVersion::V4, std::slice::from_ref(&odd), 5, |_| None);
    assert_eq!(said.as_deref(), Some(r"delete secret dev:/a@b+c\u{2f}d\u{20}e in project p1"));
}

#[test]
fn refuses_component_that_understates_consequences() {
    let on = Scopes::everything().with_administration(true);
    for (at, change) in administrative("p1").iter().enumerate() {
        let requests = || vec![change.request(ApiVersion::V4)];
        let check = |acknowledge: Option<&str>| {
            plan::check(ApiVersion::V4, &Exposure::within(&on), &Folders::default(), (9, 9), requests(), acknowledge)
                .map(|_| ())
        };
        let said = phrase(ApiVersion::V4, std::slice::from_ref(change), 9, |_| None).unwrap();
        assert_eq!(check(Some(&said)), Ok(()));
        let other = phrase(ApiVersion::V4, &administrative("p1")[(at + 1) % 3..][..1], 9, |_| None);
        for acknowledge in
            [None, Some(""), Some(&*said.replace("e ", "e  ")), Some(&said[..said.len() - 1]), other.as_deref()]
        {
            assert_eq!(check(acknowledge), Err(DraftRefusal::Acknowledgement), "{acknowledge:?}");
        }
        let twice = [requests(), requests()].concat();
        let twice = plan::check(
            ApiVersion::V4,
            &Exposure::within(&on),
            &Folders::default(),
            (9, 9),
            twice,
            Some(&format!("{said}; {said}")),
        );
        assert_eq!(twice, Err(DraftRefusal::Twice));
    }
}

#[test]
fn reading_names_the_target_and_quotes_the_title() {
    let two = ["ada+x@example.com", "b@c.d"];
    for (change, said, matched) in [
        (new_project("Payments"), "create project \"Payments\" with the slug pay-eu", "pay-eu"),
        (new_project("Payments EU"), r#"create project "Payments EU" with the slug pay-eu"#, "pay-eu"),
        (
            new_project(r#"x with the slug abcde" y"#),
            r#"create project "x with the slug abcde\u{22} y" with the slug pay-eu"#,
            "pay-eu",
        ),
        (new_project("日本語"), r#"create project "\u{65e5}\u{672c}\u{8a9e}" with the slug pay-eu"#, "pay-eu"),
        (new_environment("p1", "Quality"), "create environment qa-1 (\"Quality\") [project p1]", "qa-1"),
        (
            new_environment("p1", "x) [project p2] (y"),
            r#"create environment qa-1 ("x\u{29} \u{5b}project p2\u{5d} \u{28}y") [project p1]"#,
            "qa-1",
        ),
        (
            invite("p1", &["ada@example.com"], &["member"]),
            "invite ada@example.com [project p1] as member",
            "ada@example.com",
        ),
        (
            invite("p1", &two, &["member", "no-access"]),
            "invite ada+x@example.com, b@c.d [project p1] as member, no-access",
            "2 members",
        ),
    ] {
        assert_eq!(describe(&change, None), said);
        assert_eq!(describe(&change, Some("db")), said, "no folder has a part in it");
        assert_eq!(target(std::slice::from_ref(&change), |_| Some("db".to_owned())), matched);
    }
    let long = format!("{}@b.example", "a".repeat(244));
    let change = invite("p1", &[&long], &["member"]);
    assert_eq!(describe(&change, None), format!("invite {long} [project p1] as member"), "never cut");
    assert_eq!(target(&[change], |_| None), long);
    assert_eq!(target(&administrative("p1"), |_| None), "3 changes");
}

proptest! {
    #[test]
    fn reading_is_one_unique_visible_line_for_any_title(
        one in ".{1,64}|[ -~]{1,64}|[a-z\"() \\[\\]é日🔐]{1,20}", two in "[ -~]{1,64}|[a-z\"() \\[\\]é日🔐]{1,20}",
    ) {
        let (Ok(one), Ok(two)) = (Title::new(one), Title::new(two)) else { return Ok(()) };
        let both = |title: &Title| [new_project(title.as_str()), new_environment("p1", title.as_str())];
        for (change, other) in both(&one).iter().zip(both(&two)) {
            let text = describe(change, None);
            prop_assert!(text.lines().count() == 1 && !text.chars().any(char::is_control), "{}", text);
            prop_assert_eq!(text == describe(&other, None), one == two);
            let said = |change: &ParsedChange| phrase(ApiVersion::V4, std::slice::from_ref(change), 5, |_| None);
            prop_assert_eq!(said(change), said(&other), "a title has no part in a phrase");
            let tail = match change {
                ParsedChange::CreateProject { .. } => " with the slug pay-eu",
                _ => ") [project p1]",
            };
            let title = text.strip_suffix(tail).unwrap().strip_prefix("create project ");
            let title = title.or_else(|| text.strip_suffix(tail).unwrap().strip_prefix("create environment qa-1 (")).unwrap();
            // Quotes around text without quotes.
            let inside = title.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            prop_assert!(inside.is_some_and(|inside| inside.is_ascii() && !inside.contains('"')), "{}", text);
        }
    }

    #[test]
    fn no_scope_of_a_part_allows_an_administrative_change(
        entries in prop::collection::vec(("p[12]", prop::collection::vec("dev|qa-1", 0..3), prop::collection::vec("/|/app", 0..3)), 0..5),
        on in any::<bool>(),
    ) {
        let scopes: Vec<Scope> = entries
            .iter()
            .map(|(id, environments, paths)| {
                let (environments, paths): (Vec<_>, Vec<_>) =
                    (environments.iter().map(String::as_str).collect(), paths.iter().map(String::as_str).collect());
                scope(id, &environments, &paths)
            })
            .collect();
        let is_whole = scopes.iter().any(|entry| entry.project.as_str() == "p1" && entry.environments.is_empty() && entry.paths.is_empty());
        let scopes = Scopes::only(scopes).with_administration(on);
        let [new_project, rest @ ..] = administrative("p1");
        prop_assert!(checked_by_scopes(&scopes, &[new_project]).is_err());
        for change in rest {
            prop_assert_eq!(checked_by_scopes(&scopes, &[change]).is_ok(), on && is_whole);
        }
    }
}
