use super::*;
use crate::change::value::SecretValue;
use crate::names::{FolderId, FolderName, NewSecretName, Project};
use crate::scope::Scope;
use proptest::prelude::*;

fn scope(environments: &[&str], paths: &[&str]) -> Scope {
    Scope {
        project: Project::new("p").unwrap(),
        environments: environments.iter().map(|slug| Environment::new(*slug).unwrap()).collect(),
        paths: paths.iter().map(|path| SecretPath::new(*path).unwrap()).collect(),
    }
}

fn at(path: &str) -> Place {
    Place {
        project: Project::new("p").unwrap(),
        environment: Environment::new("dev").unwrap(),
        path: SecretPath::new(path).unwrap(),
    }
}

fn rename(place: &str, new_name: &str) -> ParsedChange {
    let id = FolderId::new("folder").unwrap();
    ParsedChange::RenameFolder { place: at(place), id, name: FolderName::new(new_name).unwrap() }
}

fn create(place: &str, value: &str) -> ParsedChange {
    let (name, value) = (NewSecretName::new("NEW").unwrap(), SecretValue::new(value.to_owned()).unwrap());
    ParsedChange::CreateSecret { place: at(place), name, value, comment: None, tags: None }
}

#[test]
fn rename_takes_nothing_into_the_reveal_scopes() {
    let everything = Scopes::everything();
    for (revealable, place, from, to, is_allowed) in [
        (vec![], "/", "billing", "empty", true),
        (vec!["/empty"], "/", "billing", "empty", false),
        (vec!["/empty"], "/", "empty", "billing", true),
        (vec!["/empty"], "/", "billing", "archive", true),
        (vec!["/empty", "/billing"], "/", "billing", "empty", true),
        (vec!["/app"], "/app", "a", "b", true),
        // Only a part of what is below may be revealed.
        (vec!["/b/open"], "/", "a", "b", false),
        (vec!["/b/open", "/a/open"], "/", "a", "b", true),
        (vec!["/b/open", "/a"], "/", "a", "b", true),
        (vec!["/b", "/a/open"], "/", "a", "b", false),
        (vec!["/b/open/x", "/a/open"], "/", "a", "b", true),
        (vec!["/bb"], "/", "a", "b", true),
        (vec!["/x/b"], "/", "a", "b", true),
        (vec!["/x/b"], "/x", "a", "b", false),
    ] {
        let reveal_scopes = Scopes::only(vec![scope(&["dev"], &revealable)]);
        let reveal_scopes = if revealable.is_empty() { Scopes::only(vec![]) } else { reveal_scopes };
        let exposure = Exposure { scopes: &everything, reveal_scopes: &reveal_scopes, protected: &[], clients: &[] };
        let checked = exposure.check(&rename(place, to), Some(from));
        assert_eq!(checked.is_ok(), is_allowed, "{revealable:?}: {place} {from} -> {to}");
    }
    let elsewhere = Scopes::only(vec![scope(&["prod"], &["/empty"])]);
    let exposure = Exposure { scopes: &everything, reveal_scopes: &elsewhere, protected: &[], clients: &[] };
    assert_eq!(exposure.check(&rename("/", "empty"), Some("billing")), Ok(()), "another environment's reveal scope");
}

#[test]
fn unnamed_folder_counts_as_hidden() {
    let (everything, empty) = (Scopes::everything(), Scopes::only(vec![scope(&[], &["/empty"])]));
    let exposure = Exposure { scopes: &everything, reveal_scopes: &empty, protected: &[], clients: &[] };
    for folder in [None, Some(".."), Some("a/../b"), Some("")] {
        assert_eq!(exposure.check(&rename("/", "empty"), folder), Err(Widening::RenameIntoRevealScopes), "{folder:?}");
    }
    assert_eq!(exposure.check(&rename("/", "other"), None), Ok(()));
}

#[test]
fn references_lead_to_places_as_visible_as_their_own() {
    use Widening::{ReferenceIntoProtected, ReferenceOutOfRevealScopes, ReferenceOutOfScope};
    let everything = Scopes::everything();
    let dev = Scopes::only(vec![scope(&["dev"], &[])]);
    let open = Scopes::only(vec![scope(&["dev"], &["/open"])]);
    let prod = [Environment::new("prod").unwrap()];
    for (scopes, reveal_scopes, value, expected) in [
        (&everything, &everything, "${dev.KEY}", Ok(())),
        (&everything, &everything, "${staging.KEY}", Ok(())),
        (&everything, &everything, "${prod.KEY}", Err(ReferenceIntoProtected)),
        (&everything, &everything, "x ${ prod.a.KEY } y", Err(ReferenceIntoProtected)),
        (&everything, &everything, "${@other.prod.KEY}", Err(ReferenceIntoProtected)),
        (&everything, &everything, "${@other.dev.KEY}", Ok(())),
        (&dev, &everything, "${staging.KEY}", Err(ReferenceOutOfScope)),
        (&dev, &everything, "${dev.a.b.KEY}", Ok(())),
        (&dev, &everything, "${KEY}", Ok(())),
        (&dev, &everything, "${@other.dev.KEY}", Err(ReferenceOutOfScope)),
        (&dev, &everything, "${@other.KEY}", Err(ReferenceOutOfScope)),
        (&dev, &everything, "${dev.KEY}${prod.KEY}", Err(ReferenceOutOfScope)),
        (&everything, &open, "${dev.KEY}", Err(ReferenceOutOfRevealScopes)),
        (&everything, &open, "${dev.open.KEY}", Ok(())),
        (&everything, &open, "${dev.open.sub.KEY}", Ok(())),
        (&everything, &open, "${@other.dev.open.KEY}", Err(ReferenceOutOfRevealScopes)),
        (&everything, &open, "${KEY}", Ok(())),
        (&everything, &open, "${dev..KEY}", Err(ReferenceOutOfRevealScopes)),
        // This is shell syntax, and no environment has such a name.
        (&dev, &open, "${KEY:-a.b}", Ok(())),
    ] {
        let exposure = Exposure { scopes, reveal_scopes, protected: &prod, clients: &[] };
        assert_eq!(exposure.check(&create("/open", value), None), expected, "{value}");
    }
    let exposure = Exposure { scopes: &everything, reveal_scopes: &open, protected: &prod, clients: &[] };
    assert_eq!(exposure.check(&create("/closed", "${dev.KEY}"), None), Ok(()), "neither is revealable");
}

proptest! {
    /// For any reveal scopes: a path below the new name is revealable only if the same path below
    /// the old name was.
    #[test]
    fn no_rename_makes_a_path_revealable(
        roots in prop::collection::vec("/[ab](/[ab]){0,3}", 0..5), place in prop::sample::select(vec!["/", "/a", "/b/a"]),
        (from, to) in ("[abc]", "[abc]"), below in prop::collection::vec("(/[ab]){0,3}", 1..8),
    ) {
        let roots: Vec<&str> = roots.iter().map(String::as_str).collect();
        let reveal_scopes = if roots.is_empty() { Scopes::only(vec![]) } else { Scopes::only(vec![scope(&[], &roots)]) };
        let everything = Scopes::everything();
        let exposure = Exposure { scopes: &everything, reveal_scopes: &reveal_scopes, protected: &[], clients: &[] };
        let is_open = |name: &str, rest: &str| {
            let path = format!("{}{rest}", at(place).path.child(name));
            reveal_scopes.check_place(&at(&path)).is_ok()
        };
        if exposure.check(&rename(place, &to), Some(&from)).is_ok() {
            for rest in &below {
                prop_assert!(!is_open(&to, rest) || is_open(&from, rest), "{roots:?}: {place} {from} -> {to}: {rest}");
            }
        }
    }
}

#[test]
fn change_never_moves_anything_into_a_clients_scopes() {
    let everything = Scopes::everything();
    let none = Scopes::only(vec![]);
    let of = |paths: &[&str]| Scopes::only(vec![scope(&["dev"], paths)]);
    for (clients, change, folder, expected) in [
        (vec![of(&["/b"])], rename("/", "b"), "a", Err(Widening::RenameIntoClientScopes)),
        (vec![of(&["/x"]), of(&["/b/part"])], rename("/", "b"), "a", Err(Widening::RenameIntoClientScopes)),
        (vec![of(&["/a"])], rename("/", "b"), "a", Ok(())),
        (vec![of(&["/a", "/b"])], rename("/", "b"), "a", Ok(())),
        (vec![of(&["/b"])], create("/b", "${dev.a.KEY}"), "", Err(Widening::ReferenceOutOfClientScopes)),
        (vec![of(&["/b"])], create("/b", "${dev.b.KEY}"), "", Ok(())),
        (vec![of(&["/b"])], create("/a", "${dev.c.KEY}"), "", Ok(())),
    ] {
        let exposure = Exposure { scopes: &everything, reveal_scopes: &none, protected: &[], clients: &clients };
        assert_eq!(exposure.check(&change, Some(folder)), expected, "{clients:?} {change:?}");
    }
}
