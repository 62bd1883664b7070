use super::super::intents;
use crate::testing::{PROJECT, operator, place};
use crate::types::ApiVersion;
use crate::{Change, FolderRename, Layer, Scope, SecretCreation, Value};

fn scope(environments: &[&str], paths: &[&str]) -> Scope {
    let all = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Scope { project: PROJECT.to_owned(), environments: all(environments), paths: all(paths) }
}

/// Whether a change passes with these settings. If it is refused, the layer must be `scope`.
fn is_allowed(change: &Change, scopes: Option<Scope>, reveal_scopes: Option<Scope>) -> bool {
    let operator = operator(ApiVersion::V4).with(|policy| {
        policy.scopes = scopes.map(|scope| vec![scope]);
        policy.reveal_scopes = reveal_scopes.map(|scope| vec![scope]);
        policy.protected = vec!["prod".to_owned()];
    });
    match intents::check(std::slice::from_ref(change), &operator.policy) {
        Ok(_) => true,
        Err(crate::Error::Refused(refusal)) if refusal.layer == Layer::Scope => false,
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn rename_takes_nothing_into_the_reveal_scopes() {
    for (revealable, at, name, new_name, expected) in [
        (&["/empty"][..], "/", "billing", "empty", false),
        (&["/empty"], "/", "empty", "billing", true),
        (&["/empty", "/billing"], "/", "billing", "empty", true),
        (&["/app"], "/app", "a", "b", true),
        (&["/b/open"], "/", "a", "b", false),
        (&["/b/open", "/a/open"], "/", "a", "b", true),
        (&["/b", "/a/open"], "/", "a", "b", false),
        (&["/bb"], "/", "a", "b", true),
        (&["/x/b"], "/x", "a", "b", false),
        (&[], "/", "a", "b", true),
    ] {
        let change = Change::RenameFolder(FolderRename {
            at: place(PROJECT, "dev", at),
            name: name.to_owned(),
            new_name: new_name.to_owned(),
        });
        let reveal_scopes = Some(scope(&["dev"], revealable));
        assert_eq!(is_allowed(&change, None, reveal_scopes), expected, "{revealable:?}: {at} {name} -> {new_name}");
        assert!(is_allowed(&change, None, None), "no limits");
        assert!(is_allowed(&change, None, Some(scope(&["staging"], revealable))), "another environment");
    }
}

#[test]
fn references_lead_to_places_as_visible_as_their_own() {
    let dev = || Some(scope(&["dev"], &[]));
    let open = || Some(scope(&["dev"], &["/open"]));
    for (scopes, reveal_scopes, value, expected) in [
        (None, None, "${dev.KEY}", true),
        (None, None, "${staging.KEY}", true),
        (None, None, "${prod.KEY}", false),
        (None, None, "x ${ prod.a.KEY } y", false),
        (None, None, "${@other.prod.KEY}", false),
        (None, None, "${@other.dev.KEY}", true),
        (dev(), None, "${staging.KEY}", false),
        (dev(), None, "${dev.a.b.KEY}", true),
        (dev(), None, "${KEY}", true),
        (dev(), None, "${@other.dev.KEY}", false),
        (dev(), None, "${@other.KEY}", false),
        (dev(), None, "${dev.KEY}${prod.KEY}", false),
        (None, open(), "${dev.KEY}", false),
        (None, open(), "${dev.open.KEY}", true),
        (None, open(), "${dev.open.sub.KEY}", true),
        (None, open(), "${@other.dev.open.KEY}", false),
        (None, open(), "${dev..KEY}", false),
        (dev(), open(), "${KEY:-a.b}", true),
    ] {
        let change = |path: &str| {
            Change::CreateSecret(SecretCreation {
                at: place(PROJECT, "dev", path),
                name: "NEW".to_owned(),
                value: Value::Literal(value.to_owned()),
                comment: None,
                tags: Vec::new(),
            })
        };
        assert_eq!(is_allowed(&change("/open"), scopes.clone(), reveal_scopes.clone()), expected, "{value}");
    }
}
