//! Sends a recorded request to the emulator and compares the answer.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::client::{self, Answer};

use super::compare::Comparison;
use super::recording::Recorded;
use super::stage::Stage;

/// The text that `…` in a form stands for.
fn form(stage: &Stage, body: &str) -> String {
    let body = body.replace("clientId=…", &format!("clientId={}", stage.emulator.reader().client_id));
    stage.names.translate(&body.replace('…', "x"))
}

/// Sends the recorded request to the emulator.
pub(crate) fn send(stage: &mut Stage, recorded: &Recorded) -> Answer {
    let mut headers: Vec<(String, String)> =
        recorded.headers.iter().map(|(name, value)| (name.clone(), stage.names.translate(value))).collect();
    let content_type = headers.iter().find(|(name, _)| name == "content-type").map(|(_, value)| value.clone());
    let body = recorded.body.as_deref().map(|body| match (content_type.as_deref(), serde_json::from_str(body)) {
        (Some("application/json"), Ok(json)) => stage.names.translate_all(&json).to_string(),
        (Some("application/x-www-form-urlencoded"), _) => form(stage, body),
        _ => body.to_owned(),
    });
    if body.is_some() && content_type.is_none() {
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
    }
    if stage.has_addresses {
        let own = format!("10.0.{}.{}", recorded.number / 250, recorded.number % 250);
        headers.push(("x-forwarded-for".to_owned(), stage.address.take().unwrap_or(own)));
        headers.push(("user-agent".to_owned(), "recorder".to_owned()));
    }
    let url = stage.names.translate(&recorded.url);
    let body = body.as_deref().map(str::as_bytes);
    client::exchange(stage.emulator.address(), &recorded.method, &url, &headers, body).unwrap()
}

/// Compares the status, the relevant headers, the body, and the token's payload if the recording
/// shows it.
pub(crate) fn compare(stage: &mut Stage, recorded: &Recorded, answer: &Answer) -> Vec<String> {
    if answer.status != recorded.status {
        return vec![format!("recorded {}, got {}: {:.800}", recorded.status, answer.status, answer.text)];
    }
    let mut comparison = Comparison::new(&mut stage.names);
    for (name, value) in &recorded.answer_headers {
        // Rate limits are off, except for the exchanges about them.
        match answer.header(name) {
            None if name == "etag" || recorded.status == 429 => {
                comparison.differences.push(format!("no header {name}"))
            }
            Some(real) if name == "etag" => comparison.names.set(value, real),
            _ => {}
        }
    }
    match serde_json::from_str::<Value>(&recorded.answer) {
        Ok(expected) => match serde_json::from_str::<Value>(&answer.text) {
            Ok(real) => comparison.same(&expected, &real, "$"),
            Err(_) => comparison.differences.push(format!("no JSON: {:.400}", answer.text)),
        },
        Err(_) if recorded.answer == answer.text => {}
        Err(_) => comparison.differences.push(format!("recorded {:?}, got {:.400}", recorded.answer, answer.text)),
    }
    if let Some(expected) = recorded.payload() {
        let token = answer.text.split('"').find(|text| super::text::is_jwt(text)).unwrap_or_default();
        let payload = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok()).unwrap_or_default();
        match serde_json::from_slice::<Value>(&payload) {
            Ok(real) => comparison.same(&expected, &real, "payload"),
            Err(_) => comparison.differences.push("no payload".to_owned()),
        }
    }
    comparison.differences
}
