//! The emulator answers as the recorded server did: every exchange of the recording, in order, against one emulator.

mod compare;
mod names;
mod recording;
mod stage;

use infisical_emulator::{Emulator, Generation};
use serde_json::Value;

use crate::client::{self, Answer};

use recording::Recorded;
use stage::Stage;

/// Exchanges that are not replayed, each with the reason.
const NOT_REPLAYED: [(u32, &str); 4] = [
    (154, "by a user: the emulator has machine identities only"),
    (167, "by a user: the emulator has machine identities only"),
    (172, "by a user: the emulator has machine identities only"),
    (178, "by a user: the emulator has machine identities only"),
];

/// What a `…` in a form stands for.
fn form(stage: &Stage, body: &str) -> String {
    body.replace("clientId=…", &format!("clientId={}", stage.emulator.reader().client_id)).replace('…', "x")
}

/// The recorded request, sent to the emulator.
fn send(stage: &Stage, recorded: &Recorded) -> Answer {
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
    let url = stage.names.translate(&recorded.url);
    let body = body.as_deref().map(str::as_bytes);
    client::exchange(stage.emulator.address(), &recorded.method, &url, &headers, body).unwrap()
}

/// Compares status, headers that matter, and body.
fn compare(stage: &mut Stage, recorded: &Recorded, answer: &Answer) -> Result<(), String> {
    if answer.status != recorded.status {
        return Err(format!("recorded {}, got {}: {}", recorded.status, answer.status, answer.text));
    }
    for (name, _) in &recorded.answer_headers {
        // Rate limits are off but where the recording is about them.
        if (name == "etag" || recorded.status == 429) && answer.header(name).is_none() {
            return Err(format!("no header {name}"));
        }
    }
    if recorded.answer.is_empty() {
        return if answer.text.is_empty() { Ok(()) } else { Err(format!("a body: {}", answer.text)) };
    }
    let expected: Value = serde_json::from_str(&recorded.answer).map_err(|error| error.to_string())?;
    compare::same(&mut stage.names, &expected, &answer.json(), "$")
}

/// Compares what can be read after a create.
fn compare_read_back(stage: &Stage, recorded: &Recorded, said: &str) -> Result<(), String> {
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

#[test]
fn every_recorded_exchange_is_answered_as_it_was_recorded() {
    let recording = recording::parse(include_str!("../../recorded-v3.md"));
    assert_eq!(recording.len(), 197);
    let mut stage = Stage::new(Emulator::builder().generation(Generation::V3).start_now().unwrap());
    let mut failures = Vec::new();
    let mut replayed = 0;
    for recorded in &recording {
        stage.set(recorded.number);
        if NOT_REPLAYED.iter().any(|(number, _)| *number == recorded.number) {
            continue;
        }
        replayed += 1;
        let answer = send(&stage, recorded);
        let mut outcome = compare(&mut stage, recorded, &answer);
        if let (Ok(()), Some(said)) = (&outcome, &recorded.read_back) {
            outcome = compare_read_back(&stage, recorded, said);
        }
        if let Err(difference) = outcome {
            failures.push(format!("{:03} {}: {difference}", recorded.number, recorded.title));
        }
    }
    assert!(failures.is_empty(), "{} differ:\n{}", failures.len(), failures.join("\n"));
    assert_eq!(replayed, 193);
}
