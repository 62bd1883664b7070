//! Who could change the files that decide: the configuration, credentials, the state directory, and
//! every folder above them.
//!
//! They belong to root or to the user who runs this, and others can't write to them, all the way
//! from `/`; as `sshd` and `sudo` ask of theirs. Whoever could rename a folder on the way could put
//! another file in its place.
//!
//! - `policy`: what is decided, from owners, modes and kinds alone. Pure.
//! - `walk`: finds them, link by link.
//! - `refusal`: what is wrong, and what to do about it.
//! - `users`: a user's number, by the name.

mod policy;
mod refusal;
mod users;
#[cfg(unix)]
mod walk;

pub use policy::{Facts, Fault, Kind, Trust, Want, Weakness, judge, judge_one};
pub use refusal::Refusal;
pub use users::{User, UserRefusal, login, name_of};

#[cfg(unix)]
pub use walk::{check, check_inside, check_new, check_open, hand_over, me, never_follow};

#[cfg(not(unix))]
mod elsewhere;
#[cfg(not(unix))]
pub use elsewhere::{check, check_inside, check_new, check_open, hand_over, me, never_follow};

use std::path::PathBuf;

/// What was found about a file that may be used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The first file, folder or link on the way that the user who runs this owns, and so could
    /// change or replace.
    pub own: Option<PathBuf>,
    /// What only holds under a condition, and where.
    pub weaker: Vec<(PathBuf, Weakness)>,
}
