//! Whatever a component would change: a request that is spelled as we would spell it, or a refusal. And whatever a server answers to it: no
//! planted value comes in.
//!
//! The input is lines: method, path, body; what follows is an answer.

#![no_main]

use infisical_skill_policy::change::{self, Method, acknowledgement, reading};
use infisical_skill_policy::{Generation, answers};
use libfuzzer_sys::fuzz_target;

const CANARY: &str = "CANARY";

fuzz_target!(|input: &str| {
    let mut lines = input.splitn(4, '\n');
    let (method, path, body) = (lines.next(), lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let Some(method) = method.and_then(Method::named) else { return };
    let answer = lines.next().unwrap_or_default();
    for generation in [Generation::V3, Generation::V4] {
        let Ok(change) = change::read(generation, method, path, body) else { continue };
        let request = change.request(generation);
        assert!(request.method == method && request.path == path && *request.body == body);
        assert!(path.is_ascii() && path.starts_with("/api/v") && !path.contains("//") && !path.contains("/.."));
        assert!(!body.contains("<hidden"), "a mask would be written");
        let line = reading::reading(&change, None);
        assert!(!line.chars().any(char::is_control) && line.lines().count() == 1);
        let phrase = acknowledgement::phrase(generation, std::slice::from_ref(&change), 1, |_| None);
        assert!(phrase.is_some() || !change.name().starts_with("delete"));
        if let Ok((_, answer)) = answers::changed(&change, answer.as_bytes()) {
            let answer: serde_json::Value = serde_json::from_slice(&answer).expect("what is written is JSON");
            for field in ["secretValue", "secretComment", "secretReminderNote", "secretMetadata", "metadata"] {
                let value = answer.pointer(&format!("/secret/{field}")).and_then(serde_json::Value::as_str);
                assert!(!value.is_some_and(|value| value.contains(CANARY)), "{answer}");
            }
        }
    }
});
