use super::*;
use crate::tools::names::{NAMES, Tool};
use secrecy::ExposeSecret;
use serde_json::json;

fn create(arguments: Value) -> Result<Change, Error> {
    change(ChangeTool::CreateSecret, arguments)
}

fn many(arguments: Value) -> Result<Vec<Change>, Error> {
    changes(arguments)
}

#[test]
fn each_change_is_read_with_all_that_it_can_have() {
    let at = |more: Value| {
        let mut all = json!({ "project": "p", "environment": "dev", "path": "/app", "name": "N" });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let place = Place { project: Some("p".into()), environment: Some("dev".into()), path: Some("/app".into()) };
    let Ok(Change::CreateSecret(it)) = create(at(json!({ "value": "v", "comment": "c", "tags": ["t"] }))) else {
        panic!("create-secret")
    };
    assert!(matches!(it.value, NewValue::Literal(value) if value.expose_secret() == "v"));
    assert_eq!((it.at, it.comment.unwrap().expose_secret(), it.tags), (place.clone(), "c", vec!["t".to_owned()]));

    let update = json!({ "newName": "M", "generate": { "length": 32, "alphabet": "abc" }, "comment": "", "tags": [] });
    let Ok(Change::UpdateSecret(it)) = change(ChangeTool::UpdateSecret, at(update)) else { panic!("update-secret") };
    assert!(matches!(it.value, Some(NewValue::Generated { length: 32, alphabet: Some(of) }) if of == "abc"));
    assert_eq!((it.new_name.as_deref(), it.comment.unwrap().expose_secret(), it.tags), (Some("M"), "", Some(vec![])));

    let target = Target { at: place.clone(), name: "N".into() };
    for (tool, is) in [
        (
            ChangeTool::DeleteSecret,
            (|change| if let Change::DeleteSecret(it) = change { Some(it) } else { None }) as fn(_) -> _,
        ),
        (ChangeTool::CreateFolder, |change| if let Change::CreateFolder(it) = change { Some(it) } else { None }),
        (ChangeTool::DeleteFolder, |change| if let Change::DeleteFolder(it) = change { Some(it) } else { None }),
    ] {
        assert_eq!(is(change(tool, at(json!({}))).unwrap()), Some(target.clone()), "{tool:?}");
    }
    let Ok(Change::RenameFolder(it)) = change(ChangeTool::RenameFolder, at(json!({ "newName": "M" }))) else {
        panic!("rename-folder")
    };
    assert_eq!((it.at, it.name, it.new_name), (place, "N".into(), "M".into()));
}

#[test]
fn what_is_absent_or_null_stays_as_it_is() {
    for arguments in [
        json!({ "name": "N" }),
        json!({ "name": "N", "newName": null, "value": null, "generate": null, "comment": null, "tags": null }),
    ] {
        let Ok(Change::UpdateSecret(it)) = change(ChangeTool::UpdateSecret, arguments) else { panic!("update-secret") };
        assert!(it.value.is_none() && it.comment.is_none() && it.tags.is_none() && it.new_name.is_none());
    }
    let generated = create(json!({ "name": "N", "value": null, "generate": { "length": 20 } })).unwrap();
    assert!(matches!(
        generated,
        Change::CreateSecret(SecretCreation { value: NewValue::Generated { length: 20, .. }, .. })
    ));
    let empty = change(ChangeTool::UpdateSecret, json!({ "name": "N", "value": "" })).unwrap();
    assert!(
        matches!(empty, Change::UpdateSecret(SecretUpdate { value: Some(NewValue::Literal(_)), .. })),
        "\"\" is a value"
    );
}

#[test]
fn a_new_secret_has_exactly_one_value_and_an_update_at_most_one() {
    let both = json!({ "name": "N", "value": "CANARY", "generate": { "length": 20 } });
    let none = json!({ "name": "N", "value": null });
    for (tool, arguments, says) in [
        (ChangeTool::CreateSecret, both.clone(), "either `value` or `generate`"),
        (ChangeTool::UpdateSecret, both, "either `value` or `generate`"),
        (ChangeTool::CreateSecret, none, "needs a value"),
    ] {
        let error = change(tool, arguments).unwrap_err();
        assert_eq!(error.layer(), Some(Layer::Input));
        assert!(error.reason().contains(says) && error.remedy().len() > 10, "{error}");
        assert!(!error.to_string().contains("CANARY"), "{error}");
    }
}

#[test]
fn several_changes_are_read_as_their_tools_read_them() {
    let read = many(json!({ "changes": [
        { "change": "create-folder", "name": "f" },
        { "change": "create-secret", "path": "/f", "name": "A", "value": "1" },
        { "change": "rename-folder", "name": "f", "newName": "g" },
    ] }));
    assert_eq!(read.unwrap().len(), 3);
    assert_eq!(many(json!({ "changes": [] })).unwrap().len(), 0, "for the component to refuse");
    for (arguments, says) in [
        (
            json!({ "changes": [{ "change": "delete-folder", "name": "f" }, { "name": "CANARY" }] }),
            "missing field `changes[1].change`",
        ),
        (
            json!({ "changes": [{ "change": "CANARY", "name": "f" }] }),
            "`changes[0].change` must be one of `create-secret`",
        ),
        (json!({ "changes": [{ "change": "change-many", "changes": [] }] }), "`changes[0].change` must be one of"),
        (json!({ "changes": [{ "change": "delete-secret" }] }), "missing field `changes[0].name`"),
        (json!({ "changes": ["CANARY"] }), "`changes[0]` must be an object, but is a string"),
        (json!({ "changes": "CANARY" }), "don't fit `change-many`"),
        (json!({}), "missing field `changes`"),
    ] {
        let error = many(arguments).unwrap_err();
        assert_eq!(error.layer(), Some(Layer::Input));
        assert!(error.reason().contains(says), "{error}");
        assert!(!error.to_string().contains("CANARY"), "{error}");
    }
}

#[test]
fn errors_do_not_quote_the_input_at_any_depth() {
    let in_generate = |generate: Value| json!({ "name": "N", "generate": generate });
    for arguments in [
        json!({ "name": "N", "value": ["CANARY"] }),
        json!({ "name": "N", "value": { "CANARY": "CANARY" } }),
        json!({ "name": ["CANARY"], "value": "CANARY" }),
        json!({ "name": "N", "value": "CANARY", "tags": "CANARY, expected CANARY" }),
        json!({ "name": "N", "value": "CANARY", "tags": [{ "CANARY": 1 }] }),
        json!({ "name": "N", "value": "CANARY", "comment": 4711 }),
        in_generate(json!("CANARY")),
        in_generate(json!({ "length": "CANARY" })),
        in_generate(json!({ "length": -4711 })),
        in_generate(json!({ "length": 4711.5 })),
        in_generate(json!({ "length": 4_711_000_000_000_u64 })),
        in_generate(json!({ "length": 20, "alphabet": ["CANARY"] })),
        json!("CANARY"),
        json!(["CANARY"]),
    ] {
        let alone = create(arguments.clone()).unwrap_err();
        let mut within = arguments;
        if let Some(fields) = within.as_object_mut() {
            fields.insert("change".to_owned(), json!("create-secret"));
        }
        for error in [alone, many(json!({ "changes": [within] })).unwrap_err()] {
            let said = format!("{error} {}", error.to_json());
            assert!(!said.contains("CANARY") && !said.contains("4711"), "{said}");
            assert_eq!(error.layer(), Some(Layer::Input));
        }
    }
}

#[test]
fn a_misspelt_field_is_refused_and_not_left_out() {
    for (tool, field) in [
        (ChangeTool::CreateSecret, "newName"),
        (ChangeTool::UpdateSecret, "new_name"),
        (ChangeTool::DeleteSecret, "recursive"),
        (ChangeTool::CreateFolder, "value"),
        (ChangeTool::RenameFolder, "new_name"),
        (ChangeTool::DeleteFolder, "force"),
    ] {
        let mut arguments = json!({ "name": "N", field: "x" });
        if tool == ChangeTool::RenameFolder {
            arguments["newName"] = json!("M");
        }
        let error = change(tool, arguments).unwrap_err();
        assert!(error.reason().contains(&format!("unknown field `{field}`")), "{error}");
    }
    assert!(NAMES.iter().filter(|name| ChangeTool::named(name).is_some()).count() == ChangeTool::OF_MANY.len());
    assert!(ChangeTool::OF_MANY.iter().all(|tool| Tool::named(tool.name()) == Some(Tool::Change(*tool))));
}
