//! Searches everything that the MCP server says and keeps for planted secrets. A revealed value
//! appears once, in the answer that reveals it.

use crate::client::{Client, call};
use crate::stage::{Stage, stages};
use infisical_emulator::planted::{everything_in, found};
use infisical_emulator::{Fault, SecretSeed};
use serde_json::{Value, json};
use std::path::Path;

/// A client that keeps everything it receives.
struct RecordingClient {
    client: Client,
    heard: String,
    calls: i64,
}

impl RecordingClient {
    fn new(stage: &Stage) -> Self {
        Self { client: Client::connected(stage), heard: String::new(), calls: 0 }
    }

    fn call(&mut self, tool: &str, arguments: Value) -> Value {
        self.calls += 1;
        self.client.say(call(self.calls, tool, arguments).to_string().as_bytes());
        let (line, answer) = self.client.hear_line();
        self.heard.push_str(&line);
        answer["result"].clone()
    }

    /// Previews a change, and applies it if that needs no person.
    fn change(&mut self, tool: &str, arguments: Value) -> Value {
        let previewed = self.call(tool, arguments)["structuredContent"].clone();
        self.call("apply-change", json!({ "plan": previewed["plan"], "acknowledge": previewed["acknowledge"] }))
    }
}

#[test]
fn mcp_server_shows_no_planted_secret_but_the_revealed_one() {
    for stage in stages() {
        stage.reveal();
        stage.switch_on();
        let mut recorder = RecordingClient::new(&stage);
        for (tool, arguments) in [
            ("skill-status", json!({})),
            ("list-projects", json!({})),
            ("list-folders", json!({ "recursive": true })),
            ("list-secrets", json!({ "recursive": true })),
            ("get-secret", json!({ "name": "STRIPE_API_KEY", "path": "/app" })),
            ("list-audit-logs", json!({})),
        ] {
            assert_eq!(recorder.call(tool, arguments)["isError"], false, "{tool}");
        }
        let before = recorder.heard.len();
        let reveal = json!({ "name": "STRIPE_API_KEY", "path": "/app" });
        let revealed = recorder.call("reveal-secret", reveal.clone());
        assert!(revealed["structuredContent"]["value"].as_str().unwrap().contains("canary"), "{revealed}");
        assert!(
            found(&recorder.heard, &["canary"]).is_some(),
            "the search should find the value in the answer that reveals it"
        );
        recorder.heard.truncate(before);

        let written = json!({ "path": "/app", "name": "WRITTEN", "value": "canary-written", "comment": "canary-why" });
        assert_eq!(recorder.change("create-secret", written)["structuredContent"]["outcome"], "applied");
        let made = json!({ "path": "/app", "name": "MADE", "generate": { "length": 40 } });
        assert_eq!(recorder.change("create-secret", made)["structuredContent"]["outcome"], "applied");
        recorder
            .change("update-secret", json!({ "path": "/app", "name": "WRITTEN", "value": "canary-${prod.db.PASS}" }));
        recorder.change("delete-secret", json!({ "path": "/app", "name": "WRITTEN" }));
        recorder.call("create-secret", json!({ "path": "/app", "name": "not a name", "value": "canary-refused" }));
        recorder.call("create-secret", json!({ "path": "/app", "name": "A", "value": ["canary-misplaced"] }));
        recorder.call("create-secret", json!({ "path": "/app", "name": "A", "valeu": "canary-misspelt" }));

        for fault in [Fault::TruncatedBody, Fault::HtmlAnswer(502), Fault::Redirect(302, "/canary".to_owned())] {
            stage.emulator.fail_next(1, fault);
            assert_eq!(recorder.call("list-secrets", json!({}))["isError"], true);
        }
        let failure = json!({ "statusCode": 403, "error": "canary", "message": stage.emulator.reader().client_secret });
        let body = failure.to_string();
        stage.emulator.fail_next(1, Fault::Answer { status: 403, content_type: "application/json".to_owned(), body });
        assert_eq!(recorder.call("reveal-secret", reveal)["isError"], true);
        stage.emulator.revoke_tokens();
        assert_eq!(recorder.call("list-secrets", json!({}))["isError"], false);
        stage.emulator.put_secret("dev", "/empty", &SecretSeed::new("LATE", "canary-late").comment("canary-late"));
        assert_eq!(recorder.call("get-secret", json!({ "name": "LATE", "path": "/empty" }))["isError"], false);

        let RecordingClient { client, mut heard, calls } = recorder;
        let ended = client.end();
        assert_eq!((ended.status.code(), heard.lines().count()), (Some(0), usize::try_from(calls - 1).unwrap()));
        heard.push_str(&String::from_utf8(ended.stderr).unwrap());
        let mut planted = stage.planted();
        planted.push(stage.value("/app", "MADE").unwrap());
        assert!(
            planted.iter().filter(|secret| secret.starts_with("eyJ")).count() > 2,
            "the search should cover tokens"
        );
        assert_eq!(found(&heard, &planted), None, "{heard}");
        let kept = everything_in(Path::new(&stage.path("state"))).unwrap();
        assert!(kept.contains("reveal-secret") && kept.contains("WRITTEN"), "the search should have input");
        assert_eq!(found(&kept, &planted), None, "{kept}");
    }
}
