//! Tests of the MCP server over HTTP with clients of all revisions and habits: the header `Accept`,
//! and how a session ends.

use crate::client::{call, initialize, request};
use crate::mcp_http::{Server, TOKEN, status};
use crate::stage::Stage;
use infisical_emulator::ApiVersion;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const BOTH: &[&str] = &["application/json, text/event-stream"];

/// The revisions that begin with a handshake.
const WITH_HANDSHAKE: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

/// A client with a session. It sends the header with its revision from the revision on that
/// introduced it.
struct Session<'a> {
    server: &'a Server,
    head: String,
}

impl<'a> Session<'a> {
    fn begin(server: &'a Server, revision: &str, accept: &[&str], capabilities: Value) -> Self {
        let mut hello = initialize(revision);
        hello["capabilities"] = capabilities;
        let answer = server.send(&head("POST", accept, ""), &request(0, "initialize", hello).to_string());
        assert_eq!(status(&answer), 200, "{revision}: {answer}");
        assert!(answer.contains(&format!("\"protocolVersion\":\"{revision}\"")), "{revision}: {answer}");
        assert!(
            !answer.contains("data: \n"),
            "no client knows an event without data before it knows the revision: {answer}"
        );
        let id = answer.lines().find_map(|line| line.strip_prefix("mcp-session-id: ")).unwrap().trim();
        let mut head = format!("\r\nmcp-session-id: {id}");
        if revision >= "2025-06-18" {
            head.push_str(&format!("\r\nmcp-protocol-version: {revision}"));
        }
        let session = Self { server, head };
        let ready = session.post(accept, &json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        assert_eq!(status(&ready), 202, "{ready}");
        session
    }

    fn post(&self, accept: &[&str], message: &Value) -> String {
        self.server.send(&head("POST", accept, &self.head), &message.to_string())
    }

    fn end(&self) -> String {
        self.server.send(&head("DELETE", &[], &self.head), "")
    }

    /// The first event on the stream that belongs to no request.
    fn listen(&self, accept: &[&str]) -> String {
        let mut stream = TcpStream::connect(self.server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(700))).unwrap();
        write!(stream, "{}\r\n\r\n", head("GET", accept, &self.head)).unwrap();
        let mut heard = Vec::new();
        let _ = stream.read_to_end(&mut heard);
        String::from_utf8(heard).unwrap()
    }
}

fn head(method: &str, accept: &[&str], more: &str) -> String {
    let accept: String = accept.iter().map(|line| format!("\r\naccept: {line}")).collect();
    format!(
        "{method} /mcp HTTP/1.1\r\ncontent-type: application/json\r\nhost: localhost\r\nauthorization: Bearer {TOKEN}{accept}{more}"
    )
}

/// A call of a client that uses the revision without sessions.
fn call_without_session(server: &Server, accept: &[&str], tool: &str) -> String {
    let mut message = call(1, tool, json!({}));
    message["params"]["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "raw", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let more = format!("\r\nmcp-protocol-version: 2026-07-28\r\nmcp-method: tools/call\r\nmcp-name: {tool}");
    server.send(&head("POST", accept, &more), &message.to_string())
}

fn content_type(answer: &str) -> Option<&str> {
    answer.lines().find_map(|line| line.strip_prefix("content-type: ")).map(str::trim)
}

#[test]
fn sends_events_without_data_only_to_revisions_that_have_them() {
    let stage = Stage::new(ApiVersion::V4);
    let server = Server::new(&stage);
    for revision in WITH_HANDSHAKE {
        let session = Session::begin(&server, revision, BOTH, json!({}));
        let listed = session.post(BOTH, &call(1, "list-secrets", json!({})));
        assert!(listed.contains("DATABASE_URL") && content_type(&listed) == Some("text/event-stream"), "{listed}");
        let heard = session.listen(&["text/event-stream"]);
        assert_eq!(status(&heard), 200, "{heard}");
        for stream in [&listed, &heard] {
            assert_eq!(stream.contains("data: \n"), revision == "2025-11-25", "{revision}: {stream}");
        }
        // A client that lost its connection continues without one, too.
        let resumed = session
            .server
            .send(&head("GET", &["text/event-stream"], &format!("{}\r\nlast-event-id: 0/0", session.head)), "");
        assert_eq!((status(&resumed), resumed.contains("data: \n")), (200, false), "{revision}: {resumed}");
    }
    let without = call_without_session(&server, BOTH, "list-secrets");
    assert!(without.contains("DATABASE_URL") && !without.contains("data: \n"), "{without}");
}

#[test]
fn ends_session_with_a_status_that_every_sdk_accepts() {
    let stage = Stage::new(ApiVersion::V4);
    let server = Server::new(&stage);
    for revision in WITH_HANDSHAKE {
        let session = Session::begin(&server, revision, BOTH, json!({}));
        assert_eq!(status(&session.end()), 200, "{revision}");
        assert_eq!(status(&session.post(BOTH, &request(1, "ping", json!({})))), 404, "{revision}: it ended");
    }
}

#[test]
fn answers_in_a_type_that_the_client_accepts() {
    let stage = Stage::new(ApiVersion::V4);
    let server = Server::new(&stage);
    let (json, stream) = ("application/json", "text/event-stream");
    for (accept, expected) in [
        (BOTH, stream),
        (&["text/event-stream, application/json"], stream),
        (&[json, stream], stream),
        (&[json], json),
        (&["application/json; charset=utf-8, text/plain;q=0.5, */*;q=0.1"], json),
        (&["application/*"], json),
        (&[stream], stream),
        (&["text/event-stream;q=0.9, application/json;q=0"], stream),
        (&["*/*"], json),
        (&[], json),
    ] {
        let session = Session::begin(&server, "2025-06-18", accept, json!({}));
        for (answer, says) in [
            (session.post(accept, &call(1, "list-secrets", json!({}))), "DATABASE_URL"),
            // A refusal with progress, which a JSON document can't carry.
            (session.post(accept, &refused_call(2)), "\"isError\":true"),
            (session.post(accept, &call(3, "no-such-tool", json!({}))), "\"error\""),
            (call_without_session(&server, accept, "list-secrets"), "DATABASE_URL"),
        ] {
            assert_eq!((status(&answer), content_type(&answer)), (200, Some(expected)), "{accept:?}: {answer}");
            assert!(answer.contains(says), "{accept:?}: {answer}");
            if expected == json {
                let (_, body) = answer.split_once("\r\n\r\n").unwrap();
                let message: Value = serde_json::from_str(body).unwrap();
                assert!(message["id"].is_number() && message["method"].is_null(), "{message}");
            }
        }
        let heard = session.listen(accept);
        let takes_streams = ![&[json][..], &["application/*"]].contains(&accept);
        assert_eq!(status(&heard), if takes_streams { 200 } else { 405 }, "{accept:?}: {heard}");
        assert_eq!(status(&session.end()), 200, "{accept:?}");
    }
    let neither = server.send(&head("POST", &["text/html"], ""), &request(0, "ping", json!({})).to_string());
    assert!(status(&neither) == 406 && neither.contains("name one or both"), "{neither}");
}

/// A call that is refused, with a progress token.
fn refused_call(id: i64) -> Value {
    let mut call = call(id, "get-secret", json!({ "name": "DATABASE_URL", "path": "/nowhere" }));
    call["params"]["_meta"] = json!({ "progressToken": id });
    call
}

#[test]
fn does_not_ask_through_a_client_without_streams() {
    let stage = Stage::new(ApiVersion::V4);
    stage.configure("[[mcp.clients]]\nname = \"one\"\nmay = \"apply\"\napprove_in_client = true\n");
    stage.switch_on();
    let server = Server::new(&stage);
    let json = &["application/json"][..];
    let session = Session::begin(&server, "2025-06-18", json, json!({ "elicitation": {} }));
    let delete = json!({ "name": "STRIPE_API_KEY", "path": "/app" });
    let previewed = session.post(json, &call(1, "delete-secret", delete));
    let previewed: Value = serde_json::from_str(previewed.split_once("\r\n\r\n").unwrap().1).unwrap();
    let previewed = &previewed["result"]["structuredContent"];
    let apply = json!({ "plan": previewed["plan"], "acknowledge": previewed["acknowledge"] });
    // The server couldn't send a question to this client, and the call would wait for ten minutes.
    let refused = session.post(json, &call(2, "apply-change", apply));
    assert!(status(&refused) == 200 && refused.contains("plans approve"), "{refused}");
}
