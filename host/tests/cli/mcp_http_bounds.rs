//! Tests of the MCP server's limits per HTTP client.

use crate::mcp_http::{OTHER, Server, TOKEN, status};
use crate::stage::Stage;
use infisical_emulator::{ApiVersion, Fault, RequestMatch};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// The head of a request of a client that uses a revision with sessions.
fn head(method: &str, token: &str, more: &str) -> String {
    format!(
        "{method} /mcp HTTP/1.1\r\naccept: application/json, text/event-stream\r\ncontent-type: application/json\r\n\
         host: localhost\r\nauthorization: Bearer {token}{more}"
    )
}

/// The handshake, with the revision in a header if one is given.
fn begin(server: &Server, token: &str, revision: Option<&str>) -> String {
    let named = revision.map(|revision| format!("\r\nmcp-protocol-version: {revision}")).unwrap_or_default();
    let mut params = crate::client::initialize(revision.unwrap_or("2025-11-25"));
    params["clientInfo"]["name"] = json!("raw");
    let hello = crate::client::request(1, "initialize", params);
    server.send(&head("POST", token, &named), &hello.to_string())
}

fn session(answer: &str) -> Option<String> {
    let header = answer.lines().find_map(|line| line.strip_prefix("mcp-session-id: "));
    header.map(|id| id.trim().to_owned())
}

fn in_session(id: &str) -> String {
    format!("\r\nmcp-session-id: {id}\r\nmcp-protocol-version: 2025-11-25")
}

#[test]
fn initialize_of_the_sessionless_revision_counts() {
    let stage = Stage::new(ApiVersion::V4);
    let server = Server::new(&stage);
    let mut begun = Vec::new();
    // With two clients, each may have half of the 64 sessions.
    for _ in 0..32 {
        let answer = begin(&server, TOKEN, Some("2026-07-28"));
        begun.push(session(&answer).unwrap_or_else(|| panic!("{answer}")));
    }
    for revision in [Some("2026-07-28"), Some("2025-11-25"), None] {
        let refused = begin(&server, TOKEN, revision);
        assert_eq!((status(&refused), session(&refused)), (503, None), "{revision:?}: {refused}");
    }
    let theirs = begin(&server, OTHER, None);
    assert!(session(&theirs).is_some(), "another client isn't kept out: {theirs}");
    let ended = server.send(&head("DELETE", TOKEN, &in_session(&begun[0])), "");
    assert!(status(&ended) < 300, "{ended}");
    let answer = begin(&server, TOKEN, None);
    assert!(session(&answer).is_some(), "one ended: {answer}");
}

/// Sends a call, waits until the server accepts it, and closes the connection.
fn call_and_hang_up(server: &Server, id: &str, call: &Value) {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let body = call.to_string();
    let head = head("POST", TOKEN, &in_session(id));
    write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut taken = [0; 15];
    stream.read_exact(&mut taken).unwrap();
    assert_eq!(&taken, b"HTTP/1.1 200 OK");
}

#[test]
fn calls_of_a_session_whose_connection_broke_are_bounded() {
    let stage = Stage::new(ApiVersion::V4);
    let server = Server::new(&stage);
    let id = session(&begin(&server, TOKEN, None)).unwrap();
    let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    let answer = server.send(&head("POST", TOKEN, &in_session(&id)), &initialized.to_string());
    assert_eq!(status(&answer), 202, "{answer}");
    let slow = Fault::Delay(Duration::from_secs(20));
    stage.emulator.fail_next_matching(100, RequestMatch::any().method("GET"), slow);
    let list = |call| crate::client::call(call, "list-secrets", json!({}));
    for call in 10..50 {
        call_and_hang_up(&server, &id, &list(call));
    }
    let ask = |token, id, call: Value| server.send(&head("POST", token, &in_session(id)), &call.to_string());
    let refused = ask(TOKEN, &id, list(50));
    assert!(status(&refused) == 200 && refused.contains("-32000") && refused.contains("too many calls"), "{refused}");
    // Requests that need no place among the calls still work, and so does another client.
    let listed = ask(TOKEN, &id, crate::client::request(51, "tools/list", json!({})));
    assert!(listed.contains("list-secrets"), "{listed}");
    let theirs = session(&begin(&server, OTHER, None)).unwrap();
    ask(OTHER, &theirs, initialized);
    let looked = ask(OTHER, &theirs, crate::client::call(1, "skill-status", json!({})));
    assert!(looked.contains("\"isError\":false"), "{looked}");
}

#[test]
fn closes_the_connection_of_an_unauthorized_client() {
    let stage = Stage::new(ApiVersion::V4);
    let server = Server::new(&stage);
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    write!(stream, "{}\r\ncontent-length: 0\r\n\r\n", head("POST", "nobody", "")).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(status(&answer), 401, "{answer}");
}

#[test]
fn connections_of_one_client_do_not_block_another() {
    let stage = Stage::new(ApiVersion::V4);
    let server = Server::new(&stage);
    let list = crate::client::request(1, "tools/list", json!({})).to_string();
    // Each connection stays open after its answer. With two clients, each may have half of the 128.
    let ask = |token: &str| {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let head = head("POST", token, "");
        write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{list}", list.len()).unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).unwrap();
        (String::from_utf8_lossy(&answer).into_owned(), stream)
    };
    let mut open = Vec::new();
    for _ in 0..64 {
        let (answer, stream) = ask(TOKEN);
        assert_ne!(status(&answer), 503, "{answer}");
        open.push(stream);
    }
    let (refused, mut stream) = ask(TOKEN);
    assert_eq!(status(&refused), 503, "{refused}");
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("too many connections"), "and it ends: {rest}");
    assert_ne!(status(&ask(OTHER).0), 503);
}
