//! The operator's file wins: no variable and no file of the caller overrides its settings.

use crate::set_up::{configuration, mode, skips_without_root};
use crate::stage::Stage;
use crate::{command, json, stderr, stdout};
use infisical_emulator::ApiVersion;
use std::net::TcpListener;
use std::process::{Command, Output};

/// A configuration that decides everything itself, for this user.
fn configured(stage: &Stage, more: &str) -> String {
    let text = configuration(stage, "", more);
    stage.private("operator.toml", text)
}

/// Runs the command with this configuration and a client's variables.
fn under(file: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    command(variables).args(["--config", file]).args(arguments).output().unwrap()
}

/// A listener that waits for stolen credentials, and its URL.
fn thief() -> (TcpListener, String) {
    let thief = TcpListener::bind("127.0.0.1:0").unwrap();
    thief.set_nonblocking(true).unwrap();
    let origin = format!("http://{}", thief.local_addr().unwrap());
    (thief, origin)
}

const LIST: &[&str] = &["secrets", "list", "--path", "/app", "--json"];

#[test]
fn variables_cannot_redirect_credentials() {
    let stage = Stage::new(ApiVersion::V4);
    let file = configured(&stage, "");
    assert_eq!(under(&file, &[], LIST).status.code(), Some(0), "{}", stderr(&under(&file, &[], LIST)));
    let (thief, origin) = thief();
    for arguments in [LIST, &["doctor"], &["call", "list-secrets", "{}"]] {
        let refused = under(&file, &[("INFISICAL_URL", &origin)], arguments);
        let said = format!("{}{}", stdout(&refused), stderr(&refused));
        assert_ne!(refused.status.code(), Some(0), "{said}");
        assert!(said.contains("INFISICAL_URL") && said.contains("`url`") && said.contains(&file), "{said}");
    }
    assert!(thief.accept().is_err(), "nothing may be sent there");
    let official = [("INFISICAL_HOST_URL", origin.as_str()), ("INFISICAL_TOKEN", "t")];
    assert_eq!(under(&file, &official, LIST).status.code(), Some(0), "another tool's, and without effect");
    assert!(thief.accept().is_err());
    assert_eq!(under(&file, &[("INFISICAL_URL", &stage.origin)], LIST).status.code(), Some(0), "the same is repeated");
}

#[test]
fn variables_cannot_move_switch_budget_or_audit_trail() {
    let stage = Stage::new(ApiVersion::V4);
    let file = configured(&stage, "");
    let elsewhere = stage.path("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    mode(&elsewhere, 0o700);
    let moved = [("INFISICAL_SKILL_STATE_DIR", elsewhere.as_str())];
    let create = ["secrets", "create", "NEW", "--path", "/app", "--generate", "--yes"];
    for arguments in [LIST, &create, &["writes", "status"], &["audit", "head"], &["doctor"], &["plans", "list"]] {
        let refused = under(&file, &moved, arguments);
        let said = format!("{}{}", stdout(&refused), stderr(&refused));
        assert_ne!(refused.status.code(), Some(0), "{arguments:?}: {said}");
        assert!(said.contains("INFISICAL_SKILL_STATE_DIR") && said.contains("`state_dir`"), "{said}");
    }
    assert_eq!(std::fs::read_dir(&elsewhere).unwrap().count(), 0, "nothing may be stored there");
    assert!(stage.changes_sent().is_empty());
    let same = [("INFISICAL_SKILL_STATE_DIR", &*format!("{}/", stage.path("state")))];
    assert_eq!(under(&file, &same, LIST).status.code(), Some(0));
    // Turning off is never refused: it takes effect in both state directories.
    let off = under(&file, &moved, &["writes", "off"]);
    assert!(stdout(&off).contains(&elsewhere), "{}{}", stdout(&off), stderr(&off));
}

/// The environment can't set what the file leaves open: another default would move what the file
/// was written for.
#[test]
fn variables_cannot_set_what_the_file_leaves_open() {
    let stage = Stage::new(ApiVersion::V4);
    let (thief, origin) = thief();
    let whole = std::fs::read_to_string(configured(&stage, "")).unwrap();
    let without = |key: &str| {
        let whole = if key == "[write]" { whole.split(key).next().unwrap() } else { &whole };
        let kept: Vec<&str> = whole.lines().filter(|line| !line.starts_with(key)).collect();
        stage.private("open.toml", kept.join("\n"))
    };
    let ca_file = stage.file("ca.pem", "");
    for (key, variable, value) in [
        ("url", "INFISICAL_URL", origin.as_str()),
        ("state_dir", "INFISICAL_SKILL_STATE_DIR", &*stage.path("elsewhere")),
        ("state_dir", "HOME", &*stage.path("elsewhere")),
        ("state_dir", "XDG_STATE_HOME", &*stage.path("elsewhere")),
        ("ca_file", "INFISICAL_CA_FILE", &ca_file),
        ("[write]", "INFISICAL_WRITE_CLIENT_ID", "another"),
        ("client_secret_file", "INFISICAL_READ_CLIENT_SECRET", "another"),
        ("client_secret_file", "INFISICAL_READ_CLIENT_SECRET_FILE", &*stage.path("read-secret")),
    ] {
        let file = without(key);
        let refused = under(&file, &[(variable, value)], LIST);
        let said = stderr(&refused);
        assert_eq!(refused.status.code(), Some(2), "{key} {variable}: {said}");
        assert!(said.contains(&file), "{key} {variable}: {said}");
        let key = key.trim_matches(['[', ']']);
        assert!(said.contains(key) && (said.contains(variable) || variable.contains("HO")), "{key} {variable}: {said}");
    }
    assert!(thief.accept().is_err() && !std::path::Path::new(&stage.path("elsewhere")).exists());
}

#[test]
fn variables_cannot_add_a_certificate_authority() {
    let stage = Stage::new(ApiVersion::V4);
    let file = configured(&stage, "native_roots = true");
    let own = stage.file("own.pem", infisical_emulator::tls::Authority::new("own").unwrap().pem());
    for (variable, value) in [("SSL_CERT_FILE", own.as_str()), ("SSL_CERT_DIR", &*stage.path("."))] {
        let mut list = command(&[]);
        list.env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR").env(variable, value);
        let refused = list.args(["--config", &file]).args(LIST).output().unwrap();
        let said = stderr(&refused);
        assert_eq!(refused.status.code(), Some(2), "{said}");
        assert!(said.contains(variable) && said.contains("native_roots"), "{said}");
    }
    let file = configured(&stage, &format!("ca_file = \"{own}\""));
    let refused = under(&file, &[("INFISICAL_CA_FILE", "/another.pem")], LIST);
    assert!(stderr(&refused).contains("INFISICAL_CA_FILE") && stderr(&refused).contains("`ca_file`"), "{refused:?}");
}

#[test]
fn environment_credentials_need_permission_in_the_file() {
    let stage = Stage::new(ApiVersion::V4);
    let reader = stage.emulator.reader();
    let (id, secret) = (reader.client_id.as_str(), reader.client_secret.as_str());
    let credentials = [("INFISICAL_READ_CLIENT_ID", id), ("INFISICAL_READ_CLIENT_SECRET", secret)];
    let text = format!("url = \"{}\"\nstate_dir = \"{}\"\n", stage.origin, stage.path("state"));
    let file = |more: &str| {
        let project = stage.emulator.project_id();
        stage.private("operator.toml", format!("{more}\n{text}project = \"{project}\"\nenvironment = \"dev\"\n"))
    };
    let refused = under(&file(""), &credentials, LIST);
    let said = stderr(&refused);
    assert_eq!(refused.status.code(), Some(2), "{said}");
    for part in ["INFISICAL_READ_CLIENT_ID", "`url`", "credentials = \"environment\""] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(stage.emulator.log().is_empty(), "nothing was sent");
    let combined = under(&file("credentials = \"environment\""), &credentials, LIST);
    assert_eq!(combined.status.code(), Some(0), "{}", stderr(&combined));
    let odd = under(&file("credentials = \"anywhere\""), &credentials, LIST);
    assert!(stderr(&odd).contains("`credentials` must be"), "{}", stderr(&odd));
}

/// Runs the command with another `/etc`, in which `file` is at `place`. This uses a mount
/// namespace, which needs root.
pub(crate) fn on_a_machine_with(stage: &Stage, file: &str, place: &str, ours: &Command, arguments: &[&str]) -> Output {
    let root = stage.path("machine");
    let script = format!(
        "set -e; rm -rf '{root}'; mkdir -p \"$(dirname '{root}/{place}')\"; for it in passwd group hosts nsswitch.conf; do if [ -e /etc/$it ]; \
         then cp /etc/$it '{root}/'; fi; done; cp '{file}' '{root}/{place}'; mount --bind '{root}' /etc; exec \"$@\""
    );
    let mut command = Command::new("unshare");
    for (name, value) in ours.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.args(["-m", "sh", "-c", &script, "sh", env!("CARGO_BIN_EXE_infisical-skill")]);
    command.args(arguments).output().unwrap()
}

#[test]
fn system_file_wins_over_the_one_the_caller_names() {
    // Only root can stand a file there, in a mount namespace that nobody else sees.
    if skips_without_root() {
        return;
    }
    let stage = Stage::new(ApiVersion::V4);
    let system = configured(&stage, "scopes = []");
    let run = |variables: &[(&str, &str)], arguments: &[&str]| {
        on_a_machine_with(&stage, &system, "infisical-skill/config.toml", &command(variables), arguments)
    };
    let scoped = run(&[], LIST);
    assert!(stderr(&scoped).contains("scopes"), "it is taken without being named: {}", stderr(&scoped));
    let own = stage.private("own.toml", std::fs::read_to_string(&system).unwrap().replace("scopes = []", ""));
    assert_eq!(under(&own, &[], LIST).status.code(), Some(0), "as it would be without the system's");
    stage.emulator.clear_log();
    for (variables, arguments) in [
        (&[("INFISICAL_SKILL_CONFIG", own.as_str())][..], LIST.to_vec()),
        (&[], [&["--config", own.as_str()], LIST].concat()),
        (&[("INFISICAL_SKILL_CONFIG", own.as_str())], vec!["audit", "head"]),
        (&[("INFISICAL_SKILL_CONFIG", own.as_str())], vec!["doctor"]),
        (&[("INFISICAL_SKILL_CONFIG", "/nonexistent")], LIST.to_vec()),
    ] {
        let refused = run(variables, &arguments);
        let said = format!("{}{}", stdout(&refused), stderr(&refused));
        assert_ne!(refused.status.code(), Some(0), "{arguments:?}: {said}");
        assert!(said.contains("/etc/infisical-skill/config.toml"), "{arguments:?}: {said}");
        assert!(said.contains(&own) || said.contains("/nonexistent"), "{arguments:?}: {said}");
    }
    assert!(
        stage.emulator.log().iter().all(|it| !it.path_and_query.contains("secretPath")),
        "nothing was listed past its scopes"
    );
    let named = ["--config", "/etc/infisical-skill/config.toml", "status", "--json"];
    assert_eq!(run(&[], &named).status.code(), Some(0), "naming the system's file should work");
    // The environment alone doesn't bypass the file either.
    let alone = [("INFISICAL_URL", "http://127.0.0.1:9"), ("INFISICAL_READ_TOKEN", "t")];
    assert!(stderr(&run(&alone, LIST)).contains("INFISICAL_URL"));
    let off = run(&[("INFISICAL_SKILL_CONFIG", &own)], &["writes", "off"]);
    assert!(stdout(&off).contains(&stage.path("state")), "turning off may never be refused: {}", stderr(&off));
}

#[test]
fn without_a_file_the_environment_decides_and_is_advisory() {
    for stage in crate::stage::stages() {
        let status = stage.run(&["status", "--json"]);
        assert_eq!(status.status.code(), Some(0), "{}", stderr(&status));
        let found = json(&status)["enforcement"].clone();
        assert_eq!(found["level"], "advisory");
        assert!(found["because"][0].as_str().unwrap().contains("no configuration file"), "{found}");
    }
}
