//! Reads a secret from its own file.
//!
//! The file must be a regular file of at most 16 KiB that belongs to root or to the user who runs
//! this. Others must not be able to read it, write it or replace it. Links are followed where
//! nobody else can change them, because Kubernetes mounts secrets as links. One final line end is
//! removed, because editors add it.

use infisical_skill_owners::{PathFindings, Refusal as OwnersRefusal, Want, check, check_open};
use secrecy::SecretString;
use std::fmt;
use std::fs;
use std::io::Read;
use std::path::Path;
use zeroize::Zeroizing;

const MAX_FILE: u64 = 16 * 1024;

/// Why a file isn't accepted as a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretFileRefusal {
    /// It can't be opened or read.
    Unreadable,
    /// It is a folder, a pipe or a device.
    NotRegular,
    /// Others can read, change or replace it. The cause is the file, or a folder or link on the
    /// path to it.
    Untrusted(OwnersRefusal),
    /// It is larger than 16 KiB.
    TooLarge,
    /// It is empty.
    Empty,
    /// It isn't one line of text.
    NotOneLine,
}

impl fmt::Display for SecretFileRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Untrusted(refusal) => return refusal.fmt(f),
            Self::Unreadable => "the secret's file can't be read: check that it exists and that this user may read it",
            Self::NotRegular => "the secret's file must be a regular file, not a folder, pipe or device",
            Self::TooLarge => "the secret's file is larger than 16 KiB: it should hold the secret and nothing else",
            Self::Empty => "the secret's file is empty: write the secret to it",
            Self::NotOneLine => "the secret's file must contain exactly one line of text",
        })
    }
}

impl std::error::Error for SecretFileRefusal {}

impl From<OwnersRefusal> for SecretFileRefusal {
    fn from(refusal: OwnersRefusal) -> Self {
        if refusal.is_of_another_kind() {
            Self::NotRegular
        } else if refusal.is_unreadable() {
            Self::Unreadable
        } else {
            Self::Untrusted(refusal)
        }
    }
}

/// Reads a secret from its file, and returns the findings about the path to it.
pub(super) fn read(path: &Path) -> Result<(SecretString, PathFindings), SecretFileRefusal> {
    use SecretFileRefusal as Refusal;
    // Check this before opening the file: opening a pipe would block until somebody writes to it.
    let found = check(path, Want::Secret)?;
    let mut file = fs::File::open(path).map_err(|_| Refusal::Unreadable)?;
    // Check the file that was opened, because the path may have been changed in the meantime.
    check_open(path, &file.metadata().map_err(|_| Refusal::Unreadable)?, Want::Secret)?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_FILE as usize + 1));
    file.by_ref().take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(|_| Refusal::Unreadable)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(Refusal::TooLarge);
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| Refusal::NotOneLine)?;
    let line = text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
    if line.is_empty() {
        return Err(Refusal::Empty);
    }
    if line.chars().any(char::is_control) {
        return Err(Refusal::NotOneLine);
    }
    Ok((SecretString::from(line), found))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn file(folder: &Path, name: &str, content: &[u8], mode: u32) -> std::path::PathBuf {
        let path = folder.join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn a_secret_is_one_line_in_a_private_file() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |content: &[u8], mode| {
            read(&file(folder.path(), "s", content, mode)).map(|(s, _)| s.expose_secret().to_owned())
        };
        use SecretFileRefusal as R;
        assert_eq!(refused(b"secret", 0o600), Ok("secret".to_owned()));
        assert_eq!(refused(b"secret\n", 0o400), Ok("secret".to_owned()));
        assert_eq!(refused(b"secret\r\n", 0o640), Ok("secret".to_owned()));
        assert_eq!(refused(b" secret ", 0o600), Ok(" secret ".to_owned()), "nothing else is trimmed");
        for mode in [0o644, 0o660, 0o602] {
            let refusal = refused(b"secret", mode).unwrap_err();
            assert!(matches!(&refusal, R::Untrusted(_)) && refusal.to_string().contains("run `chmod"), "{refusal}");
        }
        assert_eq!(refused(b"", 0o600), Err(R::Empty));
        assert_eq!(refused(b"\n", 0o600), Err(R::Empty));
        assert_eq!(refused(b"a\nb\n", 0o600), Err(R::NotOneLine));
        assert_eq!(refused(b"a\n\n", 0o600), Err(R::NotOneLine));
        assert_eq!(refused(b"\xff\xfe", 0o600), Err(R::NotOneLine));
        assert_eq!(refused(&[b'x'; 64 * 1024], 0o600), Err(R::TooLarge));
    }

    #[test]
    fn a_link_is_followed_and_what_is_no_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(folder.path(), "s", b"secret", 0o600);
        let link = folder.path().join("link");
        symlink(&path, &link).unwrap();
        assert!(read(&link).is_ok());
        assert_eq!(read(folder.path()).err(), Some(SecretFileRefusal::NotRegular));
        assert_eq!(read(Path::new("/dev/zero")).err(), Some(SecretFileRefusal::NotRegular));
        assert_eq!(read(&folder.path().join("missing")).err(), Some(SecretFileRefusal::Unreadable));
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert_eq!(read(&pipe).err(), Some(SecretFileRefusal::NotRegular));
    }
}
