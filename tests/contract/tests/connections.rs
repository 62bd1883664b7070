//! Tests kept connections that servers and proxies close: no read fails because of it, nothing is
//! sent three times, and only GET is retried.

use infisical_skill::audit::log::{Event, records};
use infisical_skill::{Error, audit};
use infisical_skill_contract::{
    Break, Recorded, Reply, Scripted, Wire, builder, count_secrets, secret_json, with_state,
};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::{Duration, Instant};

const LOGIN: &str = "/api/v1/auth/";

/// Answers lists on new connections, and replies like this to those on reused ones.
fn closing(reused: impl Fn() -> Reply + Send + Sync + 'static) -> impl Fn(&Recorded) -> Option<Reply> + Send + Sync {
    let answered = Mutex::new(BTreeSet::new());
    move |request| {
        let is_new = answered.lock().unwrap().insert(request.connection);
        request.is_list().then(|| if is_new { Reply::list_of("A") } else { reused() })
    }
}

/// How a connection ends: its name, and the server's reply.
type Way = (&'static str, fn() -> Reply);

/// The ways to close a connection when a request arrives: without an answer, after a part of the
/// head, or with status 408.
fn ways(wire: &Wire) -> Vec<Way> {
    let mut ways: Vec<Way> = vec![
        ("FIN", || Reply::BytesThenClose(Vec::new())),
        ("RST", || Reply::BytesThenBreak(Vec::new(), Break::Reset)),
        ("part of a status line, FIN", || Reply::BytesThenClose(b"HTTP/1.1 20".to_vec())),
        ("part of a head, RST", || Reply::BytesThenBreak(b"HTTP/1.1 200 OK\r\nconte".to_vec(), Break::Reset)),
        ("408", || {
            Reply::BytesThenClose(
                b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".to_vec(),
            )
        }),
    ];
    if matches!(wire, Wire::Tls(..)) {
        ways.push(("the connection below ends", || Reply::BytesThenBreak(Vec::new(), Break::Cut)));
        ways.push(("a fatal alert", || Reply::BytesThenBreak(Vec::new(), Break::Alert)));
        ways.push(("an alert in a head", || Reply::BytesThenBreak(b"HTTP/1.1 200 OK\r\n".to_vec(), Break::Alert)));
    }
    ways
}

#[tokio::test]
async fn forty_reads_survive_kept_connections_that_close() {
    for wire in Wire::both().unwrap() {
        for (way, reply) in ways(&wire) {
            let server = Scripted::start(false, wire.clone(), closing(reply)).await.unwrap();
            let skill = wire.believed(builder(&wire.origin(&server)).unwrap()).build().unwrap();
            for turn in 0..40 {
                assert_eq!(count_secrets(&skill).await, Ok(1), "{wire:?}, {way}, list {turn}");
            }
            let sent = server.requests().iter().filter(|request| request.is_list()).count();
            assert!((41..=80).contains(&sent), "{wire:?}, {way}: {sent} requests for 40 lists");
            assert_eq!(server.requests_to(LOGIN).len(), 1, "{wire:?}, {way}");
        }
    }
}

#[tokio::test]
async fn forty_reads_survive_a_close_after_each_answer() {
    for wire in Wire::both().unwrap() {
        for old in [false, true] {
            let body = json!({ "secrets": [secret_json("A", 1)] }).to_string();
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            let script =
                move |request: &Recorded| request.is_list().then(|| Reply::BytesThenClose(answer.clone().into_bytes()));
            let server = Scripted::start(old, wire.clone(), script).await.unwrap();
            let skill = wire.believed(builder(&wire.origin(&server)).unwrap()).build().unwrap();
            for turn in 0..40 {
                assert_eq!(count_secrets(&skill).await, Ok(1), "{wire:?}, old {old}, list {turn}");
            }
        }
    }
}

#[tokio::test]
async fn a_read_is_repeated_once_and_each_time_is_recorded() {
    // The server never answers lists, on any connection. It answers the probe and the login.
    let server = Scripted::start(false, Wire::Plain, |request: &Recorded| {
        request.is_list().then(|| Reply::BytesThenClose(Vec::new()))
    });
    let server = server.await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let skill = with_state(builder(&server.origin()).unwrap(), folder.path());
    let skill = skill.build().unwrap();
    assert_eq!(count_secrets(&skill).await.unwrap_err().kind(), "unreachable");
    let lists: Vec<Recorded> = server.requests().into_iter().filter(Recorded::is_list).collect();
    assert_eq!(lists.len(), 2);
    assert_ne!(lists[0].connection, lists[1].connection, "the retry should use a new connection");
    let records = records(&audit::open(folder.path())).unwrap();
    let Event::Outcome(outcome) = &records.last().unwrap().as_ref().unwrap().event else { panic!("{records:?}") };
    let left: Vec<_> = outcome.requests.iter().map(|it| (it.route.as_str(), it.failure.as_deref())).collect();
    let expected =
        [("login", None), ("probe", None), ("list secrets", Some("cut-short")), ("list secrets", Some("cut-short"))];
    assert_eq!(left, expected);
}

#[tokio::test]
async fn the_deadline_holds_for_both_times_together() {
    let script = closing(|| Reply::BytesThenClose(Vec::new()));
    let server = Scripted::start(false, Wire::Plain, move |request: &Recorded| {
        // The probe's connection closes when it is reused. The next one stays silent.
        script(request).map(|reply| if matches!(reply, Reply::Bytes(_)) { Reply::Silence } else { reply })
    });
    let server = server.await.unwrap();
    let skill = builder(&server.origin()).unwrap().build().unwrap();
    let began = Instant::now();
    assert_eq!(count_secrets(&skill).await, Err(Error::TimedOut));
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    assert_eq!(server.requests().iter().filter(|request| request.is_list()).count(), 2);
}

#[tokio::test]
async fn a_new_connection_that_closes_fails_the_read() {
    // An older server's list contains values, so the host never uses a kept connection for it.
    let server = Scripted::start(true, Wire::Plain, |request: &Recorded| {
        request.is_list().then(|| Reply::BytesThenClose(Vec::new()))
    });
    let server = server.await.unwrap();
    let skill = builder(&server.origin()).unwrap().build().unwrap();
    assert_eq!(count_secrets(&skill).await.unwrap_err().kind(), "unreachable");
    assert_eq!(server.requests().iter().filter(|request| request.is_list()).count(), 1);
}

#[tokio::test]
async fn a_later_login_uses_a_connection_of_its_own_and_is_sent_once() {
    let expired = json!({ "reqId": "req-1", "message": "Token expired", "error": "TokenError", "statusCode": 403 });
    let answered = Mutex::new((BTreeSet::new(), 0));
    let server = Scripted::start(false, Wire::Plain, move |request: &Recorded| {
        let mut answered = answered.lock().unwrap();
        let is_new = answered.0.insert(request.connection);
        if request.target.starts_with(LOGIN) && !is_new {
            return Some(Reply::BytesThenClose(Vec::new()));
        }
        request.is_list().then(|| {
            answered.1 += 1;
            if answered.1 == 1 { Reply::json(403, &expired) } else { Reply::list_of("A") }
        })
    });
    let server = server.await.unwrap();
    let skill = builder(&server.origin()).unwrap().build().unwrap();
    assert_eq!(count_secrets(&skill).await, Ok(1));
    assert_eq!(server.requests_to(LOGIN).len(), 2, "one at the start, one for the expired token");
}
