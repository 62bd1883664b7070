//! Searches everything that the host writes for planted secrets: all log records of all crates down
//! to TRACE, and all files.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use infisical_emulator::Fault;
use infisical_emulator::planted::{everything_in, forms, found};
use infisical_skill::audit;
use infisical_skill::audit::log::{records, verify};
use infisical_skill::audit_reader::history::{self, Filter};
use infisical_skill::audit_reader::report::{self, ReportSubject};
use infisical_skill::{Change, SecretFilter, tools};
use infisical_skill_contract::emulated::{API_VERSIONS, at, recursive};
use infisical_skill_contract::stage::{Stage, create, generated, literal, target, update};
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

#[tokio::test]
async fn no_log_record_or_file_holds_values_or_credentials() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let mut planted = vec!["canary".to_owned()];
    for api_version in API_VERSIONS {
        let stage = Stage::revealing(api_version, |builder| builder).await.unwrap();
        let (emulator, skill) = (&stage.emulator, &stage.skill);
        planted.extend([emulator.reader().client_secret, emulator.writer().client_secret]);
        skill.list_projects().await.unwrap();
        skill.list_folders(at("/"), true).await.unwrap();
        skill.list_secrets(at("/"), recursive()).await.unwrap();
        skill.get_secret(at("/"), "DATABASE_URL", None).await.unwrap();
        let revealed =
            tools::call(skill, "reveal-secret", json!({ "name": "STRIPE_API_KEY", "path": "/app" })).await.unwrap();
        assert!(revealed.to_string().contains("canary"), "the search should be able to find a value");
        skill.get_secret(at("/"), "NOPE", None).await.unwrap_err();
        emulator.revoke_tokens();
        skill.list_secrets(at("/"), SecretFilter::default()).await.unwrap();
        for fault in [Fault::TruncatedBody, Fault::HtmlAnswer(502), Fault::Redirect(302, "/canary".to_owned())] {
            emulator.fail_next(1, fault);
            skill.list_secrets(at("/"), SecretFilter::default()).await.unwrap_err();
        }
        stage.switch_on().unwrap();
        stage.change(create("/app", "PLANTED", literal("canary-written"))).await.unwrap();
        stage.change(update("/app", "PLANTED", generated(40))).await.unwrap();
        planted.push(emulator.secret("dev", "/app", "PLANTED").unwrap().value);
        stage.change(Change::DeleteSecret(target("/app", "PLANTED"))).await.unwrap();
        skill.preview(vec![create("/app", "PENDING", literal("canary-pending"))]).await.unwrap();
        tools::call(skill, "list-audit-logs", json!({})).await.unwrap();
        planted.extend(emulator.issued_tokens());
        let trail = audit::open(stage.folder());
        let rows = history::rows(records(&trail).unwrap().into_iter().map(Result::unwrap), &Filter::default());
        assert!(rows.len() > 15, "{}", rows.len());
        let verification = verify(&trail, None).unwrap();
        let subject = ReportSubject {
            folder: "audit".to_owned(),
            made: "now".to_owned(),
            verification: &verification,
            filter: String::new(),
        };
        let kept = everything_in(stage.folder()).unwrap() + &report::html(&subject, &rows);
        assert!(kept.contains("PLANTED"), "the search should have input");
        assert!(!kept.contains("eyJ"), "a token");
        assert_eq!(found(&kept, &planted), None, "in the state folder");
    }
    let log = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(log.contains("logging in") && log.contains("TRACE"), "logging should be on");
    assert!(planted.iter().filter(|secret| secret.starts_with("eyJ")).count() > 5, "the search should cover tokens");
    for secret in planted {
        for form in forms(&secret) {
            assert!(!log.contains(&form), "{:?}", log.lines().find(|line| line.contains(&form)));
        }
    }
    assert!(!log.to_lowercase().contains("bearer ") && !log.contains("eyJ"), "no token");
}
