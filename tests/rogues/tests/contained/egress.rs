//! Rogues that ask for what isn't theirs to ask for: other servers, other routes, other headers.

use crate::ground::{DEADLINE, Ground, good_read, layer, told, trail};
use infisical_skill::{AuditSettings, Layer, Place, ProjectId, Scope, SecretPath};
use infisical_skill_contract::{PROJECT, Recorded};

/// Nothing of the rogue's arrived, and nobody logged in on its behalf.
fn nothing_arrived(ground: &Ground, trick: &str) {
    assert!(ground.server.requests().is_empty(), "{trick:?}: {:?}", ground.server.requests());
}

#[tokio::test]
async fn only_the_configured_origin_is_asked_byte_for_byte() {
    let ground = Ground::of(&crate::ASKS_ANOTHER_SERVER).await;
    let port = ground.server.port();
    let here = format!("127.0.0.1:{port}");
    let tricks = [
        ("https", here.clone()),
        ("HTTP", here.clone()),
        ("ws", here.clone()),
        ("file", here.clone()),
        ("http", "127.0.0.1".to_owned()),
        ("http", "127.0.0.1:".to_owned()),
        ("http", "127.0.0.1:0".to_owned()),
        ("http", "127.0.0.1:65536".to_owned()),
        ("http", format!("127.0.0.1:{}", port ^ 1)),
        ("http", format!("127.0.0.1:0{port}")),
        ("http", format!("127.0.0.1:+{port}")),
        ("http", format!("127.0.0.2:{port}")),
        ("http", format!("127.1:{port}")),
        ("http", format!("2130706433:{port}")),
        ("http", format!("0x7f000001:{port}")),
        ("http", format!("0177.0.0.1:{port}")),
        ("http", format!("0.0.0.0:{port}")),
        ("http", format!("[::1]:{port}")),
        ("http", format!("[::ffff:127.0.0.1]:{port}")),
        ("http", format!("[::ffff:7f00:1]:{port}")),
        ("http", format!("localhost:{port}")),
        ("http", format!("LOCALHOST:{port}")),
        ("http", format!("127.0.0.1.:{port}")),
        ("http", format!("{here}.evil.com")),
        ("http", format!("127.0.0.1.evil.com:{port}")),
        ("http", format!("evil.com#{here}")),
        ("http", format!("evil.com?{here}")),
        ("http", format!("evil.com/{here}")),
        ("http", format!("evil.com\\{here}")),
        ("http", format!("user@{here}")),
        ("http", format!("user:password@{here}")),
        ("http", format!("{here}@evil.com")),
        ("http", format!("evil.com@{here}")),
        ("http", format!("@{here}")),
        ("http", format!("{here}/")),
        ("http", format!("{here}/api")),
        ("http", format!(" {here}")),
        ("http", format!("{here} ")),
        ("http", format!("{here}\r\nx: y")),
        ("http", format!("{here}\0")),
        ("http", format!("127%2E0.0.1:{port}")),
        ("http", format!("127\u{3002}0\u{3002}0\u{3002}1:{port}")),
        ("http", format!("\u{2460}27.0.0.1:{port}")),
        ("http", "169.254.169.254".to_owned()),
        ("http", "metadata.google.internal".to_owned()),
        ("http", "xn--nfisical-4fb.com".to_owned()),
        ("http", String::new()),
    ];
    for (scheme, authority) in &tricks {
        let outcome = ground.read(told("", scheme), authority).await;
        let is_refused = match &outcome {
            Ok(said) => said.ends_with("refused") || said.starts_with("refused"),
            Err(error) => error.layer() == Some(Layer::Egress),
        };
        assert!(is_refused, "{scheme} {authority:?}: {outcome:?}");
        nothing_arrived(&ground, authority);
    }
    // The tricks are refused for what they are: the origin itself gets as far as the routes.
    let error = ground.read(told("", "http"), &here).await.unwrap_err();
    assert!(!error.reason().contains("origin"), "the origin itself: {error}");
    ground.is_unharmed().await;
}

#[tokio::test]
async fn nothing_but_the_known_routes_is_asked_for() {
    let ground = Ground::of(&crate::ASKS_OFF_THE_ROUTES).await;
    let good = good_read();
    let with = |from: &str, to: &str| ("GET", good.replace(from, to));
    let mut tricks = vec![
        ("GET", "/".to_owned()),
        ("GET", "*".to_owned()),
        ("GET", "/api/v1/auth/token".to_owned()),
        ("POST", "/api/v1/auth/universal-auth/login".to_owned()),
        ("GET", "/api/v1/identities".to_owned()),
        ("GET", "/api/status".to_owned()),
        ("GET", format!("http://evil.com{good}")),
        ("GET", format!("//evil.com{good}")),
        ("GET", format!("/{good}")),
        with("/api/v4", "/api//v4"),
        with("/api/v4", "/api/v4/../v1"),
        with("/api/v4", "/api/%2e%2e/v4"),
        with("/api/v4", "/api/%252e%252e/v4"),
        with("/api/v4", "/API/v4"),
        with("/api/v4", "/api\\v4"),
        with("/api/v4", "/api/v5"),
        with("/A?", "/A;x=y?"),
        with("/A?", "/A/?"),
        with("/A?", "/a%2fb?"),
        with("/A?", "/%41?"),
        with("/A?", "/..?"),
        with("/A?", "/A%00?"),
        with("/A?", "/A%0d%0aHost:%20evil.com?"),
        with("/A?", "/A?x=y&"),
        with("environment=dev", "environment=dev&environment=prod"),
        with("environment=dev", "environment=dev%26viewSecretValue=true"),
        with("environment=dev", "Environment=dev"),
        with("viewSecretValue=false", "viewSecretValue=true"),
        with("viewSecretValue=false", "viewSecretValue=FALSE"),
        with("viewSecretValue=false", "viewSecretValue=false&viewSecretValue=true"),
        with("&viewSecretValue=false", ""),
        with("expandSecretReferences=false", "expandSecretReferences=true"),
        with("include_imports=false", "include_imports=true"),
        with("secretPath=%2F", "secretPath=%2F.."),
        with("secretPath=%2F", "secretPath=/"),
        ("GET", format!("{good}&type=personal")),
        ("GET", format!("{good} HTTP/1.1\r\nHost: evil.com\r\n\r\nGET /")),
        ("GET", format!("{good}\n")),
        ("GET", good.replace("&secretPath=%2F", "&secretPath=%2f")),
    ];
    for method in
        ["HEAD", "OPTIONS", "TRACE", "CONNECT", "PUT", "get", "GET ", "PROPFIND", "G\r\nE", "GET / HTTP/1.1\r\nX:", ""]
    {
        tricks.push((method, good.clone()));
    }
    for (method, path) in &tricks {
        let outcome = ground.read(told("", method), path).await;
        let is_refused = match &outcome {
            Ok(said) => said.ends_with("refused") || said.starts_with("refused"),
            Err(error) => error.layer() == Some(Layer::Egress),
        };
        assert!(is_refused, "{method:?} {path:?}: {outcome:?}");
        nothing_arrived(&ground, path);
    }
    let outcome = ground.read(told("", "GET"), &good).await;
    assert!(outcome.unwrap().starts_with("200"), "the one that they are made of passes");
    // A fragment is lost before anybody looks: it never was a part of what is sent.
    let outcome = ground.read(told("", "GET"), &format!("{good}#x")).await;
    assert!(outcome.unwrap().starts_with("200"));
    assert!(ground.arrived().iter().all(|request| request.target == good));
    ground.is_unharmed().await;
}

#[tokio::test]
async fn no_header_gets_out_but_those_that_every_request_has() {
    let ground = Ground::of(&crate::SETS_HEADERS).await;
    let good = good_read();
    for (name, value) in [
        ("authorization", "Bearer mine"),
        ("Authorization", "Bearer mine"),
        ("AUTHORIZATION", "Bearer mine"),
        ("cookie", "jid=mine"),
        ("host", "evil.com"),
        ("connection", "upgrade"),
        ("keep-alive", "timeout=9999"),
        ("transfer-encoding", "chunked"),
        ("Transfer-Encoding", "identity"),
        ("content-length", "0"),
        ("te", "trailers"),
        ("trailer", "x"),
        ("upgrade", "h2c"),
        ("expect", "100-continue"),
        ("forwarded", "for=1.2.3.4"),
        ("x-forwarded-for", "1.2.3.4"),
        ("x-forwarded-host", "evil.com"),
        ("x-real-ip", "1.2.3.4"),
        ("x-http-method-override", "DELETE"),
        ("X-HTTP-Method-Override", "DELETE"),
        ("x-method-override", "DELETE"),
        ("proxy-authorization", "Basic mine"),
        ("proxy-connection", "keep-alive"),
        ("user-agent", "mine"),
        ("origin", "http://evil.com"),
        ("referer", "http://evil.com"),
        ("range", "bytes=0-"),
        ("accept-encoding", "gzip"),
        ("accept", "text/html"),
        ("accept", "application/json, text/html"),
        ("accept", "application/json\r\nx: y"),
        ("accept", "application/json\n x"),
        ("accept", "application/json\0"),
        ("accept", "application/json\u{e9}"),
        ("accept\r\nx", "y"),
        ("accept ", "application/json"),
        (" accept", "application/json"),
        ("acc\u{e9}pt", "application/json"),
        ("x-\0", "y"),
        (":authority", "evil.com"),
        (":path", "/"),
        ("", "x"),
        ("x-infisical-org", "mine"),
    ] {
        let outcome = ground.read(told(&good, name), value).await;
        let is_refused = match &outcome {
            Ok(said) => said.starts_with("header"),
            Err(error) => error.layer() == Some(Layer::Egress),
        };
        assert!(is_refused, "{name:?}: {value:?}: {outcome:?}");
        nothing_arrived(&ground, name);
    }
    ground.is_unharmed().await;
    let count = |request: &Recorded, name: &str| request.headers.iter().filter(|(it, _)| it == name).count();
    for request in ground.arrived() {
        assert_eq!((count(&request, "authorization"), count(&request, "host")), (1, 1), "{request:?}");
    }
}

#[tokio::test]
async fn no_body_gets_out_with_a_read() {
    for rogue in [&crate::SENDS_A_BODY_WITH_A_READ, &crate::SENDS_TRAILERS_WITH_A_READ] {
        let ground = Ground::of(rogue).await;
        assert_eq!(layer(ground.read(told("", "/"), &good_read()).await), Layer::Egress, "{}", rogue.name());
        assert!(ground.arrived().is_empty(), "{}", rogue.name());
        ground.is_unharmed().await;
    }
}

#[tokio::test]
async fn nothing_outside_of_the_scopes_is_looked_at() {
    let only = || Scope {
        project: ProjectId::new(PROJECT).unwrap(),
        environments: Vec::new(),
        paths: vec![SecretPath::new("/app").unwrap()],
    };
    let ground = Ground::with(&crate::ASKS_FOR_MORE_THAN_IT_WAS_ASKED, |builder| builder.scopes(vec![only()])).await;
    let at = Place { path: Some("/app".to_owned()), ..infisical_skill_contract::root() };
    let inside = good_read().replace("secretPath=%2F", "secretPath=%2Fapp");
    for outside in [
        good_read(),
        inside.replace("%2Fapp", "%2Fapplication"),
        inside.replace("%2Fapp", "%2FAPP"),
        inside.replace(PROJECT, "00000000-0000-4000-8000-000000000000"),
    ] {
        let outcome = ground.read(at.clone(), &outside).await;
        assert!(matches!(layer(outcome), Layer::Scope | Layer::Egress), "{outside}");
        nothing_arrived(&ground, &outside);
    }
    assert!(ground.read(at, &inside).await.unwrap().starts_with("200"), "what is inside");
}

#[tokio::test]
async fn a_component_that_does_not_wait_is_judged_all_the_same() {
    let ground = Ground::of(&crate::FIRES_AND_FORGETS).await;
    assert_eq!(layer(ground.read(told("", "/"), "evil.com").await), Layer::Egress);
    nothing_arrived(&ground, "another server");
}

#[tokio::test]
async fn a_request_that_nobody_waits_for_is_on_record() {
    let state = tempfile::tempdir().unwrap();
    let (folder, slow) = (state.path().to_owned(), good_read().replace("/A?", "/SLOW?"));
    let ground = Ground::with(&crate::STARTS_AND_LETS_GO, |builder| {
        builder.state_dir(folder.clone()).audit(AuditSettings::default())
    })
    .await;
    assert_eq!(ground.read(told("", "/"), &slow).await.as_deref(), Ok("let go of"));
    assert_eq!(ground.arrived().len(), 1, "it left");
    assert!(trail(state.path()).contains("/SLOW?") && trail(state.path()).contains("abandoned"));
}

#[tokio::test]
async fn an_attempt_is_on_record_even_if_the_caller_goes_away() {
    let state = tempfile::tempdir().unwrap();
    let folder = state.path().to_owned();
    let ground = Ground::with(&crate::TRIES_AND_WAITS, |builder| {
        builder.state_dir(folder.clone()).audit(AuditSettings::default())
    })
    .await;
    let call = ground.skill.get_secret(told("", "/"), "evil.com", None);
    // Time for the attempt on a slow machine too, and well before the deadline.
    assert!(tokio::time::timeout(DEADLINE * 3 / 4, call).await.is_err());
    let trail = trail(state.path());
    assert!(trail.contains("it isn't for the configured origin") && !trail.contains("cancelled"), "{trail}");
}
