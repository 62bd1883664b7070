//! Tests of the state directory's location: unusual volumes, missing and unusual variables.

use crate::stage::{copy_program, stages};
use crate::{command, stderr, stdout};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

#[test]
fn names_missing_home_and_what_to_set() {
    let needs_state = ["projects", "list"];
    let variables = [("INFISICAL_URL", "http://127.0.0.1:9"), ("INFISICAL_READ_TOKEN", "t")];
    let refused = command(&variables).args(needs_state).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    for word in ["HOME", "INFISICAL_SKILL_STATE_DIR", "`state_dir`"] {
        assert!(stderr(&refused).contains(word), "{}", stderr(&refused));
    }
    let refused = command(&[]).args(["audit", "verify"]).output().unwrap();
    assert!(stderr(&refused).contains("HOME"), "{}", stderr(&refused));
    let refused = command(&[]).args(["init"]).env_remove("XDG_CONFIG_HOME").output().unwrap();
    assert!(stderr(&refused).contains("HOME") && stderr(&refused).contains("--dir"), "{}", stderr(&refused));
}

#[test]
fn init_writes_an_absolute_state_dir() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    for (name, variables, expected) in [
        ("with", vec![("HOME", home.as_path())], home.join(".local/state/infisical-skill")),
        ("without", vec![], folder.path().join("without/state")),
        ("relative", vec![("XDG_STATE_HOME", std::path::Path::new("here"))], folder.path().join("relative/state")),
    ] {
        let config = folder.path().join(name);
        let done = command(&[]).envs(variables).args(["init", "--dir"]).arg(&config).output().unwrap();
        assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
        let text = fs::read_to_string(config.join("config.toml")).unwrap();
        assert!(text.contains(&format!("\nstate_dir = \"{}\"\n", expected.display())), "{text}");
        // A client without HOME uses the same state.
        let verified = command(&[]).arg("--config").arg(config.join("config.toml")).args(["audit", "verify"]).output();
        assert_eq!(verified.unwrap().status.code(), Some(0), "{name}");
    }
}

#[test]
fn a_shared_volume_root_is_refused_and_a_subdirectory_works() {
    for stage in stages() {
        let volume = stage.path("volume");
        for mode in [0o2770, 0o2775] {
            let _ = fs::create_dir(&volume);
            fs::set_permissions(&volume, fs::Permissions::from_mode(mode)).unwrap();
            let inside = format!("{volume}/state");
            // If root doesn't own the volume, only its group can write to it.
            let inside_status = if rustix::process::geteuid().is_root() { 0 } else { 2 };
            for (folder, status) in [(&volume, 2), (&inside, inside_status)] {
                let mut list = stage.command();
                list.env("INFISICAL_SKILL_STATE_DIR", folder).args(["secrets", "list", "--path", "/app"]);
                let done = list.output().unwrap();
                assert_eq!(done.status.code(), Some(status), "{mode:o} {folder}: {}", stderr(&done));
                if status != 0 {
                    assert!(stderr(&done).contains("chmod go-w"), "our own: {}", stderr(&done));
                }
            }
            if inside_status == 0 {
                assert_eq!(fs::metadata(&inside).unwrap().permissions().mode() & 0o777, 0o700);
            }
            fs::remove_dir_all(&volume).unwrap();
        }
    }
}

#[test]
fn suggests_a_subdirectory_in_another_users_volume() {
    const OTHER: u32 = 65_533;
    let stage = stages().last().unwrap();
    let volume = stage.path("volume");
    fs::create_dir(&volume).unwrap();
    // Only root can give a folder to another user and run a command as another user.
    if std::os::unix::fs::chown(&volume, Some(0), Some(OTHER)).is_err() {
        return;
    }
    fs::set_permissions(&volume, fs::Permissions::from_mode(0o2775)).unwrap();
    fs::set_permissions(stage.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let program = copy_program(stage.folder.path());
    let as_other = |arguments: &[&str]| {
        let mut command = Command::new(&program);
        for (name, value) in stage.command().get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.env("INFISICAL_SKILL_STATE_DIR", &volume).args(arguments).uid(OTHER).gid(OTHER).output().unwrap()
    };
    let done = as_other(&["secrets", "list"]);
    assert_eq!(done.status.code(), Some(2));
    let said = stderr(&done);
    assert!(said.contains(&format!("{volume}/state")) && said.contains("fsGroup"), "{said}");
    let doctor = as_other(&["doctor"]);
    assert!(stdout(&doctor).contains(&format!("{volume}/state")), "{}", stdout(&doctor));
}

#[test]
fn text_that_is_not_utf8_is_refused_by_name() {
    let odd = OsStr::from_bytes(b"a\xff\xfeb");
    for name in ["INFISICAL_URL", "INFISICAL_READ_CLIENT_ID", "INFISICAL_READ_TOKEN", "INFISICAL_SKILL_STATE_DIR"] {
        let variables = [("INFISICAL_URL", "http://127.0.0.1:9"), ("INFISICAL_READ_TOKEN", "t")];
        let refused = command(&variables).env(name, odd).args(["projects", "list"]).output().unwrap();
        assert_eq!(refused.status.code(), Some(2), "{name}");
        assert!(stderr(&refused).contains(&format!("{name} isn't UTF-8 text")), "{name}: {}", stderr(&refused));
    }
    for arguments in [&["secrets", "get"][..], &["secrets", "list", "--path"], &["call", "get-secret"]] {
        let refused = command(&[]).args(arguments).arg(odd).output().unwrap();
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&refused).contains("invalid UTF-8"), "{arguments:?}: {}", stderr(&refused));
    }
}

#[test]
fn a_home_that_is_not_utf8_is_used_as_it_is() {
    for stage in stages() {
        let home = stage.folder.path().join(OsStr::from_bytes(b"h\xffome"));
        let mut list = stage.command();
        list.env_remove("INFISICAL_SKILL_STATE_DIR").env("HOME", &home).args(["secrets", "list", "--path", "/app"]);
        let done = list.output().unwrap();
        assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
        assert!(home.join(".local/state/infisical-skill/audit").is_dir());
    }
}
