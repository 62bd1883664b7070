//! The MCP server on arbitrary input lines, through the real reader, SDK and tools. Each output
//! line is one JSON-RPC message of bounded length. The server ends when its input ends, and its
//! output contains no credential.
//!
//! A first byte `+` stands for a client's initialization, so that the lines after it get further.

use infisical_skill::fuzzing::Mcp;
use infisical_skill::mcp::McpServer;
use infisical_skill::{Credential, Origin, Skill};
use serde_json::Value;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::AsyncWrite;
use tokio::time::timeout;

const GREETING: &[u8] = br#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{"elicitation":{}},"clientInfo":{"name":"fuzz","version":"1"}}}
{"jsonrpc":"2.0","method":"notifications/initialized"}
"#;

/// The maximum length of an output line. The list of tools is the longest answer.
const MAX_LINE: usize = 512 * 1024;

/// Checks the invariant above for one input.
pub fn target(bytes: &[u8]) {
    drop(run(bytes));
}

/// Runs one input. Returns one entry for each output message: `result`, `error`, or the method that
/// it calls.
fn run(bytes: &[u8]) -> Vec<String> {
    let mut input = match bytes.strip_prefix(b"+") {
        Some(rest) => [GREETING, rest].concat(),
        None => bytes.to_vec(),
    };
    // The last line counts even without a line end.
    input.push(b'\n');
    let out = Collected::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let served = runtime.block_on(async {
        timeout(Duration::from_secs(20), server().serve(io::Cursor::new(input), out.clone())).await
    });
    assert!(served.is_ok(), "the server doesn't end with its input");
    if let Ok(Err(error)) = served {
        assert!(error.to_string().starts_with("the client's first message isn't valid in MCP"), "{error}");
    }
    drop(runtime);
    let out = out.0.lock().unwrap();
    assert!(out.is_empty() || out.ends_with(b"\n"), "half a line");
    out.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(check).collect()
}

/// Checks that a line is one JSON-RPC message.
fn check(line: &[u8]) -> String {
    assert!(line.len() <= MAX_LINE);
    let text = std::str::from_utf8(line).expect("a line is text");
    assert!(!text.contains(READ_SECRET) && !text.contains(WRITE_SECRET), "a credential: {text}");
    let message: Value = serde_json::from_str(text).expect("a line is JSON");
    assert_eq!(message["jsonrpc"], "2.0");
    let has = |key: &str| message.get(key).is_some();
    let id = &message["id"];
    assert!(id.is_null() || id.is_string() || id.is_number());
    match (has("method"), has("result"), has("error")) {
        (true, false, false) => message["method"].as_str().expect("a method is a text").to_owned(),
        (false, true, false) => {
            assert!(!id.is_null());
            "result".to_owned()
        }
        (false, false, true) => {
            assert!(message["error"]["code"].is_i64() && message["error"]["message"].is_string());
            "error".to_owned()
        }
        _ => panic!("not a JSON-RPC message: {text}"),
    }
}

const READ_SECRET: &str = "read-secret-CANARY";
const WRITE_SECRET: &str = "write-secret-CANARY";

/// An MCP server whose Infisical address has no listener, so that requests to it fail at once.
fn server() -> &'static Mcp {
    static SERVER: OnceLock<(Mcp, TempDir)> = OnceLock::new();
    let (server, _) = SERVER.get_or_init(|| {
        let folder = TempDir::new().expect("a folder");
        let identity = |id: &str, secret: &str| Credential::UniversalAuth {
            client_id: id.to_owned(),
            client_secret: secret.into(),
        };
        let origin = Origin::parse("http://127.0.0.1:1", false).expect("an origin");
        let skill = Skill::builder(origin, identity("reader", READ_SECRET))
            .write_identity(identity("writer", WRITE_SECRET))
            .state_dir(folder.path().to_owned())
            .build()
            .expect("a skill");
        let server = Mcp::new(McpServer::new(skill)).expect("a server");
        (server, folder)
    });
    server
}

/// The server's output, in memory.
#[derive(Clone, Default)]
struct Collected(Arc<Mutex<Vec<u8>>>);

impl AsyncWrite for Collected {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! said {
        ($($seed:literal),+) => {
            [$({
                let mut said = run(include_bytes!(concat!("../../seeds/mcp/", $seed)));
                said.sort();
                format!("{}: {}", $seed, said.join(", "))
            }),+]
        };
    }

    /// Covers no call that needs the network: it may stay unanswered if the input ends first.
    #[test]
    fn the_seeds_get_answers() {
        assert_eq!(
            said!("by-hand", "list", "unreadable", "without-a-handshake"),
            [
                "by-hand: result, result",
                "list: result, result",
                "unreadable: error, error, error, error, error, result, result",
                "without-a-handshake: result",
            ]
        );
    }
}
