//! What to do about a failure of the state directory. The operating system's own error text names
//! neither the limit nor the file system behind it.

use std::io;

/// What to do about it, worded to end the error sentence.
pub(crate) fn advice(error: &io::Error) -> &'static str {
    match kind(error) {
        Kind::FileSystem => {
            "move the state directory to a local disk: its file system doesn't keep locks or can't be relied upon (NFS without a lock service, \
             SMB, FUSE and other network file systems)"
        }
        Kind::FileSize => "raise this process's file size limit (`ulimit -f`, or LimitFSIZE= of its unit)",
        Kind::OpenFiles => "raise the number of files that may be open (`ulimit -n`, or LimitNOFILE= of its unit)",
        Kind::Full => "make room on the disk that the state directory is on, or raise this user's quota there",
        Kind::ReadOnly => "mount the state directory's file system for writing, or set another state directory",
        Kind::Access => "give the state directory and all in it to the user that runs this (`chown`), with mode 0700",
        Kind::Other => {
            "check the state directory: room on the disk, owner and modes; `infisical-skill doctor` says what is wrong"
        }
    }
}

/// Adds advice to an error of the operating system. The host's own errors already have some.
pub(crate) fn advised(error: io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(_) => io::Error::new(error.kind(), format!("{error}. To solve it, {}", advice(&error))),
        None => error,
    }
}

enum Kind {
    FileSystem,
    FileSize,
    OpenFiles,
    Full,
    ReadOnly,
    Access,
    Other,
}

#[cfg(unix)]
fn kind(error: &io::Error) -> Kind {
    use rustix::io::Errno;
    match Errno::from_io_error(error) {
        Some(Errno::NOLCK | Errno::BADF | Errno::OPNOTSUPP | Errno::NOSYS | Errno::STALE | Errno::NOTCONN) => {
            Kind::FileSystem
        }
        Some(Errno::FBIG) => Kind::FileSize,
        Some(Errno::MFILE | Errno::NFILE) => Kind::OpenFiles,
        Some(Errno::NOSPC | Errno::DQUOT) => Kind::Full,
        Some(Errno::ROFS) => Kind::ReadOnly,
        Some(Errno::ACCESS | Errno::PERM) => Kind::Access,
        _ => Kind::Other,
    }
}

#[cfg(not(unix))]
fn kind(_: &io::Error) -> Kind {
    Kind::Other
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use rustix::io::Errno;

    #[test]
    fn names_what_to_change_for_each_kind_of_failure() {
        for (errno, expected) in [
            (Errno::NOLCK, "locks"),
            (Errno::BADF, "network file systems"),
            (Errno::OPNOTSUPP, "network file systems"),
            (Errno::NOTSUP, "network file systems"),
            (Errno::STALE, "local disk"),
            (Errno::FBIG, "ulimit -f"),
            (Errno::MFILE, "ulimit -n"),
            (Errno::NOSPC, "make room"),
            (Errno::DQUOT, "quota"),
            (Errno::ROFS, "for writing"),
            (Errno::ACCESS, "chown"),
            (Errno::INVAL, "doctor"),
        ] {
            let advice = advice(&io::Error::from(errno));
            assert!(advice.contains(expected), "{errno:?}: {advice}");
        }
        assert!(advice(&io::Error::other("odd")).contains("doctor"));
    }
}
