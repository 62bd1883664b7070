//! Tests of the command as a person or a script runs it: results on standard output, messages on
//! standard error, and three exit statuses.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]
#![cfg(feature = "cli")]

#[path = "cli/approvals.rs"]
mod approvals;
#[path = "cli/audit.rs"]
mod audit;
#[path = "cli/call_arguments.rs"]
mod call_arguments;
#[path = "cli/canaries.rs"]
mod canaries;
#[path = "cli/changes.rs"]
mod changes;
#[path = "cli/client.rs"]
mod client;
#[path = "cli/client_rights.rs"]
mod client_rights;
#[path = "cli/doctor.rs"]
mod doctor;
#[path = "cli/doctor_settings.rs"]
mod doctor_settings;
#[cfg(target_os = "linux")]
#[path = "cli/enforced.rs"]
mod enforced;
#[path = "cli/first_run.rs"]
mod first_run;
#[cfg(target_os = "linux")]
#[path = "cli/full_disk.rs"]
mod full_disk;
#[path = "cli/killed.rs"]
mod killed;
#[path = "cli/large_projects.rs"]
mod large_projects;
#[cfg(target_os = "linux")]
#[path = "cli/limits.rs"]
mod limits;
#[path = "cli/logins.rs"]
mod logins;
#[path = "cli/mcp.rs"]
mod mcp;
#[path = "cli/mcp_http.rs"]
mod mcp_http;
#[path = "cli/mcp_http_bounds.rs"]
mod mcp_http_bounds;
#[path = "cli/mcp_http_clients.rs"]
mod mcp_http_clients;
#[path = "cli/mcp_person.rs"]
mod mcp_person;
#[cfg(target_os = "linux")]
#[path = "cli/memory.rs"]
mod memory;
#[cfg(target_os = "linux")]
#[path = "cli/operator_file.rs"]
mod operator_file;
#[cfg(target_os = "linux")]
#[path = "cli/owners.rs"]
mod owners;
#[cfg(target_os = "linux")]
#[path = "cli/pastes.rs"]
mod pastes;
#[cfg(target_os = "linux")]
#[path = "cli/places.rs"]
mod places;
#[path = "cli/previews.rs"]
mod previews;
#[cfg(unix)]
#[path = "cli/provision.rs"]
mod provision;
#[cfg(target_os = "linux")]
#[path = "cli/residue.rs"]
mod residue;
#[path = "cli/reveals.rs"]
mod reveals;
#[cfg(target_os = "linux")]
#[path = "cli/set_up.rs"]
mod set_up;
#[path = "cli/settings.rs"]
mod settings;
#[path = "cli/stage.rs"]
mod stage;
#[cfg(target_os = "linux")]
#[path = "cli/surroundings.rs"]
mod surroundings;
#[path = "cli/tokens.rs"]
mod tokens;
#[path = "cli/writes.rs"]
mod writes;

use infisical_emulator::{ApiVersion, Emulator, SecretSeed, Seed};
use serde_json::Value;
use std::process::{Command, Output};

/// The command without any of the skill's environment variables except the given ones.
fn command(variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_infisical-skill"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("INFISICAL") || name == "HOME" || name == "XDG_STATE_HOME" {
            command.env_remove(name);
        }
    }
    command.envs(variables.iter().copied());
    command
}

fn run(emulator: &Emulator, arguments: &[&str], more: &[(&str, &str)]) -> Output {
    let (reader, origin, project, org) =
        (emulator.reader(), emulator.origin(), emulator.project_id(), emulator.org_id());
    let mut variables = vec![
        ("INFISICAL_URL", origin.as_str()),
        ("INFISICAL_READ_CLIENT_ID", &reader.client_id),
        ("INFISICAL_READ_CLIENT_SECRET", &reader.client_secret),
        ("INFISICAL_PROJECT", &project),
        ("INFISICAL_ENV", "dev"),
        ("INFISICAL_ORG_ID", &org),
        // The command ignores these; only the operator's configuration counts.
        ("HTTP_PROXY", "http://127.0.0.1:1"),
        ("http_proxy", "http://127.0.0.1:1"),
        ("HTTPS_PROXY", "http://127.0.0.1:1"),
        ("ALL_PROXY", "http://127.0.0.1:1"),
        ("SSL_CERT_FILE", "/nonexistent"),
        ("NODE_TLS_REJECT_UNAUTHORIZED", "0"),
    ];
    let state = tempfile::tempdir().unwrap();
    variables.push(("INFISICAL_SKILL_STATE_DIR", state.path().to_str().unwrap()));
    variables.extend_from_slice(more);
    let output = command(&variables).args(arguments).output().unwrap();
    let seen = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!seen.contains(&reader.client_secret), "{seen}");
    if !arguments.join(" ").contains("reveal") {
        assert!(!seen.contains("canary"), "{seen}");
    }
    output
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What a terminal showed, with wrapped lines joined.
fn unwrapped(shown: &str) -> String {
    let mut out = String::new();
    for line in shown.replace("\r\n", "\n").split_inclusive('\n') {
        match line.trim_start_matches(' ').strip_prefix('|') {
            Some(rest) if line.starts_with(' ') => {
                assert_eq!(out.pop(), Some('\n'));
                out.push_str(rest);
            }
            _ => out.push_str(line),
        }
    }
    out
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Parses the first line of the output. If a receipt follows, this line is the preview.
fn json(output: &Output) -> Value {
    serde_json::from_str(stdout(output).lines().next().unwrap_or_default())
        .unwrap_or_else(|error| panic!("{error}: {}{}", stdout(output), stderr(output)))
}

/// An emulator of each API version. Each serves from its own threads, so that a test can block on a
/// process.
fn emulators() -> impl Iterator<Item = Emulator> {
    [ApiVersion::V3, ApiVersion::V4]
        .into_iter()
        .map(|api_version| Emulator::builder().api_version(api_version).seed(Seed::demo()).start_now().unwrap())
}

#[test]
fn ignores_proxies_and_authorities_of_the_environment() {
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let url = format!("http://{}", proxy.local_addr().unwrap());
    let names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let mut variables: Vec<_> = names.iter().map(|name| (*name, url.as_str())).collect();
    variables.extend([("SSL_CERT_FILE", "/nonexistent"), ("NODE_TLS_REJECT_UNAUTHORIZED", "0"), ("NO_PROXY", "")]);
    for emulator in emulators() {
        let listed = run(&emulator, &["secrets", "list"], &variables);
        assert_eq!(listed.status.code(), Some(0), "{}", stderr(&listed));
    }
    assert_eq!(proxy.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "a request reached the proxy");
}

#[test]
fn tables_are_aligned_and_json_is_the_tools_json() {
    for emulator in emulators() {
        let projects = stdout(&run(&emulator, &["projects", "list"], &[]));
        assert!(projects.starts_with("PROJECT ") && projects.contains("agent-vault"), "{projects}");
        let folders = stdout(&run(&emulator, &["folders", "list", "--recursive"], &[]));
        assert!(folders.contains("\n/app/db "), "{folders}");
        let secrets = stdout(&run(&emulator, &["secrets", "list", "--recursive"], &[]));
        let column = secrets.lines().next().unwrap().find("VALUE").unwrap();
        assert_eq!(secrets.lines().count(), 8, "{secrets}");
        assert!(secrets.lines().skip(1).all(|line| line[column..].starts_with("<hidden> ")), "{secrets}");
        let secret = stdout(&run(&emulator, &["secrets", "get", "STRIPE_API_KEY", "--path", "/app"], &[]));
        assert!(secret.contains("version      1\n") && secret.contains("metadata     <hidden>\n"), "{secret}");
        for (arguments, tool, tool_arguments) in [
            (&["projects", "list", "--json"][..], "list-projects", "{}"),
            (&["folders", "list", "--recursive", "--json"], "list-folders", r#"{"recursive":true}"#),
            (
                &["secrets", "list", "--path", "/app", "--tag", "payments", "--json"],
                "list-secrets",
                r#"{"path":"/app","tags":["payments"]}"#,
            ),
            (&["secrets", "get", "DATABASE_URL", "--json"], "get-secret", r#"{"name":"DATABASE_URL"}"#),
        ] {
            let (direct, called) =
                (run(&emulator, arguments, &[]), run(&emulator, &["call", tool, tool_arguments], &[]));
            assert_eq!(direct.status.code(), Some(0), "{}", stderr(&direct));
            assert_eq!(json(&direct), json(&called));
        }
    }
}

#[test]
fn refusal_exits_1_with_json_on_stdout_and_text_on_stderr() {
    for emulator in emulators() {
        for (tool, arguments, kind) in [
            ("get-secret", r#"{"name":"NOPE"}"#, "not-found"),
            ("list-secrets", r#"{"path":"app"}"#, "refused"),
            ("reveal-secret", r#"{"name":"DATABASE_URL"}"#, "refused"),
            ("no-such-tool", "{}", "refused"),
        ] {
            let output = run(&emulator, &["call", tool, arguments], &[]);
            assert_eq!(output.status.code(), Some(1), "{tool}");
            assert_eq!(json(&output)["error"]["kind"], kind, "{tool}");
            assert!(stderr(&output).starts_with("infisical-skill: "), "{}", stderr(&output));
        }
        let output = run(&emulator, &["secrets", "reveal", "DATABASE_URL"], &[]);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), ""));
        assert!(stderr(&output).contains("reveal gate"));
    }
}

#[test]
fn command_line_or_configuration_mistake_exits_2() {
    let emulator = emulators().last().unwrap();
    for arguments in
        [&["secrets"][..], &["secrets", "list", "--nope"], &["nope"], &["call", "get-secret", "{"], &["secrets", "get"]]
    {
        assert_eq!(run(&emulator, arguments, &[]).status.code(), Some(2), "{arguments:?}");
    }
    let secret = "canary-client-secret";
    for (variables, says) in [
        (&[][..], "INFISICAL_URL"),
        (&[("INFISICAL_URL", "https://vault.example")], "INFISICAL_READ_CLIENT_ID"),
        (&[("INFISICAL_URL", "http://vault.example"), ("INFISICAL_READ_TOKEN", secret)], "allow_http"),
        (&[("INFISICAL_URL", "https://u:p@vault.example"), ("INFISICAL_READ_TOKEN", secret)], "user name"),
        (&[("INFISICAL_URL", "https://vault.example"), ("INFISICAL_READ_TOKEN_FILE", "/nonexistent")], "can't be read"),
        (&[("INFISICAL_SKILL_CONFIG", "/nonexistent")], "/nonexistent"),
        (
            &[
                ("INFISICAL_URL", "https://vault.example"),
                ("INFISICAL_READ_CLIENT_ID", "same"),
                ("INFISICAL_READ_CLIENT_SECRET", secret),
                ("INFISICAL_WRITE_CLIENT_ID", "same"),
                ("INFISICAL_WRITE_CLIENT_SECRET", secret),
            ],
            "the read and the write identity are the same",
        ),
    ] {
        let output = command(variables).args(["projects", "list"]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{variables:?}");
        assert!(stderr(&output).contains(says) && !stderr(&output).contains(secret), "{}", stderr(&output));
    }
}

#[test]
fn runs_with_configuration_and_secret_files_only() {
    use std::os::unix::fs::PermissionsExt;
    for emulator in emulators() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let write = |name: &str, text: &str| {
            std::fs::write(path(name), text).unwrap();
            std::fs::set_permissions(path(name), std::fs::Permissions::from_mode(0o600)).unwrap();
        };
        write("secret", &format!("{}\n", emulator.reader().client_secret));
        write(
            "config.toml",
            &format!(
                "url = \"{}\"\nproject = \"{}\"\nenvironment = \"prod\"\npath = \"/app\"\nreveals = \"switch\"\nreveal_with = \"read\"\nstate_dir = \"{}\"\n\
                 [read]\nclient_id = \"{}\"\nclient_secret_file = \"{}\"\n[[scopes]]\nproject = \"{}\"\nenvironments = [\"prod\"]\n[[reveal_scopes]]\nproject = \"{}\"\n",
                emulator.origin(),
                emulator.project_id(),
                path("state"),
                emulator.reader().client_id,
                path("secret"),
                emulator.project_id(),
                emulator.project_id()
            ),
        );
        let run = |arguments: &[&str]| {
            command(&[]).args(["--config", &path("config.toml")]).args(arguments).output().unwrap()
        };
        let listing = run(&["secrets", "list", "--json"]);
        assert_eq!(json(&listing)["environment"], "prod", "{}", stderr(&listing));
        let hour = infisical_skill::SwitchPolicy::Switchable { max: std::time::Duration::from_secs(3_600) };
        let switch = infisical_skill::TimedSwitch::for_reveals(std::path::Path::new(&path("state")), hour);
        switch.turn_on(std::time::Duration::from_secs(60), Some("a test")).unwrap();
        let revealed = run(&["secrets", "reveal", "JWT_SIGNING_KEY"]);
        assert_eq!(stdout(&revealed), "canary-value-prod-jwt", "the value and not a byte more");
        let out_of_scope = run(&["secrets", "list", "--env", "dev"]);
        assert!(stderr(&out_of_scope).contains("scopes"), "{}", stderr(&out_of_scope));
        assert_eq!(std::fs::metadata(path("state")).unwrap().permissions().mode() & 0o777, 0o700);
        // The second command didn't repeat the first one's probe.
        assert_eq!(emulator.log().iter().filter(|exchange| exchange.path_and_query == "/api/v4/secrets").count(), 1);
    }
}

#[test]
fn escapes_terminal_sequences_in_tables_and_json() {
    let emulator = emulators().last().unwrap();
    let name = "EVIL\u{1b}]8;;http://x\u{7}\u{202e}\nroot";
    emulator.put_secret("dev", "/empty", &SecretSeed::new(name, "canary"));
    let table = stdout(&run(&emulator, &["secrets", "list", "--path", "/empty"], &[]));
    assert!(!table.contains('\u{1b}') && !table.contains('\u{202e}') && table.lines().count() == 2, "{table}");
    let listing = run(&emulator, &["secrets", "list", "--path", "/empty", "--json"], &[]);
    assert!(!stdout(&listing).contains(['\u{1b}', '\u{202e}']));
    assert_eq!(json(&listing)["secrets"][0]["name"], name, "the same name, visibly");
}

/// A name server that never answers must not keep the process alive past the deadline. A test can't
/// replace the name server, so a connection that stays silent stands in for it.
#[test]
fn the_command_ends_at_its_deadline() {
    let silent = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    let origin = format!("http://{}", silent.local_addr().unwrap());
    let state = folder.path().join("state").display().to_string();
    let head = format!("url = \"{origin}\"\nstate_dir = \"{state}\"\ncredentials = \"environment\"\n");
    std::fs::write(&config, format!("{head}[limits]\ndeadline_seconds = 1\n")).unwrap();
    let began = std::time::Instant::now();
    let output = command(&[("INFISICAL_URL", &origin), ("INFISICAL_READ_TOKEN", "t")])
        .args(["--config", config.to_str().unwrap(), "projects", "list"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("deadline"), "{}", stderr(&output));
    assert!(began.elapsed() < std::time::Duration::from_secs(3), "{:?}", began.elapsed());
}

#[test]
fn rejects_unbounded_deadline_at_start() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    let state = folder.path().join("state").display().to_string();
    let head = format!("url = \"https://vault.example\"\nstate_dir = \"{state}\"\ncredentials = \"environment\"\n");
    std::fs::write(&config, format!("{head}[limits]\ndeadline_seconds = 9223372036854775807\n")).unwrap();
    let output = command(&[("INFISICAL_URL", "https://vault.example"), ("INFISICAL_READ_TOKEN", "t")])
        .args(["--config", config.to_str().unwrap(), "projects", "list"])
        .output()
        .unwrap();
    assert_eq!((output.status.code(), stderr(&output).contains("at most 1h")), (Some(2), true), "{}", stderr(&output));
}

#[test]
fn exports_the_component_with_its_description() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("skill.wasm");
    let output = command(&[]).args(["component", "--json", "--out", file.to_str().unwrap()]).output().unwrap();
    let facts = json(&output);
    assert_eq!(facts["bytes"], std::fs::read(&file).unwrap().len());
    assert_eq!(facts["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(facts["imports"].as_array().unwrap().len(), 8);
    assert!(!facts["imports"].to_string().contains("filesystem"));
}
