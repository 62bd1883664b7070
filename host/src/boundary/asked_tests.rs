//! What the gate decides before any network access, even a DNS lookup, and what a read returns.

use super::*;
use http_body_util::BodyExt;
use infisical_skill_policy::Operation;
use std::task::{Context, Poll, Waker};
use wasmtime_wasi_http::{Error as WasiError, WasiHttpHooks};

/// DNS, connecting and waiting need a runtime. This test has none.
#[test]
fn refuses_another_origin_before_the_dns_lookup() {
    let emulator = emulator();
    let path = "/api/v1/projects?type=secret-manager";
    for authority in ["http://evil.example", "http://localhost", "https://127.0.0.1"] {
        let mut gate = gate(&emulator, Grant::Reads, None);
        assert!(tokio::runtime::Handle::try_current().is_err());
        let elsewhere = head("GET", &format!("{authority}{path}"), &[]);
        assert_eq!(gate.check_head(&elsewhere), Err(GateError::Denied), "{authority}");
        assert_eq!(layer(&gate), Some(Layer::Egress));

        // The same through wasmtime's hook: the answer is ready at the first poll.
        let body = http_body_util::Empty::new().map_err(|never| match never {}).boxed_unsync();
        let sent = gate.send_request(http::Request::from_parts(elsewhere, body), None, Box::new(async { Ok(()) }));
        let mut sent = Box::into_pin(sent);
        let looked_at = sent.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(looked_at, Poll::Ready(Err(WasiError::HttpRequestDenied))), "{authority}");
    }
    assert!(emulator.log().is_empty());
}

#[tokio::test]
async fn read_answers_never_contain_a_value() {
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
