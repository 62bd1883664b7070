//! What is decided before anybody is asked, even a name server; and what a read is answered with.

use super::*;
use http_body_util::BodyExt;
use std::task::{Context, Poll, Waker};
use wasmtime_wasi_http::{Error as WasiError, WasiHttpHooks};

/// Looking up a name, connecting and waiting need a runtime, and there is none here.
#[test]
fn another_origin_is_refused_without_a_runtime_and_so_before_its_name_is_looked_up() {
    let emulator = emulator();
    let path = "/api/v1/projects?type=secret-manager";
    for authority in ["http://evil.example", "http://localhost", "https://127.0.0.1"] {
        let mut gate = gate(&emulator, Grant::Reads, None);
        assert!(tokio::runtime::Handle::try_current().is_err());
        let elsewhere = head("GET", &format!("{authority}{path}"), &[]);
        assert_eq!(gate.check_head(&elsewhere), Err(GateError::Denied), "{authority}");
        assert_eq!(layer(&gate), Some(Layer::Egress));

        // Where wasmtime hands it over, too: the answer is there as soon as somebody looks.
        let body = http_body_util::Empty::new().map_err(|never| match never {}).boxed_unsync();
        let sent = gate.send_request(http::Request::from_parts(elsewhere, body), None, Box::new(async { Ok(()) }));
        let mut sent = Box::into_pin(sent);
        let looked_at = sent.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(looked_at, Poll::Ready(Err(WasiError::HttpRequestDenied))), "{authority}");
    }
    assert!(emulator.log().is_empty());
}

#[tokio::test]
async fn what_a_read_is_answered_with_has_no_value_in_it_whatever_the_server_sends() {
    for api_version in API_VERSIONS {
        let emulator = emulator_of(api_version);
        let gate = gate(&emulator, Grant::Reads, None);
        let place = infisical_skill_policy::Place {
            project: Project::new(emulator.project_id()).unwrap(),
            environment: infisical_skill_policy::Environment::new("dev").unwrap(),
            path: SecretPath::new("/app").unwrap(),
        };
        let name = infisical_skill_policy::SecretName::new("STRIPE_API_KEY").unwrap();
        for operation in [
            Operation::GetSecret { place: place.clone(), name, version: None },
            Operation::ListSecrets { place, recursive: true, tags: Vec::new() },
        ] {
            let delivery = gate.perform(api_version, &operation).await.unwrap_or_else(|error| panic!("{error:?}"));
            let text = String::from_utf8(delivery.body.as_ref().to_vec()).unwrap();
            assert!(text.contains("STRIPE_API_KEY") && !text.contains("canary"), "{api_version:?}: {text}");
        }
    }
}
