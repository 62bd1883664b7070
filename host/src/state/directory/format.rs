//! The version of the state directory's format. A directory of a later version is refused, because
//! nobody can know what its files mean.

use crate::state::files;
use std::io;
use std::path::Path;

/// The version that this program writes.
const VERSION: u32 = 1;

const FILE: &str = "format";

/// Checks that this program understands the directory. A new directory has no version yet.
pub(super) fn check(folder: &Path) -> io::Result<()> {
    read(folder).map(drop)
}

/// As [`check`], and writes the version into a new directory.
pub(super) fn claim(folder: &Path) -> io::Result<()> {
    if read(folder)?.is_some() {
        return Ok(());
    }
    files::make_folder(folder)?;
    files::check_folder(folder)?;
    // Atomically: a process that ends in between, or another one that reads meanwhile, must not find
    // an empty file. Whoever writes it at the same time writes the same.
    files::replace(&folder.join(FILE), format!("{VERSION}\n").as_bytes())
}

fn read(folder: &Path) -> io::Result<Option<u32>> {
    let path = folder.join(FILE);
    let Some(bytes) = files::read(&path, 64)? else { return Ok(None) };
    let version = std::str::from_utf8(&bytes).ok().and_then(|text| text.trim().parse().ok());
    match version {
        Some(VERSION) => Ok(Some(VERSION)),
        Some(version) => Err(io::Error::other(format!(
            "{} says that the state directory has format {version}, and this program knows format {VERSION}: use the program that wrote it, or \
             another state directory",
            path.display()
        ))),
        None => Err(io::Error::other(format!("{} isn't a format's version", path.display()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_that_start_together_all_claim_a_new_directory() {
        for _ in 0..20 {
            let folder = tempfile::tempdir().unwrap();
            let claim = || claim(folder.path()).and_then(|()| check(folder.path()));
            std::thread::scope(|scope| {
                let threads: Vec<_> = (0..8).map(|_| scope.spawn(claim)).collect();
                threads.into_iter().for_each(|thread| thread.join().unwrap().unwrap());
            });
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "only the file is left");
        }
    }

    #[test]
    fn refuses_a_later_format_and_nonsense() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        check(folder.path()).unwrap();
        claim(folder.path()).unwrap();
        claim(folder.path()).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "1\n");
        for (text, said) in [("2\n", "format 2"), ("x", "isn't"), ("", "isn't")] {
            std::fs::remove_file(&file).unwrap();
            files::create_new(&file, text.as_bytes()).unwrap();
            for refused in [check(folder.path()), claim(folder.path())] {
                let error = refused.unwrap_err().to_string();
                assert!(error.contains(said), "{error}");
            }
        }
    }
}
