//! Tests with tight system limits: the command works with less, or refuses and names the limit.

use crate::stage::{Stage, copy_program, stages};
use crate::{stderr, stdout};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Output;

const NOBODY: u32 = 65_534;

/// Runs the command under limits that `ulimit` sets.
fn limited(stage: &Stage, limits: &str, arguments: &[&str]) -> Output {
    let script = format!("{limits}; exec \"$@\"");
    let mut shell = stage.with_variables("sh");
    shell.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_infisical-skill")]).args(arguments).output().unwrap()
}

const LIST: [&str; 4] = ["secrets", "list", "--path", "/app"];

#[test]
fn works_with_little_address_space_and_names_the_limit_below() {
    for stage in stages() {
        // From 64 GiB down to 512 MiB.
        for kib in [64 << 20, 4 << 20, 1 << 20, 512 << 10] {
            let listed = limited(&stage, &format!("ulimit -v {kib}"), &LIST);
            assert_eq!(listed.status.code(), Some(0), "{kib}: {}", stderr(&listed));
            assert!(stdout(&listed).contains("STRIPE_API_KEY"), "{kib}");
        }
        let doctor = limited(&stage, "ulimit -v 1048576", &["doctor", "--json"]);
        let checks = crate::json(&doctor)["checks"].as_array().unwrap().clone();
        let component = checks.iter().find(|check| check["name"] == "component").unwrap();
        assert_eq!(component["verdict"], "good", "{component}");
        for kib in [256 << 10, 200 << 10] {
            let refused = limited(&stage, &format!("ulimit -v {kib}"), &LIST);
            assert!(matches!(refused.status.code(), Some(1 | 2)), "{kib}: {refused:?}");
            assert!(stderr(&refused).contains("ulimit -v"), "{kib}: {}", stderr(&refused));
        }
    }
}

#[test]
fn changes_several_secrets_with_little_address_space() {
    let stage = stages().last().unwrap();
    stage.switch_on();
    let create = ["secrets", "create", "MADE", "--path", "/app", "--generate", "--yes"];
    let created = limited(&stage, "ulimit -v 1048576", &create);
    assert_eq!(created.status.code(), Some(0), "{}", stderr(&created));
    assert!(stage.value("/app", "MADE").is_some());
}

#[test]
fn a_file_size_limit_refuses_and_does_not_kill() {
    let stage = stages().last().unwrap();
    for (blocks, arguments) in [("0", &LIST[..]), ("1", &["audit", "report", "--out", &stage.path("page.html")])] {
        // Once something is recorded, the report is larger than one block.
        if blocks == "1" {
            stage.run(&LIST);
        }
        let refused = limited(&stage, &format!("ulimit -f {blocks}"), arguments);
        assert_eq!(refused.status.code(), Some(1), "{refused:?}");
        assert!(stderr(&refused).contains("File too large"), "{}", stderr(&refused));
    }
    let refused = limited(&stage, "ulimit -f 0", &LIST);
    assert!(stderr(&refused).contains("ulimit -f"), "{}", stderr(&refused));
}

#[test]
fn too_few_open_files_are_named_and_nothing_panics() {
    let stage = stages().last().unwrap();
    for most in [6, 7, 8, 10, 12, 14, 16, 18, 20, 22, 24, 28, 32] {
        let done = limited(&stage, &format!("ulimit -n {most}"), &LIST);
        let said = stderr(&done);
        match done.status.code() {
            Some(0) => assert!(most > 12, "{most}"),
            Some(1) => assert!(said.contains("ulimit -n"), "{most}: {said}"),
            // Here the dynamic loader couldn't open a library.
            Some(127) if most < 8 => {}
            other => panic!("{most}: {other:?} {said}"),
        }
    }
    assert_eq!(limited(&stage, "ulimit -n 40", &LIST).status.code(), Some(0));
}

#[test]
fn too_few_processes_are_named_and_nothing_panics() {
    let stage = stages().last().unwrap();
    // The limit doesn't apply to root: the test needs another user and a directory that this user
    // reaches.
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let (program, state) = (copy_program(stage.folder.path()), stage.path("state"));
    fs::set_permissions(stage.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir_all(&state).unwrap();
    std::os::unix::fs::chown(&state, Some(NOBODY), Some(NOBODY)).unwrap();
    fs::set_permissions(&state, fs::Permissions::from_mode(0o700)).unwrap();
    let mut refusals = 0;
    for most in 1..12 {
        // Only bash can set this limit.
        let mut shell = stage.with_variables("bash");
        shell.uid(NOBODY).gid(NOBODY);
        let script = format!("ulimit -u {most}; exec \"$@\"");
        let done = shell.args(["-c", &script, "bash"]).arg(&program).args(LIST).output().unwrap();
        let said = stderr(&done);
        assert!(matches!(done.status.code(), Some(0..=2)), "{most}: {:?} {said}", done.status);
        if done.status.code() != Some(0) {
            assert!(said.contains("ulimit -u"), "{most}: {said}");
            refusals += 1;
        }
    }
    assert!(refusals > 0);
}
