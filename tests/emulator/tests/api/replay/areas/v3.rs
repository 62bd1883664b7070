//! The old server: the unrecorded steps between the recorded exchanges.

use std::time::Duration;

use infisical_emulator::{Credentials, IdentitySeed, Role};
use serde_json::Value;

use crate::client::{Answer, Client};
use crate::replay::area::Area;
use crate::replay::recording::Recorded;
use crate::replay::stage::{SetUp, Stage, millis};

/// The whole recording.
pub(crate) const AREA: Area = Area {
    name: "v3",
    covers: |_| true,
    before: |stage, recorded| {
        stage.set(recorded.number);
        Ok(())
    },
    after,
    not_replayed: &[
        (154, "by a user: the emulator has machine identities only"),
        (167, "by a user: the emulator has machine identities only"),
        (172, "by a user: the emulator has machine identities only"),
        (178, "by a user: the emulator has machine identities only"),
    ],
};

/// Sets up the state before the first exchange.
pub(crate) fn begin(stage: &mut Stage) -> SetUp {
    stage.name_standard_identities();
    Ok(())
}

fn after(stage: &mut Stage, recorded: &Recorded, answer: &Answer) -> SetUp {
    if recorded.body.as_deref().is_some_and(|body| body.contains("$WRITE_CLIENT_SECRET")) {
        let token = answer.json()["accessToken"].as_str().unwrap_or_default().to_owned();
        stage.names.set("$OLD_WRITE_TOKEN", &token);
        stage.names.set("$ACCESS_TOKEN", &token);
    }
    recorded.read_back().map_or(Ok(()), |said| compare_read_back(stage, recorded, said))
}

/// Compares what a get returns after a create.
fn compare_read_back(stage: &Stage, recorded: &Recorded, said: &str) -> SetUp {
    let (status, key, value) = stage.read_back(&stage.names.translate(&recorded.url));
    let mut parts = said.split("  ←").next().unwrap().splitn(3, "; ");
    let expected_status = parts.next().unwrap().trim_start_matches("HTTP ").parse::<u16>().unwrap();
    let field = |part: Option<&str>, name: &str| -> Value {
        let text = part.and_then(|part| part.strip_prefix(name)).unwrap();
        stage.names.translate_all(&serde_json::from_str(text).unwrap())
    };
    let expected = (expected_status, field(parts.next(), "key "), field(parts.next(), "value "));
    if expected == (status, key.clone(), value.clone()) {
        return Ok(());
    }
    Err(format!("read back: recorded {said:.200}, got {status} {key} {:.200}", value.to_string()))
}

impl Stage {
    /// Deletes the other secrets of a folder.
    fn keep_only(&self, path: &str, names: &[&str]) {
        let reader = Client::of(&self.emulator, &self.emulator.reader());
        let project_id = self.emulator.project_id();
        let url = format!("/api/v3/secrets/raw?workspaceId={project_id}&environment=dev&secretPath={path}");
        let listed = reader.get(&url).json();
        for secret in listed["secrets"].as_array().unwrap() {
            let name = secret["secretKey"].as_str().unwrap();
            if !names.contains(&name) {
                self.emulator.remove_secret("dev", path, name);
            }
        }
    }

    /// Performs the steps before an exchange.
    fn set(&mut self, number: u32) {
        let writer = self.emulator.writer();
        match number {
            14 => {
                let token = self.log_in("$THROWAWAY", &writer);
                self.names.set("$ACCESS_TOKEN", &token);
            }
            21 => {
                let token = self.names.get("$READ_TOKEN").unwrap().to_owned();
                let signed = token.rsplit_once('.').unwrap().0;
                self.names.set("$BAD_SIGNATURE", &format!("{signed}.{}", "A".repeat(43)));
            }
            24 => {
                let short = IdentitySeed::new("short").token_ttl(millis(1000)).token_max_ttl(millis(2000));
                let credentials = self.emulator.add_identity(&short);
                let token = self.log_in("$SHORT_TOKEN", &credentials);
                self.names.set("$ACCESS_TOKEN", &token);
                self.emulator.advance_clock(millis(2500));
            }
            26 => {
                let once = self.emulator.add_identity(&IdentitySeed::new("once").client_secret_uses_limit(1));
                Client::of(&self.emulator, &once);
                self.names.set("a05612dd-64c2-43ed-ad55-306f7a94e252", &once.client_id);
                self.names.set("1c51beb564250388a1ce3eab19272398e151fc755e3054dd14e16d272f832b2b", &once.client_secret);
            }
            27 => {
                let outsider = self.emulator.add_identity(&IdentitySeed::new("twice").token_uses_limit(2));
                self.log_in("$OUTSIDER_TOKEN", &outsider);
            }
            77 => self.put("dev", "/", "KEEP", "kept"),
            124 => {
                self.keep_only("/", &[""]);
                self.put("dev", "/", "ROOT_KEY", "root");
                self.put("dev", "/app", "APP_KEY", "app");
                self.put("dev", "/app/db", "DB_PASSWORD", "hunter2");
            }
            128 => {
                self.put("dev", "/", "URL", "db://${DB_USER}:${dev.app.db.DB_PASSWORD}@host");
                self.put("dev", "/", "DB_USER", "svc");
                self.put("dev", "/", "CYC_A", "a${CYC_B}");
                self.put("dev", "/", "CYC_B", "b${CYC_A}");
            }
            138 => {
                self.keep_only("/", &["", "ROOT_KEY", "DB_USER", "URL"]);
                self.put("staging", "/", "ROOT_KEY", "staging-root");
                self.put("staging", "/", "STG_ONLY", "from-staging");
            }
            155 => self.put("dev", "/", "ROOT_KEY", "root-2"),
            177 => self.use_up_the_limit(),
            178 => self.emulator.set_rate_limit(None),
            183 => {
                self.keep_only("/app", &["APP_KEY"]);
                let reader = Client::of(&self.emulator, &self.emulator.reader());
                let project_id = self.emulator.project_id();
                let url = format!("/api/v3/secrets/raw?workspaceId={project_id}&environment=dev&secretPath=%2Fapp");
                let etag = reader.get(&url).header("etag").unwrap().to_owned();
                self.names.set("\"Cv1Ywn/iR74WSiawQe1N9dN0Fw4=\"", &etag);
            }
            191 => {
                self.log_in_for_two_seconds("$TTL2");
                self.emulator.advance_clock(millis(1000));
            }
            193 => self.emulator.advance_clock(millis(1500)),
            194 => self.emulator.advance_clock(millis(2000)),
            196 => {
                self.log_in_for_two_seconds("$TTL2");
                self.emulator.advance_clock(millis(2500));
            }
            197 => {
                let identity = self.log_in_for_two_seconds("$TTL2B");
                self.emulator.remove_identity(&identity.identity_id);
            }
            _ => {}
        }
    }

    fn log_in_for_two_seconds(&mut self, name: &str) -> Credentials {
        let brief = IdentitySeed::new("brief").role(Role::Viewer);
        let brief = brief.token_ttl(millis(2000)).token_max_ttl(Duration::from_secs(3600));
        let credentials = self.emulator.add_identity(&brief);
        let token = self.log_in(name, &credentials);
        self.names.set("$ACCESS_TOKEN", &token);
        credentials
    }

    /// Sends the forty requests that the limit allows in a minute.
    fn use_up_the_limit(&self) {
        let mut reader = Client::of(&self.emulator, &self.emulator.reader());
        self.emulator.set_rate_limit(Some(40));
        let url = format!("/api/v3/secrets/raw?workspaceId={}&environment=dev", self.emulator.project_id());
        for sent in 1..=40 {
            let answer = reader.get(&url);
            assert_eq!((answer.status, answer.header("x-ratelimit-limit")), (200, Some("40")));
            assert_eq!(answer.header("x-ratelimit-remaining"), Some((40 - sent).to_string().as_str()));
        }
        reader.token = None;
    }

    /// Parses what a get showed after a create: `HTTP 200; key "NAME"; value "VALUE"`.
    fn read_back(&self, url: &str) -> (u16, Value, Value) {
        let reader =
            Client { address: self.emulator.address(), token: self.names.get("$READ_TOKEN").map(str::to_owned) };
        let answer =
            reader.get(&format!("{url}?workspaceId={}&environment=dev&secretPath=%2F", self.emulator.project_id()));
        let mut secret = answer.json()["secret"].take();
        (answer.status, secret["secretKey"].take(), secret["secretValue"].take())
    }
}
