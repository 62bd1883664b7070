//! Instructions for rogues: a table for each part of a request.

use crate::ground::{good_read, project_key, secrets};
use infisical_emulator::ApiVersion::{self, V3, V4};
use infisical_skill_contract::PROJECT;

/// Schemes and authorities that aren't `http` and `127.0.0.1` with this port.
pub(crate) fn origins(port: u16) -> Vec<(&'static str, String)> {
    let here = format!("127.0.0.1:{port}");
    vec![
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
    ]
}

/// Schemes and authorities that aren't `http` and `localhost` with this port, though some lead
/// there.
pub(crate) fn origins_by_name(port: u16) -> Vec<(&'static str, String)> {
    vec![
        ("https", format!("localhost:{port}")),
        ("http", "localhost".to_owned()),
        ("http", format!("LOCALHOST:{port}")),
        ("http", format!("Localhost:{port}")),
        ("http", format!("localhost.:{port}")),
        ("http", format!("localhost..:{port}")),
        ("http", format!("localhost%2E:{port}")),
        ("http", format!("localhos%74:{port}")),
        ("http", format!("l\u{43e}calhost:{port}")),
        ("http", format!("xn--lcalhost-fxg:{port}")),
        ("http", format!("\u{ff4c}ocalhost:{port}")),
        ("http", format!("local\u{ad}host:{port}")),
        ("http", format!("localhost\u{3002}:{port}")),
        ("http", format!("localhost.localdomain:{port}")),
        ("http", format!("evil.localhost:{port}")),
        ("http", format!("localhost.evil.com:{port}")),
        ("http", format!("localhost:{port}@evil.com")),
        ("http", format!("evil@localhost:{port}")),
        ("http", format!("127.0.0.1:{port}")),
        ("http", format!("[::1]:{port}")),
    ]
}

/// Methods, paths and queries outside of the table of a server's routes, or in another spelling.
pub(crate) fn routes(api_version: ApiVersion) -> Vec<(&'static str, String)> {
    let good = good_read(api_version);
    let api = match api_version {
        V3 => "/api/v3",
        V4 => "/api/v4",
    };
    let version = &api[4..];
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
        with(api, &api.replace("/v", "//v")),
        with(api, &format!("{api}/../v1")),
        with(api, &format!("/api/%2e%2e{version}")),
        with(api, &format!("/api/%252e%252e{version}")),
        with(api, &format!("/API{version}")),
        with(api, &api.replace("/v", "\\v")),
        with(api, "/api/v5"),
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
        with("includeImports=false", "includeImports=true"),
        with("include_imports", "includeImports"),
        with("includeImports", "include_imports"),
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
    let (key, project) = (project_key(api_version), format!("={PROJECT}"));
    tricks.extend([
        with(&project, "="),
        with(&format!("{key}="), "workspaceSlug="),
        with(&format!("{key}="), if key == "projectId" { "workspaceId=" } else { "projectId=" }),
        with(&format!("{key}="), &format!("{key}=x&{key}=")),
        ("GET", format!("{}/batch", secrets(api_version))),
        ("GET", format!("{}/A", secrets(api_version))),
        ("GET", format!("{}?{key}{project}", secrets(api_version))),
    ]);
    if api_version == V3 {
        tricks.extend([
            with("/raw/", "/"),
            with("/raw/", "//raw/"),
            with("/raw/", "/raw//"),
            with("/raw/", "/raw/raw/"),
            with("/raw/", "/Raw/"),
            with("/raw/", "/r%61w/"),
            with("/raw/", "/raw%2F"),
            with("/raw/", "/raw;x/"),
            with("/raw/", "/raw/./"),
            with("/raw/", "/raw/../raw/"),
            ("GET", "/api/v3/secrets/batch/raw".to_owned()),
            ("GET", "/api/v1/workspace".to_owned()),
            ("GET", "/api/v2/workspace".to_owned()),
            ("GET", format!("/api/v1/workspace/{PROJECT}/environments")),
            ("GET", format!("/api/v2/workspace/{PROJECT}/memberships")),
            ("GET", format!("/api/v1/folders?workspaceId={PROJECT}&environment=dev&path=%2F&recursive=true")),
            ("GET", "/api/v2/organizations/another/workspaces".to_owned()),
        ]);
    }
    // A trick for the other API version can leave this version's request unchanged.
    tricks.retain(|(method, path)| *method != "GET" || *path != good);
    tricks
}

/// Names and values of headers that are never sent.
pub(crate) const HEADERS: [(&str, &str); 43] = [
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
];

/// Headers that aren't sent with a change either.
pub(crate) const HEADERS_OF_A_CHANGE: [(&str, &str); 14] = [
    ("Authorization", "Bearer mine"),
    ("cookie", "jid=mine"),
    ("Host", "evil.com"),
    ("content-length", "1"),
    ("Transfer-Encoding", "chunked"),
    ("expect", "100-continue"),
    ("x-forwarded-for", "1.2.3.4"),
    ("X-HTTP-Method-Override", "DELETE"),
    ("accept", "application/json"),
    ("retry-after", "1"),
    ("accept-language", "application/json\r\n x"),
    ("accept", "application/json\r\n x"),
    ("accept", "application/json\0"),
    ("content-type", "application/json\u{e9}"),
];

/// Methods and additions to the path for a change that was planned as `POST` without an addition.
pub(crate) const LINES_OF_A_CHANGE: [(&str, &str); 18] = [
    ("CONNECT", ""),
    ("TRACE", ""),
    ("PUT", ""),
    ("GET", ""),
    ("post", ""),
    ("POST ", ""),
    ("P\0ST", ""),
    ("P\u{d6}ST", ""),
    ("POST\r\n x", ""),
    ("POST /x HTTP/1.1\r\nx:", ""),
    ("", ""),
    ("POST", "\0"),
    ("POST", "%00"),
    ("POST", "\u{e9}"),
    ("POST", "\r\nx: y"),
    ("POST", "\r\n x"),
    ("POST", " HTTP/1.1\r\nHost: evil.com\r\n\r\nPOST /"),
    ("POST", "/"),
];
