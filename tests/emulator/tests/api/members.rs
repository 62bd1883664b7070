//! Inviting users to a project, in both API versions.

use infisical_emulator::{ApiVersion, IdentitySeed, OrgRole, ProjectMember, Role};
use serde_json::{Value, json};

use crate::administration::{BOTH, admin, assert_issues, assert_refused, client, server};
use crate::client::{Answer, Client};
use crate::stage::{Stage, keys};

const DANA: &str = "dana@example.com";
const LEE: &str = "lee@example.com";

fn invite(stage: &Stage, client: &Client, body: &Value) -> Answer {
    client.post(
        &match stage.emulator.api_version() {
            ApiVersion::V3 => format!("/api/v2/workspace/{}/memberships", stage.project),
            ApiVersion::V4 => format!("/api/v1/projects/{}/memberships", stage.project),
        },
        body,
    )
}

fn member(email: &str, roles: &[&str]) -> ProjectMember {
    ProjectMember { email: email.to_owned(), roles: roles.iter().map(|role| (*role).to_owned()).collect() }
}

/// An admin of the projects without access to the organization.
fn project_admin(stage: &Stage) -> Client {
    client(stage, &IdentitySeed::new("project-admin").role(Role::Admin).in_organization(OrgRole::NoAccess))
}

/// Gives the writer a project role with these actions on members.
fn writer_may(stage: &Stage, actions: &[&str]) {
    let admin = admin(stage);
    let permissions = json!([{"subject": "member", "action": actions}]);
    let role = json!({"slug": "inviter", "name": "Inviter", "permissions": permissions});
    assert_eq!(admin.post("/api/v1/workspace/agent-vault/roles", &role).status, 200);
    let identity = stage.emulator.writer().identity_id;
    let url = format!("/api/v2/workspace/{}/identity-memberships/{identity}", stage.project);
    assert_eq!(admin.patch(&url, &json!({"roles": [{"role": "inviter"}]})).status, 200);
}

#[test]
fn users_of_the_organization_are_invited_as_members_by_default() {
    for api_version in BOTH {
        let stage = server(api_version);
        assert_eq!((stage.emulator.members(), stage.emulator.users()), (vec![], vec![DANA.to_owned(), LEE.to_owned()]));
        let answer = invite(&stage, &project_admin(&stage), &json!({"emails": [LEE, DANA]}));
        assert_eq!(answer.status, 200, "{}", answer.text);
        let memberships = answer.json()["memberships"].take();
        assert_eq!(memberships.as_array().map(Vec::len), Some(2));
        assert_eq!(keys(&memberships[0]), ["createdAt", "id", "projectId", "updatedAt", "userId"]);
        assert_eq!(memberships[0]["projectId"], stage.project.as_str());
        assert_eq!(stage.emulator.members(), [member(LEE, &["member"]), member(DANA, &["member"])]);
        let second = stage.emulator.project_id_of("data-platform").unwrap();
        assert_eq!(stage.emulator.members_in(&second), []);
    }
}

#[test]
fn only_current_server_gives_requested_roles() {
    for api_version in BOTH {
        let stage = server(api_version);
        let body = json!({"emails": [DANA], "roleSlugs": ["viewer", "admin"]});
        assert_eq!(invite(&stage, &project_admin(&stage), &body).status, 200);
        let roles: &[&str] = if api_version == ApiVersion::V3 { &["member"] } else { &["viewer", "admin"] };
        assert_eq!(stage.emulator.members(), [member(DANA, roles)]);
    }
}

#[test]
fn a_role_that_the_project_lacks_is_not_found() {
    let stage = server(ApiVersion::V4);
    let body = json!({"emails": [DANA], "roleSlugs": ["inviter"]});
    let answer = invite(&stage, &project_admin(&stage), &body);
    assert_refused(&answer, 404, "NotFound", "One or more custom roles not found");
    writer_may(&stage, &["create"]);
    assert_eq!(invite(&stage, &project_admin(&stage), &body).status, 200);
    assert_eq!(stage.emulator.members(), [member(DANA, &["inviter"])]);
}

#[test]
fn an_unknown_email_is_refused_by_an_old_server() {
    let stage = server(ApiVersion::V3);
    let answer = invite(&stage, &admin(&stage), &json!({"emails": [DANA, "new@example.com"]}));
    assert_refused(&answer, 400, "BadRequest", "Some users are not part of org");
    assert_eq!((stage.emulator.members(), stage.emulator.users().len()), (vec![], 2));
}

#[test]
fn org_admin_invites_unknown_email_on_current_server() {
    let stage = server(ApiVersion::V4);
    let body = json!({"emails": [DANA, "new@example.com"], "roleSlugs": ["viewer"]});
    let answer = invite(&stage, &project_admin(&stage), &body);
    assert_refused(&answer, 403, "PermissionDenied", "You are not allowed to create on member");
    assert_eq!((stage.emulator.members(), stage.emulator.users().len()), (vec![], 2));
    assert_eq!(invite(&stage, &admin(&stage), &body).json()["memberships"].as_array().map(Vec::len), Some(2));
    assert_eq!(stage.emulator.members(), [member(DANA, &["viewer"]), member("new@example.com", &["viewer"])]);
    assert_eq!(stage.emulator.users(), [DANA, LEE, "new@example.com"]);
}

#[test]
fn old_server_rejects_existing_members_and_current_skips_them() {
    for api_version in BOTH {
        let stage = server(api_version);
        let admin = admin(&stage);
        assert_eq!(invite(&stage, &admin, &json!({"emails": [DANA]})).status, 200);
        let again = invite(&stage, &admin, &json!({"emails": [DANA, LEE], "roleSlugs": ["admin"]}));
        match api_version {
            ApiVersion::V3 => {
                assert_refused(&again, 400, "BadRequest", "Some users are already part of project");
                assert_eq!(stage.emulator.members(), [member(DANA, &["member"])]);
            }
            ApiVersion::V4 => {
                assert_eq!(again.json()["memberships"].as_array().map(Vec::len), Some(1));
                assert_eq!(stage.emulator.members(), [member(DANA, &["member"]), member(LEE, &["admin"])]);
                // An invitation without effect succeeds for every caller.
                let nothing = invite(&stage, &stage.reader, &json!({"emails": [DANA]}));
                assert_eq!((nothing.status, nothing.json()), (200, json!({"memberships": []})));
            }
        }
    }
}

#[test]
fn members_invite_users_but_on_a_current_server_without_a_role() {
    for api_version in BOTH {
        let stage = server(api_version);
        let body = json!({"emails": [DANA]});
        let answer = invite(&stage, &stage.reader, &body);
        assert_refused(&answer, 403, "PermissionDenied", "You are not allowed to create on member");
        assert_eq!(invite(&stage, &stage.outsider, &body).status, 403);
        assert_eq!(stage.emulator.members(), []);
        let by_member = invite(&stage, &stage.writer, &body);
        match api_version {
            ApiVersion::V3 => assert_eq!(by_member.status, 200),
            ApiVersion::V4 => {
                let said = "Failed to create user project membership. Permission denied: assign-role on member. \
                            Check that the actor's role grants this permission and that all permission conditions are \
                            met.";
                assert_refused(&by_member, 403, "PermissionBoundaryError", said);
                let nothing = json!({"emails": [DANA], "roleSlugs": ["no-access"]});
                assert_eq!(invite(&stage, &stage.writer, &nothing).status, 200);
            }
        }
    }
}

#[test]
fn current_server_lets_role_add_members_but_not_give_roles() {
    for api_version in BOTH {
        let stage = server(api_version);
        writer_may(&stage, &["create"]);
        let answer = invite(&stage, &stage.writer, &json!({"emails": [DANA]}));
        match api_version {
            ApiVersion::V3 => assert_eq!(answer.status, 200),
            ApiVersion::V4 => {
                let said = "Failed to create user project membership. Permission denied: assign-role on member. \
                            Check that the actor's role grants this permission and that all permission conditions are \
                            met.";
                assert_refused(&answer, 403, "PermissionBoundaryError", said);
                let nothing = json!({"emails": [DANA], "roleSlugs": ["no-access"]});
                assert_eq!(invite(&stage, &stage.writer, &nothing).status, 200);
            }
        }
    }
    let stage = server(ApiVersion::V4);
    writer_may(&stage, &["create", "assign-role"]);
    assert_eq!(invite(&stage, &stage.writer, &json!({"emails": [DANA]})).status, 200);
}

#[test]
fn an_invitation_is_validated() {
    for api_version in BOTH {
        let stage = server(api_version);
        let admin = admin(&stage);
        let odd = invite(&stage, &admin, &json!({"emails": [DANA, "no email"]}));
        assert_issues(api_version, &odd, &[(json!(["emails", 1]), "Invalid email")]);
        let upper = invite(&stage, &admin, &json!({"emails": ["Dana@example.com"]}));
        assert_issues(api_version, &upper, &[(json!(["emails"]), "Email must be lowercase")]);
        let typed = invite(&stage, &admin, &json!({"emails": DANA}));
        assert_issues(api_version, &typed, &[(json!(["emails"]), "Expected array, received string")]);
        let item = invite(&stage, &admin, &json!({"emails": [1]}));
        assert_issues(api_version, &item, &[(json!(["emails", 0]), "Expected string, received number")]);
        if api_version == ApiVersion::V4 {
            let none = invite(&stage, &admin, &json!({"emails": [DANA], "roleSlugs": []}));
            assert_issues(api_version, &none, &[(json!(["roleSlugs"]), "Array must contain at least 1 element(s)")]);
        }
        assert_eq!(invite(&stage, &admin, &json!({})).json(), json!({"memberships": []}));
        assert_eq!(stage.emulator.members(), []);
    }
}

#[test]
fn an_invitation_is_in_the_audit_log() {
    for (api_version, event_type) in BOTH.into_iter().zip(["add-workspace-members", "add-project-members"]) {
        let stage = server(api_version);
        let admin = admin(&stage);
        let made = invite(&stage, &admin, &json!({"emails": [DANA]})).json()["memberships"][0].take();
        let log = admin.get("/api/v1/organization/audit-logs?limit=1").json();
        assert_eq!(log["auditLogs"][0]["event"]["type"], event_type);
        assert_eq!(log["auditLogs"][0]["event"]["metadata"]["members"][0]["membershipId"], made["id"]);
    }
}
