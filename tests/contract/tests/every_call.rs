//! Tests what holds for every kind of call, with and without TLS and in both API versions: which
//! servers they contact, what requests contain, and what of an answer is shown.

use infisical_emulator::{ApiVersion, SecretSeed};
use infisical_skill::{
    Change, EnvironmentCreation, Error, FolderRename, Invitation, PlanAfter, PlanOutcome, ProjectCreation,
    SecretUpdate, tools,
};
use infisical_skill_contract::between::{Which, is_change};
use infisical_skill_contract::emulated::{API_VERSIONS, at};
use infisical_skill_contract::stage::{create, literal, target, update};
use infisical_skill_contract::{Between, CANARY, Plain, Recorded, Reply, Scripted, Wire, secret_of_any_project, seen};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Every tool that reads.
fn reads() -> [(&'static str, Value); 7] {
    [
        ("list-projects", json!({})),
        ("list-folders", json!({})),
        ("list-folders", json!({ "recursive": true })),
        ("list-secrets", json!({ "path": "/app" })),
        ("get-secret", json!({ "name": "STRIPE_API_KEY", "path": "/app" })),
        ("reveal-secret", json!({ "name": "STRIPE_API_KEY", "path": "/app" })),
        ("list-audit-logs", json!({})),
    ]
}

/// A change of every kind.
fn changes() -> Vec<Change> {
    let (name, slug) = ("Another".to_owned(), "another-one".to_owned());
    vec![
        create("/app", "NEW", literal("v")),
        update("/app", "STRIPE_API_KEY", literal("v")),
        Change::UpdateSecret(SecretUpdate {
            at: at("/app"),
            name: "STRIPE_API_KEY".to_owned(),
            new_name: Some("RENAMED".to_owned()),
            value: Some(literal("v")),
            ..SecretUpdate::default()
        }),
        Change::DeleteSecret(target("/app", "SERVICE_URL")),
        // Sent as the request that can name several secrets.
        Change::DeleteSecret(target("/app", ODD)),
        Change::CreateFolder(target("/app", "fresh")),
        Change::RenameFolder(FolderRename { at: at("/"), name: "empty".to_owned(), new_name: "renamed".to_owned() }),
        Change::DeleteFolder(target("/", "billing")),
        Change::CreateProject(ProjectCreation { name: name.clone(), slug: slug.clone() }),
        Change::CreateEnvironment(EnvironmentCreation { project: None, name, slug }),
        Change::InviteMembers(Invitation {
            project: None,
            emails: vec!["dana@example.com".to_owned()],
            roles: Vec::new(),
        }),
    ]
}

/// A name that isn't safe in a URL.
const ODD: &str = "odd/name";

async fn honest(wire: &Wire, api_version: ApiVersion) -> Between {
    let between = Between::over(wire, api_version, |_| false, false, || Reply::Silence).await.unwrap();
    between.emulator.put_secret("dev", "/app", &SecretSeed::new(ODD, "x"));
    between
}

fn is_login(request: &Recorded) -> bool {
    request.target.starts_with("/api/v1/auth/")
}

fn is_probe(request: &Recorded) -> bool {
    request.target == "/api/v4/secrets"
}

fn is_read(request: &Recorded) -> bool {
    request.method == "GET" && !is_probe(request)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn never_follows_redirects_of_logins_probes_or_reads() {
    const STATUSES: [u16; 5] = [301, 302, 303, 307, 308];
    let elsewhere = Scripted::start(false, Plain, |_| None).await.unwrap();
    let evil = format!("/evil?{CANARY}");
    for (wire, api_version) in Wire::everywhere().unwrap() {
        for (which, what) in [(is_login as Which, "login"), (is_probe, "probe"), (is_read, "read")] {
            for location in [elsewhere.origin(), evil.clone()] {
                let turns = AtomicUsize::new(0);
                let answered = location.clone();
                let redirect = move || {
                    let status = STATUSES[turns.fetch_add(1, Ordering::SeqCst) % STATUSES.len()];
                    let head =
                        format!("HTTP/1.1 {status} Elsewhere\r\nlocation: {answered}\r\ncontent-length: 0\r\n\r\n");
                    Reply::Bytes(head.into_bytes())
                };
                let between = Between::over(&wire, api_version, which, false, redirect).await.unwrap();
                between.honest(0);
                let redirected = || between.server.requests().into_iter().filter(&which).count();
                for (tool, arguments) in reads() {
                    for _ in STATUSES {
                        let before = redirected();
                        let error = tools::call(&between.skill, tool, arguments.clone()).await.unwrap_err();
                        let case = format!("{wire:?} {api_version:?} {what} {location} {tool}: {error:?}");
                        assert_eq!(error.kind(), "unexpected-answer", "{case}");
                        assert_eq!(redirected(), before + 1, "{case}: nothing is tried again");
                        assert!(!seen(&error).contains(CANARY), "{case}");
                    }
                }
                assert!(between.server.requests_to("/evil").is_empty(), "{wire:?} {api_version:?} {what}");
                between.is_well().await.unwrap();
            }
        }
    }
    assert!(elsewhere.requests().is_empty() && elsewhere.open_connections() == 0);
}

fn header_names(request: &Recorded) -> Vec<&str> {
    let mut names: Vec<_> = request.headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sends_each_required_header_once_and_no_other() {
    const WITH_BODY: [&str; 7] =
        ["accept", "accept-encoding", "authorization", "content-length", "content-type", "host", "user-agent"];
    for (wire, api_version) in Wire::everywhere().unwrap() {
        let (mut methods, mut readers, mut writers) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for change in changes() {
            let between = honest(&wire, api_version).await;
            let case = format!("{wire:?} {api_version:?} {change:?}");
            if matches!(change, Change::CreateSecret(_)) {
                for (tool, arguments) in reads() {
                    tools::call(&between.skill, tool, arguments).await.unwrap();
                }
            }
            let (plan, acknowledge) = between.previewed(change).await.unwrap();
            // Whether the server permits the change doesn't matter here.
            let _ = between.skill.apply(&plan, acknowledge.as_deref()).await;
            assert_eq!(between.changes_sent(), 1, "{case}");
            let host = wire.origin(&between.server).split_once("://").unwrap().1.to_owned();
            for request in between.server.requests() {
                let case = format!("{case}: {} {}", request.method, request.target);
                assert_eq!(request.header("host"), [host.as_str()], "{case}");
                assert_eq!(request.header("accept"), ["application/json"], "{case}");
                assert_eq!(request.header("accept-encoding"), ["identity"], "{case}");
                assert!(request.header("user-agent")[0].starts_with("infisical-skill/"), "{case}");
                let authorization: Vec<_> = request.header("authorization").into_iter().map(str::to_owned).collect();
                assert!(authorization.iter().all(|it| it.starts_with("Bearer ")), "{case}");
                if is_login(&request) {
                    let without = WITH_BODY.into_iter().filter(|name| *name != "authorization");
                    assert_eq!(header_names(&request), without.collect::<Vec<_>>(), "{case}");
                } else if is_change(&request) {
                    assert_eq!(header_names(&request), WITH_BODY, "{case}");
                    assert_eq!(request.header("content-type"), ["application/json"], "{case}");
                    assert_eq!(request.header("content-length"), [request.body.len().to_string()], "{case}");
                    methods.insert(request.method.clone());
                    writers.extend(authorization);
                } else {
                    let names = ["accept", "accept-encoding", "authorization", "host", "user-agent"];
                    assert_eq!((header_names(&request), request.body.len()), (names.to_vec(), 0), "{case}");
                    readers.extend(authorization);
                }
            }
        }
        assert_eq!(methods, ["DELETE", "PATCH", "POST"].map(str::to_owned).into(), "{wire:?} {api_version:?}");
        assert!(readers.is_disjoint(&writers), "{wire:?} {api_version:?}: each identity's token is its own");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn change_answer_with_values_is_read_without_showing_them() {
    for (wire, api_version) in Wire::everywhere().unwrap() {
        for (change, name, version) in [
            (create("/app", "NEW", literal("v")), "NEW", 1),
            (update("/app", "STRIPE_API_KEY", literal("v")), "STRIPE_API_KEY", 2),
            (Change::DeleteSecret(target("/app", "STRIPE_API_KEY")), "STRIPE_API_KEY", 1),
            (Change::DeleteSecret(target("/app", ODD)), ODD, 1),
        ] {
            let case = format!("{wire:?} {api_version:?} {change:?}");
            let mut secret = secret_of_any_project(name, version);
            secret["secretPath"] = json!("/app");
            secret["secretMetadata"] = json!([{ "key": "k", "value": format!("{CANARY}-metadata") }]);
            let reveal = json!({ "secretValueHidden": false, "value": CANARY, "plaintext": { "x": CANARY } });
            secret.as_object_mut().unwrap().extend(reveal.as_object().unwrap().clone());
            let imports = json!([{ "secretPath": "/", "environment": "dev", "secrets": [secret] }]);
            let body = match name {
                ODD => json!({ "secrets": [secret], "imports": imports, "extra": CANARY }),
                _ => json!({ "secret": secret, "imports": imports, "extra": CANARY }),
            };
            let answer = move || Reply::json(200, &body);
            let between = Between::over(&wire, api_version, is_change, true, answer).await.unwrap();
            between.emulator.put_secret("dev", "/app", &SecretSeed::new(ODD, "x"));
            let (plan, acknowledge) = between.previewed(change).await.unwrap();
            between.honest(0);
            let applied =
                tools::call(&between.skill, "apply-change", json!({ "plan": plan, "acknowledge": acknowledge })).await;
            let applied = applied.unwrap_or_else(|error| panic!("{case}: {error:?}"));
            assert_eq!(applied["outcome"], "applied", "{case}: {applied}");
            assert!(!between.shows(&applied.to_string()).unwrap(), "{case}: {applied}");
            assert_eq!(between.changes_sent(), 1, "{case}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_change_waiting_for_approval_counts_as_applied() {
    use infisical_emulator::{Emulator, Seed};
    use infisical_skill::StepOutcome;
    use infisical_skill_contract::stage::Stage;
    for api_version in API_VERSIONS {
        let emulator = Emulator::builder()
            .api_version(api_version)
            .seed(Seed::demo())
            .approval_policy_for_everybody("dev", "/app")
            .start_now()
            .unwrap();
        emulator.put_secret("dev", "/app", &SecretSeed::new(ODD, "x"));
        let stage = Stage::on(emulator, |builder| builder).unwrap();
        stage.switch_on().unwrap();
        let before = stage.emulator.secret("dev", "/app", "STRIPE_API_KEY").unwrap();
        for change in [
            create("/app", "HELD", literal("x")),
            update("/app", "STRIPE_API_KEY", literal("x")),
            Change::DeleteSecret(target("/app", "STRIPE_API_KEY")),
            Change::DeleteSecret(target("/app", ODD)),
        ] {
            let case = format!("{api_version:?} {change:?}");
            let (_, receipt) = stage.change(change).await.unwrap();
            assert_eq!(receipt.outcome, PlanOutcome::WaitingForApproval, "{case}: {receipt:?}");
            let StepOutcome::WaitingForApproval(id) = &receipt.steps[0].outcome else { panic!("{case}: {receipt:?}") };
            assert!(!id.is_empty() && receipt.steps[0].version_after.is_none(), "{case}: {receipt:?}");
            let shown = format!("{receipt:?}{}", json!(receipt));
            assert!(!shown.contains("Applied") && !shown.contains("\"applied\""), "{case}: {shown}");
        }
        let after = stage.emulator.secret("dev", "/app", "STRIPE_API_KEY").unwrap();
        assert_eq!((after.value, after.version), (before.value, before.version), "{api_version:?}");
        assert!(stage.emulator.secret("dev", "/app", "HELD").is_none());
        assert!(stage.emulator.secret("dev", "/app", ODD).is_some());
    }
}

/// `Retry-After` headers of a server, and what the host passes on.
const RETRY_AFTER: [(&str, Option<u32>); 9] = [
    ("59", Some(59)),
    ("0", Some(0)),
    ("", None),
    ("999999", None),
    ("99999999999999999999999", None),
    ("-1", None),
    ("1.5", None),
    ("5e1", None),
    ("Wed, 21 Oct 2026 07:28:00 GMT", None),
];

fn too_many(retry_after: &str) -> Reply {
    let body =
        json!({ "reqId": "req-1", "statusCode": 429, "error": "RateLimitExceeded", "message": CANARY }).to_string();
    let head = "HTTP/1.1 429 Slow down\r\ncontent-type: application/json\r\n";
    let length = body.len();
    Reply::Bytes(format!("{head}retry-after: {retry_after}\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rate_limit_is_not_retried_and_passes_on_retry_after() {
    for api_version in API_VERSIONS {
        for (retry_after, seconds) in RETRY_AFTER {
            let answer = move || too_many(retry_after);
            let between = Between::over(&Wire::Plain, api_version, is_read, false, answer).await.unwrap();
            between.honest(0);
            for (tool, arguments) in reads() {
                let before = between.server.requests().into_iter().filter(is_read).count();
                let error = tools::call(&between.skill, tool, arguments).await.unwrap_err();
                let case = format!("{api_version:?} {tool} {retry_after:?}: {error:?}");
                assert_eq!(error, Error::RateLimited { retry_after: seconds }, "{case}");
                let asked = between.server.requests().into_iter().filter(is_read).count();
                assert_eq!(asked, before + 1, "{case}");
            }
            assert_eq!(between.server.requests_to("/api/v1/auth/").len(), 1, "{api_version:?} {retry_after:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rate_limited_change_is_sent_once_and_known_not_applied() {
    for api_version in API_VERSIONS {
        for (retry_after, seconds) in RETRY_AFTER {
            for change in changes() {
                let case = format!("{api_version:?} {retry_after:?} {change:?}");
                let answer = move || too_many(retry_after);
                let between = Between::over(&Wire::Plain, api_version, is_change, false, answer).await.unwrap();
                between.emulator.put_secret("dev", "/app", &SecretSeed::new(ODD, "x"));
                let (plan, acknowledge) = between.previewed(change).await.unwrap();
                between.honest(0);
                let error = between.skill.apply(&plan, acknowledge.as_deref()).await.unwrap_err();
                // The plan is used up. The error says so, and doesn't suggest a retry.
                let Error::Applying { cause, plan: PlanAfter::UsedUp } = &error else { panic!("{case}: {error:?}") };
                assert_eq!(**cause, Error::RateLimited { retry_after: seconds }, "{case}");
                assert!(error.remedy().contains("used up"), "{case}: {error}");
                assert_eq!(between.changes_sent(), 1, "{case}");
                let again = between.skill.apply(&plan, acknowledge.as_deref()).await.unwrap_err();
                assert!(again.reason().contains("used up, and changed nothing"), "{case}: {again}");
                assert_eq!(between.changes_sent(), 1, "{case}");
                let logins = between.server.requests_to("/api/v1/auth/").len();
                assert_eq!(logins, 2, "{case}: one of each identity");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hidden_value_is_never_revealed_and_an_empty_one_is() {
    fn is_one(request: &Recorded) -> bool {
        is_read(request) && request.target.contains("STRIPE_API_KEY")
    }
    let hidden = "<hidden-by-infisical>";
    for (wire, api_version) in Wire::everywhere().unwrap() {
        for (value, is_hidden, expected) in [
            (Some(json!("")), None, Ok("")),
            (Some(json!("a\u{0}\n")), Some(json!(false)), Ok("a\u{0}\n")),
            (Some(json!(hidden)), Some(json!(true)), Err("denied")),
            (Some(json!(hidden)), None, Err("denied")),
            (Some(json!("")), Some(json!(true)), Err("denied")),
            (None, None, Err("unexpected-answer")),
            (None, Some(json!(false)), Err("unexpected-answer")),
            (Some(Value::Null), None, Err("unexpected-answer")),
            (Some(json!(7)), None, Err("unexpected-answer")),
            (Some(json!([""])), None, Err("unexpected-answer")),
            (Some(json!({})), None, Err("unexpected-answer")),
        ] {
            let case = format!("{wire:?} {api_version:?} {value:?} {is_hidden:?}");
            let mut secret = secret_of_any_project("STRIPE_API_KEY", 1);
            secret["secretPath"] = json!("/app");
            let fields = secret.as_object_mut().unwrap();
            fields.remove("secretValue");
            fields.extend(value.map(|value| ("secretValue".to_owned(), value)));
            fields.extend(is_hidden.map(|is_hidden| ("secretValueHidden".to_owned(), is_hidden)));
            let body = json!({ "secret": secret });
            let between =
                Between::over(&wire, api_version, is_one, false, move || Reply::json(200, &body)).await.unwrap();
            between.honest(0);
            let arguments = json!({ "name": "STRIPE_API_KEY", "path": "/app" });
            let shown = tools::call(&between.skill, "reveal-secret", arguments.clone()).await;
            let shown = shown.as_ref().map(|shown| shown["value"].as_str().unwrap()).map_err(Error::kind);
            assert_eq!(shown, expected, "{case}");
            // The secret exists, whatever its value is.
            let got = tools::call(&between.skill, "get-secret", arguments).await;
            assert_eq!(got.unwrap()["value"], "<hidden>", "{case}");
        }
    }
}
