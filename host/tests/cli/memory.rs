//! The process's memory has credentials in it: it is left in no core dump, and others of the same user don't get at it.

use crate::stage::copy_program;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

const NOBODY: u32 = 65_534;

/// A server that waits for its client, as a user other than root: to root, all processes are open.
fn server(folder: &std::path::Path) -> Child {
    let program = copy_program(folder);
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new(program);
    command.env_clear().env("INFISICAL_READ_CLIENT_ID", "reader").env("INFISICAL_READ_CLIENT_SECRET", "canary-secret");
    command.args(["completions", "bash"]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        command.uid(NOBODY).gid(NOBODY);
    }
    command.spawn().unwrap()
}

#[test]
fn the_process_leaves_no_core_dump_and_its_memory_is_closed_to_others_of_its_user() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = server(folder.path());
    // It prints more than the pipe holds, and waits for somebody to read it: by then it is well past its beginning.
    let wait = std::time::Duration::from_millis(300);
    std::thread::sleep(wait);
    let of = |what: &str| format!("/proc/{}/{what}", server.id());
    let limits = fs::read_to_string(of("limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
    // What isn't dumpable belongs to root there, and only its capabilities open it.
    assert_eq!(fs::metadata(of("mem")).unwrap().uid(), 0, "closed to its own user");
    server.kill().unwrap();
    server.wait().unwrap();
}
