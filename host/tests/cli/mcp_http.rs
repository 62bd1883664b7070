//! Tests of the MCP server over HTTP: authentication, and what it withstands.

use crate::stage::Stage;
use crate::stderr;
use infisical_emulator::ApiVersion;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

pub(crate) const TOKEN: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const OTHER: &str = "fedcba9876543210fedcba9876543210";

/// A server with two clients.
pub(crate) struct Server {
    child: Child,
    address: String,
}

impl Server {
    pub(crate) fn new(stage: &Stage) -> Self {
        let settings = std::fs::read_to_string(stage.path("settings.toml")).unwrap_or_default();
        if !settings.contains("[[mcp.clients]]") {
            let client = |name| format!("\n[[mcp.clients]]\nname = \"{name}\"\nmay = \"apply\"\nreveal = true\n");
            stage.configure(&format!("{settings}{}{}", client("one"), client("two")));
        }
        let (one, two) = (stage.file("one", TOKEN), stage.file("two", OTHER));
        for path in [&one, &two] {
            private(path);
        }
        let mut child = stage
            .command()
            .args(["mcp", "--http", "127.0.0.1:0", "--token-file", &one, "--token-file", &two])
            .args(["--allow-host", "skill.example.org", "--allow-origin", "https://agents.example.org"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.split("http://").nth(1).and_then(|rest| rest.strip_suffix("/mcp\n"));
        Self { address: address.unwrap_or_else(|| panic!("{line}")).to_owned(), child }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Calls a tool as the first client. The call must succeed.
    pub(crate) fn call_tool(&self, tool: &str, arguments: Value) {
        let answer = self.post(&host("localhost"), &call(tool, arguments));
        assert!(status(&answer) == 200 && answer.contains("\"isError\":false"), "{answer}");
    }

    /// Terminates the server and waits until it exits. Returns its exit status.
    pub(crate) fn terminate(mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }

    /// Sends a request and returns everything until the connection closes.
    pub(crate) fn send(&self, head: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let length = body.len();
        write!(stream, "{head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}").unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer
    }

    /// Posts a message as a client of the revision without sessions.
    pub(crate) fn post(&self, more: &str, body: &Value) -> String {
        let method = body["method"].as_str().unwrap_or_default();
        let name = body["params"]["name"].as_str().map(|name| format!("mcp-name: {name}\r\n")).unwrap_or_default();
        let head = format!(
            "POST /mcp HTTP/1.1\r\naccept: application/json, text/event-stream\r\ncontent-type: application/json\r\n\
             mcp-protocol-version: 2026-07-28\r\nmcp-method: {method}\r\n{name}{more}"
        );
        self.send(&head, &body.to_string())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn private(path: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

pub(crate) fn call(tool: &str, arguments: Value) -> Value {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "raw", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let params = json!({ "name": tool, "arguments": arguments, "_meta": meta });
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params })
}

/// The first message of an answer, which may be a stream or a document.
pub(crate) fn message(answer: &str) -> Value {
    assert_eq!(status(answer), 200, "{answer}");
    let lines = answer.lines().map(|line| line.strip_prefix("data: ").unwrap_or(line));
    let mut messages = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok().filter(Value::is_object));
    messages.next().unwrap_or_else(|| panic!("{answer}"))
}

pub(crate) fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{answer}"))
}

fn host(name: &str) -> String {
    format!("host: {name}\r\nauthorization: Bearer {TOKEN}")
}

#[test]
fn accepts_only_known_token_host_and_origin() {
    let stage = Stage::new(ApiVersion::V4);
    let server = Server::new(&stage);
    let list = call("list-secrets", json!({}));
    for name in ["localhost", "127.0.0.1:1", "skill.example.org"] {
        let answer = server.post(&host(name), &list);
        assert!(status(&answer) == 200 && answer.contains("DATABASE_URL"), "{name}: {answer}");
    }
    for origin in [
        "https://agents.example.org",
        "http://localhost",
        "http://localhost:3000",
        "http://127.0.0.1:65535",
        "http://[::1]",
        &format!("http://{}", server.address),
    ] {
        let answer = server.post(&format!("{}\r\norigin: {origin}", host("localhost")), &list);
        assert_eq!(status(&answer), 200, "{origin}: {answer}");
    }
    let sent = stage.emulator.log().len();
    for (more, expected) in [
        ("host: localhost".to_owned(), 401),
        (format!("host: localhost\r\nauthorization: Bearer {TOKEN}x"), 401),
        (format!("host: localhost\r\nauthorization: Bearer {}", &TOKEN[1..]), 401),
        (format!("host: localhost\r\nauthorization: Basic {TOKEN}"), 401),
        (format!("host: localhost\r\nauthorization: Bearer {TOKEN}\r\nauthorization: Bearer {TOKEN}"), 401),
        (host("rebound.example.org"), 403),
        (format!("{}\r\norigin: https://evil.example.org", host("localhost")), 403),
        (format!("{}\r\norigin: null", host("localhost")), 403),
        (format!("{}\r\norigin: http://localhost.evil.example.org", host("localhost")), 403),
        (format!("{}\r\norigin: http://localhost:80@evil.example.org", host("localhost")), 403),
        (format!("{}\r\norigin: https://localhost", host("localhost")), 403),
        (format!("{}\r\norigin: http://127.0.0.2", host("localhost")), 403),
        (format!("{}\r\norigin: http://localhost\r\norigin: https://evil.example.org", host("localhost")), 403),
        (format!("{}\r\norigin: https://agents.example.org.evil.example.org", host("localhost")), 403),
        (format!("origin: http://localhost\r\n{}", host("rebound.example.org")), 403),
        ("host: localhost\r\norigin: http://localhost".to_owned(), 401),
        (host("localhost:evil"), 400),
        (host("localhost:65536"), 400),
        (host("evil.example.org@localhost"), 400),
        (format!("{}\r\nhost: evil.example.org", host("localhost")), 400),
        (format!("host: localhost\r\n{}", host("localhost")), 400),
        (format!("authorization: Bearer {TOKEN}"), 400),
    ] {
        let answer = server.post(&more, &list);
        assert_eq!(status(&answer), expected, "{more}: {answer}");
        assert!(!answer.contains("DATABASE_URL") && !answer.contains(TOKEN));
        assert_eq!(answer.to_lowercase().contains("www-authenticate: bearer"), expected == 401, "{answer}");
    }
    let elsewhere = server.send(&format!("GET /health HTTP/1.1\r\n{}", host("localhost")), "");
    assert_eq!(status(&elsewhere), 404);
    assert_eq!(stage.emulator.log().len(), sent, "no request may be sent for an unauthorized client");
}

#[test]
fn request_names_like_settings_configure_nothing() {
    let elsewhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let url = format!("http://{}", elsewhere.local_addr().unwrap());
    for stage in crate::stage::stages() {
        let server = Server::new(&stage);
        let names = [
            "INFISICAL_URL",
            "INFISICAL_HOST_URL",
            "INFISICAL-URL",
            "X-INFISICAL-URL",
            "INFISICAL_CA_FILE",
            "INFISICAL_READ_TOKEN",
            "INFISICAL_TOKEN",
            "INFISICAL_SKILL_CONFIG",
            "INFISICAL_SKILL_STATE_DIR",
            "X-INFISICAL-SKIP-VERIFY",
            "X-FORWARDED-HOST",
            "HTTPS_PROXY",
        ];
        let headers: String = names.iter().map(|name| format!("\r\n{name}: {url}")).collect();
        let query: String = names.iter().map(|name| format!("{name}={url}&")).collect();
        let plain = server.post(&host("localhost"), &call("get-secret", json!({ "name": "DATABASE_URL" })));
        let asked = stage.emulator.log().len();
        let with_headers = server
            .post(&format!("{}{headers}", host("localhost")), &call("get-secret", json!({ "name": "DATABASE_URL" })));
        let body = |answer: &str| answer.split_once("\r\n\r\n").unwrap().1.to_owned();
        assert_eq!((status(&plain), body(&plain)), (200, body(&with_headers)));
        assert_eq!(stage.emulator.log().len(), asked + 1, "the configured server should get the request");
        let message = call("get-secret", json!({ "name": "DATABASE_URL" })).to_string();
        let with_query = server.send(
            &format!(
                "POST /mcp?{query} HTTP/1.1\r\naccept: application/json, text/event-stream\r\ncontent-type: application/json\r\n\
                 mcp-protocol-version: 2026-07-28\r\nmcp-method: tools/call\r\nmcp-name: get-secret\r\n{}",
                host("localhost")
            ),
            &message,
        );
        // The server may answer or refuse. It contacts no other host in either case.
        assert!(status(&with_query) != 200 || body(&with_query) == body(&plain), "{with_query}");
        assert!(elsewhere.accept().is_err(), "nothing may be sent to the address in the request");
    }
}

#[test]
fn plans_belong_to_one_client_and_bodies_are_bounded() {
    let stage = Stage::new(ApiVersion::V4);
    stage.switch_on();
    let server = Server::new(&stage);
    let previewed = server.post(&host("localhost"), &call("create-folder", json!({ "name": "mine" })));
    let plan = previewed.split("\"plan\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
    let apply = call("apply-change", json!({ "plan": plan }));
    let theirs = server.post(&format!("host: localhost\r\nauthorization: Bearer {OTHER}"), &apply);
    assert!(theirs.contains("another session"), "{theirs}");
    assert!(stage.changes_sent().is_empty());
    let large = call("get-secret", json!({ "name": "x".repeat(5 * 1024 * 1024) }));
    assert_eq!(status(&server.post(&host("localhost"), &large)), 413);
    let ours = server.post(&host("localhost"), &apply);
    assert!(ours.contains("\"outcome\":\"applied\""), "{ours}");
    assert_eq!(stage.changes_sent().len(), 1);
}

#[test]
fn rejects_public_address_weak_token_and_open_file_at_start() {
    let stage = Stage::new(ApiVersion::V4);
    let (good, weak) = (stage.file("good", TOKEN), stage.file("weak", "short"));
    private(&good);
    private(&weak);
    let open = stage.file("open", TOKEN);
    for (arguments, says) in [
        (vec!["--http", "0.0.0.0:0", "--token-file", &good], "reached from other machines"),
        (vec!["--http", "127.0.0.1:0", "--token-file", &weak], "32 characters"),
        (vec!["--http", "127.0.0.1:0", "--token-file", &open], "chmod 600"),
        (vec!["--http", "127.0.0.1:0", "--token-file", &good, "--token-file", &good], "its own"),
        (vec!["--http", "127.0.0.1:0"], "--token-file"),
        (vec!["--token-file", &good], "--http"),
    ] {
        let output = stage.run(&[&["mcp"], arguments.as_slice()].concat());
        assert!(
            output.status.code() != Some(0) && stderr(&output).contains(says),
            "{arguments:?}: {}",
            stderr(&output)
        );
    }
}

#[test]
fn terminated_server_exits_cleanly() {
    let stage = Stage::new(ApiVersion::V4);
    let mut server = Server::new(&stage);
    // A silent connection doesn't delay the exit.
    let _quiet = TcpStream::connect(&server.address).unwrap();
    let pid = server.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
    assert!(TcpStream::connect(&server.address).is_err());
}

#[test]
fn string_arguments_are_invalid_params_over_http_too() {
    let stage = Stage::new(ApiVersion::V4);
    let server = Server::new(&stage);
    let answer = server.post(&host("localhost"), &call("list-secrets", json!("{\"path\":\"/canary\"}")));
    assert!(answer.contains("-32602") && answer.contains("must be an object, but are a string"), "{answer}");
    assert!(!answer.contains("canary"), "{answer}");
}
