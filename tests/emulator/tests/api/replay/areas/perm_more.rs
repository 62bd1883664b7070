//! The current server, continued: least-privilege identities for each job, and the permission
//! audit.

mod begin;
mod copiers;
mod readers;
mod revealers;
mod writers;

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::Answer;
use crate::replay::area::Area;
use crate::replay::identities::made;
use crate::replay::recording::Recorded;
use crate::replay::send;
use crate::replay::stage::{SetUp, Stage};

pub(crate) use begin::begin;

/// Sections 28 to 33, 36 and 37.
pub(crate) const AREA: Area = Area {
    name: "perm-more",
    covers: |recorded| matches!(recorded.section, 28..=33 | 36 | 37),
    before,
    after,
    not_replayed: &[
        (1021, "the time of a folder's last change was noted late: the emulator notes it at once"),
        (1155, "the time of a folder's last change was noted late: the emulator notes it at once"),
        (1214, "shows other projects of the recorder's organization"),
    ],
};

/// Sends an unrecorded request as the project's admin.
fn chief(stage: &Stage, method: &str, url: &str, body: &Value) -> SetUp<Value> {
    stage.ask("$CHIEF_TOKEN", method, url, body)
}

/// Creates an unrecorded secret as the project's admin.
fn secret(stage: &Stage, environment: &str, path: &str, name: &str, value: &str) -> SetUp<Value> {
    let body = json!({
        "projectId": "$PROJECT_ID", "environment": environment, "secretPath": path, "secretValue": value,
    });
    chief(stage, "POST", &format!("/api/v4/secrets/{name}"), &body)
}

/// Changes a secret's value, unrecorded, as the project's admin.
fn change(stage: &Stage, path: &str, name: &str, value: &str) -> SetUp<Value> {
    let body = json!({"projectId": "$PROJECT_ID", "environment": "dev", "secretPath": path, "secretValue": value});
    chief(stage, "PATCH", &format!("/api/v4/secrets/{name}"), &body)
}

/// Creates an unrecorded folder as the project's admin. Returns its id.
fn folder(stage: &Stage, environment: &str, path: &str, name: &str) -> SetUp<String> {
    let body = json!({"projectId": "$PROJECT_ID", "environment": environment, "path": path, "name": name});
    let made = chief(stage, "POST", "/api/v2/folders", &body)?;
    Ok(made["folder"]["id"].as_str().unwrap_or_default().to_owned())
}

fn before(stage: &mut Stage, recorded: &Recorded) -> SetUp {
    match recorded.number {
        900 => before_the_audit(stage),
        902 => {
            made("identity-reader").make(stage)?;
            // Only exchange 904 depends on the server's permission cache.
            stage.emulator.set_rights_delay(Duration::from_secs(10));
            Ok(())
        }
        906 => {
            stage.emulator.set_rights_delay(Duration::ZERO);
            Ok(())
        }
        944 => readers::before(stage),
        946 => made("r-all").make(stage),
        948 => made("r-all-dev").make(stage),
        969 => made("w-env").make(stage),
        971 => made("w-path").make(stage),
        1044 => revealers::before(stage),
        1046 => made("v-name").make(stage),
        1064 => copiers::before(stage),
        1141 => {
            made("self-reader").role("no-access").make(stage)?;
            // Exchange 1147 counts one member more than the recording ever shows.
            made("unseen").role("no-access").logged_out().make(stage)?;
            stage.ask(
                "$CHIEF_TOKEN",
                "POST",
                "/api/v1/projects/$PROJECT_ID/identities",
                &json!({"name": "project-made"}),
            )?;
            Ok(())
        }
        1021 => done(stage, recorded),
        1155 => {
            before_a_forced_deletion(stage)?;
            done(stage, recorded)
        }
        1167 => {
            secret(stage, "dev", "/other", "LATER_A", "later-a")?;
            secret(stage, "prod", "/app", "LATER_P", "later-p")?;
            Ok(())
        }
        1192 => log_in_details(stage),
        _ => Ok(()),
    }
}

fn after(stage: &mut Stage, recorded: &Recorded, _: &Answer) -> SetUp {
    match recorded.number {
        899 => begin::after_the_first_secret(stage),
        949 => readers::table(stage, &recorded.notes),
        972 => writers::before(stage),
        1034 => writers::table(stage, &recorded.notes),
        1047 => revealers::table(stage, &recorded.notes),
        1065 => copiers::table(stage, &recorded.notes),
        _ => Ok(()),
    }
}

/// Effects of an exchange that aren't compared.
fn done(stage: &mut Stage, recorded: &Recorded) -> SetUp {
    let answer = send::send(stage, recorded);
    if answer.status == recorded.status { Ok(()) } else { Err(format!("{}: {}", answer.status, answer.text)) }
}

/// The identities whose permission audits are read.
fn before_the_audit(stage: &mut Stage) -> SetUp {
    let now = stage.ask("", "GET", "/api/status", &Value::Null)?["date"].as_str().unwrap_or_default().to_owned();
    // Terms begin at the time of the recording, which is long past.
    stage.names.set("2026-11-30T07:17:29.000Z", &now);
    let describe = json!([{"subject": "secrets", "action": ["describeSecret"]}]);
    made("viewer").role("viewer").make(stage)?;
    made("member").role("member").make(stage)?;
    made("describer").role("no-access").privilege(describe).make(stage)?;
    let minus = json!([{"subject": "secrets", "action": ["readValue"], "inverted": true}]);
    made("viewer-minus").role("viewer").privilege(minus).make(stage)?;
    let minus_prod = json!([{
        "subject": "secrets", "action": ["readValue"], "inverted": true,
        "conditions": {"environment": {"$eq": "prod"}, "secretPath": {"$glob": "/app/**"}},
    }]);
    made("viewer-minus-prod").role("viewer").privilege(minus_prod).make(stage)?;
    let writes = json!(["create", "edit", "delete"]);
    let cond = json!([
        {"subject": "secrets", "action": writes, "conditions":
            {"environment": {"$in": ["dev", "staging"]}, "secretPath": {"$glob": "/app/**"}}},
        {"subject": "secret-folders", "action": writes, "conditions": {"environment": {"$eq": "dev"}}},
    ]);
    made("cond-writer").role("no-access").privilege(cond).make(stage)?;
    made("org-admin-in").org_role("admin").role("no-access").make(stage)?;
    made("org-admin-out").org_role("admin").make(stage)?;
    made("temporary").role("no-access").make(stage)?;
    made("two-roles").role("viewer").make(stage)
}

/// Exchange 1155: a folder with a secret in it.
fn before_a_forced_deletion(stage: &mut Stage) -> SetUp {
    let id = folder(stage, "dev", "/app", "boom")?;
    stage.names.set("a73c87dd-7e04-44d9-aff4-5a7c27b179b4", &id);
    secret(stage, "dev", "/app/boom", "K", "1")?;
    Ok(())
}

/// Step 4 of section 37 was recorded for the reader only.
fn log_in_details(stage: &mut Stage) -> SetUp {
    for name in ["WRITER3", "REVEAL3"] {
        let path = format!("/api/v1/auth/universal-auth/identities/${name}_IDENTITY_ID");
        let attached = chief(stage, "POST", &path, &json!({"accessTokenTTL": 3600, "accessTokenMaxTTL": 86400}))?;
        let client_id = attached["identityUniversalAuth"]["clientId"].as_str().unwrap_or_default().to_owned();
        stage.names.set(&format!("${name}_CLIENT_ID"), &client_id);
        let secret = chief(stage, "POST", &format!("{path}/client-secrets"), &json!({"description": "skill"}))?;
        let client_secret = secret["clientSecret"].as_str().unwrap_or_default().to_owned();
        stage.names.set(&format!("${name}_CLIENT_SECRET"), &client_secret);
    }
    stage.wait(11_500);
    Ok(())
}
