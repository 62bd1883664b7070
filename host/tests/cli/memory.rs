//! The process has credentials in its memory: no core dump contains them, and other processes of
//! the same user can't read them.

use crate::stage::copy_program;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

const NOBODY: u32 = 65_534;

/// A server that waits for its client, run as a user other than root: root can open every process.
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
fn process_is_not_dumpable_or_readable_by_its_user() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = server(folder.path());
    // The process prints more than the pipe holds and waits for a reader. By then its start-up is
    // over.
    let wait = std::time::Duration::from_millis(300);
    std::thread::sleep(wait);
    let of = |what: &str| format!("/proc/{}/{what}", server.id());
    let limits = fs::read_to_string(of("limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
    // In `/proc`, root owns the files of a process that isn't dumpable, and only root's
    // capabilities open them.
    assert_eq!(fs::metadata(of("mem")).unwrap().uid(), 0, "the memory should be closed to its own user");
    server.kill().unwrap();
    server.wait().unwrap();
}
