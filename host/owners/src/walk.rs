//! Follows a path as the system does: directory by directory from `/`, and link by link.

use crate::policy::{Fault, Kind, PathStep, Want, assess, assess_step};
use crate::{PathFindings, Refusal};
use rustix::fs::{OFlags, StatVfsMountFlags};
use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{self, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

/// Linux follows this many links.
const MAX_LINKS: usize = 40;

/// Returns the user who runs this.
#[must_use]
pub fn me() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Makes an open fail if the last part of the path is a link.
pub fn never_follow(options: &mut OpenOptions) {
    // The flags are small numbers on every system.
    options.custom_flags(i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or_default());
}

/// Checks an existing file or directory and the path to it.
///
/// # Errors
/// [`Refusal`] names the step at fault.
pub fn check(path: &Path, want: Want) -> Result<PathFindings, Refusal> {
    check_as(me(), path, want)
}

/// Checks the place of a file or directory that may not exist yet. A missing part counts as if this
/// user had created it, closed to everybody else.
///
/// # Errors
/// [`Refusal`] names the step at fault.
pub fn check_new(path: &Path, want: Want) -> Result<PathFindings, Refusal> {
    let me = me();
    let mut way = walk(path, want, me)?;
    if let Some(missing) = way.missing.take() {
        let device = way.steps.last().map_or(0, |(_, facts)| facts.device);
        let read_only = false;
        // Its directories, as they would be created.
        let folder = PathStep { kind: Kind::Folder, owner: me, mode: 0o700, read_only, device };
        way.steps.extend(missing.between.into_iter().map(|path| (path, folder)));
        let last = match want {
            Want::Folder => folder,
            Want::File | Want::Secret => PathStep { kind: Kind::File, mode: 0o600, ..folder },
        };
        way.steps.push((missing.last, last));
    }
    way.assess(want, me)
}

/// Checks an opened file or directory alone.
///
/// # Errors
/// [`Refusal`] says what is wrong with it.
pub fn check_open(path: &Path, metadata: &Metadata, want: Want) -> Result<(), Refusal> {
    let me = me();
    assess_step(me, want, &facts(metadata, false)).map_err(|fault| Refusal::fault(path, fault, want, me))
}

/// Checks an opened file in a directory: it must belong to root or to the user who runs this. Root
/// turns changes off in directories of other users. There, the directory's owner counts as the
/// user.
///
/// # Errors
/// [`Refusal`] says what is wrong with it.
pub fn check_inside(folder: &Path, path: &Path, metadata: &Metadata, want: Want) -> Result<(), Refusal> {
    let me = match me() {
        0 => fs::symlink_metadata(folder).map_or(0, |folder| folder.uid()),
        me => me,
    };
    assess_step(me, want, &facts(metadata, false)).map_err(|fault| Refusal::fault(path, fault, want, me))
}

/// Gives a file that root created in a directory to the directory's owner, who couldn't use it
/// otherwise.
///
/// # Errors
/// If the owner can't be changed.
pub fn hand_over(made: &fs::File, folder: &Path) -> io::Result<()> {
    if me() != 0 {
        return Ok(());
    }
    let (folder, now) = (fs::symlink_metadata(folder)?, made.metadata()?);
    if folder.is_dir() && now.uid() == 0 && folder.uid() != 0 {
        std::os::unix::fs::fchown(made, Some(folder.uid()), Some(folder.gid()))?;
    }
    Ok(())
}

fn check_as(me: u32, path: &Path, want: Want) -> Result<PathFindings, Refusal> {
    let way = walk(path, want, me)?;
    match &way.missing {
        Some(missing) => {
            let first = missing.between.first().unwrap_or(&missing.last);
            Err(Refusal::unreadable(first, &io::ErrorKind::NotFound.into(), want, me))
        }
        None => way.assess(want, me),
    }
}

/// The steps from `/`, and the missing part of the path.
struct PathWalk {
    steps: Vec<(PathBuf, PathStep)>,
    missing: Option<Missing>,
}

struct Missing {
    /// The directories above the last part.
    between: Vec<PathBuf>,
    last: PathBuf,
}

impl PathWalk {
    fn assess(self, want: Want, me: u32) -> Result<PathFindings, Refusal> {
        let facts: Vec<PathStep> = self.steps.iter().map(|(_, facts)| *facts).collect();
        let path = |at: usize| self.steps.get(at).map(|(path, _)| path.clone()).unwrap_or_default();
        let trust = assess(me, want, &facts).map_err(|(at, fault)| Refusal::fault(&path(at), fault, want, me))?;
        Ok(PathFindings {
            own: trust.own.map(path),
            weaker: trust.weaker.into_iter().map(|(at, weakness)| (path(at), weakness)).collect(),
        })
    }
}

/// A part of the path that is still to follow, and the link that it comes from.
struct Ahead {
    name: OsString,
    link: Option<PathBuf>,
}

fn walk(path: &Path, want: Want, me: u32) -> Result<PathWalk, Refusal> {
    let unreadable = |path: &Path, error: &io::Error| Refusal::unreadable(path, error, want, me);
    let whole = match path.is_absolute() {
        true => path.to_owned(),
        false => std::env::current_dir().map_err(|error| unreadable(path, &error))?.join(path),
    };
    let mut here = PathBuf::from("/");
    let mut way = PathWalk { steps: Vec::new(), missing: None };
    let push = |way: &mut PathWalk, at: &Path| -> Result<Kind, io::Error> {
        let metadata = fs::symlink_metadata(at)?;
        // To find the file system of a link, ask about its directory, so that the link isn't
        // followed.
        let mounted = if metadata.is_symlink() { at.parent().unwrap_or(at) } else { at };
        let flags = rustix::fs::statvfs(mounted)?.f_flag;
        let facts = facts(&metadata, flags.contains(StatVfsMountFlags::RDONLY));
        way.steps.push((at.to_owned(), facts));
        Ok(facts.kind)
    };
    push(&mut way, &here).map_err(|error| unreadable(&here, &error))?;
    let mut ahead: VecDeque<Ahead> = names(&whole).map(|name| Ahead { name, link: None }).collect();
    let mut links = 0;
    while let Some(Ahead { name, link }) = ahead.pop_front() {
        if name == ".." {
            here.pop();
            push(&mut way, &here).map_err(|error| unreadable(&here, &error))?;
            continue;
        }
        let next = here.join(&name);
        match push(&mut way, &next) {
            Ok(Kind::Link) => {
                links += 1;
                if links > MAX_LINKS {
                    return Err(unreadable(&next, &io::Error::other("there are too many links on the way")));
                }
                let target = fs::read_link(&next).map_err(|error| unreadable(&next, &error))?;
                if target.is_absolute() {
                    here = PathBuf::from("/");
                    push(&mut way, &here).map_err(|error| unreadable(&here, &error))?;
                }
                let from = |name| Ahead { name, link: Some(next.clone()) };
                ahead = names(&target).map(from).chain(ahead).collect();
            }
            Ok(_) => here = next,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if let Some(link) = link {
                    return Err(Refusal::dangling(&link, want, me));
                }
                way.missing = Some(missing(next, ahead).ok_or_else(|| unreadable(&whole, &error))?);
                return Ok(way);
            }
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                return Err(Refusal::fault(&here, Fault::NotAFolder, want, me));
            }
            Err(error) => return Err(unreadable(&next, &error)),
        }
    }
    Ok(way)
}

/// The missing part, from its first directory on. `..` in a missing part leads nowhere.
fn missing(first: PathBuf, ahead: VecDeque<Ahead>) -> Option<Missing> {
    let mut missing = Missing { between: Vec::new(), last: first };
    for Ahead { name, .. } in ahead {
        if name == ".." {
            return None;
        }
        let next = missing.last.join(name);
        missing.between.push(std::mem::replace(&mut missing.last, next));
    }
    Some(missing)
}

fn names(path: &Path) -> impl Iterator<Item = OsString> {
    path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some(OsString::from("..")),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    })
}

fn facts(metadata: &Metadata, read_only: bool) -> PathStep {
    let file_type = metadata.file_type();
    let kind = if file_type.is_dir() {
        Kind::Folder
    } else if file_type.is_file() {
        Kind::File
    } else if file_type.is_symlink() {
        Kind::Link
    } else {
        Kind::Other
    };
    PathStep { kind, owner: metadata.uid(), mode: metadata.mode() & 0o7777, read_only, device: metadata.dev() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        // On macOS, the temporary directory is behind a link.
        let path = folder.path().canonicalize().unwrap();
        (folder, path)
    }

    fn paths(path: &Path) -> Vec<PathBuf> {
        walk(path, Want::File, me()).unwrap().steps.into_iter().map(|(path, _)| path).collect()
    }

    #[test]
    fn walk_visits_every_folder_and_link() {
        let (_folder, at) = folder();
        fs::create_dir_all(at.join("a/b")).unwrap();
        fs::write(at.join("a/b/file"), "").unwrap();
        symlink("../a/./b", at.join("a/relative")).unwrap();
        symlink(at.join("a"), at.join("absolute")).unwrap();
        let above = at.ancestors().count();
        let plain = paths(&at.join("a/b/file"));
        assert_eq!(plain.len(), above + 3);
        assert_eq!(plain.first().unwrap(), Path::new("/"));
        assert_eq!(paths(&at.join("a/b/../b/file")).len(), above + 5, "up is a step, too");
        let relative = paths(&at.join("a/relative/file"));
        assert!(
            relative.contains(&at.join("a/relative")) && relative.ends_with(&[at.join("a/b"), at.join("a/b/file")])
        );
        let absolute = paths(&at.join("absolute/b/file"));
        assert!(absolute.contains(&at.join("absolute")) && absolute.ends_with(&plain[1..]), "{absolute:?}");
    }

    #[test]
    fn an_open_that_never_follows_opens_no_link() {
        let (_folder, at) = folder();
        fs::write(at.join("file"), "").unwrap();
        symlink("file", at.join("link")).unwrap();
        symlink("nowhere", at.join("dangling")).unwrap();
        let open = |name: &str| {
            let mut options = OpenOptions::new();
            never_follow(&mut options);
            options.write(true).create(true).truncate(false).open(at.join(name))
        };
        assert!(open("file").is_ok() && open("link").is_err() && open("dangling").is_err());
        assert!(!at.join("nowhere").exists());
    }

    #[test]
    fn missing_file_is_checked_as_if_created() {
        let (_folder, at) = folder();
        let new = at.join("x/y/z");
        let missing = check(&new, Want::File).unwrap_err();
        assert!(missing.is_missing() && missing.path() == at.join("x"), "{missing}");
        assert!(check_new(&new, Want::Folder).unwrap().own.is_some());
        assert!(check_new(&at.join("x/../y"), Want::Folder).is_err(), "through what isn't there");
        fs::set_permissions(&at, fs::Permissions::from_mode(0o777)).unwrap();
        let refused = check_new(&new, Want::Folder).unwrap_err();
        assert_eq!(refused.path(), at, "{refused}");
        fs::set_permissions(&at, fs::Permissions::from_mode(0o700)).unwrap();
        fs::write(at.join("file"), "").unwrap();
        let below = check_new(&at.join("file/below"), Want::File).unwrap_err();
        assert!(below.is_of_another_kind() && below.path() == at.join("file"), "{below}");
    }

    #[test]
    fn dangling_and_circular_links_resolve_to_nothing() {
        let (_folder, at) = folder();
        symlink("nowhere", at.join("dangling")).unwrap();
        symlink("round", at.join("round")).unwrap();
        for want in [Want::File, Want::Folder] {
            for check in [check, check_new] {
                let refused = check(&at.join("dangling"), want).unwrap_err();
                assert!(refused.path() == at.join("dangling") && refused.to_string().contains("isn't followed"));
                assert!(check(&at.join("round"), want).unwrap_err().to_string().contains("too many links"));
            }
        }
        assert!(!at.join("nowhere").exists());
    }

    #[test]
    fn each_refusal_names_the_path_and_what_to_do() {
        let (_folder, at) = folder();
        let file = at.join("f");
        fs::write(&file, "").unwrap();
        let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        mode(&file, 0o666);
        assert_eq!(
            check(&file, Want::File).unwrap_err().to_string(),
            format!("{0} can be changed by other users (mode 0666): run `chmod go-w {0}`", file.display())
        );
        mode(&file, 0o644);
        assert!(check(&file, Want::File).is_ok());
        let readable = check(&file, Want::Secret).unwrap_err().to_string();
        assert!(readable.contains("read by other users") && readable.contains("chmod 600"), "{readable}");
        assert!(check(&at, Want::File).unwrap_err().to_string().contains("isn't a regular file"));
        assert!(check(&file, Want::Folder).unwrap_err().to_string().contains("isn't a folder"));
        let foreign = |me, want| check_as(me, &file, want).unwrap_err().to_string();
        if me() != 0 {
            assert!(foreign(0, Want::File).contains("chown root"));
        } else {
            std::os::unix::fs::chown(&file, Some(65_534), None).unwrap();
            assert!(foreign(0, Want::File).contains("chown root"));
            std::os::unix::fs::chown(&at, Some(1_234), None).unwrap();
            assert!(foreign(1_234, Want::File).contains("run this as its owner"));
            mode(&at, 0o2775);
            std::os::unix::fs::chown(&at, Some(0), Some(1_234)).unwrap();
            let volume = check_as(1_234, &at, Want::Folder).unwrap_err().to_string();
            assert!(volume.contains("fsGroup") && volume.contains(&format!("{}/state", at.display())), "{volume}");
        }
    }
}
