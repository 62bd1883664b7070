//! Tests large, encoded and late answers, and what they leave behind in the process.

use infisical_skill::{Error, Limits};
use infisical_skill_contract::{Break, Recorded, Reply, Scripted, Wire, builder, count_secrets, secret_json};
use std::time::{Duration, Instant};

#[tokio::test]
async fn skips_or_refuses_a_million_keys_within_the_deadline() {
    let keys: String = (0..1_000_000).map(|i| format!("\"key{i}\":0,")).collect();
    let good = format!("{{{keys}\"secrets\":[{}]}}", secret_json("GOOD", 1));
    let inside = secret_json("GOOD", 1).to_string().replacen('{', &format!("{{{keys}"), 1);
    for (body, expected) in [
        (good, Ok(1)),
        (format!("{{\"secrets\":[{inside}]}}"), Ok(1)),
        (format!("{{{keys}\"secrets\":0}}"), Err("unexpected-answer")),
        (format!("{{{keys}\"secrets\":[],\"secrets\":[]}}"), Err("unexpected-answer")),
    ] {
        for old in [false, true] {
            let body = body.clone();
            let answer = move || Reply::answer(200, "application/json", &body);
            let server =
                Scripted::start(old, Wire::Plain, move |request| request.is_list().then(&answer)).await.unwrap();
            let mut limits = Limits::default();
            limits.answer = 64 << 20;
            let skill = builder(&server.origin()).unwrap().limits(limits.clone()).build().unwrap();
            let began = Instant::now();
            let listing = count_secrets(&skill).await;
            assert_eq!(listing.as_ref().map_err(|error| error.kind()), expected.as_ref().map_err(|kind| *kind));
            assert!(began.elapsed() < limits.deadline, "{:?}", began.elapsed());
        }
    }
}

/// `{"secrets":[]}`, compressed.
const GZIP: [u8; 34] = [
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xab, 0x56, 0x2a, 0x4e, 0x4d, 0x2e, 0x4a, 0x2d, 0x29,
    0x56, 0xb2, 0x8a, 0x8e, 0xad, 0x05, 0x00, 0x6f, 0x9c, 0x59, 0x59, 0x0e, 0x00, 0x00, 0x00,
];

#[tokio::test]
async fn refuses_compressed_answers_declared_or_not() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    let length = format!("content-length: {}\r\n", GZIP.len());
    let chunk = [format!("{:x}\r\n", GZIP.len()).as_bytes(), &GZIP, b"\r\n0\r\n\r\n"].concat();
    for (headers, body) in [
        (format!("content-encoding: gzip\r\n{length}"), GZIP.to_vec()),
        (format!("content-encoding: identity\r\ncontent-encoding: gzip\r\n{length}"), GZIP.to_vec()),
        (length, GZIP.to_vec()),
        ("transfer-encoding: gzip, chunked\r\n".to_owned(), chunk.clone()),
        ("transfer-encoding: gzip\r\ntransfer-encoding: chunked\r\n".to_owned(), chunk.clone()),
        ("transfer-encoding: chunked\r\n".to_owned(), chunk.clone()),
        ("transfer-encoding: gzip\r\n".to_owned(), GZIP.to_vec()),
        ("transfer-encoding: chunked, gzip\r\n".to_owned(), chunk),
    ] {
        for (wire, old) in Wire::both().unwrap().into_iter().flat_map(|wire| [(wire.clone(), false), (wire, true)]) {
            let answer = [format!("{head}{headers}\r\n").as_bytes(), &body].concat();
            let script = move |request: &Recorded| request.is_list().then(|| Reply::BytesThenClose(answer.clone()));
            let server = Scripted::start(old, wire.clone(), script).await.unwrap();
            let skill = wire.believed(builder(&wire.origin(&server)).unwrap()).build().unwrap();
            let error = count_secrets(&skill).await.expect_err(&headers);
            assert_eq!(error.kind(), "unexpected-answer", "{wire:?} old {old} {headers:?}: {error:?}");
        }
    }
}

/// A slow reply, by its name.
fn slowly(how: &str) -> Reply {
    let pause = Duration::from_millis(100);
    let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n".to_vec();
    let body = [&head, &b"content-length: 99\r\n\r\n"[..]].concat();
    match how {
        "in its headers" => Reply::Drip([&head, &[b' '; 99][..]].concat(), pause),
        "in its body" => Reply::BytesThenDrip(body, vec![b' '; 99], pause),
        "in its record" => Reply::BytesThenBreak(body, Break::Drip(pause)),
        _ => Reply::Silence,
    }
}

/// Each case has its own runtime, so that no other task is counted.
#[test]
fn abandoned_call_leaves_no_task_or_connection() {
    let mut attempts = Vec::new();
    for how in ["silent", "in its headers", "in its body", "in its record"] {
        for (wire, old) in Wire::both().unwrap().into_iter().flat_map(|wire| [(wire.clone(), false), (wire, true)]) {
            if how == "in its record" && matches!(wire, Wire::Plain) {
                continue;
            }
            attempts.push(std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(leaves_nothing(how, &wire, old));
            }));
        }
    }
    attempts.into_iter().for_each(|attempt| attempt.join().unwrap());
}

async fn leaves_nothing(how: &'static str, wire: &Wire, old: bool) {
    let server = Scripted::start(old, wire.clone(), move |it| it.is_list().then(|| slowly(how))).await.unwrap();
    let skill = wire.believed(builder(&wire.origin(&server)).unwrap()).build().unwrap();
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    // The server's own tasks.
    let before = tasks();
    let error = count_secrets(&skill).await.unwrap_err();
    assert_eq!(error, Error::TimedOut, "{how} {wire:?} old {old}");
    // An idle connection is kept for some seconds, and the skill for longer.
    let began = Instant::now();
    while (tasks() > before || server.open_connections() > 0) && began.elapsed() < Duration::from_secs(20) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!((tasks(), server.open_connections()), (before, 0), "{how} {wire:?} old {old}");
    drop(skill);
}
