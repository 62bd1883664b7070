//! The process's resource limits, and what to do if they are too low.

use std::io;

/// The number of files, sockets and pipes that any command needs to have open at a time.
#[cfg(unix)]
const OPEN_FILES: usize = 16;

/// Whether enough files can be opened for any command. Some libraries panic if they can't open one.
#[cfg(unix)]
pub(crate) fn check_open_files() -> io::Result<()> {
    use std::os::fd::AsFd;
    let stderr = io::stderr();
    (0..OPEN_FILES).map(|_| stderr.as_fd().try_clone_to_owned()).collect::<io::Result<Vec<_>>>().map(drop)
}

/// Other systems have no such limit.
#[cfg(not(unix))]
pub(crate) fn check_open_files() -> io::Result<()> {
    Ok(())
}

/// Makes a write beyond the file size limit (`ulimit -f`) fail, instead of letting SIGXFSZ end the
/// process in the middle of a write.
#[cfg(unix)]
pub(crate) fn outlive_file_size_limit() {
    use tokio::signal::unix::{SignalKind, signal};
    let file_size = SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
    // The handler stays installed when the stream is dropped. Without a handler, the signal ends
    // the process.
    drop(signal(file_size));
}

/// Other systems have no such limit.
#[cfg(not(unix))]
pub(crate) fn outlive_file_size_limit() {}

/// What to do if the process can't start.
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
