//! Measures the cost of a call and the sandbox's part of it. It compares `get-secret` through the
//! skill with the same request of a plain HTTP client on a kept-alive connection, in the same run
//! against the same emulator. It prints times and ratios, and asserts nothing.
//!
//! ```text
//! cargo bench -p infisical-skill-contract
//! ```

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench ends where it fails")]

use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use infisical_emulator::{ApiVersion, Emulator, SecretSeed, Seed};
use infisical_skill::{Budgets, Credential, Origin, Place, SecretFilter, Skill};
use infisical_skill_contract::stage::{Stage, generated, update};
use std::time::{Duration, Instant};

const ROUNDS: usize = 2_000;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let emulator = Emulator::builder().seed(Seed::demo()).start_now().unwrap();
    runtime.block_on(measure(&emulator));
}

async fn measure(emulator: &Emulator) {
    let reader = emulator.reader();
    let credential = Credential::UniversalAuth {
        client_id: reader.client_id.clone(),
        client_secret: reader.client_secret.clone().into(),
    };
    let state = tempfile::tempdir().unwrap();
    let started = Instant::now();
    let skill = Skill::builder(Origin::parse(&emulator.origin(), false).unwrap(), credential)
        .defaults(Place { project: Some(emulator.project_id()), environment: Some("dev".to_owned()), path: None })
        .state_dir(state.path().to_owned())
        .build()
        .unwrap();
    let set_up = started.elapsed();
    let get = || skill.get_secret(Place::default(), "DATABASE_URL", None);
    get().await.unwrap();
    let first = started.elapsed();

    let client: Client<_, Empty<hyper::body::Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let exchange = emulator.log().pop().unwrap();
    let token = login(emulator).await;
    let plain = || {
        let request = hyper::Request::get(format!("{}{}", emulator.origin(), exchange.path_and_query))
            .header("authorization", format!("Bearer {token}"))
            .body(Empty::new())
            .unwrap();
        let answer = client.request(request);
        async { answer.await.unwrap().into_body().collect().await.unwrap().to_bytes() }
    };
    let refused = || skill.get_secret(Place::default(), "", None);

    // The clients take turns, so that other load on the machine affects all of them.
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        let began = Instant::now();
        std::hint::black_box(plain().await);
        times[0].push(began.elapsed());
        let began = Instant::now();
        std::hint::black_box(get().await.unwrap());
        times[1].push(began.elapsed());
        let began = Instant::now();
        std::hint::black_box(refused().await.unwrap_err());
        times[2].push(began.elapsed());
    }
    let [plain, through, refused] = times.map(median);
    println!("set-up, component loaded           {set_up:>10.1?}");
    println!("set-up to the first answer         {first:>10.1?}   (login, probe, request)");
    println!("the request by a plain client      {plain:>10.1?}   1.00");
    println!("get-secret through the skill       {through:>10.1?}   {:.2}", ratio(through, plain));
    println!("a refusal: sandbox and guard alone {refused:>10.1?}   {:.2}", ratio(refused, plain));
    scale(emulator, &skill).await;
    changes(plain).await;
}

/// The two calls of a change, with everything that the guard stores on disk. `plain` is the time of
/// the request of a plain client.
async fn changes(plain: Duration) {
    const CHANGES: usize = 200;
    let mut budgets = Budgets::default();
    budgets.writes_per_hour = u32::MAX;
    let stage = Stage::with(ApiVersion::V4, |builder| builder.budgets(budgets)).await.unwrap();
    stage.switch_on().unwrap();
    let (mut previews, mut applies) = (Vec::new(), Vec::new());
    for _ in 0..CHANGES {
        let began = Instant::now();
        let preview = stage.skill.preview(vec![update("/app", "STRIPE_API_KEY", generated(32))]).await.unwrap();
        previews.push(began.elapsed());
        let began = Instant::now();
        stage.skill.apply(&preview.plan, None).await.unwrap();
        applies.push(began.elapsed());
    }
    let (preview, apply) = (median(previews), median(applies));
    println!(
        "preview of an update               {preview:>10.1?}   {:.2}   (one request; the plan on disk)",
        ratio(preview, plain)
    );
    println!(
        "apply                              {apply:>10.1?}   {:.2}   (three requests, one on a new connection; disk)",
        ratio(apply, plain)
    );
}

/// Ten times the secrets should cost ten times the time.
async fn scale(emulator: &Emulator, skill: &Skill) {
    let mut medians = Vec::new();
    for (count, path) in [(1_000, "/thousand"), (10_000, "/ten-thousand")] {
        let secret = |i: usize| SecretSeed::new(&format!("SECRET_NUMBER_{i:05}"), "value");
        emulator.put_secrets("prod", path, &(0..count).map(secret).collect::<Vec<_>>());
        let at = || Place { project: None, environment: Some("prod".to_owned()), path: Some(path.to_owned()) };
        let mut times = Vec::new();
        for _ in 0..20 {
            let began = Instant::now();
            assert_eq!(skill.list_secrets(at(), SecretFilter::default()).await.unwrap().secrets.len(), count);
            times.push(began.elapsed());
        }
        medians.push(median(times));
    }
    println!("a listing of 1,000 secrets         {:>10.1?}   1.00", medians[0]);
    println!("a listing of 10,000 secrets        {:>10.1?}   {:.2}", medians[1], ratio(medians[1], medians[0]));
}

async fn login(emulator: &Emulator) -> String {
    let reader = emulator.reader();
    let client: Client<_, http_body_util::Full<hyper::body::Bytes>> =
        Client::builder(TokioExecutor::new()).build_http();
    let body = serde_json::json!({ "clientId": reader.client_id, "clientSecret": reader.client_secret }).to_string();
    let request = hyper::Request::post(format!("{}/api/v1/auth/universal-auth/login", emulator.origin()))
        .header("content-type", "application/json")
        .body(body.into())
        .unwrap();
    let answer = client.request(request).await.unwrap().into_body().collect().await.unwrap().to_bytes();
    let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
    answer["accessToken"].as_str().unwrap().to_owned()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}
