//! The current server, continued: successful logins by other methods, and who can end a token.

use std::net::TcpListener;
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::certificates::{Authority, url_encoded};
use crate::client::{Answer, claims_of};
use crate::issuer::{Cluster, Issuer};
use crate::replay::area::Area;
use crate::replay::compare::Comparison;
use crate::replay::identities::made;
use crate::replay::recording::Recorded;
use crate::replay::stage::{SetUp, Stage};
use crate::signer::Signer;

use super::auth::now;

/// Sections 34 and 35.
pub(crate) const AREA: Area = Area {
    name: "auth-more",
    covers: |recorded| matches!(recorded.section, 34 | 35),
    before,
    after,
    not_replayed: &[],
};

static ISSUER: LazyLock<Issuer> = LazyLock::new(Issuer::start);
static CLUSTER: LazyLock<Cluster> = LazyLock::new(Cluster::start);
static STRANGER: LazyLock<Signer> = LazyLock::new(Signer::new);
static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| Authority::new("machines"));

fn before(stage: &mut Stage, recorded: &Recorded) -> SetUp {
    match recorded.number {
        1072 => {
            made("ci-job").role("viewer").logged_out().make(stage)?;
            stage.names.set("$ISSUER", &ISSUER.url);
        }
        1073 => stage.emulator.set_internal_addresses(true),
        1074..=1094 => before_oidc(stage, recorded.number)?,
        1097..=1105 => before_kubernetes(stage, recorded)?,
        1108..=1115 => before_certificates(stage, recorded.number)?,
        1127 => made("given").role("viewer").logged_out().make(stage)?,
        _ => {}
    }
    Ok(())
}

fn after(stage: &mut Stage, recorded: &Recorded, _: &Answer) -> SetUp {
    match recorded.number {
        1107 => stage.emulator.set_internal_addresses(false),
        1129 => compare_the_first_payload(stage, &recorded.notes)?,
        _ => {}
    }
    Ok(())
}

/// The recording shows the first token's payload after the second of two tokens.
fn compare_the_first_payload(stage: &mut Stage, notes: &str) -> SetUp {
    let json = notes.split("```").nth(1).and_then(|block| block.strip_prefix("json")).unwrap_or_default();
    let recorded: Value = serde_json::from_str(json).map_err(|error| error.to_string())?;
    let real = claims_of(&stage.real("$GIVEN_TOKEN"));
    let mut comparison = Comparison::new(&mut stage.names);
    comparison.same(&recorded, &real, "payload of the first");
    if comparison.differences.is_empty() { Ok(()) } else { Err(comparison.differences.join("\n")) }
}

/// `$JWT`: the job's token, or one that differs in one claim.
fn before_oidc(stage: &mut Stage, number: u32) -> SetUp {
    let now = now(stage)?;
    let mut claims = json!({
        "iss": ISSUER.url, "aud": "infisical", "sub": "repo:example/app:ref:refs/heads/main",
        "repository_owner": "example", "iat": now, "exp": now + 300,
    });
    let (mut signer, mut key_id) = (&*ISSUER.signer, Some("k1"));
    match number {
        1076 => key_id = None,
        1077 => claims["sub"] = json!("repo:example/app:ref:refs/heads/other"),
        1078 => claims["aud"] = json!("other"),
        1079 => claims["aud"] = json!(["other", "infisical"]),
        1080 => claims["repository_owner"] = json!("somebody"),
        1081 => {
            claims.as_object_mut().and_then(|claims| claims.remove("repository_owner"));
        }
        1082 => claims["iss"] = json!("https://other.example.com"),
        1083 => claims["exp"] = json!(now - 5),
        1084 => claims["nbf"] = json!(now + 60),
        1085 => signer = &STRANGER,
        1086 => key_id = Some("k9"),
        1090 => claims["sub"] = json!("repo:example/other:ref:refs/heads/feature"),
        1092 => claims = json!({"iss": ISSUER.url, "aud": "any", "sub": "any", "exp": now + 300}),
        1093 => {
            let closed = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
            let closed = closed.map_err(|error| error.to_string())?;
            stage.names.set("$DEAD_ISSUER", &format!("http://{closed}"));
            stage.names.set("ECONNREFUSED $DEAD_ISSUER", &format!("ECONNREFUSED {closed}"));
        }
        _ => {}
    }
    stage.names.set("$JWT", &signer.sign(key_id, &claims));
    Ok(())
}

/// `$JWT`: a token that the cluster attributes to its `sub`.
fn before_kubernetes(stage: &mut Stage, recorded: &Recorded) -> SetUp {
    let subject = match recorded.number {
        1097 => {
            made("pod").role("viewer").logged_out().make(stage)?;
            stage.names.set("$CLUSTER", &CLUSTER.url);
            stage.names.set("$CLUSTER_CA", &CLUSTER.authority);
            name_certificates(stage, recorded, &CLUSTER.authority);
            "system:serviceaccount:infisical:reviewer"
        }
        1100 => "system:serviceaccount:other:skill",
        1101 => "system:serviceaccount:agents:other",
        1102 => "kubernetes-admin",
        1104 => {
            name_certificates(stage, recorded, &Authority::new("another").certificate);
            ""
        }
        _ => "system:serviceaccount:agents:skill",
    };
    let expires = if recorded.number == 1103 { 0 } else { now(stage)? + 300 };
    stage.names.set("$JWT", &STRANGER.sign(None, &json!({"sub": subject, "exp": expires})));
    Ok(())
}

/// The recording shortens certificates, so this name stands for the certificate. The server removes
/// blanks at its ends.
fn name_certificates(stage: &mut Stage, recorded: &Recorded, pem: &str) {
    let sent: Value = serde_json::from_str(recorded.body.as_deref().unwrap_or_default()).unwrap_or_default();
    let answered: Value = serde_json::from_str(&recorded.answer).unwrap_or_default();
    for (named, real) in [(&sent["caCert"], pem), (&answered["identityKubernetesAuth"]["caCert"], pem.trim())] {
        if let Some(named) = named.as_str().filter(|named| !named.starts_with('$')) {
            stage.names.set(named, real);
        }
    }
}

fn before_certificates(stage: &mut Stage, number: u32) -> SetUp {
    if number != 1108 {
        return Ok(());
    }
    made("machine").role("viewer").logged_out().make(stage)?;
    stage.names.set("$CA_CERTIFICATE", &AUTHORITY.certificate);
    for (name, certificate) in [
        ("$CLIENT_CERTIFICATE", AUTHORITY.client("skill")),
        ("$CERTIFICATE_OF_SOMEBODY", AUTHORITY.client("somebody")),
        ("$CERTIFICATE_OF_ANOTHER_CA", Authority::new("machines").client("skill")),
        ("$CA_CERTIFICATE_URLENCODED", AUTHORITY.certificate.clone()),
    ] {
        stage.names.set(name, &url_encoded(&certificate));
    }
    Ok(())
}
