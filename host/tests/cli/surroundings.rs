//! Tests that the surroundings of the process don't affect it: a terminal, and other tools'
//! variables.

use crate::client::{Client, call};
use crate::operator_file::on_a_machine_with;
use crate::stage::{Stage, stages};
use crate::stderr;
use infisical_emulator::ApiVersion;
use infisical_emulator::tls::{Authority, TlsFront};
use serde_json::json;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The MCP server, with a terminal beside it or in a session without one.
fn server(stage: &Stage, has_terminal: bool) -> Client {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/beside_terminal.py");
    let (program, option) = if has_terminal { ("python3", script) } else { ("setsid", "--wait") };
    let mut command = stage.with_variables(program);
    command.arg(option);
    Client::of(command.args([env!("CARGO_BIN_EXE_infisical-skill"), "mcp"]))
}

#[test]
fn mcp_server_never_asks_on_a_terminal() {
    for (stage, has_terminal) in stages().flat_map(|stage| {
        let api_version = stage.emulator.api_version();
        [(stage, true), (Stage::new(api_version), false)]
    }) {
        stage.switch_on();
        let mut client = server(&stage, has_terminal);
        client.greet();
        let arguments = json!({ "name": "STRIPE_API_KEY", "path": "/app" });
        let previewed = client.call(1, "delete-secret", arguments)["result"]["structuredContent"].clone();
        let plan = previewed["plan"].as_str().unwrap().to_owned();
        let began = Instant::now();
        let refused = client.call(2, "apply-change", json!({ "plan": plan, "acknowledge": previewed["acknowledge"] }));
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
        let said = refused["result"]["content"][0]["text"].as_str().unwrap();
        assert!(refused["result"]["isError"] == true && said.contains("plans approve"), "{refused}");
        // A person can still approve it on another terminal.
        let approved = stage
            .on_terminal(&[("type: dev:/app/STRIPE_API_KEY", "dev:/app/STRIPE_API_KEY")], &["plans", "approve", &plan]);
        assert_eq!(approved.status.code(), Some(0), "{approved:?}");
        let applied = client.call(3, "apply-change", json!({ "plan": plan, "acknowledge": previewed["acknowledge"] }));
        assert_eq!(applied["result"]["structuredContent"]["outcome"], "applied", "{applied}");
        let ended = client.end();
        assert_eq!(ended.status.code(), Some(0), "91: it wrote to the terminal, 92: it read from it");
    }
}

/// Variables of other tools, and some that look like the skill's own.
const FOREIGN: [&str; 40] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AZURE_CLIENT_SECRET",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "GITLAB_TOKEN",
    "CI_JOB_TOKEN",
    "NPM_TOKEN",
    "NODE_AUTH_TOKEN",
    "CARGO_REGISTRY_TOKEN",
    "PYPI_TOKEN",
    "DOCKER_PASSWORD",
    "KUBECONFIG",
    "VAULT_TOKEN",
    "VAULT_ADDR",
    "VAULT_SKIP_VERIFY",
    "DATABASE_URL",
    "PGPASSWORD",
    "MYSQL_PWD",
    "REDIS_URL",
    "SENTRY_DSN",
    "SLACK_TOKEN",
    "STRIPE_API_KEY",
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "CODECOV_TOKEN",
    "SSH_AUTH_SOCK",
    "NETRC",
    "CURL_CA_BUNDLE",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "RUST_LOG",
    "INFISICAL_MASK_SECRET_VALUES",
    "INFISICAL_ENABLED_TOOLS",
    "INFISICAL_ENCRYPTION_KEY",
    "INFISICAL_DISABLE_UPDATE_CHECK",
    "KEEPER_CONFIG",
    "GIT_ASKPASS",
];

#[test]
fn variables_of_other_tools_never_leave() {
    const PLANTED: &str = "canary-of-another-tool";
    for stage in stages() {
        stage.switch_on();
        let surrounded = |arguments: &[&str]| {
            let mut command = stage.command();
            command.envs(FOREIGN.map(|name| (name, format!("{PLANTED}-{name}")))).args(arguments);
            command
        };
        let mut seen = String::new();
        for arguments in [
            &["secrets", "list", "--recursive"][..],
            &["secrets", "create", "NEW", "--path", "/app", "--generate", "--yes"],
            &["secrets", "get", "NOPE"],
            &["doctor", "--probe", "--json"],
            &["status", "--json"],
            &["audit", "report", "--out", &stage.path("report.html")],
        ] {
            let output = surrounded(arguments).stdin(Stdio::null()).output().unwrap();
            let expected = match (arguments[0], stage.emulator.api_version()) {
                // An older server doesn't say what the identities may do.
                ("doctor", ApiVersion::V3) => 3,
                _ => i32::from(arguments[2..].contains(&"NOPE")),
            };
            assert_eq!(output.status.code(), Some(expected), "{}", stderr(&output));
            seen.extend([String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)]);
        }
        let mut client = Client::of(surrounded(&["mcp"]).stdin(Stdio::piped()));
        client.greet();
        for (id, tool, arguments) in [
            (1, "list-secrets", json!({})),
            (2, "skill-status", json!({})),
            (3, "get-secret", json!({ "name": "NOPE" })),
        ] {
            seen.push_str(&client.ask(&call(id, tool, arguments)).to_string());
        }
        seen.push_str(&String::from_utf8_lossy(&client.end().stderr));
        assert!(!seen.contains(PLANTED), "{seen}");
        let sent = stage.emulator.log();
        assert!(!format!("{sent:?}").contains(PLANTED), "a request contains the variable");
        assert!(sent.iter().all(|it| !it.headers.is_empty()), "the search should cover headers");
        // Everything that was written: state directory, trail and report.
        let found =
            Command::new("grep").args(["-r", "--files-with-matches", PLANTED]).arg(stage.folder.path()).output();
        assert_eq!(String::from_utf8_lossy(&found.unwrap().stdout), "");
        assert!(stage.emulator.log().len() > 10 && std::fs::read(stage.path("report.html")).is_ok());
    }
    assert_eq!(
        stages().map(|stage| stage.emulator.api_version()).collect::<Vec<_>>(),
        [ApiVersion::V3, ApiVersion::V4]
    );
}

#[test]
fn tls_ignores_environment_proxies_and_authorities() {
    let elsewhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let proxy = format!("http://{}", elsewhere.local_addr().unwrap());
    for mut stage in stages() {
        let authority = Authority::new("own").unwrap();
        let front = TlsFront::before(stage.emulator.address(), &authority).unwrap();
        stage.origin = front.origin();
        let ca_file = stage.file("ca.pem", authority.pem());
        let ca_folder = folder_of_authorities(&stage, &authority);
        let list = |stage: &Stage| {
            let mut command = stage.command();
            for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"] {
                command.env(name, &proxy);
            }
            for name in ["SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"] {
                command.env(name, &ca_file);
            }
            command.env("SSL_CERT_DIR", &ca_folder);
            for name in ["INFISICAL_INSECURE", "INFISICAL_SKIP_VERIFY", "INFISICAL_SKILL_INSECURE", "GIT_SSL_NO_VERIFY"]
            {
                command.env(name, "1");
            }
            command.env("NODE_TLS_REJECT_UNAUTHORIZED", "0").args(["secrets", "list", "--json"]).output().unwrap()
        };
        let refused = list(&stage);
        assert_eq!(refused.status.code(), Some(1), "{}", stderr(&refused));
        assert!(stderr(&refused).contains("certificate"), "{}", stderr(&refused));
        assert!(stage.emulator.log().is_empty(), "nothing may be sent to an untrusted server");
        stage.ca_file = Some(ca_file.clone());
        let listed = list(&stage);
        assert_eq!(listed.status.code(), Some(0), "{}", stderr(&listed));
        assert!(elsewhere.accept().is_err(), "no proxy may be used");
    }
}

/// A directory of authorities in OpenSSL's format.
fn folder_of_authorities(stage: &Stage, authority: &Authority) -> String {
    let folder = stage.path("authorities");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(format!("{folder}/0a1b2c3d.0"), authority.pem()).unwrap();
    folder
}

#[test]
fn system_authorities_count_only_if_the_file_says_so() {
    for mut stage in stages() {
        let (own, other) = (Authority::new("own").unwrap(), Authority::new("other").unwrap());
        let front = TlsFront::before(stage.emulator.address(), &own).unwrap();
        stage.origin = front.origin();
        let (ca_file, other_file) = (stage.file("own.pem", own.pem()), stage.file("other.pem", other.pem()));
        let ca_folder = folder_of_authorities(&stage, &own);
        let list = |variables: &[(&str, &str)]| {
            let mut command = stage.command();
            command.env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR").envs(variables.iter().copied());
            command.args(["secrets", "list", "--json"]).output().unwrap()
        };
        let named = [&[("SSL_CERT_FILE", ca_file.as_str())][..], &[("SSL_CERT_DIR", &ca_folder)]];
        for configured in [None, Some("native_roots = false\n"), Some("native_roots = true\n")] {
            if let Some(toml) = configured {
                stage.configure(toml);
            }
            let is_native = configured == Some("native_roots = true\n");
            for variables in named {
                let refused = list(variables);
                let case = format!("{configured:?} {variables:?}: {}", stderr(&refused));
                // Variables that would change the system's list are refused at the start. If that
                // list doesn't count, the variable doesn't either.
                assert_eq!(refused.status.code(), Some(if is_native { 2 } else { 1 }), "{case}");
                assert!(!is_native || stderr(&refused).contains(variables[0].0), "{case}");
            }
        }
        // A system without any authority is a mistake in the configuration.
        let refused = list(&[]);
        assert!(matches!(refused.status.code(), Some(1 | 2)), "{}", stderr(&refused));
        assert!(stderr(&refused).contains("certificate"), "{}", stderr(&refused));
        assert!(stage.emulator.log().is_empty(), "nothing may be sent to an untrusted server");
        // A system that knows the authority. Only root can add one for a test.
        if rustix::process::geteuid().is_root() {
            let mut ours = stage.command();
            ours.env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR");
            let on = |file: &str| {
                let place = "ssl/certs/ca-certificates.crt";
                on_a_machine_with(&stage, file, place, &ours, &["secrets", "list", "--json"])
            };
            assert_eq!(on(&other_file).status.code(), Some(1), "{}", stderr(&on(&other_file)));
            assert!(stage.emulator.log().is_empty());
            assert_eq!(on(&ca_file).status.code(), Some(0), "{}", stderr(&on(&ca_file)));
        }
    }
}
