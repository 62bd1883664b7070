use super::*;
use crate::tools::{Format, NAMES};

#[test]
fn every_tool_is_defined_once_and_in_order() {
    let names: Vec<_> = definitions().iter().map(|definition| definition.name).collect();
    assert_eq!(names, NAMES);
}

#[test]
fn the_whole_list_is_small_enough_to_stand_in_a_conversation() {
    let list = Format::Mcp.write().to_string();
    assert!(list.len() < 12_000, "{} bytes", list.len());
}

#[test]
fn arguments_are_closed_objects_and_each_is_described() {
    fn check(name: &str, schema: &Value) {
        assert_eq!(schema["type"], "object", "{name}");
        assert_eq!(schema["additionalProperties"], false, "{name}: {schema}");
        assert!(schema["properties"].is_object(), "{name}: some agents take none without");
        for (property, schema) in schema["properties"].as_object().into_iter().flatten() {
            let is_plain = matches!(property.as_str(), "name" | "length" | "changes");
            assert!(is_plain || schema["description"].is_string(), "{name}.{property}: {schema}");
            assert!(!schema.to_string().contains("null"), "{name}.{property}: {schema}");
            let item = schema.get("items").unwrap_or(schema);
            if item["type"] == "object" {
                check(property, item);
            }
        }
    }
    for definition in definitions() {
        check(definition.name, &definition.input_schema);
        assert!(!definition.description.is_empty() && definition.output_schema["type"] == "object");
    }
}

#[test]
fn hints_are_true() {
    for definition in definitions() {
        let hints = definition.annotations;
        assert!(!(hints.read_only_hint && hints.destructive_hint), "{}", definition.name);
        assert_eq!(hints.destructive_hint, definition.name == "apply-change", "{}", definition.name);
        let only_reads = definition.name.starts_with("list-")
            || ["get-secret", "reveal-secret", "skill-status"].contains(&definition.name);
        assert_eq!(hints.read_only_hint, only_reads, "{}", definition.name);
    }
}

#[test]
fn a_hidden_value_is_a_constant_in_the_schema() {
    let of = |tool: &str| definitions().into_iter().find(|definition| definition.name == tool).unwrap().output_schema;
    assert_eq!(of("get-secret")["properties"]["value"], json!({ "type": "string", "const": "<hidden>" }));
    assert_eq!(of("reveal-secret")["properties"]["value"], json!({ "type": "string" }));
}

#[test]
fn every_format_has_every_tool() {
    for format in Format::ALL {
        let written = format.write().to_string();
        for name in NAMES {
            assert!(written.contains(&format!("\"{name}\"")), "{} {name}", format.name());
        }
    }
}

/// A person reviews every text about the tools that models read, because its wording can mislead a
/// model.
#[test]
fn definitions_match_the_reviewed_snapshot() {
    let told = format!("{:#}\n", Format::Mcp.write());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tools/definitions.snapshot.json");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(path, &told).unwrap();
    }
    assert!(
        told == include_str!("definitions.snapshot.json"),
        "it changed: run this test with UPDATE_SNAPSHOTS=1, and look at the difference before you commit it"
    );
}
