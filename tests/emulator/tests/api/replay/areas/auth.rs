//! The current server: set-up, logins, tokens, audit logs, routes for users only, and ordinary
//! expiry.

use std::sync::LazyLock;
use std::time::Duration;

use infisical_emulator::AuditLogSeed;
use serde_json::{Value, json};

use crate::client::{Answer, claims_of};
use crate::replay::area::Area;
use crate::replay::identities::{instance_admin, made};
use crate::replay::recording::Recorded;
use crate::replay::stage::{SetUp, Stage};
use crate::signer::Signer;

const BY_A_PERSON: &str = "by a person's token: nobody logs in to the emulator as a user";

/// Sections 1 to 4, 19, 22, 26 and 27.
pub(crate) const AREA: Area = Area {
    name: "auth",
    covers: |recorded| matches!(recorded.section, 1..=4 | 19 | 22 | 26 | 27),
    before,
    after,
    not_replayed: &[
        (864, BY_A_PERSON),
        (865, BY_A_PERSON),
        (866, BY_A_PERSON),
        (867, BY_A_PERSON),
        (868, BY_A_PERSON),
        (869, BY_A_PERSON),
        (870, BY_A_PERSON),
        (871, BY_A_PERSON),
        (872, BY_A_PERSON),
        (873, BY_A_PERSON),
        (874, BY_A_PERSON),
        (875, BY_A_PERSON),
        (876, BY_A_PERSON),
        (878, BY_A_PERSON),
    ],
};

/// The key whose public half is `$PUBLIC_KEY_PEM`.
static SIGNER: LazyLock<Signer> = LazyLock::new(Signer::new);

/// Sets up the state before the first exchange: an organization and its administrator.
pub(crate) fn begin(stage: &mut Stage) -> SetUp {
    stage.has_addresses = true;
    let status = stage.ask("", "GET", "/api/status", &Value::Null)?;
    if status["date"].as_str().is_some_and(|date| date.contains("T23:") || date.contains("T00:")) {
        // Audit logs are listed from the last midnight. Move on, so that the replay doesn't cross
        // one.
        stage.emulator.advance_clock(Duration::from_secs(7200));
    }
    stage.names.set("$PROJECT_SLUG", "agent-vault");
    instance_admin(stage)
}

fn before(stage: &mut Stage, recorded: &Recorded) -> SetUp {
    match recorded.number {
        8 => {
            made("writer").logged_out().make(stage)?;
            rename(stage, "$WRITER_CLIENT_ID", "$WRITE_CLIENT_ID");
            rename(stage, "$WRITER_CLIENT_SECRET", "$WRITE_CLIENT_SECRET");
        }
        37 => {
            let token = stage.real("$READ_TOKEN");
            let signed = token.rsplit_once('.').map(|(signed, _)| signed.to_owned()).unwrap_or_default();
            stage.names.set("$BAD_SIGNATURE", &format!("{signed}.{}", "A".repeat(43)));
        }
        41 => made("outsider").logged_out().make(stage)?,
        46 => stage.wait(1500),
        61 => trust(stage, &["192.0.2.1"], &[])?,
        62 => stage.address = Some("192.0.2.1".to_owned()),
        63 => trust(stage, &[], &["192.0.2.1"])?,
        65 => trust(stage, &[], &[])?,
        92 => {
            made("federated").logged_out().make(stage)?;
            stage.names.set("$PUBLIC_KEY_PEM", &SIGNER.public_key());
        }
        93..=98 => {
            let jwt = SIGNER.sign(None, &claims(stage, recorded.number)?);
            stage.names.set("$SIGNED_JWT", &jwt);
        }
        100 => made("cluster").logged_out().make(stage)?,
        734 => put_audit_logs(stage)?,
        880 => made("shortlived").role("viewer").logged_out().make(stage)?,
        881 => wait_for_the_next_second(stage)?,
        882 => stage.wait(2000),
        884 => stage.wait(2100),
        887 => stage.wait(4700),
        _ => {}
    }
    Ok(())
}

fn after(_: &mut Stage, _: &Recorded, _: &Answer) -> SetUp {
    Ok(())
}

/// The recorder logged in early in a second. The remaining life of a token is counted in whole
/// seconds.
fn wait_for_the_next_second(stage: &Stage) -> SetUp {
    let status = stage.ask("", "GET", "/api/status", &Value::Null)?;
    let millis = status["date"].as_str().and_then(|date| date.get(20..23)).and_then(|text| text.parse::<u64>().ok());
    stage.wait(1000 - millis.ok_or("no date")?);
    Ok(())
}

/// Binds a second placeholder to the same thing.
fn rename(stage: &mut Stage, known: &str, name: &str) {
    let real = stage.real(known);
    stage.names.set(name, &real);
}

/// The addresses from which `outsider` may use client secrets and tokens.
fn trust(stage: &Stage, client_secrets: &[&str], tokens: &[&str]) -> SetUp {
    let id = stage.real("$OUTSIDER_IDENTITY_ID");
    let is_known = stage.emulator.set_trusted_ips(&id, client_secrets, tokens);
    if is_known { Ok(()) } else { Err("set-up: no outsider".to_owned()) }
}

/// The claims of `$SIGNED_JWT`, as the recording has them.
fn claims(stage: &Stage, number: u32) -> SetUp<Value> {
    let now = now(stage)?;
    let mut claims = json!({
        "iss": "https://issuer.example.com", "aud": "infisical", "sub": "agent", "role": "ci", "exp": now + 300,
    });
    match number {
        94 => claims["sub"] = json!("other"),
        95 => claims["aud"] = json!("other"),
        96 => claims["role"] = json!("other"),
        97 => claims["exp"] = json!(now - 5),
        98 => claims["iss"] = json!("https://other.example.com"),
        _ => {}
    }
    Ok(claims)
}

/// The emulator's time in seconds, as it stands in a token that the emulator signs.
pub(crate) fn now(stage: &Stage) -> SetUp<u64> {
    let answer =
        stage.ask("$ADMIN_TOKEN", "POST", "/api/v1/auth/token/renew", &json!({"accessToken": "$ADMIN_TOKEN"}))?;
    let token = answer["accessToken"].as_str().unwrap_or_default();
    claims_of(token)["iat"].as_u64().ok_or_else(|| "set-up: a token without a time".to_owned())
}

/// The three rows that the recorder inserted into the server's table by hand.
fn put_audit_logs(stage: &mut Stage) -> SetUp {
    let (reader, writer) = (stage.real("$READER_IDENTITY_ID"), stage.real("$WRITER_IDENTITY_ID"));
    let entry = |kind: &str, id: &str, name: &str, agent: &str, minutes: u64| {
        let entry = AuditLogSeed::new(kind).actor(name).identity_id(id).user_agent(agent).ip_address("192.0.2.7");
        entry.age(Duration::from_secs(minutes * 60))
    };
    let created = entry("create-secret", &writer, "writer", "infisical-skill", 3).at("dev", "/");
    let created = created
        .secret_key("DATABASE_URL")
        .metadata("secretId", stage.real("b81306ac-72c7-45fc-a6d6-e6a0591cdd96"))
        .metadata("secretVersion", 1)
        .metadata("secretMetadata", json!([]));
    let deleted = entry("delete-secret", &writer, "writer", "infisical-skill", 2).at("prod", "/app");
    let deleted = deleted.secret_key("GONE_KEY").metadata("secretId", "00000000-0000-4000-8000-000000000000");
    let listed = entry("get-secrets", &reader, "reader", "cli", 1).at("dev", "/").metadata("numberOfSecrets", 3);
    for entry in [&created, &deleted, &listed] {
        stage.emulator.put_audit_log(entry);
    }
    // Exchange 752 asks for the last hour before the recording. Bind its start to the oldest entry.
    let url = "/api/v1/organization/audit-logs?projectId=$PROJECT_ID";
    let listed = stage.ask("$READ_TOKEN", "GET", url, &Value::Null)?;
    let oldest = listed["auditLogs"][2]["createdAt"].as_str().unwrap_or_default();
    stage.names.set("2026-11-30T05%3A43%3A38.000Z", oldest);
    Ok(())
}
