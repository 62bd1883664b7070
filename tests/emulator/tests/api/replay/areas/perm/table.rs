//! Section 17's table: which identity reads what.

use serde_json::Value;

use crate::replay::recording::{self, Recorded};
use crate::replay::stage::{SetUp, Stage};
use crate::replay::tables::{self, token_of};

/// The rows without a recorded request.
const UNRECORDED: [(&str, &str); 12] = [
    (
        "list dev:/app/db, false",
        "/api/v4/secrets?projectId=$PROJECT_ID&environment=dev&secretPath=%2Fapp%2Fdb&viewSecretValue=false\
         &expandSecretReferences=false&includeImports=false",
    ),
    (
        "get dev:/app/db REF, value, expanded",
        "/api/v4/secrets/REF?projectId=$PROJECT_ID&environment=dev&secretPath=%2Fapp%2Fdb",
    ),
    ("get by id of dev:/app/db INFRA_KEY", "/api/v4/secrets/id/454a30ab-db13-4dbd-9113-0b676ec83220"),
    ("folders of prod:/, recursive", "/api/v2/folders?projectId=$PROJECT_ID&environment=prod&path=%2F&recursive=true"),
    ("snapshots of dev:/app/db", "/api/v1/projects/$PROJECT_ID/secret-snapshots?environment=dev&path=%2Fapp%2Fdb"),
    ("identity memberships, older route", "/api/v1/projects/$PROJECT_ID/identity-memberships"),
    ("own identity membership, older route", "/api/v1/projects/$PROJECT_ID/identity-memberships/$SELF"),
    ("group memberships", "/api/v1/projects/$PROJECT_ID/memberships/groups"),
    ("role by slug: viewer", "/api/v1/projects/$PROJECT_ID/roles/slug/viewer"),
    ("webhooks", "/api/v1/webhooks?projectId=$PROJECT_ID"),
    ("validation rules", "/api/v1/projects/$PROJECT_ID/secret-validation-rules"),
    ("app connections", "/api/v1/app-connections?projectId=$PROJECT_ID"),
];

/// The request of a row, taken from an identity whose request was recorded.
fn request(recording: &[Recorded], title: &str) -> Option<String> {
    if let Some((_, url)) = UNRECORDED.iter().find(|(known, _)| *known == title) {
        return Some((*url).to_owned());
    }
    let asked = recording.iter().filter(|it| (504..=586).contains(&it.number));
    let mut matching = asked.filter_map(|it| Some((it.title.split_once(": ")?, it)));
    let ((name, _), asked) = matching.find(|((_, row), _)| *row == title)?;
    Some(asked.url.replace(&token_of(name).replace("_TOKEN", "_IDENTITY_ID"), "$SELF"))
}

/// Sends every request of the table.
pub(super) fn compare(stage: &mut Stage) -> SetUp {
    for (column, [token, identity]) in [("VIEWER", ["READ", "READER"]), ("MEMBER", ["WRITE", "WRITER"])] {
        let (token, id) = (stage.real(&format!("${token}_TOKEN")), stage.real(&format!("${identity}_IDENTITY_ID")));
        stage.names.set(&format!("${column}_TOKEN"), &token);
        stage.names.set(&format!("${column}_IDENTITY_ID"), &id);
    }
    let text = include_str!("../../../../recorded-v4.md");
    let (recording, rows) = (recording::parse(text), recording::table(text, "What each of them gets"));
    let (identities, rows) = rows.split_first().ok_or("no table")?;
    if (identities.len(), rows.len()) != (15, 57) {
        return Err(format!("a table of {} rows and {} columns", rows.len(), identities.len()));
    }
    let mut differences = Vec::new();
    for cells in rows {
        let Some(url) = request(&recording, &cells[0]) else {
            differences.push(format!("no request for {}", cells[0]));
            continue;
        };
        for (identity, cell) in identities.iter().zip(cells).skip(1) {
            // In the recording, `admin` administers the project but not the organization.
            let identity = if identity == "admin" { "chief" } else { identity };
            let own = token_of(identity).replace("_TOKEN", "_IDENTITY_ID");
            let answer = stage.ask_for(&token_of(identity), "GET", &url.replace("$SELF", &own), &Value::Null);
            differences.extend(tables::difference(&cells[0], identity, cell, &answer));
        }
    }
    tables::all(differences)
}
