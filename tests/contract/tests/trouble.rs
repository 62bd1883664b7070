//! Tests problems over time and at scale: expiry, outages, upgrades, ten thousand secrets, too
//! little memory.

use infisical_emulator::{ApiVersion, Fault, RequestMatch, SecretSeed};
use infisical_skill::{Error, Limits, Place, SecretFilter};
use infisical_skill_contract::emulated::{API_VERSIONS, at, builder, emulator};
use infisical_skill_contract::with_state;
use std::time::Duration;

#[tokio::test]
async fn recovers_from_expiry_and_revocation_not_wrong_secret() {
    for api_version in API_VERSIONS {
        let emulator = emulator(api_version).await.unwrap();
        let skill = builder(&emulator).unwrap().build().unwrap();
        let list = || skill.list_secrets(at("/"), SecretFilter::default());
        assert!(list().await.is_ok());
        emulator.revoke_tokens();
        assert!(list().await.is_ok());
        emulator.advance_clock(Duration::from_secs(100_000));
        assert!(list().await.is_ok());
        emulator.rotate_client_secret(&emulator.reader().identity_id);
        emulator.revoke_tokens();
        assert_eq!(list().await.unwrap_err().kind(), "unauthenticated");
    }
}

#[tokio::test]
async fn distinguishes_network_faults_and_recovers_next_call() {
    for api_version in API_VERSIONS {
        let emulator = emulator(api_version).await.unwrap();
        let mut limits = Limits::default();
        limits.deadline = Duration::from_secs(1);
        let skill = builder(&emulator).unwrap().limits(limits).build().unwrap();
        skill.list_projects().await.unwrap();
        for (fault, kind) in [
            (Fault::Status(500), "server-failed"),
            (Fault::Status(429), "rate-limited"),
            (Fault::HtmlAnswer(200), "unexpected-answer"),
            (Fault::HtmlAnswer(502), "server-failed"),
            (Fault::TruncatedBody, "unreachable"),
            (Fault::DropConnectionBeforeAnswer, "unreachable"),
            (Fault::Delay(Duration::from_secs(5)), "timed-out"),
            (Fault::Redirect(302, "/login".to_owned()), "unexpected-answer"),
        ] {
            let shown = format!("{fault:?}");
            // A read that a kept connection loses is sent once more. An older server's list always
            // uses a new connection.
            let is_repeated = api_version == ApiVersion::V4 && matches!(fault, Fault::DropConnectionBeforeAnswer);
            emulator.fail_next_matching(if is_repeated { 2 } else { 1 }, RequestMatch::any().method("GET"), fault);
            let error = skill.list_secrets(at("/"), SecretFilter::default()).await.expect_err(&shown);
            assert_eq!(error.kind(), kind, "{api_version:?} {shown}: {error}");
            assert!(skill.list_secrets(at("/"), SecretFilter::default()).await.is_ok(), "after {shown}");
        }
    }
}

#[tokio::test]
async fn an_upgraded_or_downgraded_server_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let old = emulator(ApiVersion::V3).await.unwrap();
    let another = || with_state(builder(&old).unwrap(), folder.path()).build().unwrap();
    let skill = another();
    skill.list_projects().await.unwrap();
    assert_eq!(skill.api_version(), Some(infisical_skill::ApiVersion::V3));
    // A later process sends no probe.
    old.clear_log();
    another().list_projects().await.unwrap();
    assert!(old.log().iter().all(|exchange| exchange.path_and_query != "/api/v4/secrets"));
    // The cached version is wrong: one call fails, and the next one probes again.
    std::fs::write(folder.path().join("api-version"), format!("v4 {}\n", old.origin())).unwrap();
    let stale = another();
    assert_eq!(stale.list_projects().await.unwrap_err().kind(), "unexpected-answer");
    assert!(stale.list_projects().await.is_ok());
}

#[tokio::test]
async fn ten_thousand_secrets_fit_into_the_default_limits() {
    for api_version in API_VERSIONS {
        let emulator = emulator(api_version).await.unwrap();
        let secret = |i: u32| SecretSeed::new(&format!("SECRET_NUMBER_{i:05}"), "canary-value-bulk").comment("why");
        emulator.put_secrets("prod", "/bulk", &(0..10_000).map(secret).collect::<Vec<_>>());
        let skill = builder(&emulator).unwrap().build().unwrap();
        let bulk = Place { environment: Some("prod".into()), ..at("/bulk") };
        let listing = skill.list_secrets(bulk, SecretFilter::default()).await.unwrap();
        assert_eq!(listing.secrets.len(), 10_000);
        assert_eq!(listing.secrets.iter().filter(|secret| secret.comment.is_some()).count(), 10_000);
    }
}

#[tokio::test]
async fn component_over_its_memory_limit_leaves_host_unharmed() {
    let emulator = emulator(ApiVersion::V4).await.unwrap();
    let secret = |i: u32| SecretSeed::new(&format!("SECRET_NUMBER_{i:05}"), "v");
    emulator.put_secrets("prod", "/bulk", &(0..10_000).map(secret).collect::<Vec<_>>());
    let mut limits = Limits::default();
    limits.memory = 4 << 20;
    let skill = builder(&emulator).unwrap().limits(limits).build().unwrap();
    let bulk = Place { environment: Some("prod".into()), ..at("/bulk") };
    let error = skill.list_secrets(bulk, SecretFilter::default()).await.unwrap_err();
    assert!(matches!(error, Error::Sandbox(_)), "{error}");
    assert_eq!(skill.list_secrets(at("/"), SecretFilter::default()).await.map(|listing| listing.secrets.len()), Ok(2));
}
