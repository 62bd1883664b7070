//! Tests with a disk that accepts no more data: no file may grow, or the directory is read-only. If
//! a call can't be recorded, it sends nothing.

use crate::stage::{Stage, copy_program, stages};
use crate::stderr;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output};

const NOBODY: u32 = 65_534;

/// Commands that send a request or return data, and need only the state directory. The plan could
/// be applied.
fn calls(plan: &str) -> Vec<Vec<&str>> {
    vec![
        vec!["projects", "list"],
        vec!["folders", "list", "--recursive"],
        vec!["secrets", "list", "--path", "/app"],
        vec!["secrets", "get", "STRIPE_API_KEY", "--path", "/app"],
        vec!["secrets", "create", "OTHER", "--path", "/app", "--generate", "--preview"],
        vec!["secrets", "create", "OTHER", "--path", "/app", "--generate", "--yes"],
        vec!["plans", "apply", plan],
        vec!["call", "list-audit-logs"],
    ]
}

/// Asserts that none of the calls sends anything if it runs under these conditions.
fn refuses_before_anything_leaves(stage: &Stage, run: impl Fn(&[&str]) -> Output) {
    let create = ["secrets", "create", "NEW", "--path", "/app", "--generate", "--json"];
    let plan = stage.json(&create)["plan"].as_str().unwrap().to_owned();
    let before = stage.emulator.log().len();
    for arguments in calls(&plan) {
        let refused = run(&arguments);
        let said = stderr(&refused);
        assert_eq!(refused.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains("Refused by the audit trail"), "{arguments:?}: {said}");
        assert_eq!(stage.emulator.log().len(), before, "{arguments:?} sent something");
    }
}

fn goes_on(stage: &Stage) {
    assert_eq!(stage.run(&["audit", "verify"]).status.code(), Some(0));
    let created = stage.run(&["secrets", "create", "LATER", "--path", "/app", "--generate", "--yes"]);
    assert_eq!(created.status.code(), Some(0), "{}", stderr(&created));
    assert!(stage.value("/app", "LATER").is_some() && stage.value("/app", "OTHER").is_none());
    assert_eq!(stage.run(&["audit", "verify"]).status.code(), Some(0));
}

#[test]
fn sends_nothing_while_the_disk_is_full() {
    for stage in stages() {
        stage.reveal();
        stage.switch_on();
        let full = |arguments: &[&str]| {
            // Writes fail as on a full disk; the limit's signal doesn't end the process.
            let script = "ulimit -f 0; exec \"$@\"";
            let mut shell = stage.with_variables("sh");
            shell.args(["-c", script, "sh", env!("CARGO_BIN_EXE_infisical-skill")]).args(arguments).output().unwrap()
        };
        refuses_before_anything_leaves(&stage, full);
        let before = stage.emulator.log().len();
        let hidden = full(&["secrets", "reveal", "STRIPE_API_KEY", "--path", "/app"]);
        assert_eq!((hidden.status.code(), hidden.stdout.len()), (Some(1), 0), "{}", stderr(&hidden));
        assert_eq!(stage.emulator.log().len(), before);
        goes_on(&stage);
    }
}

/// Runs the command as a user other than root, because nothing is read-only for root.
fn as_nobody(stage: &Stage, arguments: &[&str]) -> Output {
    let program = stage.folder.path().join("infisical-skill");
    let program = if program.exists() { program } else { copy_program(stage.folder.path()) };
    let mut command = Command::new(program);
    for (name, value) in stage.command().get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        command.uid(NOBODY).gid(NOBODY);
    }
    command.args(arguments).output().unwrap()
}

/// Sets the modes of a directory and everything below it.
fn set_modes(at: &Path, folders: u32, files: u32) {
    let is_folder = at.is_dir();
    if is_folder {
        fs::set_permissions(at, Permissions::from_mode(0o755)).unwrap();
        for entry in fs::read_dir(at).unwrap() {
            set_modes(&entry.unwrap().path(), folders, files);
        }
    }
    fs::set_permissions(at, Permissions::from_mode(if is_folder { folders } else { files })).unwrap();
}

#[test]
fn sends_nothing_while_the_state_directory_is_read_only() {
    for stage in stages() {
        stage.switch_on();
        fs::set_permissions(stage.folder.path(), Permissions::from_mode(0o755)).unwrap();
        let state = stage.path("state");
        refuses_before_anything_leaves(&stage, |arguments| {
            set_modes(Path::new(&state), 0o555, 0o444);
            let refused = as_nobody(&stage, arguments);
            set_modes(Path::new(&state), 0o700, 0o600);
            refused
        });
        goes_on(&stage);
    }
}

#[test]
fn empty_read_only_state_directory_sends_nothing() {
    for stage in stages() {
        fs::set_permissions(stage.folder.path(), Permissions::from_mode(0o755)).unwrap();
        let state = stage.path("state");
        fs::create_dir(&state).unwrap();
        fs::set_permissions(&state, Permissions::from_mode(0o555)).unwrap();
        for arguments in calls("0000-0000-0000-0000") {
            let refused = as_nobody(&stage, &arguments);
            let said = stderr(&refused);
            assert_eq!(refused.status.code(), Some(1), "{arguments:?}: {said}");
            assert!(
                said.contains("Refused by the audit trail") || arguments.contains(&"plans"),
                "{arguments:?}: {said}"
            );
        }
        assert!(stage.emulator.log().is_empty() && fs::read_dir(&state).unwrap().next().is_none());
        fs::set_permissions(&state, Permissions::from_mode(0o700)).unwrap();
    }
}
