//! The emulator that a recording is replayed against, and its names.

use std::time::Duration;

use infisical_emulator::{Credentials, Emulator, SecretSeed};
use serde_json::{Value, json};

use crate::client::{Answer, Client};

use super::names::Names;
use super::text::is_jwt;

/// The result of a set-up step. An error is reported with the next exchange.
pub(crate) type SetUp<T = ()> = Result<T, String>;

/// The emulator and its names.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) emulator: Emulator,
    pub(crate) names: Names,
    /// The `X-Forwarded-For` of the next recorded request. By default, each request has another
    /// address.
    pub(crate) address: Option<String>,
    /// False for the old server's recordings, which have no addresses.
    pub(crate) has_addresses: bool,
}

pub(crate) fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

impl Stage {
    /// Creates a stage with placeholders for the emulator's ids.
    pub(crate) fn new(emulator: Emulator) -> Self {
        let mut stage = Self { emulator, names: Names::default(), address: None, has_addresses: false };
        let (project_id, org_id, origin) =
            (stage.emulator.project_id(), stage.emulator.org_id(), stage.emulator.origin());
        stage.names.set("$ORIGIN", &origin);
        // The recording of the current server creates its project itself.
        if !project_id.is_empty() {
            stage.names.set("$PROJECT_ID", &project_id);
        }
        stage.names.set("$ORG_ID", &org_id);
        stage
    }

    /// Logs in the identities that every emulator has.
    pub(crate) fn name_standard_identities(&mut self) {
        for (name, identity, credentials) in [
            ("READ", "READER", self.emulator.reader()),
            ("WRITE", "WRITER", self.emulator.writer()),
            ("ADMIN", "ADMIN", self.emulator.admin()),
        ] {
            self.names.set(&format!("${name}_CLIENT_ID"), &credentials.client_id);
            self.names.set(&format!("${name}_CLIENT_SECRET"), &credentials.client_secret);
            self.names.set(&format!("${identity}_IDENTITY_ID"), &credentials.identity_id);
            self.log_in(&format!("${name}_TOKEN"), &credentials);
        }
    }

    /// Logs in and binds the token to this name. Returns the token.
    pub(crate) fn log_in(&mut self, name: &str, credentials: &Credentials) -> String {
        let token = Client::of(&self.emulator, credentials).token.unwrap();
        self.names.set(name, &token);
        token
    }

    /// Returns what a placeholder is bound to, or else the placeholder.
    pub(crate) fn real(&self, text: &str) -> String {
        self.names.translate(text)
    }

    /// Sends an unrecorded request. `token`, path and body may contain placeholders. Any status but
    /// 2xx is an error.
    pub(crate) fn ask(&self, token: &str, method: &str, url: &str, body: &Value) -> SetUp<Value> {
        let answer = self.ask_for(token, method, url, body);
        if (200..300).contains(&answer.status) {
            return Ok(if answer.text.is_empty() { Value::Null } else { answer.json() });
        }
        Err(format!("set-up: {method} {url} as {token}: {} {}", answer.status, answer.text))
    }

    /// Sends an unrecorded request and accepts any status.
    pub(crate) fn ask_for(&self, token: &str, method: &str, url: &str, body: &Value) -> Answer {
        let client = Client { address: self.emulator.address(), token: self.names.get(token).map(str::to_owned) };
        let body = (!body.is_null()).then(|| self.names.translate_all(body));
        client.send(method, &self.real(url), body.as_ref())
    }

    /// Logs in with the identity's client id and secret (`$NAME_CLIENT_ID`, `$NAME_CLIENT_SECRET`).
    /// Sets `$NAME_TOKEN`.
    pub(crate) fn log_in_by_name(&mut self, name: &str) -> SetUp<String> {
        let body = json!({
            "clientId": format!("${name}_CLIENT_ID"), "clientSecret": format!("${name}_CLIENT_SECRET"),
        });
        let answer = self.ask("", "POST", "/api/v1/auth/universal-auth/login", &body)?;
        let token = answer["accessToken"].as_str().unwrap_or_default().to_owned();
        if !is_jwt(&token) {
            return Err(format!("set-up: login of {name}: no token in {answer}"));
        }
        self.names.set(&format!("${name}_TOKEN"), &token);
        Ok(token)
    }

    /// Creates or changes a secret of the project directly, without a request.
    pub(crate) fn put(&self, environment: &str, path: &str, name: &str, value: &str) {
        self.emulator.put_secret(environment, path, &SecretSeed::new(name, value));
    }

    /// Advances the clock.
    pub(crate) fn wait(&self, milliseconds: u64) {
        self.emulator.advance_clock(millis(milliseconds));
    }
}
