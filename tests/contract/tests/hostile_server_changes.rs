//! Tests hostile servers and networks during changes, with and without TLS. Before the change is
//! sent, a fault is an error and nothing leaves. Afterwards, no meaningless answer counts as an
//! outcome, nothing is sent again, and no other server is contacted.

use infisical_emulator::{Emulator, SecretSeed};
use infisical_skill::{
    Change, EnvironmentCreation, Error, FolderRename, PlanOutcome, ProjectCreation, Receipt, SecretUpdate, StepOutcome,
};
use infisical_skill_contract::between::{DEADLINE, is_change, is_look};
use infisical_skill_contract::emulated::{API_VERSIONS, at};
use infisical_skill_contract::stage::{create, literal, target, update};
use infisical_skill_contract::{Between, Break, CANARY, Plain, Reply, Scripted, Wire, seen};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The value that the changes write.
const WRITTEN: &str = "canary-5f0c9e-written";

fn raw(text: &str) -> Vec<u8> {
    text.replace('\n', "\r\n").into_bytes()
}

/// Meaningless answers, each with its name. None of them takes time.
fn nonsense(elsewhere: &str) -> Vec<(String, Box<dyn Fn() -> Reply + Send + Sync>)> {
    let mut all: Vec<(String, Box<dyn Fn() -> Reply + Send + Sync>)> = Vec::new();
    let json_head = "HTTP/1.1 200 OK\ncontent-type: application/json\n";
    for status in [301, 302, 303, 307, 308] {
        for location in [elsewhere.to_owned(), format!("/evil?{CANARY}")] {
            let answer = format!("HTTP/1.1 {status} Elsewhere\nlocation: {location}\ncontent-length: 0\n\n");
            all.push((format!("{status} {location}"), Box::new(move || Reply::Bytes(raw(&answer)))));
        }
    }
    for cut in [
        String::new(),
        "HTTP/1.1 200".to_owned(),
        format!("{json_head}content-length: 1000\n\n{{\"secret\":{{"),
        format!("{json_head}transfer-encoding: chunked\n\nfffff\n{{}}"),
        format!("{json_head}content-length: 2\ncontent-length: 3\n\n{{}}"),
        format!("{json_head}transfer-encoding: chunked\n\nzz\n{{}}\n0\n\n"),
        format!("{json_head}content-encoding: gzip\ncontent-length: 4\n\n\u{1f}zip"),
        "SSH-2.0-OpenSSH_9.6\n\n\n".to_owned(),
        "HTTP/9.9 200 OK\n\n".to_owned(),
        "HTTP/1.1 101 Switching Protocols\nupgrade: x\nconnection: upgrade\n\n".to_owned(),
        "HTTP/1.1 206 Partial Content\ncontent-type: application/json\ncontent-length: 2\n\n{}".to_owned(),
        format!("HTTP/1.1 200 OK\nx: {}\ncontent-length: 2\n\n{{}}", "x".repeat(1 << 20)),
    ] {
        all.push((cut.chars().take(60).collect(), Box::new(move || Reply::BytesThenClose(raw(&cut)))));
    }
    for status in [500, 502, 503] {
        let page = format!("<h1>{CANARY}</h1>");
        all.push((format!("{status} page"), Box::new(move || Reply::answer(status, "text/html", &page))));
    }
    let deep = format!("{{\"x\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    for body in ["", "null", "[]", "{}", "\u{feff}{}", "{\"secret\":1}", "{\"secret\":{},\"secret\":{}}", deep.as_str()]
    {
        let body = body.to_owned();
        let shown = body.chars().take(30).collect();
        all.push((shown, Box::new(move || Reply::answer(200, "application/json", &body))));
    }
    for media_type in ["text/html", "application/jsonp", ""] {
        all.push((media_type.to_owned(), Box::new(move || Reply::answer(200, media_type, "{}"))));
    }
    let endless = raw(&format!("{json_head}\n"));
    all.push(("endless".to_owned(), Box::new(move || Reply::BytesThenForever(endless.clone(), vec![b' '; 65_536]))));
    all
}

/// The changes to try in each case.
fn changes() -> [Change; 4] {
    [
        create("/app", "NEW", literal(WRITTEN)),
        update("/app", "STRIPE_API_KEY", literal(WRITTEN)),
        Change::DeleteSecret(target("/app", "STRIPE_API_KEY")),
        Change::CreateFolder(target("/app", "fresh")),
    ]
}

/// The changes to try over this transport. Over TLS it is one, a different one in each case,
/// because the code above TLS is the same.
fn changes_over(wire: &Wire, case: usize) -> Vec<Change> {
    let all = changes();
    match wire {
        Wire::Plain => all.into(),
        Wire::Tls(..) => all.into_iter().cycle().skip(case % 4).take(1).collect(),
    }
}

fn is_made(emulator: &Emulator, change: &Change) -> bool {
    let value = |name| emulator.secret("dev", "/app", name).map(|secret| secret.value);
    match change {
        Change::CreateSecret(_) => value("NEW").as_deref() == Some(WRITTEN),
        Change::UpdateSecret(_) => value("STRIPE_API_KEY").as_deref() == Some(WRITTEN),
        Change::DeleteSecret(_) => value("STRIPE_API_KEY").is_none(),
        _ => true,
    }
}

fn note(receipt: &Receipt) -> &str {
    receipt.steps[0].note.as_deref().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn meaningless_answer_leaves_change_outcome_unknown() {
    let elsewhere = Scripted::start(false, Plain, |_| None).await.unwrap();
    for (wire, api_version) in Wire::everywhere().unwrap() {
        for (number, (name, bad)) in nonsense(&elsewhere.origin()).into_iter().enumerate() {
            let bad = Arc::new(bad);
            let tried = |handled| changes_over(&wire, number).into_iter().map(move |change| (handled, change));
            for (handled, change) in [true, false].into_iter().flat_map(tried) {
                let case = format!("{wire:?} {api_version:?} {name:?} handled {handled} {change:?}");
                let reply = Arc::clone(&bad);
                let between = Between::over(&wire, api_version, is_change, handled, move || reply()).await.unwrap();
                let (plan, acknowledge) = between.previewed(change.clone()).await.unwrap();
                between.honest(0);
                let receipt = between.skill.apply(&plan, acknowledge.as_deref()).await;
                let receipt = receipt.unwrap_or_else(|error| panic!("{case}: {error:?}"));
                assert_eq!(
                    (receipt.outcome, &receipt.steps[0].outcome),
                    (PlanOutcome::Unknown, &StepOutcome::Unknown),
                    "{case}"
                );
                assert_eq!(note(&receipt).contains("was made"), handled, "{case}: {}", note(&receipt));
                assert_eq!(between.changes_sent(), 1, "{case}");
                assert!(is_made(&between.emulator, &change) || !handled, "{case}");
                assert!(!between.shows(&format!("{receipt:?}")).unwrap());
                let again = between.skill.apply(&plan, acknowledge.as_deref()).await.unwrap_err();
                assert!(again.reason().contains("redeemed already"), "{case}: {again}");
                between.is_well().await.unwrap();
                assert!(between.server.requests_to("/evil").is_empty(), "{case}");
            }
        }
    }
    assert!(elsewhere.requests().is_empty() && elsewhere.open_connections() == 0);
}

/// Every kind of change except invitations, whose answer doesn't name existing members.
fn changes_of_all_kinds() -> Vec<Change> {
    let rename = FolderRename { at: at("/"), name: "empty".to_owned(), new_name: "renamed".to_owned() };
    let renamed_secret = SecretUpdate {
        at: at("/app"),
        name: "STRIPE_API_KEY".to_owned(),
        new_name: Some("RENAMED".to_owned()),
        value: Some(literal(WRITTEN)),
        ..SecretUpdate::default()
    };
    let (name, slug) = ("Another".to_owned(), "another-one".to_owned());
    let mut all = Vec::from(changes());
    all.extend([
        Change::UpdateSecret(renamed_secret),
        // Deleted by its exact name, with the request that can name several secrets.
        Change::DeleteSecret(target("/app", ODD)),
        Change::RenameFolder(rename),
        Change::DeleteFolder(target("/", "empty")),
        Change::CreateProject(ProjectCreation { name: name.clone(), slug: slug.clone() }),
        Change::CreateEnvironment(EnvironmentCreation { project: None, name, slug }),
    ]);
    all
}

/// A name that isn't safe in a URL.
const ODD: &str = "odd/name";

/// Valid answers of Infisical, about targets of none of [`changes_of_all_kinds`].
fn answers_about_something_else() -> Vec<Value> {
    let secret = |name: &str, environment: &str| {
        let mut secret = infisical_skill_contract::secret_of_any_project(name, 7);
        secret["environment"] = json!(environment);
        secret
    };
    let folder = json!({ "id": "f778d6a8-7adf-4c2f-96b2-dd78173aa5fa", "name": "other" });
    let mut all = vec![
        json!({ "folder": folder.clone() }),
        json!({ "folders": [folder] }),
        json!({ "project": { "id": "f778d6a8-7adf-4c2f-96b2-dd78173aa5fa", "name": "Another", "slug": "other" } }),
        json!({ "environment": { "id": "f778d6a8-7adf-4c2f-96b2-dd78173aa5fa", "name": "Another", "slug": "other" } }),
        json!({ "message": CANARY, "error": "BadRequest", "statusCode": 400 }),
    ];
    for secret in [
        secret("OTHER", "dev"),
        secret("NEW", "prod"),
        secret("STRIPE_API_KEY", "prod"),
        secret("RENAMED", "prod"),
        secret(ODD, "prod"),
    ] {
        all.extend([json!({ "secret": secret.clone() }), json!({ "secrets": [secret] })]);
    }
    // The intended secret, and another one.
    all.push(json!({ "secrets": [secret(ODD, "dev"), secret("STRIPE_API_KEY", "dev")] }));
    all.push(json!({ "secrets": [] }));
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answer_about_another_target_is_no_outcome() {
    for (wire, api_version) in Wire::everywhere().unwrap() {
        for (number, body) in answers_about_something_else().into_iter().enumerate() {
            let all = changes_of_all_kinds();
            let over_tls = all.len() - 3;
            let tried = match &wire {
                Wire::Plain => all,
                Wire::Tls(..) => all.into_iter().skip(number % over_tls).take(3).collect(),
            };
            for change in tried {
                let (case, body) = (format!("{wire:?} {api_version:?} {change:?} {body}"), body.clone());
                let between =
                    Between::over(&wire, api_version, is_change, false, move || Reply::json(200, &body)).await.unwrap();
                between.emulator.put_secret("dev", "/app", &SecretSeed::new(ODD, "x"));
                let (plan, acknowledge) = between.previewed(change.clone()).await.unwrap();
                between.honest(0);
                let receipt = between.skill.apply(&plan, acknowledge.as_deref()).await.unwrap();
                assert_eq!(
                    (receipt.outcome, &receipt.steps[0].outcome),
                    (PlanOutcome::Unknown, &StepOutcome::Unknown),
                    "{case}"
                );
                assert_eq!(between.changes_sent(), 1, "{case}");
                assert!(!between.shows(&format!("{receipt:?}")).unwrap());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answer_about_another_target_stops_the_plan() {
    for (wire, api_version) in Wire::everywhere().unwrap() {
        let other = json!({ "secret": infisical_skill_contract::secret_of_any_project("OTHER", 7) });
        let between =
            Between::over(&wire, api_version, is_change, false, move || Reply::json(200, &other)).await.unwrap();
        let three = ["ONE", "TWO", "THREE"].map(|name| create("/app", name, literal(WRITTEN)));
        let preview = between.skill.preview(three.into()).await.unwrap();
        between.honest(1);
        let receipt = between.skill.apply(&preview.plan, preview.acknowledge.as_deref()).await.unwrap();
        let outcomes: Vec<_> = receipt.steps.iter().map(|step| &step.outcome).collect();
        assert_eq!(
            outcomes,
            [&StepOutcome::Applied, &StepOutcome::Unknown, &StepOutcome::NotSent],
            "{wire:?} {api_version:?} {receipt:?}"
        );
        assert_eq!((receipt.outcome, between.changes_sent()), (PlanOutcome::Unknown, 2), "{wire:?} {api_version:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn meaningless_read_files_no_plan_and_changes_nothing() {
    let elsewhere = Scripted::start(false, Plain, |_| None).await.unwrap();
    for (wire, api_version) in Wire::everywhere().unwrap() {
        for (number, (name, bad)) in nonsense(&elsewhere.origin()).into_iter().enumerate() {
            let bad = Arc::new(bad);
            for change in changes_over(&wire, number) {
                let case = format!("{wire:?} {api_version:?} {name:?} {change:?}");
                let reply = Arc::clone(&bad);
                let between = Between::over(&wire, api_version, is_look, false, move || reply()).await.unwrap();
                // At the preview.
                between.honest(0);
                let error = between.skill.preview(vec![change.clone()]).await.unwrap_err();
                is_typed(&error, &case);
                assert!(!between.shows(&seen(&error)).unwrap());
                assert!(between.skill.plans().unwrap().is_empty(), "{case}");
                // Just before the change.
                between.honest(usize::MAX);
                let (plan, acknowledge) = between.previewed(change.clone()).await.unwrap();
                between.honest(0);
                let error = between.skill.apply(&plan, acknowledge.as_deref()).await.unwrap_err();
                is_typed(&error, &case);
                assert!(!between.shows(&seen(&error)).unwrap());
                assert_eq!(between.changes_sent(), 0, "{case}");
                between.is_well().await.unwrap();
                assert!(between.server.requests_to("/evil").is_empty(), "{case}");
            }
        }
    }
    assert!(elsewhere.requests().is_empty() && elsewhere.open_connections() == 0);
}

fn is_typed(error: &Error, case: &str) {
    let kinds = ["unexpected-answer", "unreachable", "too-large", "server-failed"];
    assert!(kinds.contains(&error.kind()) && !error.remedy().is_empty(), "{case}: {error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn meaningless_writer_login_sends_no_change() {
    let elsewhere = Scripted::start(false, Plain, |_| None).await.unwrap();
    for (wire, api_version) in Wire::everywhere().unwrap() {
        for (name, bad) in nonsense(&elsewhere.origin()) {
            let between =
                Between::over(&wire, api_version, |request| request.target.starts_with("/api/v1/auth/"), false, bad)
                    .await
                    .unwrap();
            let (plan, acknowledge) = between.previewed(create("/app", "NEW", literal(WRITTEN))).await.unwrap();
            between.honest(0);
            let error = between.skill.apply(&plan, acknowledge.as_deref()).await.unwrap_err();
            is_typed(&error, &name);
            assert!(!between.shows(&seen(&error)).unwrap());
            assert_eq!(between.changes_sent(), 0, "{wire:?} {api_version:?} {name}");
            between.is_well().await.unwrap();
        }
    }
    assert!(elsewhere.requests().is_empty() && elsewhere.open_connections() == 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_answer_makes_outcome_unknown_within_the_deadline() {
    let whole = raw("HTTP/1.1 200 OK\ncontent-type: application/json\ncontent-length: 2\n\n{}");
    for (wire, api_version) in Wire::everywhere().unwrap() {
        for drip in [None, Some(whole.clone())] {
            for handled in [true, false] {
                let drip = drip.clone();
                let slow = move || match drip.clone() {
                    None => Reply::Silence,
                    Some(bytes) => Reply::Drip(bytes, Duration::from_millis(200)),
                };
                let between = Between::within(DEADLINE, &wire, api_version, is_change, handled, slow).await.unwrap();
                let (plan, acknowledge) = between.previewed(create("/app", "NEW", literal(WRITTEN))).await.unwrap();
                between.honest(0);
                let began = Instant::now();
                let receipt = between.skill.apply(&plan, acknowledge.as_deref()).await.unwrap();
                assert!(began.elapsed() < DEADLINE + Duration::from_secs(1), "{:?}", began.elapsed());
                assert_eq!(receipt.outcome, PlanOutcome::Unknown, "{wire:?} {api_version:?} {handled}");
                assert_eq!(note(&receipt).contains("was made"), handled, "{}", note(&receipt));
                assert_eq!(between.changes_sent(), 1);
                between.is_well().await.unwrap();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_tls_answer_makes_outcome_unknown_and_reads_back() {
    let wire = Wire::tls().unwrap();
    let json_head = "HTTP/1.1 200 OK\ncontent-type: application/json\n";
    // The last answer is too long for one read: its head is parsed before the break arrives.
    let long = " ".repeat(200_000);
    let beginnings = [
        "",
        "HTTP/1.1 200",
        &format!("{json_head}\n"),
        &format!("{json_head}content-length: 99\n\n{{"),
        &format!("{json_head}\n{long}"),
        &format!("{json_head}content-length: 999999\n\n{long}"),
    ]
    .map(raw);
    for (api_version, beginning) in API_VERSIONS.into_iter().flat_map(|it| beginnings.clone().map(|begun| (it, begun)))
    {
        for how in [Break::Cut, Break::Record, Break::Alert] {
            for (handled, change) in [true, false].into_iter().flat_map(|handled| changes().map(|it| (handled, it))) {
                let begun = String::from_utf8_lossy(&beginning[..beginning.len().min(80)]).into_owned();
                let case = format!("{api_version:?} {begun:?} {how:?} handled {handled} {change:?}");
                let beginning = beginning.clone();
                let bad = move || Reply::BytesThenBreak(beginning.clone(), how);
                let between = Between::over(&wire, api_version, is_change, handled, bad).await.unwrap();
                let (plan, acknowledge) = between.previewed(change.clone()).await.unwrap();
                between.honest(0);
                let receipt = between.skill.apply(&plan, acknowledge.as_deref()).await;
                let receipt = receipt.unwrap_or_else(|error| panic!("{case}: {error:?}"));
                assert_eq!(
                    (receipt.outcome, &receipt.steps[0].outcome),
                    (PlanOutcome::Unknown, &StepOutcome::Unknown),
                    "{case}"
                );
                assert_eq!(note(&receipt).contains("was made"), handled, "{case}: {}", note(&receipt));
                assert_eq!(between.changes_sent(), 1, "{case}");
                assert!(is_made(&between.emulator, &change) || !handled, "{case}");
                between.is_well().await.unwrap();
            }
        }
    }
}
