//! Tests that following the output of `init` leads to a sound set-up.

use super::stage::stages;
use super::{command, json, stderr, stdout};
use infisical_emulator::ApiVersion;
use std::os::unix::fs::PermissionsExt;

#[test]
fn following_what_init_says_gives_a_sound_set_up() {
    for stage in stages() {
        let folder = stage.path("config");
        let init = || {
            command(&[])
                .args(["init", "--dir", &folder, "--with-writes", "--url", &stage.emulator.origin()])
                .output()
                .unwrap()
        };
        let said = init();
        assert_eq!(said.status.code(), Some(0), "{}", stderr(&said));
        for word in ["Describe Secret", "Create, Modify and Remove", "No Access", "read-secret", "doctor --probe"] {
            assert!(stdout(&said).contains(word), "{word}");
        }
        for file in ["config.toml", "read-secret", "write-secret"] {
            let mode = std::fs::metadata(format!("{folder}/{file}")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
        let again = init();
        assert_eq!(again.status.code(), Some(1));
        assert!(stderr(&again).contains("isn't overwritten"), "{}", stderr(&again));
        let config = format!("{folder}/config.toml");
        let doctor = || command(&[]).args(["--config", &config, "doctor", "--probe", "--json"]).output().unwrap();
        assert!(stdout(&doctor()).contains("the secret's file is empty"), "the output should name what is missing");
        let (reader, writer) = (stage.emulator.reader(), stage.emulator.writer());
        std::fs::write(format!("{folder}/read-secret"), format!("{}\n", reader.client_secret)).unwrap();
        std::fs::write(format!("{folder}/write-secret"), &writer.client_secret).unwrap();
        assert!(stdout(&doctor()).contains("no client id"), "{}", stdout(&doctor()));
        let text = std::fs::read_to_string(&config).unwrap();
        let text = text
            .replacen("client_id = \"\"", &format!("client_id = \"{}\"", reader.client_id), 1)
            .replacen("client_id = \"\"", &format!("client_id = \"{}\"", writer.client_id), 1)
            .replace("# project = \"my-project\"", &format!("project = \"{}\"", stage.emulator.project_id()))
            .replace("# environment = \"dev\"", "environment = \"dev\"")
            .replace("# organization = \"\"", &format!("organization = \"{}\"", stage.emulator.org_id()));
        std::fs::write(&config, text).unwrap();
        let sound = doctor();
        // An older server doesn't reveal enough to call any set-up sound.
        let expected = match stage.emulator.api_version() {
            ApiVersion::V3 => (Some(3), Some(false)),
            ApiVersion::V4 => (Some(0), Some(true)),
        };
        assert_eq!((sound.status.code(), json(&sound)["sound"].as_bool()), expected, "{}", stdout(&sound));
    }
}

#[test]
fn writes_nothing_for_an_invalid_url_or_folder() {
    let folder = tempfile::tempdir().unwrap();
    for (dir, url, status) in
        [("a", "http://vault.example", 2), ("a", "not a url", 2), ("q\"uote", "https://vault.example", 2)]
    {
        let dir = folder.path().join(dir);
        let output = command(&[]).args(["init", "--url", url, "--dir"]).arg(&dir).output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{}", stderr(&output));
        assert!(!dir.exists());
    }
}

#[test]
fn prints_tool_definitions_for_each_agent_without_server() {
    let print = |format: &str| json(&command(&[]).args(["tools", "--format", format]).output().unwrap());
    assert_eq!(print("mcp")["tools"][0]["name"], "list-projects");
    assert_eq!(print("openai")[0]["function"]["parameters"]["additionalProperties"], false);
    assert_eq!(print("anthropic")[0]["input_schema"]["type"], "object");
    assert_eq!(print("json-schema")["get-secret"]["output"]["properties"]["value"]["const"], "<hidden>");
    assert_eq!(command(&[]).args(["tools", "--format", "yaml"]).output().unwrap().status.code(), Some(2));
}

#[test]
fn completions_and_manual_pages_name_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = stdout(&command(&[]).args(["completions", shell]).output().unwrap());
        assert!(script.contains("infisical-skill") && script.contains("doctor"), "{shell}");
    }
    assert!(stdout(&command(&[]).arg("man").output().unwrap()).contains(".TH infisical-skill"));
    let folder = tempfile::tempdir().unwrap();
    let written = command(&[]).args(["man", "--out"]).arg(folder.path()).output().unwrap();
    assert_eq!(written.status.code(), Some(0), "{}", stderr(&written));
    for page in [
        "infisical-skill.1",
        "infisical-skill-audit-verify.1",
        "infisical-skill-secrets-create.1",
        "infisical-skill-doctor.1",
    ] {
        assert!(folder.path().join(page).is_file(), "{page}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn init_writes_nothing_where_others_could_change_it() {
    let folder = tempfile::tempdir().unwrap();
    let open = folder.path().join("open");
    for (below, dir) in [("", open.clone()), ("new", open.join("new/deeper"))] {
        let _ = std::fs::create_dir(&open);
        std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).unwrap();
        let refused = command(&[]).args(["init", "--dir"]).arg(&dir).output().unwrap();
        let said = stderr(&refused);
        assert_eq!(refused.status.code(), Some(1), "{below}: {said}");
        assert!(said.contains(open.to_str().unwrap()) && said.contains("chmod go-w"), "{below}: {said}");
        assert_eq!(std::fs::read_dir(&open).unwrap().count(), 0, "{below}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn init_follows_no_link_and_leaves_nothing_half_done() {
    for name in ["read-secret", "write-secret", "config.toml"] {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("config");
        std::fs::create_dir(&dir).unwrap();
        std::os::unix::fs::symlink(folder.path().join("nowhere"), dir.join(name)).unwrap();
        let refused = command(&[]).args(["init", "--with-writes", "--dir"]).arg(&dir).output().unwrap();
        let said = stderr(&refused);
        assert!(refused.status.code() == Some(1) && said.contains(name), "{name}: {said}");
        assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 1, "{name}: what was there, and nothing else");
        assert!(!folder.path().join("nowhere").exists(), "{name}");
    }
    // If the second file can't be created, the first one is removed.
    let folder = tempfile::tempdir().unwrap();
    let mut limited = std::process::Command::new("bash");
    limited.args(["-c", "ulimit -f 1; trap '' XFSZ; exec \"$@\"", "bash", env!("CARGO_BIN_EXE_infisical-skill")]);
    let failed = limited.args(["init", "--dir"]).arg(folder.path().join("config")).output().unwrap();
    assert_eq!(failed.status.code(), Some(1), "{}", stderr(&failed));
    let left: Vec<_> = std::fs::read_dir(folder.path().join("config")).into_iter().flatten().collect();
    assert!(left.is_empty(), "{left:?}");
}
