//! The current server: permissions, members, roles, privileges, approval policies.

mod table;

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::Answer;
use crate::replay::area::Area;
use crate::replay::identities::made;
use crate::replay::recording::Recorded;
use crate::replay::stage::{SetUp, Stage};

/// Sections 17, 18 and 20.
pub(crate) const AREA: Area = Area {
    name: "perm",
    covers: |recorded| matches!(recorded.section, 17 | 18 | 20),
    before,
    after,
    not_replayed: &[(698, "shows the two memberships with the smallest ids, and ids are random")],
};

/// The approval policy that the recorder inserted into the server's tables.
const POLICY: &str = "e464dcf8-4556-477a-814d-35c350e7cdaf";

/// The newest snapshot of dev:/app/db, which the exchanges read.
fn name_snapshot(stage: &mut Stage) -> SetUp {
    let url = "/api/v1/projects/$PROJECT_ID/secret-snapshots?environment=dev&path=%2Fapp%2Fdb";
    let listed = stage.ask("$READ_TOKEN", "GET", url, &Value::Null)?;
    let newest = listed["secretSnapshots"][0]["id"].as_str().ok_or("no snapshot")?;
    stage.names.set("15e7737a-753b-47dc-a897-ec46cae14809", newest);
    Ok(())
}

/// Terms begin at the time of the recording. Replace it by the current time.
fn begins_now(stage: &mut Stage, recorded: &str) -> SetUp {
    let now = stage.ask("", "GET", "/api/status", &Value::Null)?["date"].as_str().unwrap_or_default().to_owned();
    stage.names.set(recorded, &now);
    Ok(())
}

fn before(stage: &mut Stage, recorded: &Recorded) -> SetUp {
    match recorded.number {
        475 => {
            for name in [
                "chief",
                "nobody",
                "describer",
                "describer-plus",
                "devreader",
                "blindwriter",
                "blinder",
                "viewer-minus",
                "member-minus",
                "viewer-not-prod",
                "viewer-not-app",
            ] {
                made(name).make(stage)?;
            }
            made("legacy-reader").make(stage)?;
            for what in ["IDENTITY_ID", "TOKEN"] {
                let real = stage.real(&format!("$LEGACY_READER_{what}"));
                stage.names.set(&format!("$LEGACY_{what}"), &real);
            }
            Ok(())
        }
        503 => begins_now(stage, "2026-11-30T06:42:22.000Z"),
        504 => {
            name_snapshot(stage)?;
            table::compare(stage)
        }
        666 => made("tied-writer").make(stage),
        687 => begins_now(stage, "2026-11-30T06:43:15.000Z"),
        699 => {
            let admin = stage.real("$ADMIN_IDENTITY_ID");
            stage.names.set("80c1fb96-108f-467b-aa08-fb4511c2451b", &admin);
            Ok(())
        }
        718 => made("org-member").org_role("member").make(stage),
        727 => begins_now(stage, "2026-11-30T06:43:38.000Z"),
        767 => {
            let id = stage.emulator.put_approval_policy("two eyes", "prod", "/app");
            stage.names.set(POLICY, &id);
            Ok(())
        }
        _ => Ok(()),
    }
}

fn after(stage: &mut Stage, recorded: &Recorded, _: &Answer) -> SetUp {
    match recorded.number {
        // The recorded server caches permissions for ten seconds. The emulator doesn't, but
        // temporary permissions must end.
        687 => stage.emulator.advance_clock(Duration::from_secs(2)),
        695 => {
            let person = stage.ask("$READ_TOKEN", "GET", "/api/v1/projects/$PROJECT_ID/memberships", &json!(null))?;
            let id = person["memberships"][0]["userId"].as_str().unwrap_or_default().to_owned();
            stage.names.set("$PERSON_ID", &id);
        }
        _ => {}
    }
    Ok(())
}
