//! Rogues that make forbidden requests: to other servers, on other routes, with other headers.

use crate::ground::{DEADLINE, Ground, good_read, imports, project_key, secrets, told, trail};
use crate::tricks;
use infisical_emulator::ApiVersion::{self, V3, V4};
use infisical_skill::{AuditSettings, EnvironmentSlug, Layer, Place, ProjectId, Scope, SecretPath};
use infisical_skill_contract::emulated::API_VERSIONS;
use infisical_skill_contract::{CANARY, PROJECT, Recorded, Scripted, root};
use infisical_skill_rogues::{Boundary, Containment, cases};

cases![
    only_the_exact_configured_origin_is_reachable,
    an_origin_that_is_a_name_has_one_spelling_and_no_address,
    tls_origin_is_never_asked_without_tls,
    only_known_routes_are_requested,
    rejects_routes_that_always_send_values,
    rejects_routes_of_the_other_api_version,
    sends_no_header_beyond_the_fixed_ones,
    sends_no_body_with_a_read,
    reads_nothing_outside_the_scopes,
    component_that_does_not_wait_is_checked_too,
    a_request_that_nobody_waits_for_is_on_record,
    violation_is_recorded_even_if_the_caller_disconnects,
];

/// Whether the rogue reports that its request was refused, while it was built or when it was sent.
fn is_told(said: &str) -> bool {
    said.ends_with("refused") || said.starts_with("refused")
}

/// Asserts that all of these schemes and authorities are refused, and that the honest component
/// still works.
async fn are_refused(ground: &Ground, origins: &[(&str, String)]) {
    for (scheme, authority) in origins {
        let outcome = ground.read(told("", scheme), authority).await;
        ground.nothing_left(&outcome, &format!("{scheme} {authority:?}"), is_told);
    }
}

async fn only_the_exact_configured_origin_is_reachable() {
    for api_version in API_VERSIONS {
        let ground = Ground::on(api_version, &crate::ASKS_ANOTHER_SERVER).await;
        let port = ground.server.port();
        are_refused(&ground, &tricks::origins(port)).await;
        // The tricks are refused because of their origin: the configured origin itself gets as far
        // as the routes.
        let error = ground.read(told("", "http"), &format!("127.0.0.1:{port}")).await.unwrap_err();
        assert!(!error.reason().contains("origin"), "the origin itself: {error}");
        ground.is_unharmed().await;
    }
}

async fn an_origin_that_is_a_name_has_one_spelling_and_no_address() {
    for api_version in API_VERSIONS {
        let by_name = |server: &Scripted| format!("http://localhost:{}", server.port());
        let (rogue, here) = (&crate::ASKS_ANOTHER_SERVER, Boundary::Network);
        let ground = Ground::at(rogue, here, api_version, by_name, |builder| builder).await;
        let port = ground.server.port();
        are_refused(&ground, &tricks::origins_by_name(port)).await;
        let error = ground.read(told("", "http"), &format!("localhost:{port}")).await.unwrap_err();
        assert!(!error.reason().contains("origin"), "the origin itself: {error}");
        ground.is_unharmed().await;
    }
}

async fn tls_origin_is_never_asked_without_tls() {
    for api_version in API_VERSIONS {
        let with_tls = |server: &Scripted| format!("https://127.0.0.1:{}", server.port());
        let (rogue, here) = (&crate::ASKS_ANOTHER_SERVER, Boundary::Network);
        let ground = Ground::at(rogue, here, api_version, with_tls, |builder| builder).await;
        let authority = format!("127.0.0.1:{}", ground.server.port());
        let schemes = ["http", "HTTP", "ws", "wss", "ftp", ""].map(|scheme| (scheme, authority.clone()));
        are_refused(&ground, &schemes).await;
        let error = ground.read(told("", "https"), &authority).await.unwrap_err();
        assert!(!error.reason().contains("origin"), "the origin itself: {error}");
    }
}

async fn only_known_routes_are_requested() {
    for api_version in API_VERSIONS {
        let ground = Ground::on(api_version, &crate::ASKS_OFF_THE_ROUTES).await;
        for (method, path) in tricks::routes(api_version) {
            let outcome = ground.read(told("", method), &path).await;
            ground.nothing_left(&outcome, &format!("{method:?} {path:?}"), is_told);
        }
        let good = good_read(api_version);
        let outcome = ground.read(told("", "GET"), &good).await;
        assert!(outcome.unwrap().starts_with("200"), "the unmodified request should be permitted");
        // A fragment is removed before the check: it is never a part of a sent request.
        let outcome = ground.read(told("", "GET"), &format!("{good}#x")).await;
        assert!(outcome.unwrap().starts_with("200"));
        assert!(ground.arrived().iter().all(|request| request.target == good));
        ground.is_unharmed().await;
    }
}

/// Requests that a current server permits to a machine identity, with no parameter that hides
/// values.
async fn rejects_routes_that_always_send_values() {
    const ID: &str = "00000000-0000-4000-8000-000000000000";
    for api_version in API_VERSIONS {
        let place = format!("projectId={PROJECT}&environment=dev&path=%2F");
        let hidden = "viewSecretValue=false&expandSecretReferences=false&includeImports=false";
        for (rogue, ends) in [
            (&crate::ASKS_FOR_A_SNAPSHOT, [ID.to_owned(), format!("{ID}?{hidden}"), format!("{ID}/rollback")]),
            (
                &crate::ASKS_FOR_A_SECRET_BY_ITS_ID,
                [ID.to_owned(), format!("{ID}?{hidden}"), format!("{ID}?{place}&{hidden}")],
            ),
            (&crate::ASKS_FOR_THE_SECRETS_OF_IMPORTS, [place.clone(), format!("{place}&{hidden}"), String::new()]),
            (&crate::SHARES_THE_VALUE, [CANARY.to_owned(), "{}".to_owned(), String::new()]),
        ] {
            let ground = Ground::on(api_version, rogue).await;
            for end in ends {
                // A canary as a name is the caller's own text: it isn't from an answer.
                let outcome = ground.skill.get_secret(root(), &end, None).await.map(|secret| secret.name);
                ground.nothing_left(&outcome, &end, is_told);
            }
            ground.is_unharmed().await;
        }
    }
}

async fn rejects_routes_of_the_other_api_version() {
    for (api_version, other) in [(V3, V4), (V4, V3)] {
        let ground = Ground::on(api_version, &crate::ASKS_OFF_THE_ROUTES).await;
        for path in [good_read(other), list(other, "%2F"), folders(other, "%2F"), tags(other, PROJECT)] {
            let outcome = ground.read(told("", "GET"), &path).await;
            ground.trial.is_refused(&outcome);
            assert!(ground.arrived().is_empty(), "{path}");
        }
        ground.is_unharmed().await;
    }
}

async fn sends_no_header_beyond_the_fixed_ones() {
    for api_version in API_VERSIONS {
        let ground = Ground::on(api_version, &crate::SETS_HEADERS).await;
        let good = good_read(api_version);
        for (name, value) in tricks::HEADERS {
            let outcome = ground.read(told(&good, name), value).await;
            ground.nothing_left(&outcome, &format!("{name:?}: {value:?}"), |said| said.starts_with("header"));
        }
        ground.is_unharmed().await;
        let count = |request: &Recorded, name: &str| request.headers.iter().filter(|(it, _)| it == name).count();
        for request in ground.arrived() {
            assert_eq!((count(&request, "authorization"), count(&request, "host")), (1, 1), "{request:?}");
        }
    }
}

async fn sends_no_body_with_a_read() {
    for api_version in API_VERSIONS {
        for rogue in [&crate::SENDS_A_BODY_WITH_A_READ, &crate::SENDS_TRAILERS_WITH_A_READ] {
            let ground = Ground::on(api_version, rogue).await;
            ground.trial.is_refused(&ground.read(told("", "/"), &good_read(api_version)).await);
            assert!(ground.arrived().is_empty(), "{}", rogue.name());
            ground.is_unharmed().await;
        }
    }
}

/// The secrets of a folder of `dev`.
fn list(api_version: ApiVersion, path: &str) -> String {
    let place = format!("{}={PROJECT}&environment=dev&secretPath={path}", project_key(api_version));
    let hidden = "viewSecretValue=false&expandSecretReferences=false&recursive=true";
    format!("{}?{place}&{hidden}&{}=false", secrets(api_version), imports(api_version))
}

/// The folders in a folder of `dev`.
fn folders(api_version: ApiVersion, path: &str) -> String {
    match api_version {
        V3 => format!("/api/v1/folders?workspaceId={PROJECT}&environment=dev&path={path}"),
        V4 => format!("/api/v2/folders?projectId={PROJECT}&environment=dev&path={path}&recursive=true"),
    }
}

fn tags(api_version: ApiVersion, project: &str) -> String {
    let collection = if api_version == V3 { "workspace" } else { "projects" };
    format!("/api/v1/{collection}/{project}/tags")
}

async fn reads_nothing_outside_the_scopes() {
    const OTHER: &str = "00000000-0000-4000-8000-000000000000";
    let only = || Scope {
        project: ProjectId::new(PROJECT).unwrap(),
        environments: vec![EnvironmentSlug::new("dev").unwrap()],
        paths: vec![SecretPath::new("/app").unwrap()],
    };
    for api_version in API_VERSIONS {
        let (rogue, here) = (&crate::ASKS_FOR_MORE_THAN_IT_WAS_ASKED, Boundary::Network);
        let ground = Ground::with(rogue, here, api_version, |builder| builder.scopes(vec![only()])).await;
        let at = Place { path: Some("/app".to_owned()), ..root() };
        let inside = good_read(api_version).replace("secretPath=%2F", "secretPath=%2Fapp");
        let all_inside = list(api_version, "%2Fapp");
        for outside in [
            good_read(api_version),
            inside.replace("%2Fapp", "%2Fapplication"),
            inside.replace("%2Fapp", "%2FAPP"),
            inside.replace(PROJECT, OTHER),
            inside.replace("=dev", "=prod"),
            inside.replace("=dev", "=DEV"),
            list(api_version, "%2F"),
            list(api_version, "%2Fother"),
            all_inside.replace(PROJECT, OTHER),
            all_inside.replace("=dev", "=prod"),
            folders(api_version, "%2F"),
            folders(api_version, "%2Fapp").replace(PROJECT, OTHER),
            folders(api_version, "%2Fapp").replace("=dev", "=prod"),
            tags(api_version, OTHER),
        ] {
            let outcome = ground.read(at.clone(), &outside).await;
            let layer = outcome.as_ref().err().and_then(|error| error.layer());
            let is_refused = matches!(layer, Some(Layer::Scope | Layer::Egress));
            let requests = ground.server.requests();
            ground.trial.holds(Containment::Policy, is_refused && requests.is_empty(), (outside, outcome, requests));
        }
        for inside in [inside, all_inside] {
            // The answer to the first request is about another place, which is refused later.
            let _ = ground.read(at.clone(), &inside).await;
            assert!(ground.arrived().iter().any(|request| request.target == inside), "what is inside: {inside}");
        }
    }
}

async fn component_that_does_not_wait_is_checked_too() {
    for api_version in API_VERSIONS {
        let ground = Ground::on(api_version, &crate::FIRES_AND_FORGETS).await;
        let outcome = ground.read(told("", "/"), "evil.com").await;
        ground.nothing_left(&outcome, "another server", |_| false);
    }
}

async fn a_request_that_nobody_waits_for_is_on_record() {
    for api_version in API_VERSIONS {
        let state = tempfile::tempdir().unwrap();
        let (folder, slow) = (state.path().to_owned(), good_read(api_version).replace("/A?", "/SLOW?"));
        let (rogue, here) = (&crate::STARTS_AND_LETS_GO, Boundary::Network);
        let ground = Ground::with(rogue, here, api_version, |builder| {
            builder.state_dir(folder.clone()).audit(AuditSettings::default())
        })
        .await;
        assert_eq!(ground.read(told("", "/"), &slow).await.as_deref(), Ok("let go of"));
        assert_eq!(ground.arrived().len(), 1, "it left");
        let trail = trail(state.path());
        ground.trial.holds(Containment::Bounded, trail.contains("/SLOW?") && trail.contains("abandoned"), trail);
    }
}

async fn violation_is_recorded_even_if_the_caller_disconnects() {
    for api_version in API_VERSIONS {
        let state = tempfile::tempdir().unwrap();
        let folder = state.path().to_owned();
        let (rogue, here) = (&crate::TRIES_AND_WAITS, Boundary::Network);
        let ground = Ground::with(rogue, here, api_version, |builder| {
            builder.state_dir(folder.clone()).audit(AuditSettings::default())
        })
        .await;
        let call = ground.skill.get_secret(told("", "/"), "evil.com", None);
        // Enough time for the violation on a slow machine, and well before the deadline.
        assert!(tokio::time::timeout(DEADLINE * 3 / 4, call).await.is_err());
        let trail = trail(state.path());
        let is_on_record = trail.contains("it isn't for the configured origin") && !trail.contains("cancelled");
        ground.trial.holds(Containment::Gate, is_on_record && ground.server.requests().is_empty(), trail);
    }
}
