//! Section 32: the least-privilege identity that reveals.

use serde_json::{Value, json};

use crate::replay::identities::made;
use crate::replay::stage::{SetUp, Stage};
use crate::replay::tables::{self, token_of};

use super::readers::spell_out;
use super::{change, chief, secret};

/// The first identity whose creation is recorded, and `A` as it was before the writers.
pub(super) fn before(stage: &mut Stage) -> SetUp {
    change(stage, "/app", "A", "a3")?;
    made("v-app").make(stage)
}

/// The other identities of the table, and what they read.
fn before_the_table(stage: &mut Stage) -> SetUp {
    let within = json!({"environment": {"$eq": "dev"}, "secretPath": {"$glob": "/app/**"}});
    let reads = json!(["describeSecret", "readValue"]);
    let on =
        |actions: Value, conditions: &Value| json!({"subject": "secrets", "action": actions, "conditions": conditions});
    let dev = json!({"environment": {"$eq": "dev"}});
    for (name, permissions) in [
        ("v-valueonly", json!([on(json!(["readValue"]), &within)])),
        ("v-wide", json!([on(json!(["describeSecret"]), &dev), on(json!(["readValue"]), &within)])),
        ("v-eq", json!([on(reads.clone(), &json!({"environment": {"$eq": "dev"}, "secretPath": {"$eq": "/app"}}))])),
        (
            "v-star",
            json!([on(reads.clone(), &json!({"environment": {"$eq": "dev"}, "secretPath": {"$glob": "/app/*"}}))]),
        ),
        ("v-legacy", json!([on(json!(["read"]), &within)])),
        ("v-rollback", json!([on(reads.clone(), &within), {"subject": "secret-rollback", "action": ["read"]}])),
        ("v-tag", json!([on(reads, &json!({"environment": {"$eq": "dev"}, "secretTags": {"$in": ["payments"]}}))])),
    ] {
        made(name).role("no-access").privilege(permissions).make(stage)?;
    }
    secret(stage, "dev", "/app", "GONE", "g1")?;
    change(stage, "/app", "GONE", "g2")?;
    let body = json!({"projectId": "$PROJECT_ID", "environment": "dev", "secretPath": "/app"});
    chief(stage, "DELETE", "/api/v4/secrets/GONE", &body)?;
    secret(stage, "dev", "/app", "REFIN", "x-${D}-${dev.app.db.D}")?;
    secret(stage, "dev", "/app", "REFOUT", "x-${dev.other.O}")?;
    stage.wait(11_500);
    Ok(())
}

/// The requests of the table's rows.
const REQUESTS: [(&str, &str); 33] = [
    ("get A, value", "/api/v4/secrets/A?$DEV&secretPath=%2Fapp&$PLAIN"),
    ("get A, value, viewSecretValue=true", "/api/v4/secrets/A?$DEV&secretPath=%2Fapp&viewSecretValue=true&$PLAIN"),
    ("get A, hidden", "/api/v4/secrets/A?$DEV&secretPath=%2Fapp&$HIDDEN"),
    ("get A version=1, value", "/api/v4/secrets/A?$DEV&secretPath=%2Fapp&$PLAIN&version=1"),
    ("deleted GONE version=1, value", "/api/v4/secrets/GONE?$DEV&secretPath=%2Fapp&$PLAIN&version=1"),
    ("get D in /app/db, value", "/api/v4/secrets/D?$DEV&secretPath=%2Fapp%2Fdb&$PLAIN"),
    ("get ROOT in /, value", "/api/v4/secrets/ROOT?$DEV&secretPath=%2F&$PLAIN"),
    ("get ROOT in /, hidden", "/api/v4/secrets/ROOT?$DEV&secretPath=%2F&$HIDDEN"),
    ("get PIE in /apple, value", "/api/v4/secrets/PIE?$DEV&secretPath=%2Fapple&$PLAIN"),
    ("get O in /other, value", "/api/v4/secrets/O?$DEV&secretPath=%2Fother&$PLAIN"),
    ("get P in prod:/app, value", "/api/v4/secrets/P?$PROD&secretPath=%2Fapp&$PLAIN"),
    ("get a missing name inside", "/api/v4/secrets/NOPE?$DEV&secretPath=%2Fapp&$PLAIN"),
    ("get a missing name outside", "/api/v4/secrets/NOPE?$DEV&secretPath=%2Fother&$PLAIN"),
    ("get REF (to prod), unexpanded", "/api/v4/secrets/REF?$DEV&secretPath=%2Fapp&$PLAIN"),
    ("get REF (to prod), expanded", "/api/v4/secrets/REF?$DEV&secretPath=%2Fapp&includeImports=false"),
    ("get REFIN (inside), expanded", "/api/v4/secrets/REFIN?$DEV&secretPath=%2Fapp&includeImports=false"),
    ("get REFOUT (to dev:/other), expanded", "/api/v4/secrets/REFOUT?$DEV&secretPath=%2Fapp&includeImports=false"),
    ("get the imported SHARED (staging), value", "/api/v4/secrets/SHARED?$DEV&secretPath=%2Fapp"),
    ("by id, A", "/api/v4/secrets/id/$A"),
    ("by id, ROOT", "/api/v4/secrets/id/$ROOT"),
    ("list dev:/app, value, unexpanded, no imports", "/api/v4/secrets?$DEV&secretPath=%2Fapp&$PLAIN"),
    ("list dev:/app, value, expanded, imports (defaults)", "/api/v4/secrets?$DEV&secretPath=%2Fapp"),
    ("list dev:/app, hidden", "/api/v4/secrets?$DEV&secretPath=%2Fapp&$HIDDEN"),
    ("list dev:/app/db, value", "/api/v4/secrets?$DEV&secretPath=%2Fapp%2Fdb&$PLAIN"),
    ("list dev:/, value", "/api/v4/secrets?$DEV&secretPath=%2F&$PLAIN"),
    ("list dev:/, hidden", "/api/v4/secrets?$DEV&secretPath=%2F&$HIDDEN"),
    ("list dev:/ recursive, value", "/api/v4/secrets?$DEV&secretPath=%2F&$PLAIN&recursive=true"),
    ("list dev:/ recursive, hidden", "/api/v4/secrets?$DEV&secretPath=%2F&$HIDDEN&recursive=true"),
    ("list dev:/app recursive, value", "/api/v4/secrets?$DEV&secretPath=%2Fapp&$PLAIN&recursive=true"),
    ("list prod:/app, value", "/api/v4/secrets?$PROD&secretPath=%2Fapp&$PLAIN"),
    ("list prod:/app, hidden", "/api/v4/secrets?$PROD&secretPath=%2Fapp&$HIDDEN"),
    ("a snapshot of dev:/app", "/api/v1/secret-snapshot/$SNAPSHOT"),
    ("imports' secrets", "/api/v2/secret-imports/secrets?$DEV&path=%2Fapp"),
];

/// The ids that the table's requests name: `A`, `ROOT`, and a snapshot of the folder.
fn ids(stage: &Stage) -> SetUp<[String; 3]> {
    let id = |url: &str, pointer: &str| -> SetUp<String> {
        let found = chief(stage, "GET", &spell_out(url), &Value::Null)?;
        Ok(found.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned())
    };
    let snapshots = "/api/v1/projects/$PROJECT_ID/secret-snapshots?environment=dev&path=%2Fapp";
    Ok([
        id("/api/v4/secrets/A?$DEV&secretPath=%2Fapp&$HIDDEN", "/secret/id")?,
        id("/api/v4/secrets/ROOT?$DEV&secretPath=%2F&$HIDDEN", "/secret/id")?,
        id(snapshots, "/secretSnapshots/0/id")?,
    ])
}

pub(super) fn table(stage: &mut Stage, notes: &str) -> SetUp {
    before_the_table(stage)?;
    let [a, root, snapshot] = ids(stage)?;
    let table = tables::read(notes, 297)?;
    let mut differences = Vec::new();
    for (title, cells) in &table.rows {
        let Some((_, url)) = REQUESTS.iter().find(|(known, _)| known == title) else {
            differences.push(format!("no request for {title}"));
            continue;
        };
        let url = spell_out(url)
            .replace("$PLAIN", "includeImports=false&expandSecretReferences=false")
            .replace("$SNAPSHOT", &snapshot)
            .replace("$ROOT", &root)
            .replace("/id/$A", &format!("/id/{a}"));
        for (identity, cell) in table.identities.iter().zip(cells) {
            let answer = stage.ask_for(&token_of(identity), "GET", &url, &Value::Null);
            differences.extend(tables::differences(title, identity, cell, &answer));
        }
    }
    tables::all(differences)
}
