//! Tests hostile servers and networks: each fault ends in a typed error without the server's text,
//! within the deadline, and the next call works.

use infisical_skill::{Error, SecretFilter, Skill};
use infisical_skill_contract::{CANARY, Plain, Recorded, Reply, Scripted, Wire, builder, root, secret_json, seen};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Lists against a server that misbehaves once, and then again when it behaves, with the same
/// skill. Covers both API versions, with and without TLS.
async fn listing_after(bad: impl Fn() -> Reply + Send + Sync + 'static) -> Error {
    let bad = Arc::new(bad);
    let mut errors = Vec::new();
    for (wire, old) in Wire::both().unwrap().into_iter().flat_map(|wire| [(wire.clone(), false), (wire, true)]) {
        let (bad, done) = (Arc::clone(&bad), AtomicBool::new(false));
        let server = Scripted::start(old, wire.clone(), move |request| {
            request.is_list().then(|| if done.swap(true, Ordering::SeqCst) { Reply::list_of("GOOD") } else { bad() })
        })
        .await
        .unwrap();
        let skill = wire.believed(builder(&wire.origin(&server)).unwrap()).build().unwrap();
        let began = Instant::now();
        let error = list(&skill).await.unwrap_err();
        assert!(began.elapsed() < Duration::from_secs(3), "took {:?}", began.elapsed());
        assert!(!seen(&error).contains(CANARY), "{}", seen(&error));
        assert!(!error.remedy().is_empty());
        let next = list(&skill).await;
        assert_eq!(next.as_deref(), Ok(&["GOOD".to_owned()][..]), "the next call works, after {error}");
        errors.push(error);
    }
    assert!(
        errors.iter().all(|error| error.kind() == errors[0].kind()),
        "the error should be the same in both API versions and over both transports: {errors:?}"
    );
    errors.remove(0)
}

async fn list(skill: &Skill) -> Result<Vec<String>, Error> {
    let listing = skill.list_secrets(root(), SecretFilter::default()).await?;
    Ok(listing.secrets.into_iter().map(|secret| secret.name).collect())
}

fn raw(text: &str) -> Vec<u8> {
    text.replace('\n', "\r\n").into_bytes()
}

#[tokio::test]
async fn a_redirect_is_never_followed() {
    for status in [301, 302, 303, 307, 308] {
        let redirect = move || format!("HTTP/1.1 {status} Elsewhere\nlocation: /evil?{CANARY}\ncontent-length: 0\n\n");
        assert_eq!(listing_after(move || Reply::Bytes(raw(&redirect()))).await.kind(), "unexpected-answer");
    }
    for everything in ["/api/v1/auth", "/api/v4/secrets"] {
        let server = Scripted::start(false, Plain, move |request| {
            let redirect = "HTTP/1.1 307 Elsewhere\nlocation: /evil\ncontent-length: 0\n\n";
            request.target.starts_with(everything).then(|| Reply::Bytes(raw(redirect)))
        })
        .await
        .unwrap();
        let skill = builder(&server.origin()).unwrap().build().unwrap();
        assert_eq!(list(&skill).await.unwrap_err().kind(), "unexpected-answer", "{everything}");
        assert!(server.requests_to("/evil").is_empty());
    }
}

#[tokio::test]
async fn sends_nothing_to_a_redirect_target() {
    let elsewhere = Scripted::start(false, Plain, |_| None).await.unwrap();
    for status in [301, 302, 303, 307, 308] {
        for location in [elsewhere.origin(), format!("//127.0.0.1:{}/api/v4/secrets", elsewhere.port())] {
            for redirected in ["/api/v1/auth", "/api/v4/secrets", "/api/v4/secrets?"] {
                let answer = format!("HTTP/1.1 {status} Elsewhere\nlocation: {location}\ncontent-length: 0\n\n");
                let server = Scripted::start(false, Plain, move |request| {
                    request.target.starts_with(redirected).then(|| Reply::Bytes(raw(&answer)))
                })
                .await
                .unwrap();
                let skill = builder(&server.origin()).unwrap().build().unwrap();
                assert_eq!(list(&skill).await.unwrap_err().kind(), "unexpected-answer", "{status} {redirected}");
            }
        }
    }
    assert!(elsewhere.requests().is_empty() && elsewhere.open_connections() == 0);
}

#[tokio::test]
async fn incomplete_body_is_never_a_success() {
    let body = json!({ "secrets": [] }).to_string();
    let head = "HTTP/1.1 200 OK\ncontent-type: application/json\n";
    for cut in [
        format!("{head}content-length: 1000\n\n{body}"),
        format!("{head}transfer-encoding: chunked\n\n{:x}\n{body}\n", body.len()),
        format!("{head}transfer-encoding: chunked\n\nfffff\n{body}"),
    ] {
        let shown = cut.clone();
        let error = listing_after(move || Reply::BytesThenClose(raw(&cut))).await;
        assert!(matches!(error.kind(), "unreachable" | "unexpected-answer"), "{shown:?}: {error}");
    }
    let short = "HTTP/1.1 200 OK\ncontent-type: application/json\ncontent-length: 5\n\n{\"secrets\":[]}";
    assert_eq!(listing_after(|| Reply::BytesThenClose(raw(short))).await.kind(), "unexpected-answer");
}

#[tokio::test]
async fn retries_get_once_after_unfinished_head() {
    let head = "HTTP/1.1 200 OK\ncontent-type: application/json\n";
    for cut in [format!("{head}content-length: 13"), "HTTP/1.1 200".to_owned(), String::new()] {
        for (wire, old) in Wire::both().unwrap().into_iter().flat_map(|wire| [(wire.clone(), false), (wire, true)]) {
            let answer = cut.clone();
            let server = Scripted::start(old, wire.clone(), move |request| {
                request.is_list().then(|| Reply::BytesThenClose(raw(&answer)))
            })
            .await
            .unwrap();
            let skill = wire.believed(builder(&wire.origin(&server)).unwrap()).build().unwrap();
            let error = list(&skill).await.unwrap_err();
            assert!(matches!(error.kind(), "unreachable" | "unexpected-answer"), "{cut:?}: {error}");
            let asked = server.requests().iter().filter(|request| request.is_list()).count();
            assert!((1..=2).contains(&asked), "{cut:?}: asked {asked} times");
        }
    }
}

#[tokio::test]
async fn a_body_without_end_is_cut_at_the_limit() {
    let head = "HTTP/1.1 200 OK\ncontent-type: application/json\n";
    for endless in [format!("{head}\n"), format!("{head}content-length: 99999999999\n\n")] {
        let error = listing_after(move || Reply::BytesThenForever(raw(&endless), vec![b' '; 65_536])).await;
        assert_eq!(error.kind(), "too-large");
        assert!(error.remedy().contains("limits.answer_bytes"), "{error}");
    }
    let chunk = [b"10000\r\n", &[b' '; 65_536][..], b"\r\n"].concat();
    let chunked = format!("{head}transfer-encoding: chunked\n\n");
    let error = listing_after(move || Reply::BytesThenForever(raw(&chunked), chunk.clone())).await;
    assert_eq!(error.kind(), "too-large");
}

#[tokio::test]
async fn a_list_of_nine_megabytes_is_too_large_by_default() {
    let error = listing_after(|| Reply::json(200, &json!({ "secrets": [], "padding": "x".repeat(9 << 20) }))).await;
    assert_eq!(error.kind(), "too-large");
}

#[tokio::test]
async fn an_encoding_that_was_not_asked_for_is_refused() {
    for encoding in ["gzip", "br", "deflate", "identity, gzip"] {
        let answer = format!(
            "HTTP/1.1 200 OK\ncontent-type: application/json\ncontent-encoding: {encoding}\ncontent-length: 4\n\n\u{1f}zip"
        );
        assert_eq!(listing_after(move || Reply::Bytes(raw(&answer))).await.kind(), "unexpected-answer", "{encoding}");
    }
}

/// The ways in which a server is slow.
const SLOW: [&str; 5] = ["silent", "in its headers", "in its body", "in its chunks", "with interim answers"];

fn slowly(how: &str) -> Reply {
    let pause = Duration::from_millis(200);
    let head = "HTTP/1.1 200 OK\ncontent-type: application/json\n";
    let body = json!({ "secrets": [] }).to_string();
    let length = body.len();
    match how {
        "in its headers" => Reply::Drip(raw(&format!("{head}content-length: {length}\n\n{body}")), pause),
        "in its body" => Reply::BytesThenDrip(raw(&format!("{head}content-length: {length}\n\n")), raw(&body), pause),
        "in its chunks" => {
            let chunk = format!("{length:x}\n{body}\n0\n\n");
            Reply::BytesThenDrip(raw(&format!("{head}transfer-encoding: chunked\n\n")), raw(&chunk), pause)
        }
        "with interim answers" => Reply::Drip(raw(&"HTTP/1.1 103 Early Hints\n\n".repeat(40)), pause / 20),
        _ => Reply::Silence,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abandons_slow_server_at_the_deadline() {
    let mut attempts = tokio::task::JoinSet::new();
    for how in SLOW {
        for (slow_at, old, wire) in ["/api/v1/auth", "/api/v4/secrets", "list"].into_iter().flat_map(|at| {
            Wire::both().unwrap().into_iter().flat_map(move |wire| [(at, false, wire.clone()), (at, true, wire)])
        }) {
            attempts.spawn(async move {
                let what = format!("{how}, {slow_at}, old {old}, {wire:?}");
                let is_slow = move |it: &Recorded| {
                    if slow_at == "list" { it.is_list() } else { it.target.starts_with(slow_at) && !it.is_list() }
                };
                let server =
                    Scripted::start(old, wire.clone(), move |it| is_slow(it).then(|| slowly(how))).await.unwrap();
                let skill = wire.believed(builder(&wire.origin(&server)).unwrap()).build().unwrap();
                let began = Instant::now();
                assert_eq!(list(&skill).await.unwrap_err(), Error::TimedOut, "{what}");
                let took = began.elapsed();
                assert!(took > Duration::from_millis(1_900) && took < Duration::from_secs(4), "{what} took {took:?}");
                let asked: Vec<_> = server.requests().into_iter().filter(is_slow).collect();
                assert_eq!(asked.len(), 1, "{what}: nothing is tried again");
                assert!(server.is_closed(&asked[0]).await, "{what}: its connection is closed");
            });
        }
    }
    attempts.join_all().await;
}

#[tokio::test]
async fn distinguishes_infisicals_json_from_other_answers() {
    let deep = format!("{{\"secrets\":[],\"x\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let keys: String = (0..300_000).map(|i| format!("\"{CANARY}{i}\":0,")).collect();
    for body in [
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        format!("\"{CANARY}\""),
        "{\"secrets\":{}}".to_owned(),
        "{\"secrets\":[1]}".to_owned(),
        "{\"secrets\":[{}]}".to_owned(),
        "{\"secrets\":[],\"secrets\":[]}".to_owned(),
        "\u{feff}{\"secrets\":[]}".to_owned(),
        "{\"secrets\":[{\"version\":1e400}]}".to_owned(),
        "{\"secrets\":[{\"id\":\"\\ud800\"}]}".to_owned(),
        format!("{{\"secrets\":[]}}{CANARY}"),
        json!({ "secret": secret_json("A", 1) }).to_string(),
        deep,
        format!("{{{keys}\"secrets\":0}}"),
    ] {
        let shown: String = body.chars().take(60).collect();
        let error = listing_after(move || Reply::answer(200, "application/json", &body)).await;
        assert_eq!(error.kind(), "unexpected-answer", "{shown}");
    }
    for content_type in ["text/html", "application/jsonp", "text/plain; application/json", ""] {
        let error = listing_after(move || Reply::answer(200, content_type, "{\"secrets\":[]}")).await;
        assert_eq!(error.kind(), "unexpected-answer", "{content_type}");
        assert!(error.remedy().contains("URL"), "{error}");
    }
}

#[tokio::test]
async fn reports_failures_without_the_servers_text() {
    let failure = |status: u16, error: &str, message: &str| {
        let body = json!({ "reqId": "req-1", "statusCode": status, "error": error, "message": format!("{message}{CANARY}"), "details": [CANARY] });
        move || Reply::json(status, &body)
    };
    for (reply, kind) in [
        (failure(400, "BadRequest", ""), "invalid"),
        (failure(403, "PermissionDenied", ""), "denied"),
        (failure(403, "Identity is not a member of the specified project with ID 'x'", ""), "denied"),
        (failure(404, "SecretPathNotFound", "Folder with path"), "not-found"),
        (failure(404, "NotFound", "Project with ID "), "not-found"),
        (failure(404, "NotFound", "Environment with slug "), "not-found"),
        (failure(422, "ValidationFailure", ""), "invalid"),
        (failure(401, "ValidationFailure", ""), "invalid"),
        (failure(429, "RateLimitExceeded", ""), "rate-limited"),
        (failure(500, "InternalServerError", ""), "server-failed"),
        (failure(500, "Failed to find project by id", ""), "not-found"),
    ] {
        let error = listing_after(reply).await;
        assert_eq!(error.kind(), kind, "{error}");
    }
    for status in [500, 502, 503] {
        let error = listing_after(move || Reply::answer(status, "text/html", &format!("<h1>{CANARY}</h1>"))).await;
        assert_eq!(error, Error::ServerFailed(status.into()));
    }
}

#[tokio::test]
async fn a_retry_after_is_passed_on_if_it_is_plain_seconds() {
    for (value, seconds) in
        [("59", Some(59)), ("0", Some(0)), ("999999", None), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("-1", None)]
    {
        let answer = format!(
            "HTTP/1.1 429 Slow down\nretry-after: {value}\ncontent-type: application/json\ncontent-length: 2\n\n{{}}"
        );
        let error = listing_after(move || Reply::Bytes(raw(&answer))).await;
        assert_eq!(error, Error::RateLimited { retry_after: seconds }, "{value}");
    }
}

#[tokio::test]
async fn non_http_answer_is_a_typed_error() {
    let many_headers: String = (0..200).map(|i| format!("x-{i}: {CANARY}\n")).collect();
    for answer in [
        "SSH-2.0-OpenSSH_9.6\n\n\n".to_owned(),
        "HTTP/9.9 200 OK\n\n".to_owned(),
        "HTTP/1.1 999999 OK\n\n".to_owned(),
        format!("HTTP/1.1 200 OK\n{many_headers}content-length: 14\n\n{{\"secrets\":[]}}"),
        format!("HTTP/1.1 200 OK\nx: {}\ncontent-length: 14\n\n{{\"secrets\":[]}}", "x".repeat(1 << 20)),
        "HTTP/1.1 200 OK\ncontent-length: 2\ncontent-length: 14\ncontent-type: application/json\n\n{\"secrets\":[]}"
            .to_owned(),
        "HTTP/1.1 200 OK\ntransfer-encoding: chunked\ncontent-type: application/json\n\nzz\n{}\n0\n\n".to_owned(),
        "HTTP/1.1 101 Switching Protocols\nupgrade: x\nconnection: upgrade\n\n".to_owned(),
        "HTTP/1.1 204 No Content\n\n".to_owned(),
        "HTTP/1.1 206 Partial Content\ncontent-type: application/json\ncontent-length: 14\n\n{\"secrets\":[]}"
            .to_owned(),
    ] {
        let shown: String = answer.chars().take(60).collect();
        let error = listing_after(move || Reply::BytesThenClose(raw(&answer))).await;
        assert!(matches!(error.kind(), "unreachable" | "unexpected-answer"), "{shown}: {error}");
    }
}

#[tokio::test]
async fn unsolicited_answer_is_not_used_for_the_next_request() {
    let evil = json!({ "secrets": [secret_json("EVIL", 9)] }).to_string();
    let server = Scripted::start(false, Plain, move |request| {
        request.is_list().then(|| {
            let one = |body: &str| {
                format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                )
            };
            let good = json!({ "secrets": [secret_json("GOOD", 1)] }).to_string();
            Reply::Bytes(format!("{}{}", one(&good), one(&evil)).into_bytes())
        })
    })
    .await
    .unwrap();
    let skill = builder(&server.origin()).unwrap().build().unwrap();
    for _ in 0..3 {
        assert_eq!(list(&skill).await.as_deref(), Ok(&["GOOD".to_owned()][..]));
    }
}

#[tokio::test]
async fn unreachable_server_error_says_what_to_check() {
    let server = Scripted::start(false, Plain, |_| None).await.unwrap();
    let origin = server.origin();
    drop(server);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let error = list(&builder(&origin).unwrap().build().unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), "unreachable");
    assert!(error.remedy().contains(&origin), "{error}");
}

#[tokio::test]
async fn drops_values_that_the_server_sends_anyway() {
    for old in [false, true] {
        let server = Scripted::start(old, Plain, |request| {
            let secret = secret_json("A", 2);
            if request.is_list() {
                let imports = json!([{ "secretPath": "/", "environment": "staging", "secrets": [secret] }]);
                return Some(Reply::json(200, &json!({ "secrets": [secret], "imports": imports, "extra": CANARY })));
            }
            request.target.contains("secrets/").then(|| Reply::json(200, &json!({ "secret": secret })))
        })
        .await
        .unwrap();
        let skill = builder(&server.origin()).unwrap().build().unwrap();
        let listing = skill.list_secrets(root(), SecretFilter::default()).await.unwrap();
        let secret = skill.get_secret(root(), "A", None).await.unwrap();
        assert_eq!(listing.secrets, std::slice::from_ref(&secret));
        assert!(secret.comment.is_some() && secret.metadata.is_none());
        let shown = format!("{listing:?}{secret:?}{}", serde_json::to_string(&listing).unwrap());
        assert!(!shown.contains(CANARY), "{shown}");
    }
}

#[tokio::test]
async fn request_has_one_authorization_and_no_extra_header() {
    let server =
        Scripted::start(false, Plain, |request| request.is_list().then(|| Reply::list_of("GOOD"))).await.unwrap();
    let skill = builder(&server.origin()).unwrap().build().unwrap();
    list(&skill).await.unwrap();
    let requests = server.requests();
    assert_eq!(requests.len(), 3, "login, probe, list: {requests:?}");
    let list = requests.last().unwrap();
    let mut headers: Vec<_> = list.headers.iter().map(|(name, _)| name.as_str()).collect();
    headers.sort_unstable();
    assert_eq!(headers, ["accept", "accept-encoding", "authorization", "host", "user-agent"]);
    assert_eq!(list.header("authorization"), [format!("Bearer {CANARY}-token")]);
    assert_eq!(list.header("accept-encoding"), ["identity"]);
    assert_eq!(list.header("host"), [server.origin().trim_start_matches("http://")]);
    assert!(list.body.is_empty());
}

/// The server gets the access token with every request, and the client secret at the login.
#[tokio::test]
async fn never_passes_on_a_credential_that_the_server_echoes() {
    let token = format!("{CANARY}-token");
    let escaped = format!("\\u{:04x}{}", u32::from(token.as_bytes()[0]), &token[1..]);
    let named = |text: &str| {
        let mut secret = secret_json("PLACEHOLDER", 1).to_string().replace("PLACEHOLDER", text);
        secret.insert_str(0, r#"{"secrets":["#);
        secret.push_str("]}");
        secret
    };
    let with = |field: &str, value: serde_json::Value| {
        let mut secret = secret_json("A", 1);
        secret[field] = value;
        json!({ "secrets": [secret] }).to_string()
    };
    for body in [
        named(&token),
        named(&format!("A-{token}-B")),
        named(&escaped),
        named(&format!("{CANARY}-client-secret")),
        with("tags", json!([{ "id": "t", "slug": token }])),
        with("actor", json!({ "actorType": "identity", "name": token })),
        // An answer is also rejected if nobody would see the credential in it.
        with("secretComment", json!(token)),
        json!({ "secrets": [], "extra": token }).to_string(),
    ] {
        let answer = body.clone();
        let error = listing_after(move || Reply::answer(200, "application/json", &answer)).await;
        assert_eq!(error.kind(), "unexpected-answer", "{body}");
        assert!(error.reason().contains("credential"), "{error} {body}");
    }
    let refusal = json!({ "reqId": token, "statusCode": 403, "message": token, "error": token }).to_string();
    let error = listing_after(move || Reply::answer(403, "application/json", &refusal)).await;
    assert!(!format!("{error:?}").contains(&token));
}
