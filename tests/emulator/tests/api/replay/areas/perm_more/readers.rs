//! Section 30: the least-privilege reader.

use serde_json::{Value, json};

use crate::replay::identities::made;
use crate::replay::stage::{SetUp, Stage};
use crate::replay::tables::{self, token_of};

/// The identities of the table whose creation wasn't recorded, with their permissions besides
/// describing secrets.
const UNRECORDED: [(&str, &str); 7] = [
    ("r-folders", "secret-folders"),
    ("r-imports", "secret-imports"),
    ("r-tags", "tags"),
    ("r-identity", "identity"),
    ("r-audit", "audit-logs"),
    ("r-member", "member"),
    ("r-foldersonly", ""),
];

pub(super) fn before(stage: &mut Stage) -> SetUp {
    made("r-none").role("no-access").make(stage)?;
    for (name, subject) in UNRECORDED {
        let privilege = match subject {
            "" => json!([{"subject": "secret-folders", "action": ["read"]}]),
            subject => json!([
                {"subject": "secrets", "action": ["describeSecret"]}, {"subject": subject, "action": ["read"]},
            ]),
        };
        made(name).role("no-access").privilege(privilege).make(stage)?;
    }
    made("r-secrets").make(stage)
}

/// The requests of the table's rows. `$SELF` is the calling identity.
const REQUESTS: [(&str, &str); 38] = [
    ("list dev:/app, hidden", "/api/v4/secrets?$DEV&secretPath=%2Fapp&$HIDDEN"),
    ("list dev:/ recursive, hidden", "/api/v4/secrets?$DEV&secretPath=%2F&$HIDDEN&recursive=true"),
    ("list prod:/ recursive, hidden", "/api/v4/secrets?$PROD&secretPath=%2F&$HIDDEN&recursive=true"),
    (
        "list dev:/app, hidden, includeImports=true",
        "/api/v4/secrets?$DEV&secretPath=%2Fapp&viewSecretValue=false&expandSecretReferences=false&includeImports=true",
    ),
    ("list dev:/app tagSlugs=payments", "/api/v4/secrets?$DEV&secretPath=%2Fapp&$HIDDEN&tagSlugs=payments"),
    (
        "list dev:/app metadataFilter",
        "/api/v4/secrets?$DEV&secretPath=%2Fapp&$HIDDEN&metadataFilter=key%3Downer%2Cvalue%3Dteam-a",
    ),
    ("get A, hidden", "/api/v4/secrets/A?$DEV&secretPath=%2Fapp&$HIDDEN"),
    ("get A version=1, hidden", "/api/v4/secrets/A?$DEV&secretPath=%2Fapp&$HIDDEN&version=1"),
    ("get a missing name", "/api/v4/secrets/NOPE?$DEV&secretPath=%2Fapp&$HIDDEN"),
    ("list an unknown path", "/api/v4/secrets?$DEV&secretPath=%2Fnope&$HIDDEN"),
    ("list an unknown environment", "/api/v4/secrets?projectId=$PROJECT_ID&environment=nope&secretPath=%2F&$HIDDEN"),
    ("folders of dev:/", "/api/v2/folders?$DEV&path=%2F"),
    ("folders of dev:/ recursive", "/api/v2/folders?$DEV&path=%2F&recursive=true"),
    ("folders of prod:/", "/api/v2/folders?$PROD&path=%2F"),
    ("folder by id", "/api/v2/folders/$FOLDER"),
    ("environment-folder-tree", "/api/v1/projects/$PROJECT_ID/environment-folder-tree"),
    ("imports of dev:/app", "/api/v2/secret-imports?$DEV&path=%2Fapp"),
    ("import by id", "/api/v2/secret-imports/$IMPORT"),
    ("tags", "/api/v1/projects/$PROJECT_ID/tags"),
    ("tag by slug", "/api/v1/projects/$PROJECT_ID/tags/slug/payments"),
    ("project by id", "/api/v1/projects/$PROJECT_ID"),
    ("project by slug", "/api/v1/projects/slug/$PROJECT_SLUG"),
    ("projects list", "/api/v1/projects?type=secret-manager"),
    ("environment by slug", "/api/v1/projects/$PROJECT_ID/environments/slug/dev"),
    ("identity memberships", "/api/v1/projects/$PROJECT_ID/memberships/identities"),
    ("own membership", "/api/v1/projects/$PROJECT_ID/memberships/identities/$SELF"),
    ("own membership, older route", "/api/v2/workspace/$PROJECT_ID/identity-memberships/$SELF"),
    ("own privileges", "/api/v2/identity-project-additional-privilege?identityId=$SELF&projectId=$PROJECT_ID"),
    ("own permission audit", "/api/v1/projects/$PROJECT_ID/memberships/identities/$SELF/permissions/audit"),
    (
        "viewer's permission audit",
        "/api/v1/projects/$PROJECT_ID/memberships/identities/$VIEWER_IDENTITY_ID/permissions/audit",
    ),
    ("user memberships", "/api/v1/projects/$PROJECT_ID/memberships"),
    ("groups", "/api/v1/projects/$PROJECT_ID/memberships/groups"),
    ("role by slug: viewer", "/api/v1/projects/$PROJECT_ID/roles/slug/viewer"),
    ("snapshots list", "/api/v1/projects/$PROJECT_ID/secret-snapshots?environment=dev&path=%2Fapp"),
    ("audit logs, projectId", "/api/v1/organization/audit-logs?projectId=$PROJECT_ID"),
    ("audit logs, organization-wide", "/api/v1/organization/audit-logs"),
    ("delete of a random folder id (doctor's probe)", "DELETE"),
    (
        "v3 raw list, hidden",
        "/api/v3/secrets/raw?workspaceId=$PROJECT_ID&environment=dev&secretPath=%2Fapp&viewSecretValue=false",
    ),
];

/// Abbreviations in the requests above and in section 32's.
pub(super) fn spell_out(url: &str) -> String {
    url.replace("$DEV", "projectId=$PROJECT_ID&environment=dev")
        .replace("$PROD", "projectId=$PROJECT_ID&environment=prod")
        .replace("$HIDDEN", "viewSecretValue=false&expandSecretReferences=false&includeImports=false")
}

/// The ids that the table's requests name.
fn ids(stage: &Stage) -> SetUp<(String, String)> {
    let url = spell_out("/api/v2/folders?$DEV&path=%2F");
    let folders = stage.ask("$CHIEF_TOKEN", "GET", &url, &Value::Null)?;
    let url = spell_out("/api/v2/secret-imports?$DEV&path=%2Fapp");
    let imports = stage.ask("$CHIEF_TOKEN", "GET", &url, &Value::Null)?;
    let id = |value: &Value| value["id"].as_str().unwrap_or_default().to_owned();
    Ok((id(&folders["folders"][0]), id(&imports["secretImports"][0])))
}

/// Sends every request of the table, after a wait like the recorder's.
pub(super) fn table(stage: &mut Stage, notes: &str) -> SetUp {
    stage.wait(11_500);
    let (folder, import) = ids(stage)?;
    let table = tables::read(notes, 456)?;
    let mut differences = Vec::new();
    for (title, cells) in &table.rows {
        let Some((_, url)) = REQUESTS.iter().find(|(known, _)| known == title) else {
            differences.push(format!("no request for {title}"));
            continue;
        };
        for (identity, cell) in table.identities.iter().zip(cells) {
            let own = token_of(identity).replace("_TOKEN", "_IDENTITY_ID");
            let url = spell_out(url).replace("$SELF", &own).replace("$FOLDER", &folder).replace("$IMPORT", &import);
            let answer = if url == "DELETE" {
                let body = json!({"projectId": "$PROJECT_ID", "environment": "dev", "path": "/app"});
                let url = "/api/v2/folders/00000000-0000-4000-8000-000000000000";
                stage.ask_for(&token_of(identity), "DELETE", url, &body)
            } else {
                stage.ask_for(&token_of(identity), "GET", &url, &Value::Null)
            };
            differences.extend(tables::differences(title, identity, cell, &answer));
        }
    }
    tables::all(differences)
}
