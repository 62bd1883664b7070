//! Limits: the last value that is accepted, and the first that isn't.

use crate::guard::arguments;
use crate::testing::{PROJECT, Script, ok, operator, scope};
use crate::types::AuditLogFilter;
use crate::{ApiVersion, SecretFilter};
use serde_json::json;

#[test]
fn a_part_of_a_name_has_1024_bytes_at_most() {
    let filter = |length: usize| SecretFilter { name_contains: Some("x".repeat(length)), ..SecretFilter::default() };
    assert!(arguments::tags(&filter(1_024)).is_ok());
    assert!(arguments::tags(&filter(1_025)).is_err());
}

#[test]
fn twenty_projects_are_looked_up_one_by_one_and_no_more() {
    let known = |count: usize| {
        let ids: Vec<String> = (0..count).map(|n| format!("p-{n}")).collect();
        let scopes: Vec<_> = ids.iter().map(|id| scope(id, &[], &[])).collect();
        let operator = operator(ApiVersion::V3).scoped(&scopes);
        arguments::known_projects(&operator.policy).map(|known| known.len())
    };
    assert_eq!(known(20).ok(), Some(20));
    assert!(known(21).is_err() && known(0).is_err());
}

#[test]
fn audit_log_page_filters_by_actor_and_gives_next_offset() {
    let entry = |name: &str, id: &str| {
        json!({
            "id": name, "createdAt": "2026-11-23T01:53:38.907Z", "event": { "type": "get-secret" },
            "actor": { "type": "identity", "metadata": { "name": name, "identityId": id } },
        })
    };
    let logs = json!({ "auditLogs": [entry("reader", "1"), entry("writer", "2"), entry("2", "3")] }).to_string();
    for (actor, limit, ids, next) in [
        (None, 3, &["reader", "writer", "2"][..], Some(8)),
        (None, 4, &["reader", "writer", "2"], None),
        (Some("reader"), 3, &["reader"], Some(8)),
        (Some("2"), 3, &["writer", "2"], Some(8)),
        (Some("nobody"), 2, &[], Some(7)),
    ] {
        let filter = AuditLogFilter {
            project: Some(PROJECT.to_owned()),
            events: Vec::new(),
            actor: actor.map(str::to_owned),
            since: "2026-11-23T00:00:00.000Z".to_owned(),
            until: None,
            offset: 5,
            limit,
        };
        let operator = operator(ApiVersion::V4);
        let page = Script::of([ok(&logs)]).skill(&operator).list_audit_logs(&filter).unwrap();
        let found: Vec<&str> = page.logs.iter().map(|log| log.id.as_str()).collect();
        assert_eq!((found.as_slice(), page.next), (ids, next), "{actor:?} {limit}");
    }
}
