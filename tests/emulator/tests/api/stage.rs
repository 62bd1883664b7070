//! An emulator of the current API version with clients for its identities.

use infisical_emulator::{ApiVersion, Emulator, EmulatorBuilder, Seed};
use serde_json::{Map, Value, json};

use crate::client::{Answer, Client};

#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) emulator: Emulator,
    pub(crate) project: String,
    pub(crate) reader: Client,
    pub(crate) writer: Client,
    pub(crate) outsider: Client,
}

/// A current server with the demonstration seed.
pub(crate) fn current() -> Stage {
    of(Emulator::builder().api_version(ApiVersion::V4).seed(Seed::demo()))
}

/// An emulator from this builder.
pub(crate) fn of(builder: EmulatorBuilder) -> Stage {
    let emulator = builder.start_now().unwrap();
    Stage {
        project: emulator.project_id(),
        reader: Client::of(&emulator, &emulator.reader()),
        writer: Client::of(&emulator, &emulator.writer()),
        outsider: Client::of(&emulator, &emulator.outsider()),
        emulator,
    }
}

impl Stage {
    /// The query of a read, extended by `more`.
    pub(crate) fn query(&self, environment: &str, path: &str, more: &str) -> String {
        format!("?projectId={}&environment={environment}&secretPath={path}{more}", self.project)
    }

    pub(crate) fn list(&self, environment: &str, path: &str, more: &str) -> Answer {
        self.reader.get(&format!("/api/v4/secrets{}", self.query(environment, path, more)))
    }

    pub(crate) fn read(&self, name: &str, environment: &str, path: &str, more: &str) -> Answer {
        self.reader.get(&format!("/api/v4/secrets/{name}{}", self.query(environment, path, more)))
    }

    /// The body of a write, extended by `more`.
    pub(crate) fn body(&self, environment: &str, path: &str, more: Value) -> Value {
        let mut body = json!({"projectId": self.project, "environment": environment, "secretPath": path});
        body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_else(Map::new));
        body
    }
}

/// The sorted names in a list.
pub(crate) fn names(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let listed = answer.json();
    let mut names: Vec<String> =
        listed["secrets"].as_array().unwrap().iter().map(|it| it["secretKey"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

/// The sorted keys of an object.
pub(crate) fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// Checks an error of a current server: status, `error`, the beginning of `message`, and a request
/// id.
pub(crate) fn assert_error(answer: &Answer, status: u16, error: &str, message: &str) {
    let body = answer.json();
    assert_eq!((answer.status, &body["statusCode"]), (status, &json!(status)), "{body}");
    assert_eq!(body["error"], error, "{body}");
    let said = body["message"].as_str().unwrap_or_else(|| panic!("no text: {body}"));
    assert!(said.starts_with(message), "{said:?} doesn't begin with {message:?}");
    let id =
        body["reqId"].as_str().and_then(|id| id.strip_prefix("req-")).unwrap_or_else(|| panic!("no reqId: {body}"));
    assert!(id.len() == 14 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{id}");
}

/// Checks a validation error: 422, and the message and path of its only issue.
pub(crate) fn assert_invalid(answer: &Answer, path: &Value, message: &str) {
    let body = answer.json();
    assert_eq!((answer.status, body["error"].as_str()), (422, Some("ValidationFailure")), "{body}");
    assert_eq!(body["message"].as_array().map(Vec::len), Some(1), "{body}");
    assert_eq!((&body["message"][0]["path"], body["message"][0]["message"].as_str()), (path, Some(message)), "{body}");
}
