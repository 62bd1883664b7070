use super::*;
use crate::testing::scope;
use crate::types::Environment;

fn word(text: &str) -> Word {
    Word::parse(text).unwrap()
}

fn allows(scopes: &[Scope], project: Option<&str>, environment: &str, path: &str) -> bool {
    let project = project.map(word);
    let path = FolderPath::parse(path).unwrap();
    Scopes::new(Some(scopes)).check(project.as_ref(), &word(environment), &path).is_ok()
}

#[test]
fn absent_scopes_allow_all_and_empty_scopes_allow_nothing() {
    let root = FolderPath::parse("/").unwrap();
    assert!(Scopes::new(None).check(Some(&word("p")), &word("dev"), &root).is_ok());
    assert!(Scopes::new(None).check_any().is_ok());
    assert!(!allows(&[], Some("p"), "dev", "/"));
    assert!(!allows(&[], None, "dev", "/"));
    assert!(Scopes::new(Some(&[])).check_any().is_err());
}

#[test]
fn one_scope_must_allow_project_environment_and_path() {
    let scopes =
        [scope("p", &["dev"], &["/app", "/shared"]), scope("p", &["prod"], &["/public"]), scope("q", &[], &[])];
    for (project, environment, path, allowed) in [
        ("p", "dev", "/app", true),
        ("p", "dev", "/app/db", true),
        ("p", "dev", "/shared", true),
        ("p", "dev", "/apple", false),
        ("p", "dev", "/", false),
        ("p", "dev", "/public", false),
        ("p", "prod", "/public", true),
        ("p", "prod", "/app", false),
        ("p", "DEV", "/app", false),
        ("p", "staging", "/app", false),
        ("P", "dev", "/app", false),
        ("q", "anything", "/", true),
        ("r", "dev", "/app", false),
    ] {
        assert_eq!(allows(&scopes, Some(project), environment, path), allowed, "{project} {environment} {path}");
    }
}

#[test]
fn refuses_unresolved_project_only_if_no_scope_fits() {
    let scopes = [scope("p", &["dev"], &["/app"])];
    assert!(allows(&scopes, None, "dev", "/app/db"));
    assert!(!allows(&scopes, None, "prod", "/app"));
    assert!(!allows(&scopes, None, "dev", "/other"));
}

#[test]
fn a_refusal_names_the_part_that_is_out_of_scope() {
    let scopes = [scope("p", &["dev"], &["/app"])];
    for (project, environment, path, named) in [
        ("q", "dev", "/app", "project \"q\""),
        ("p", "prod", "/app", "environment \"prod\""),
        ("p", "dev", "/x", "path \"/x\""),
    ] {
        let path = FolderPath::parse(path).unwrap();
        let refused = Scopes::new(Some(&scopes)).check(Some(&word(project)), &word(environment), &path);
        let Err(Error::Refused(refusal)) = refused else { panic!("{refused:?}") };
        assert_eq!(refusal.layer, Layer::Scope);
        assert!(refusal.reason.contains(named), "{}", refusal.reason);
    }
}

#[test]
fn projects_and_environments_out_of_scope_arent_shown() {
    let environment = |slug: &str| Environment { slug: slug.to_owned(), name: slug.to_uppercase() };
    let project = |id: &str| Project {
        id: id.to_owned(),
        slug: id.to_owned(),
        name: id.to_owned(),
        environments: ["dev", "staging", "prod"].map(environment).to_vec(),
    };
    let slugs = |project: Project| project.environments.into_iter().map(|found| found.slug).collect::<Vec<_>>();
    let scopes = [scope("p", &["dev"], &[]), scope("p", &["prod"], &["/x"]), scope("q", &[], &["/y"])];
    let scopes = Scopes::new(Some(&scopes));
    let keep = |scopes: Scopes<'_>, mut project: Project| scopes.keep(&mut project).then_some(project);
    assert_eq!(keep(scopes, project("p")).map(slugs), Some(vec!["dev".to_owned(), "prod".to_owned()]));
    assert_eq!(keep(scopes, project("q")), Some(project("q")));
    assert_eq!(keep(scopes, project("r")), None);
    assert_eq!(keep(Scopes::new(None), project("r")), Some(project("r")));
}

#[test]
fn checks_project_for_partial_and_whole_access() {
    let id = |text: &str| ProjectRef::Id(word(text));
    let slug = ProjectRef::Slug(word("some-slug"));
    let scopes =
        [scope("p", &["dev"], &[]), scope("q", &[], &["/x"]), scope("r", &["dev"], &["/x"]), scope("w", &[], &[])];
    let scopes = Scopes::new(Some(&scopes));
    for (project, any, whole) in
        [("p", true, false), ("q", true, false), ("r", true, false), ("w", true, true), ("x", false, false)]
    {
        assert_eq!(scopes.check_project(&id(project)).is_ok(), any, "{project}");
        assert_eq!(scopes.check_whole(&id(project)).is_ok(), whole, "{project}");
    }
    // A slug is checked once its id is known.
    assert!(scopes.check_project(&slug).is_ok() && scopes.check_whole(&slug).is_ok());
    let nowhere = Scopes::new(Some(&[]));
    for project in [id("p"), slug] {
        assert!(nowhere.check_project(&project).is_err() && nowhere.check_whole(&project).is_err());
        assert!(Scopes::new(None).check_project(&project).is_ok() && Scopes::new(None).check_whole(&project).is_ok());
    }
    assert!(scopes.are_limited() && nowhere.are_limited() && !Scopes::new(None).are_limited());
}
