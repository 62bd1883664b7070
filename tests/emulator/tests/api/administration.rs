//! Creating projects and environments, in both API versions.

use infisical_emulator::{ApiVersion, Emulator, IdentitySeed, OrgRole, Role, Seed};
use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::stage::{Stage, keys, of};

pub(crate) const BOTH: [ApiVersion; 2] = [ApiVersion::V3, ApiVersion::V4];

/// A server of this API version with the demonstration seed.
pub(crate) fn server(api_version: ApiVersion) -> Stage {
    of(Emulator::builder().api_version(api_version).seed(Seed::demo()).audit_logs(true))
}

/// A client for another identity.
pub(crate) fn client(stage: &Stage, seed: &IdentitySeed) -> Client {
    Client::of(&stage.emulator, &stage.emulator.add_identity(seed))
}

pub(crate) fn admin(stage: &Stage) -> Client {
    Client::of(&stage.emulator, &stage.emulator.admin())
}

/// Checks an error: status, `error` and the whole message.
pub(crate) fn assert_refused(answer: &Answer, status: u16, error: &str, message: &str) {
    let body = answer.json();
    assert_eq!((answer.status, &body["statusCode"]), (status, &json!(status)), "{body}");
    assert_eq!((body["error"].as_str(), body["message"].as_str()), (Some(error), Some(message)), "{body}");
}

/// Checks a validation error: the paths and messages of its issues.
pub(crate) fn assert_issues(api_version: ApiVersion, answer: &Answer, expected: &[(Value, &str)]) {
    let body = answer.json();
    let status = if api_version == ApiVersion::V3 { 401 } else { 422 };
    assert_eq!((answer.status, body["error"].as_str()), (status, Some("ValidationFailure")), "{body}");
    let issues = body["message"].as_array().unwrap();
    let said: Vec<_> = issues.iter().map(|it| (it["path"].clone(), it["message"].as_str().unwrap())).collect();
    assert_eq!(said, expected, "{body}");
}

fn projects_url(api_version: ApiVersion) -> &'static str {
    if api_version == ApiVersion::V3 { "/api/v2/workspace" } else { "/api/v1/projects" }
}

fn project_body(api_version: ApiVersion, name: &str, slug: &str) -> Value {
    match api_version {
        ApiVersion::V3 => json!({"projectName": name, "slug": slug}),
        ApiVersion::V4 => json!({"projectName": name, "slug": slug, "type": "secret-manager"}),
    }
}

fn create_project(stage: &Stage, client: &Client, slug: &str) -> Answer {
    let api_version = stage.emulator.api_version();
    client.post(projects_url(api_version), &project_body(api_version, "New one", slug))
}

fn environments_url(stage: &Stage) -> String {
    let kind = if stage.emulator.api_version() == ApiVersion::V3 { "workspace" } else { "projects" };
    format!("/api/v1/{kind}/{}/environments", stage.project)
}

fn list_secrets(stage: &Stage, client: &Client, project_id: &str, environment: &str) -> Answer {
    client.get(&match stage.emulator.api_version() {
        ApiVersion::V3 => format!("/api/v3/secrets/raw?workspaceId={project_id}&environment={environment}"),
        ApiVersion::V4 => format!("/api/v4/secrets?projectId={project_id}&environment={environment}"),
    })
}

fn without(object: &Value, field: &str) -> Value {
    let mut fields = object.as_object().cloned().unwrap();
    fields.remove(field);
    Value::Object(fields)
}

#[test]
fn new_project_has_default_environments_and_creator_as_admin() {
    for api_version in BOTH {
        let stage = server(api_version);
        let seed = IdentitySeed::new("creator").in_organization(OrgRole::Member);
        let credentials = stage.emulator.add_identity(&seed);
        let creator = Client::of(&stage.emulator, &credentials);
        let answer = create_project(&stage, &creator, "new-one");
        assert_eq!(answer.status, 200, "{}", answer.text);
        let project = answer.json()["project"].take();
        assert_eq!(
            (&project["name"], &project["slug"], &project["_id"]),
            (&json!("New one"), &json!("new-one"), &project["id"])
        );
        assert_eq!(project["orgId"], stage.emulator.org_id());
        assert_eq!(keys(&project["environments"][0]), ["id", "name", "slug"]);
        let id = project["id"].as_str().unwrap();
        assert_eq!(stage.emulator.project_id_of("new-one").as_deref(), Some(id));
        let expected = [("dev", "Development"), ("staging", "Staging"), ("prod", "Production")];
        assert_eq!(stage.emulator.environments_in(id), expected.map(|(slug, name)| (slug.to_owned(), name.to_owned())));
        let older = creator.get(&format!("/api/v1/workspace/{id}")).json()["workspace"].take();
        assert_eq!(older, without(&project, "deletedEnvironments"));
        let by_slug = creator.get("/api/v2/workspace/new-one").json();
        assert_eq!(without(&by_slug, "kmsSecretManagerKeyId"), older);
        let listed = creator.get(&format!("/api/v2/organizations/{}/workspaces", stage.emulator.org_id())).json();
        assert_eq!((listed["workspaces"][0]["id"].as_str(), &listed["workspaces"][1]), (Some(id), &json!(null)));
        if api_version == ApiVersion::V4 {
            assert_eq!(creator.get("/api/v1/projects").json()["projects"], json!([project]));
            assert_eq!(creator.get(&format!("/api/v1/projects/{id}")).json()["project"], project);
        }
        for environment in ["dev", "staging", "prod"] {
            let secrets = list_secrets(&stage, &creator, id, environment);
            assert_eq!((secrets.status, &secrets.json()["secrets"]), (200, &json!([])));
        }
        let membership = format!("/api/v2/workspace/{id}/identity-memberships/{}", credentials.identity_id);
        assert_eq!(creator.get(&membership).json()["identityMembership"]["roles"][0]["role"], "admin");
        assert_eq!(list_secrets(&stage, &stage.writer, id, "dev").status, 403);
        // The first project stays the first.
        assert_eq!(stage.emulator.project_id(), stage.project);
    }
}

#[test]
fn organization_role_is_required_to_create_projects() {
    for api_version in BOTH {
        let stage = server(api_version);
        let project_admin = IdentitySeed::new("no-org").role(Role::Admin).in_organization(OrgRole::NoAccess);
        for client in [&stage.writer, &stage.outsider, &client(&stage, &project_admin)] {
            let answer = create_project(&stage, client, "new-one");
            match api_version {
                ApiVersion::V3 => {
                    assert_refused(&answer, 403, "PermissionDenied", "You are not allowed to create on workspace");
                }
                ApiVersion::V4 => {
                    assert_refused(&answer, 403, "ForbiddenError", "You don't have permission to create a project");
                }
            }
        }
        assert_eq!(stage.emulator.project_id_of("new-one"), None);
        assert_eq!(create_project(&stage, &admin(&stage), "by-an-admin").status, 200);
    }
}

#[test]
fn refuses_a_used_project_slug() {
    for api_version in BOTH {
        let stage = server(api_version);
        // Another identity's project takes the slug too.
        let creator = client(&stage, &IdentitySeed::new("creator").in_organization(OrgRole::Member));
        let answer = create_project(&stage, &creator, "data-platform");
        match api_version {
            ApiVersion::V3 => assert_refused(&answer, 500, "Create", "Something went wrong"),
            ApiVersion::V4 => assert_refused(
                &answer,
                400,
                "BadRequest",
                "A project with the slug \"data-platform\" already exists in your organization. Please choose a \
                 different name or slug.",
            ),
        }
        let organization = format!("/api/v2/organizations/{}/workspaces", stage.emulator.org_id());
        assert_eq!(creator.get(&organization).json(), json!({"workspaces": []}));
    }
}

#[test]
fn a_project_is_validated() {
    let slug = || json!(["slug"]);
    let cases = [
        ("abc", "String must contain at least 5 character(s)", "Slug field must be at least 5 characters"),
        (
            "a1234567890123456789012345678901234567",
            "String must contain at most 36 character(s)",
            "Slug field must be at most 36 characters",
        ),
        (
            "two--hyphens",
            "Slug must be a valid slug",
            "Slug field can only contain lowercase letters, numbers, and hyphens",
        ),
        (
            "-at-the-start",
            "Slug must be a valid slug",
            "Slug field can only contain lowercase letters, numbers, and hyphens",
        ),
        (
            "under_score",
            "Slug must be a valid slug",
            "Slug field can only contain lowercase letters, numbers, and hyphens",
        ),
    ];
    for api_version in BOTH {
        let stage = server(api_version);
        let admin = admin(&stage);
        for (text, old, current) in cases {
            let said = if api_version == ApiVersion::V3 { old } else { current };
            assert_issues(api_version, &create_project(&stage, &admin, text), &[(slug(), said)]);
        }
        let url = projects_url(api_version);
        let nameless = admin.post(url, &json!({"slug": "new-one"}));
        assert_issues(api_version, &nameless, &[(json!(["projectName"]), "Required")]);
        let long = admin.post(url, &project_body(api_version, &"n".repeat(65), "long-name"));
        match api_version {
            ApiVersion::V3 => assert_eq!(long.status, 200),
            ApiVersion::V4 => {
                let said = "Name must be 64 or fewer characters";
                assert_issues(api_version, &long, &[(json!(["projectName"]), said)]);
                assert_eq!(admin.post(url, &json!({"projectName": "X", "type": "no-such"})).status, 422);
            }
        }
        // Only a current server converts a slug to lower case.
        assert_eq!(
            create_project(&stage, &admin, "UPPER").status,
            if api_version == ApiVersion::V3 { 401 } else { 200 }
        );
    }
}

#[test]
fn a_project_without_a_slug_gets_one_made_of_its_name() {
    for api_version in BOTH {
        let stage = server(api_version);
        let answer = admin(&stage).post(projects_url(api_version), &json!({"projectName": " Billing & Co "}));
        assert_eq!(answer.json()["project"]["name"], "Billing & Co");
        let slug = answer.json()["project"]["slug"].as_str().unwrap().to_owned();
        assert!(slug.starts_with("billing-co-") && slug.len() == "billing-co-".len() + 4, "{slug}");
    }
}

#[test]
fn created_environment_comes_last_and_accepts_secrets() {
    for api_version in BOTH {
        let stage = server(api_version);
        let answer = admin(&stage).post(&environments_url(&stage), &json!({"slug": "qa", "name": " Quality "}));
        assert_eq!(answer.status, 200, "{}", answer.text);
        let body = answer.json();
        let key = if api_version == ApiVersion::V3 { "workspace" } else { "projectId" };
        assert_eq!(
            (&body["message"], &body[key]),
            (&json!("Successfully created new environment"), &json!(stage.project))
        );
        let made = &body["environment"];
        assert_eq!((&made["slug"], &made["name"], &made["position"]), (&json!("qa"), &json!("Quality"), &json!(4)));
        let fields = ["createdAt", "id", "name", "position", "projectId", "slug", "updatedAt"];
        assert!(fields.iter().all(|field| made.get(field).is_some()), "{made}");
        assert_eq!(made.get("softDeletedAt").is_some(), api_version == ApiVersion::V4);
        assert_eq!(stage.emulator.environments_in(&stage.project)[3], ("qa".to_owned(), "Quality".to_owned()));
        let project = stage.reader.get(&format!("/api/v1/workspace/{}", stage.project)).json();
        assert_eq!(project["workspace"]["environments"][3]["id"], made["id"]);
        let by_id = format!("/api/v1/workspace/{}/environments/{}", stage.project, made["id"].as_str().unwrap());
        assert_eq!(stage.reader.get(&by_id).json()["environment"], *made);
        assert_eq!(list_secrets(&stage, &stage.reader, &stage.project, "qa").json()["secrets"], json!([]));
        let written = match api_version {
            ApiVersion::V3 => {
                let body = json!({"workspaceId": stage.project, "environment": "qa", "secretValue": "x"});
                stage.writer.post("/api/v3/secrets/raw/FIRST", &body)
            }
            ApiVersion::V4 => {
                let body = stage.body("qa", "/", json!({"secretValue": "x"}));
                stage.writer.post("/api/v4/secrets/FIRST", &body)
            }
        };
        assert_eq!(written.status, 200, "{}", written.text);
        assert_eq!(stage.emulator.secret("qa", "/", "FIRST").unwrap().value, "x");
    }
}

#[test]
fn refuses_a_used_environment_slug() {
    for api_version in BOTH {
        let stage = server(api_version);
        let answer = admin(&stage).post(&environments_url(&stage), &json!({"slug": "dev", "name": "Again"}));
        let said = match api_version {
            ApiVersion::V3 => "Environment with slug already exist",
            ApiVersion::V4 => "Environment with slug already exists",
        };
        assert_refused(&answer, 400, "CreateEnvironment", said);
        assert_eq!(stage.emulator.environments_in(&stage.project).len(), 3);
    }
}

#[test]
fn members_create_environments_and_viewers_do_not() {
    for api_version in BOTH {
        let stage = server(api_version);
        let body = json!({"slug": "qa", "name": "Quality"});
        let answer = stage.reader.post(&environments_url(&stage), &body);
        assert_refused(&answer, 403, "PermissionDenied", "You are not allowed to create on environments");
        assert_eq!(stage.outsider.post(&environments_url(&stage), &body).status, 403);
        assert_eq!(stage.emulator.environments_in(&stage.project).len(), 3);
        let by_member = json!({"slug": "of-a-member", "name": "Member"});
        assert_eq!(stage.writer.post(&environments_url(&stage), &by_member).status, 200);
        let seed = IdentitySeed::new("no-org").role(Role::Admin).in_organization(OrgRole::NoAccess);
        assert_eq!(client(&stage, &seed).post(&environments_url(&stage), &body).status, 200);
    }
}

#[test]
fn an_environment_is_validated() {
    for api_version in BOTH {
        let stage = server(api_version);
        let admin = admin(&stage);
        let url = environments_url(&stage);
        let said = match api_version {
            ApiVersion::V3 => "Slug must be a valid slug",
            ApiVersion::V4 => "Slug field can only contain lowercase letters, numbers, and hyphens",
        };
        let odd = admin.post(&url, &json!({"slug": "q_a", "name": "Quality"}));
        assert_issues(api_version, &odd, &[(json!(["slug"]), said)]);
        let empty = admin.post(&url, &json!({}));
        assert_issues(api_version, &empty, &[(json!(["name"]), "Required"), (json!(["slug"]), "Required")]);
        let typed = admin.post(&url, &json!({"slug": 1, "name": "Quality"}));
        assert_issues(api_version, &typed, &[(json!(["slug"]), "Expected string, received number")]);
        let long = admin.post(&url, &json!({"slug": "q".repeat(65), "name": "Quality"}));
        match api_version {
            ApiVersion::V3 => assert_eq!(long.status, 200),
            ApiVersion::V4 => {
                assert_issues(api_version, &long, &[(json!(["slug"]), "Slug field must be at most 64 characters")]);
            }
        }
    }
}

#[test]
fn a_current_server_still_has_the_older_routes() {
    let stage = server(ApiVersion::V4);
    let admin = admin(&stage);
    assert_eq!(admin.post("/api/v2/workspace", &json!({"projectName": "Old", "slug": "older"})).status, 200);
    let url = format!("/api/v1/workspace/{}/environments", stage.project);
    let made = admin.post(&url, &json!({"slug": "qa", "name": "Quality"})).json();
    assert_eq!((made["workspace"].as_str(), made["projectId"].as_str()), (Some(stage.project.as_str()), None));
    assert_eq!(server(ApiVersion::V3).reader.post("/api/v1/projects", &json!({})).status, 404);
}

#[test]
fn creation_is_in_audit_log() {
    let stage = server(ApiVersion::V4);
    let admin = admin(&stage);
    create_project(&stage, &admin, "new-one");
    admin.post(&environments_url(&stage), &json!({"slug": "qa", "name": "Quality"}));
    let log = admin.get("/api/v1/organization/audit-logs?limit=2").json();
    assert_eq!(
        log["auditLogs"][0]["event"],
        json!({"type": "create-environment", "metadata": {"name": "Quality", "slug": "qa"}})
    );
    assert_eq!(log["auditLogs"][1]["event"]["type"], "create-project");
    assert_eq!(log["auditLogs"][1]["event"]["metadata"]["slug"], "new-one");
}
