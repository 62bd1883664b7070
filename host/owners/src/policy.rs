//! Decides whether a file may be used, from the steps of its path. No I/O.

/// The mode bits that let a group or everybody write.
const OPEN: u32 = 0o022;
const GROUP_WRITES: u32 = 0o020;
const SET_GROUP_ID: u32 = 0o2000;
const STICKY: u32 = 0o1000;
/// The mode bits that a file with a secret may not have. Only the owner may write, and at most the
/// group may read.
const NOT_WITH_A_SECRET: u32 = 0o027;

/// The kind of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A directory.
    Folder,
    /// A regular file.
    File,
    /// A symbolic link.
    Link,
    /// A pipe, a socket or a device.
    Other,
}

/// One step of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathStep {
    /// The kind.
    pub kind: Kind,
    /// The number of the user who owns it.
    pub owner: u32,
    /// The last twelve bits of the mode.
    pub mode: u32,
    /// Whether its file system is mounted read-only here.
    pub read_only: bool,
    /// The number of the file system.
    pub device: u64,
}

/// What the end of a path must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// A file that everybody may read.
    File,
    /// A file that holds a secret. At most its group may read it.
    Secret,
    /// A directory.
    Folder,
}

/// Why a step isn't trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It belongs to a user who is neither root nor the one who runs this.
    Owner(u32),
    /// Its group or everybody may write to it.
    Open(u32),
    /// Everybody may read it, although it holds a secret.
    Readable(u32),
    /// It isn't a regular file.
    NotAFile,
    /// It isn't a directory.
    NotAFolder,
    /// A link leaves the read-only mount that alone made the path safe.
    LeavesMount,
}

/// A protection that holds only under a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weakness {
    /// A group may write to the volume that contains our directory. The group can't look into the
    /// directory, but can rename it.
    SharedVolume,
    /// Other users could write to the directory if it weren't mounted read-only. Somebody may have
    /// mounted it elsewhere for writing.
    ReadOnlyMount,
}

/// What is known about a trusted path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    /// The first step that the user who runs this owns.
    pub own: Option<usize>,
    /// The steps that hold under a condition.
    pub weaker: Vec<(usize, Weakness)>,
}

/// Assesses a path: each directory and link from `/` on, in the order in which the system follows
/// them.
///
/// # Errors
/// Returns the step at fault, and the reason.
pub fn assess(me: u32, want: Want, way: &[PathStep]) -> Result<Trust, (usize, Fault)> {
    let Some(last) = way.len().checked_sub(1) else { return Err((0, missing(want))) };
    let mut trust = Trust::default();
    // The read-only file system that the path may not leave any more.
    let mut mount = None;
    for (at, step) in way.iter().enumerate() {
        let fault = |fault| Err((at, fault));
        if mount.is_some_and(|device| device != step.device || !step.read_only) {
            return fault(Fault::LeavesMount);
        }
        if at == last {
            assess_step(me, want, step).map_err(|fault| (at, fault))?;
        } else if !is_owned(me, step) {
            return fault(Fault::Owner(step.owner));
        } else {
            match (step.kind, folder_above(me, step, way.get(at + 1))) {
                (Kind::Link, _) | (Kind::Folder, Above::Closed) => {}
                (Kind::Folder, Above::Weaker(weakness)) => {
                    if weakness == Weakness::ReadOnlyMount {
                        mount = Some(step.device);
                    }
                    trust.weaker.push((at, weakness));
                }
                (Kind::Folder, Above::Open) => return fault(Fault::Open(step.mode)),
                (Kind::File | Kind::Other, _) => return fault(Fault::NotAFolder),
            }
        }
        if step.owner == me && trust.own.is_none() {
            trust.own = Some(at);
        }
    }
    Ok(trust)
}

/// Assesses the end of a path alone.
///
/// # Errors
/// Returns why it isn't trusted.
pub fn assess_step(me: u32, want: Want, it: &PathStep) -> Result<(), Fault> {
    match (want, it.kind) {
        (Want::File | Want::Secret, Kind::File) | (Want::Folder, Kind::Folder) => {}
        _ => return Err(missing(want)),
    }
    if !is_owned(me, it) {
        Err(Fault::Owner(it.owner))
    } else if it.mode & OPEN != 0 {
        Err(Fault::Open(it.mode))
    } else if want == Want::Secret && it.mode & NOT_WITH_A_SECRET != 0 {
        Err(Fault::Readable(it.mode))
    } else {
        Ok(())
    }
}

fn missing(want: Want) -> Fault {
    match want {
        Want::File | Want::Secret => Fault::NotAFile,
        Want::Folder => Fault::NotAFolder,
    }
}

fn is_owned(me: u32, step: &PathStep) -> bool {
    step.owner == 0 || step.owner == me
}

enum Above {
    Closed,
    Weaker(Weakness),
    Open,
}

/// Whether other users could replace the next step.
fn folder_above(me: u32, folder: &PathStep, next: Option<&PathStep>) -> Above {
    if folder.mode & OPEN == 0 {
        return Above::Closed;
    }
    // Only its owner can rename or remove a file in a sticky directory. The owner is root or the
    // user who runs this, because the next step is checked, too.
    if folder.mode & STICKY != 0 {
        return Above::Closed;
    }
    let is_ours = |next: &PathStep| next.kind == Kind::Folder && next.owner == me && next.mode & 0o077 == 0;
    let is_volume = folder.owner == 0 && folder.mode & OPEN == GROUP_WRITES && folder.mode & SET_GROUP_ID != 0;
    if is_volume && next.is_some_and(is_ours) {
        Above::Weaker(Weakness::SharedVolume)
    } else if folder.read_only {
        Above::Weaker(Weakness::ReadOnlyMount)
    } else {
        Above::Open
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ME: u32 = 1_000;
    const OTHER: u32 = 1_001;

    fn facts(kind: Kind, owner: u32, mode: u32) -> PathStep {
        PathStep { kind, owner, mode, read_only: false, device: 1 }
    }

    fn folder(owner: u32, mode: u32) -> PathStep {
        facts(Kind::Folder, owner, mode)
    }

    fn file(owner: u32, mode: u32) -> PathStep {
        facts(Kind::File, owner, mode)
    }

    fn link(owner: u32) -> PathStep {
        facts(Kind::Link, owner, 0o777)
    }

    fn read_only(facts: PathStep, device: u64) -> PathStep {
        PathStep { read_only: true, device, ..facts }
    }

    const ROOT: PathStep = PathStep { kind: Kind::Folder, owner: 0, mode: 0o755, read_only: false, device: 1 };

    #[test]
    fn only_root_and_the_user_who_runs_it_may_own_or_write() {
        use Want::{File, Folder, Secret};
        for (want, way, expected) in [
            (File, vec![ROOT, file(0, 0o644)], Ok(())),
            (File, vec![ROOT, folder(ME, 0o700), file(ME, 0o600)], Ok(())),
            (File, vec![ROOT, file(OTHER, 0o644)], Err((1, Fault::Owner(OTHER)))),
            (File, vec![ROOT, folder(OTHER, 0o755), file(0, 0o644)], Err((1, Fault::Owner(OTHER)))),
            (File, vec![folder(OTHER, 0o755), file(0, 0o644)], Err((0, Fault::Owner(OTHER)))),
            (File, vec![ROOT, file(ME, 0o664)], Err((1, Fault::Open(0o664)))),
            (File, vec![ROOT, file(0, 0o646)], Err((1, Fault::Open(0o646)))),
            (File, vec![ROOT, folder(ME, 0o775), file(ME, 0o600)], Err((1, Fault::Open(0o775)))),
            (File, vec![ROOT, folder(0, 0o757), folder(ME, 0o700), file(ME, 0o600)], Err((1, Fault::Open(0o757)))),
            // A secret's group may read it, and nobody else.
            (Secret, vec![ROOT, file(0, 0o640)], Ok(())),
            (Secret, vec![ROOT, file(ME, 0o400)], Ok(())),
            (Secret, vec![ROOT, file(ME, 0o644)], Err((1, Fault::Readable(0o644)))),
            (Secret, vec![ROOT, file(ME, 0o601)], Err((1, Fault::Readable(0o601)))),
            (Secret, vec![ROOT, file(ME, 0o660)], Err((1, Fault::Open(0o660)))),
            (Folder, vec![ROOT, folder(ME, 0o700)], Ok(())),
            (Folder, vec![ROOT, folder(ME, 0o755)], Ok(())),
            (Folder, vec![ROOT, folder(ME, 0o770)], Err((1, Fault::Open(0o770)))),
            (Folder, vec![ROOT, folder(OTHER, 0o700)], Err((1, Fault::Owner(OTHER)))),
            // The wrong kind.
            (File, vec![ROOT, folder(ME, 0o700)], Err((1, Fault::NotAFile))),
            (Folder, vec![ROOT, file(ME, 0o600)], Err((1, Fault::NotAFolder))),
            (Secret, vec![ROOT, facts(Kind::Other, ME, 0o600)], Err((1, Fault::NotAFile))),
            (File, vec![ROOT, file(ME, 0o600), file(ME, 0o600)], Err((1, Fault::NotAFolder))),
            (File, vec![ROOT, link(ME)], Err((1, Fault::NotAFile))),
            (File, vec![], Err((0, Fault::NotAFile))),
            (Folder, vec![], Err((0, Fault::NotAFolder))),
        ] {
            assert_eq!(assess(ME, want, &way).map(|_| ()), expected, "{want:?} {way:?}");
        }
    }

    #[test]
    fn root_trusts_only_files_of_root() {
        assert_eq!(assess(0, Want::File, &[ROOT, file(ME, 0o600)]), Err((1, Fault::Owner(ME))));
        assert_eq!(assess(0, Want::File, &[ROOT, file(0, 0o600)]).unwrap().own, Some(0));
        assert_eq!(assess(ME, Want::File, &[ROOT, file(0, 0o644)]).unwrap().own, None);
        assert_eq!(assess(ME, Want::File, &[ROOT, folder(ME, 0o755), file(0, 0o644)]).unwrap().own, Some(1));
    }

    #[test]
    fn link_is_trusted_like_its_owner_and_target_path() {
        let way = |owner, mode| [ROOT, link(owner), ROOT, folder(0, mode), file(0, 0o644)];
        assert!(assess(ME, Want::File, &way(0, 0o755)).is_ok());
        assert_eq!(assess(ME, Want::File, &way(ME, 0o755)).unwrap().own, Some(1), "who owns the link could replace it");
        assert_eq!(assess(ME, Want::File, &way(OTHER, 0o755)), Err((1, Fault::Owner(OTHER))));
        assert_eq!(assess(ME, Want::File, &way(0, 0o777)), Err((3, Fault::Open(0o777))));
    }

    #[test]
    fn in_a_sticky_folder_what_others_do_not_own_is_safe() {
        let way = |owner, next| [ROOT, folder(owner, 0o1777), folder(next, 0o700), file(next, 0o600)];
        assert!(assess(ME, Want::File, &way(0, ME)).is_ok());
        assert_eq!(assess(ME, Want::File, &way(0, OTHER)), Err((2, Fault::Owner(OTHER))));
        assert_eq!(assess(ME, Want::File, &way(OTHER, ME)), Err((1, Fault::Owner(OTHER))));
        assert_eq!(assess(ME, Want::Folder, &[ROOT, folder(0, 0o1777)]), Err((1, Fault::Open(0o1777))), "not the last");
    }

    #[test]
    fn a_group_may_write_to_a_volume_around_a_closed_folder_of_ours() {
        let weaker = |way: &[PathStep]| assess(ME, Want::Folder, way).map(|trust| trust.weaker);
        for mode in [0o2770, 0o2775] {
            let found = weaker(&[ROOT, folder(0, mode), folder(ME, 0o700)]);
            assert_eq!(found, Ok(vec![(1, Weakness::SharedVolume)]));
        }
        for (volume, inside) in [
            (folder(0, 0o2777), folder(ME, 0o700)),
            (folder(0, 0o770), folder(ME, 0o700)),
            (folder(ME, 0o2770), folder(ME, 0o700)),
            (folder(0, 0o2770), folder(ME, 0o750)),
            (folder(0, 0o2770), folder(0, 0o700)),
        ] {
            assert_eq!(weaker(&[ROOT, volume, inside]), Err((1, Fault::Open(volume.mode))), "{volume:?} {inside:?}");
        }
        let way = [ROOT, folder(0, 0o2770), link(ME), ROOT, folder(ME, 0o700)];
        assert_eq!(weaker(&way), Err((1, Fault::Open(0o2770))), "a link could be another one tomorrow");
        assert_eq!(weaker(&[ROOT, folder(0, 0o2770)]), Err((1, Fault::Open(0o2770))));
    }

    #[test]
    fn a_read_only_mount_is_closed_as_long_as_it_is_not_left() {
        let (top, data) = (read_only(folder(0, 0o777), 7), read_only(folder(0, 0o755), 7));
        let (to_data, secret) = (read_only(link(0), 7), read_only(file(0, 0o440), 7));
        let inside = [ROOT, top, to_data, data, secret];
        assert_eq!(assess(ME, Want::Secret, &inside).unwrap().weaker, [(1, Weakness::ReadOnlyMount)]);
        let outside = [ROOT, top, to_data, ROOT, file(0, 0o440)];
        assert_eq!(assess(ME, Want::Secret, &outside), Err((3, Fault::LeavesMount)));
        let other_mount = [ROOT, top, to_data, read_only(folder(0, 0o755), 8), read_only(file(0, 0o440), 8)];
        assert_eq!(assess(ME, Want::Secret, &other_mount), Err((3, Fault::LeavesMount)));
        // Mounted for writing, its mode decides.
        assert_eq!(assess(ME, Want::Secret, &[ROOT, folder(0, 0o777), file(0, 0o440)]), Err((1, Fault::Open(0o777))));
        // A file in it must have the right owner and mode, as anywhere.
        assert_eq!(
            assess(ME, Want::Secret, &[ROOT, top, read_only(file(0, 0o444), 7)]),
            Err((2, Fault::Readable(0o444)))
        );
        assert_eq!(
            assess(ME, Want::Secret, &[ROOT, top, read_only(file(OTHER, 0o440), 7)]),
            Err((2, Fault::Owner(OTHER)))
        );
    }

    fn any_facts() -> impl Strategy<Value = PathStep> {
        let kinds = prop::sample::select(vec![Kind::Folder, Kind::Folder, Kind::Folder, Kind::File, Kind::Link]);
        let owners = prop::sample::select(vec![0, ME, OTHER]);
        let modes = prop::sample::select(vec![0o700, 0o755, 0o1777, 0o2770, 0o2775, 0o777, 0o600, 0o640, 0o644, 0o664]);
        (kinds, owners, modes, any::<bool>(), 1..3_u64).prop_map(|(kind, owner, mode, read_only, device)| PathStep {
            kind,
            owner,
            mode,
            read_only,
            device,
        })
    }

    proptest! {
        /// Whatever the path: a trusted path contains nothing that belongs to another user, and its
        /// end isn't open.
        #[test]
        fn files_of_other_users_are_never_trusted(way in prop::collection::vec(any_facts(), 0..6)) {
            for want in [Want::File, Want::Secret, Want::Folder] {
                if let Ok(trust) = assess(ME, want, &way) {
                    prop_assert!(way.iter().all(|step| step.owner != OTHER));
                    prop_assert!(way.last().is_some_and(|last| last.mode & OPEN == 0));
                    let open = way.iter().enumerate().filter(|(_, it)| it.kind == Kind::Folder && it.mode & OPEN != 0 && it.mode & STICKY == 0);
                    for (at, _) in open {
                        prop_assert!(trust.weaker.iter().any(|(weak, _)| *weak == at), "an exception is always told");
                    }
                }
            }
        }

        /// To close something further never makes a path untrusted.
        #[test]
        fn removing_permissions_keeps_trust(way in prop::collection::vec(any_facts(), 1..6), at in 0..6_usize) {
            let mut closed = way.clone();
            if let Some(step) = closed.get_mut(at) {
                step.mode &= !(OPEN | 0o007);
            }
            for want in [Want::File, Want::Secret, Want::Folder] {
                prop_assert!(assess(ME, want, &way).is_err() || assess(ME, want, &closed).is_ok(), "{way:?}");
            }
        }
    }
}
