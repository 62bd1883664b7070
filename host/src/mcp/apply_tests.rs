use super::*;
use crate::mcp::{McpServer, pipes, stdio};
use crate::model::limits::Limits;
use crate::{Credential, Origin};
use serde_json::json;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf};

/// A client after the handshake, while 64 changes of other clients are being applied.
struct Client {
    said: WriteHalf<DuplexStream>,
    heard: Lines<BufReader<ReadHalf<DuplexStream>>>,
    _folder: TempDir,
    _others: tokio::sync::OwnedSemaphorePermit,
}

impl Client {
    async fn behind_others(deadline: Duration) -> Self {
        let folder = TempDir::new().unwrap();
        let identity = |id: &str| Credential::UniversalAuth { client_id: id.to_owned(), client_secret: id.into() };
        let skill = Skill::builder(Origin::parse("http://127.0.0.1:1", false).unwrap(), identity("reader"))
            .write_identity(identity("writer"))
            .state_dir(folder.path().to_owned())
            .limits(Limits { deadline, ..Limits::default() })
            .build()
            .unwrap();
        let handler = Handler::new(McpServer::new(skill)).unwrap();
        let others = Arc::clone(&handler.applying).acquire_many_owned(super::super::server::MAX_APPLYING);
        let others = others.await.unwrap();
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let (input, output) = tokio::io::split(theirs);
        let pipes = pipes::join(Box::new(input), Box::new(output));
        tokio::spawn(stdio::serve(handler, pipes, std::future::pending()));
        let (heard, said) = tokio::io::split(ours);
        let mut client = Self { said, heard: BufReader::new(heard).lines(), _folder: folder, _others: others };
        let hello = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "c", "version": "1" } });
        client.say(json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello })).await;
        assert!(client.hear().await["result"].is_object());
        client.say(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
        client
    }

    async fn say(&mut self, message: Value) {
        self.said.write_all(format!("{message}\n").as_bytes()).await.unwrap();
    }

    async fn hear(&mut self) -> Value {
        let line = timeout(Duration::from_secs(10), self.heard.next_line()).await.expect("it is answered in time");
        serde_json::from_str(&line.unwrap().unwrap()).unwrap()
    }

    async fn apply(&mut self, id: i64) {
        let params = json!({ "name": APPLY, "arguments": { "plan": "abcd" } });
        self.say(json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params })).await;
    }
}

#[tokio::test]
async fn a_change_waits_for_its_turn_no_longer_than_a_call_may() {
    let mut client = Client::behind_others(Duration::from_millis(100)).await;
    client.apply(1).await;
    let answer = client.hear().await;
    assert_eq!((&answer["id"], &answer["result"]["isError"]), (&json!(1), &json!(true)), "{answer}");
    let text = answer["result"]["content"][0]["text"].as_str().unwrap();
    assert_eq!(text, Error::TimedOut.to_string());
}

#[tokio::test]
async fn a_change_that_is_withdrawn_before_its_turn_leaves_its_place() {
    let mut client = Client::behind_others(Duration::from_secs(60)).await;
    client.apply(1).await;
    client.say(json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" })).await;
    assert_eq!(client.hear().await["error"]["code"], -32000, "its id is in use");
    client.say(json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 1 } })).await;
    let free = async {
        loop {
            client.say(json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" })).await;
            let answer = client.hear().await;
            if answer["result"].is_object() {
                return answer;
            }
            assert_eq!(answer["error"]["code"], -32000, "{answer}");
        }
    };
    let answer = timeout(Duration::from_secs(10), free).await.expect("it ended");
    assert_eq!(answer["result"], json!({}), "what was withdrawn isn't answered under its id");
}
