//! Planted secrets, searched for in everything the host writes about what it does: all log records down to TRACE, of all crates (case C1).

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use infisical_emulator::Fault;
use infisical_skill::{SecretFilter, tools};
use infisical_skill_contract::emulated::{GENERATIONS, at, builder, emulator, recursive};
use serde_json::json;
use std::io;
use std::sync::{Arc, Mutex};
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// The text as it is, and as it might hide.
fn forms(secret: &str) -> Vec<String> {
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let decimal = format!("{:?}", secret.as_bytes());
    let decimal = decimal.trim_matches(['[', ']']).to_owned();
    vec![secret.to_owned(), secret.chars().rev().collect(), hex.to_uppercase(), hex, decimal]
}

#[tokio::test]
async fn no_log_record_of_any_crate_holds_a_value_a_client_secret_or_a_token() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let mut planted = vec!["canary".to_owned()];
    for generation in GENERATIONS {
        let emulator = emulator(generation).await.unwrap();
        planted.push(emulator.reader().client_secret);
        let skill = builder(&emulator).unwrap().reveal(true).build().unwrap();
        skill.list_projects().await.unwrap();
        skill.list_folders(at("/"), true).await.unwrap();
        skill.list_secrets(at("/"), recursive()).await.unwrap();
        skill.get_secret(at("/"), "DATABASE_URL", None).await.unwrap();
        let revealed =
            tools::call(&skill, "reveal-secret", json!({ "name": "STRIPE_API_KEY", "path": "/app" })).await.unwrap();
        assert!(revealed.to_string().contains("canary"), "the search would find it");
        skill.get_secret(at("/"), "NOPE", None).await.unwrap_err();
        emulator.revoke_tokens();
        skill.list_secrets(at("/"), SecretFilter::default()).await.unwrap();
        for fault in [Fault::TruncatedBody, Fault::HtmlAnswer(502), Fault::Redirect(302, "/canary".to_owned())] {
            emulator.fail_next(1, fault);
            skill.list_secrets(at("/"), SecretFilter::default()).await.unwrap_err();
        }
    }
    let log = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(log.contains("logging in") && log.contains("TRACE"), "the log is on");
    for secret in planted {
        for form in forms(&secret) {
            assert!(!log.contains(&form), "{:?}", log.lines().find(|line| line.contains(&form)));
        }
    }
    assert!(!log.to_lowercase().contains("bearer "), "no token");
}
