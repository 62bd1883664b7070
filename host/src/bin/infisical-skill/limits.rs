//! What the system allows this process, and what to do where that isn't enough.

use std::io;

/// How many files, sockets and pipes a command has open at a time, at least.
#[cfg(unix)]
const OPEN_FILES: usize = 16;

/// Whether as many files can be opened as anything takes: some libraries panic where they can't open one.
#[cfg(unix)]
pub(crate) fn check_open_files() -> io::Result<()> {
    use std::os::fd::AsFd;
    let stderr = io::stderr();
    (0..OPEN_FILES).map(|_| stderr.as_fd().try_clone_to_owned()).collect::<io::Result<Vec<_>>>().map(drop)
}

/// Where there is no such limit.
#[cfg(not(unix))]
pub(crate) fn check_open_files() -> io::Result<()> {
    Ok(())
}

/// A write beyond the file size limit (`ulimit -f`) fails, instead of ending the process in the middle of something.
#[cfg(unix)]
pub(crate) fn outlive_file_size_limit() {
    use tokio::signal::unix::{SignalKind, signal};
    let file_size = SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
    // The handler stays when this is dropped. Without it, the limit ends the process, as it does others.
    drop(signal(file_size));
}

/// Where there is no such limit.
#[cfg(not(unix))]
pub(crate) fn outlive_file_size_limit() {}

/// What to do where the process can't begin.
pub(crate) fn remedy(error: &io::Error) -> &'static str {
    #[cfg(unix)]
    match rustix::io::Errno::from_io_error(error) {
        Some(rustix::io::Errno::MFILE | rustix::io::Errno::NFILE) => {
            return "Raise the number of files that may be open (`ulimit -n`)";
        }
        Some(rustix::io::Errno::AGAIN) => return "Raise the number of processes that this user may have (`ulimit -u`)",
        Some(rustix::io::Errno::NOMEM) => return "Raise the memory that this process may have (`ulimit -v`)",
        _ => {}
    }
    let _ = error;
    "Check this process's limits (`ulimit -a`)"
}
