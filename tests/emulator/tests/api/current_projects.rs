//! Projects, tags, memberships and audit logs on a current server.

use serde_json::json;

use crate::client::Client;
use crate::stage::{assert_error, assert_invalid, current, keys};

#[test]
fn projects_are_listed_for_machine_identities() {
    let stage = current();
    let listed = stage.reader.get("/api/v1/projects?type=secret-manager").json();
    let slugs: Vec<&str> = listed["projects"].as_array().unwrap().iter().filter_map(|it| it["slug"].as_str()).collect();
    assert_eq!(slugs, ["agent-vault", "data-platform"]);
    assert_eq!(listed["projects"][0]["type"], "secret-manager");
    let environments = &listed["projects"][0]["environments"];
    assert_eq!(keys(&environments[0]), ["id", "name", "slug"]);
    assert_eq!(stage.outsider.get("/api/v1/projects").json(), json!({"projects": []}));
    assert_eq!(stage.reader.get("/api/v1/projects?type=kms").json(), json!({"projects": []}));
    assert_eq!(stage.reader.get("/api/v1/projects?type=no-such").status, 422);
}

#[test]
fn a_project_is_found_by_id_and_by_slug() {
    let stage = current();
    let by_id = stage.reader.get(&format!("/api/v1/projects/{}", stage.project)).json();
    let by_slug = stage.reader.get("/api/v1/projects/slug/agent-vault").json();
    assert_eq!(by_id["project"], by_slug);
    assert_eq!(by_slug["id"], stage.project.as_str());
    let older = stage.reader.get(&format!("/api/v1/workspace/{}", stage.project)).json();
    assert_eq!((&older["workspace"]["id"], &by_slug["deletedEnvironments"]), (&by_slug["id"], &json!([])));
    assert!(older["workspace"].get("deletedEnvironments").is_none());
}

#[test]
fn an_unknown_project_is_a_404_and_a_foreign_one_a_403() {
    let stage = current();
    let by_id = stage.reader.get("/api/v1/projects/00000000-0000-4000-8000-000000000000");
    assert_error(&by_id, 404, "NotFound", "Project with ID '00000000-0000-4000-8000-000000000000' not found");
    let by_slug = stage.reader.get("/api/v1/projects/slug/nope");
    assert_error(&by_slug, 404, "NotFound", "Project with slug 'nope' not found");
    assert_eq!(stage.outsider.get(&format!("/api/v1/projects/{}", stage.project)).status, 403);
}

#[test]
fn an_environment_is_found_by_id() {
    let stage = current();
    let project = stage.reader.get("/api/v1/projects/slug/agent-vault").json();
    let id = project["environments"][2]["id"].as_str().unwrap();
    let answer = stage.reader.get(&format!("/api/v1/projects/{}/environments/{id}", stage.project)).json();
    assert_eq!((&answer["environment"]["slug"], &answer["environment"]["position"]), (&json!("prod"), &json!(3)));
}

#[test]
fn current_and_older_tag_routes_use_different_keys() {
    let stage = current();
    let current = format!("/api/v1/projects/{}/tags", stage.project);
    let older = format!("/api/v1/workspace/{}/tags", stage.project);
    let listed = stage.reader.get(&current).json();
    assert_eq!(listed["tags"], stage.reader.get(&older).json()["workspaceTags"]);
    let made = stage.writer.post(&current, &json!({"slug": "new", "color": "#fff"})).json();
    let id = made["tag"]["id"].as_str().unwrap();
    assert_eq!(stage.reader.get(&format!("{current}/{id}")).json()["tag"]["slug"], "new");
    assert_eq!(stage.reader.get(&format!("{current}/slug/new")).json()["tag"]["id"], id);
    assert_eq!(
        stage.writer.post(&older, &json!({"slug": "older", "color": ""})).json()["workspaceTag"]["slug"],
        "older"
    );
    let denied = stage.reader.post(&current, &json!({"slug": "x", "color": ""}));
    assert_error(&denied, 403, "PermissionDenied", "You are not allowed to create on tags");
    assert_invalid(&stage.writer.post(&current, &json!({"color": ""})), &json!(["slug"]), "Required");
    assert_eq!(stage.writer.send("DELETE", &format!("{current}/{id}"), None).json()["tag"]["slug"], "new");
}

#[test]
fn an_identity_can_read_its_own_membership() {
    let stage = current();
    for (client, identity, role) in
        [(&stage.reader, stage.emulator.reader(), "viewer"), (&stage.writer, stage.emulator.writer(), "member")]
    {
        let url = format!("/api/v2/workspace/{}/identity-memberships/{}", stage.project, identity.identity_id);
        let membership = client.get(&url).json();
        assert_eq!(membership["identityMembership"]["roles"][0]["role"], role);
        let newer = format!("/api/v1/projects/{}/identity-memberships/{}", stage.project, identity.identity_id);
        assert_eq!(client.get(&newer).json()["identityMembership"]["id"], membership["identityMembership"]["id"]);
        assert_eq!(stage.outsider.get(&newer).status, 403);
    }
}

#[test]
fn audit_logs_are_empty_or_forbidden_without_a_licence() {
    let stage = current();
    let all = "/api/v1/organization/audit-logs";
    assert_error(&stage.reader.get(all), 403, "PermissionDenied", "You are not allowed to read on audit-logs");
    let of_project = format!("{all}?projectId={}&limit=10", stage.project);
    assert_eq!(stage.reader.get(&of_project).json(), json!({"auditLogs": []}));
    let admin = Client::of(&stage.emulator, &stage.emulator.admin());
    assert_eq!(admin.get(all).json(), json!({"auditLogs": []}));
}

#[test]
fn unknown_route_echoes_query_without_request_id() {
    let stage = current();
    for (method, url) in [
        ("GET", "/api/v9/secrets?a=b%20c"),
        ("PUT", "/api/v4/secrets/X"),
        ("POST", "/api/v3/secrets/raw/"),
        ("DELETE", "/"),
    ] {
        let expected =
            json!({"message": format!("Route {method}:{url} not found"), "error": "Not Found", "statusCode": 404});
        let answer = stage.reader.send(method, url, None);
        assert_eq!((answer.status, answer.json()), (404, expected));
    }
}

#[test]
fn limits_decoded_path_parameter_to_100_characters() {
    let stage = current();
    for (name, error) in [
        ("N".repeat(100), "NotFound"),
        ("N".repeat(101), "Not Found"),
        ("%C3%A9".repeat(100), "NotFound"),
        ("%C3%A9".repeat(101), "Not Found"),
    ] {
        let answer = stage.read(&name, "dev", "/", "");
        assert_eq!((answer.status, answer.json()["error"].as_str()), (404, Some(error)), "{name}");
    }
}
