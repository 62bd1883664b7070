//! Tests verdicts on permission audits that were recorded from a real server.

use super::*;
use crate::doctor::Verdict;
use serde_json::{Value, json};

const RECORDED: &str = include_str!("../../../tests/emulator/tests/recorded-v4-more.md");

fn recorded(exchange: u32) -> Value {
    let (_, rest) = RECORDED.split_once(&format!("\n### {exchange}. ")).unwrap();
    let (_, answer) = rest.split_once("→ **200**\n```json\n").unwrap();
    serde_json::from_str(answer.split_once("\n```").unwrap().0).unwrap()
}

fn parse(audit: &Value) -> Permissions {
    Permissions::parse(audit.to_string().as_bytes()).unwrap()
}

fn audit(exchange: u32) -> Permissions {
    parse(&recorded(exchange))
}

fn with_privilege(exchange: u32, name: &str, rules: Value) -> Permissions {
    let mut audit = recorded(exchange);
    let privilege = json!({ "type": "additional_privilege", "name": name, "isTemporary": false, "permissions": rules });
    audit["sources"].as_array_mut().unwrap().push(privilege);
    parse(&audit)
}

fn tied_writer() -> Permissions {
    let rules = json!([["readValue,read", "secrets", 0, 1], ["create,edit,delete", "identity", 0, 1]]);
    with_privilege(907, "tied-writer", rules)
}

const SETTING: Setting<'_> = Setting {
    project: "vault",
    default: Some(("dev", "/app")),
    reveals: false,
    has_revealer: false,
    administers: false,
};

#[track_caller]
fn assert_check(check: Check, verdict: Verdict, says: &[&str]) {
    assert_eq!(check.verdict, verdict, "{check:?}");
    assert_eq!(check.remedy.is_none(), verdict == Verdict::Good, "{check:?}");
    for text in says {
        assert!(check.found.contains(text), "{text:?} in {check:?}");
    }
}

#[test]
fn grades_readers_by_their_permissions() {
    use Verdict::{Bad, Good, Warning};
    for (permissions, verdict, says) in [
        (audit(906), Warning, &["only reads", "everywhere", "root credentials"][..]),
        (audit(907), Bad, &["may change what identities may do", "role member"]),
        (audit(908), Bad, &["may change what identities may do", "role admin"]),
        (audit(916), Bad, &["may see no secret"]),
        (audit(910), Warning, &["only reads", "root credentials"]),
        (audit(909), Good, &["only reads", "everywhere (additional privilege describer)"]),
        (audit(1187), Good, &["only reads"]),
        (
            with_privilege(906, "hotfix", json!([["create", "secrets"]])),
            Bad,
            &["more than read", "create on secrets", "additional privilege hotfix"],
        ),
        (
            with_privilege(909, "tags", json!([["create,delete", "tags", { "slug": { "$eq": "x" } }]])),
            Bad,
            &["create, delete on tags"],
        ),
        (audit(914), Good, &["until 2026-11-30T08:17:29.000Z"]),
        (audit(915), Bad, &["until 2026-11-30T08:17:29.000Z"]),
        (audit(1188), Bad, &["more than read", "create, delete, edit on secrets"]),
        // This identity reads values only. It sees its default place; lists elsewhere are
        // incomplete.
        (audit(1189), Good, &["where environment is dev and secretPath matches /app/**", "an empty list"]),
        (
            with_privilege(916, "prod", json!([["describeSecret", "secrets", { "environment": { "$eq": "prod" } }]])),
            Warning,
            &["where environment is prod", "default place dev:/app isn't part"],
        ),
    ] {
        assert_check(read_rights(&permissions, SETTING), verdict, says);
    }
}

#[test]
fn says_who_can_read_values() {
    use Verdict::{Good, Warning};
    let revealing = Setting { reveals: true, ..SETTING };
    for (reader, writer, setting, verdict, says) in [
        (audit(906), None, SETTING, Warning, "the read identity can read every value in vault"),
        (audit(910), None, SETTING, Good, "the read identity can't read a value in vault"),
        (audit(909), Some(audit(1188)), SETTING, Good, "neither identity can read a value in vault"),
        (audit(1187), Some(tied_writer()), SETTING, Good, "neither identity can read a value in vault"),
        (audit(909), Some(audit(907)), SETTING, Warning, "The write identity can read every value"),
        (audit(911), None, SETTING, Warning, "can read values everywhere, except where environment is prod"),
        (audit(1189), None, SETTING, Warning, "can read values where environment is dev"),
        (audit(1189), None, revealing, Good, "can read values where environment is dev"),
        (audit(906), None, revealing, Warning, "can read every value"),
        (audit(909), None, revealing, Warning, "`reveal_with = \"read\"` has no effect"),
    ] {
        assert_check(values(&reader, writer.as_ref(), setting), verdict, &[says]);
    }
    let mut ends = recorded(910);
    ends["sources"][1]["isTemporary"] = true.into();
    assert_check(values(&parse(&ends), None, SETTING), Warning, &["every value", "until an unknown time"]);
}

#[test]
fn grades_writers_by_the_limits_they_could_lift() {
    use Verdict::{Bad, Good, Warning};
    let limited = audit(910);
    let minimal = audit(1187);
    for (writer, reader, verdict, says) in [
        (audit(908), &minimal, Bad, &["any right", "could lift the read identity's limit"][..]),
        (audit(907), &limited, Bad, &["could lift the read identity's limit", "viewer-minus", "role member"]),
        (audit(907), &minimal, Warning, &["may delete identities' additional privileges"]),
        (
            tied_writer(),
            &limited,
            Warning,
            &["could not lift the read identity's limit", "more rights than the skill uses"],
        ),
        (
            audit(1188),
            &limited,
            Good,
            &[
                "create secrets, update secrets, delete secrets, create folders, update folders, delete folders where environment is dev and secretPath \
                 matches /app/** (additional privilege writer3)",
                "could not lift",
            ],
        ),
        (audit(912), &minimal, Good, &["one of dev, staging", "delete folders where environment is dev"]),
        (audit(906), &minimal, Warning, &["can't write"]),
        (audit(916), &minimal, Warning, &["can't write"]),
        (
            with_privilege(916, "prod", json!([["create", "secrets", { "environment": { "$eq": "prod" } }]])),
            &minimal,
            Warning,
            &["create secrets where environment is prod", "default place dev:/app isn't part"],
        ),
    ] {
        assert_check(write_rights(&writer, Some(reader), SETTING), verdict, says);
    }
    // Permissions that administration needs aren't excessive where administration is allowed.
    let rules = json!([["create,edit,delete", "secrets"], ["create", "environments"], ["create", "member"]]);
    let administrator = with_privilege(916, "administration", rules);
    assert_check(write_rights(&administrator, None, SETTING), Warning, &["create on environments; create on member"]);
    let administers = Setting { administers: true, ..SETTING };
    assert_check(write_rights(&administrator, None, administers), Good, &[]);
}
