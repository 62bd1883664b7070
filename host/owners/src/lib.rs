//! Which users could change the files that decide: the configuration, the credentials, the state
//! directory, and every directory above them.
//!
//! Root or the user who runs the skill must own each of them, from `/` down, and nobody else may be
//! able to write to them. `sshd` and `sudo` require the same of their files. Whoever could rename a
//! directory on the path could put another file in its place.
//!
//! - `policy`: the decision, from owners, modes and kinds alone. Pure.
//! - `walk`: collects them along a path, link by link.
//! - `refusal`: what is wrong, and what to do next.
//! - `users`: a user's number by name.

mod policy;
mod refusal;
mod users;
#[cfg(unix)]
mod walk;

pub use policy::{Fault, Kind, PathStep, Trust, Want, Weakness, assess, assess_step};
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
pub struct PathFindings {
    /// The first file, directory or link on the path that the user who runs this owns. This user
    /// could change or replace it.
    pub own: Option<PathBuf>,
    /// The protections that hold only under a condition, and where.
    pub weaker: Vec<(PathBuf, Weakness)>,
}
