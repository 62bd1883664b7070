//! What the switches need from the configuration: the state directory and the policy. They need no
//! server, no identity and no credential's file, so an operator can turn changes or reveals off
//! without repairing anything else first.

use super::file::File;
use super::operator;
use super::operator::{Operator, Settings, system_place};
use super::{Config, ConfigError, Environment, STATE_DIR, absolute, check_state_dir, usual_state_dir};
use crate::plans::kill_switch::TimedSwitch;
use infisical_skill_owners::{Want, check};
use infisical_skill_policy::switch::{SwitchKind, SwitchPolicy};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The caller's name in the audit trail.
const COMMAND: &str = "infisical-skill";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The result of turning a switch off.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TurnedOff {
    /// The state directories in which the switch is off now.
    pub folders: Vec<PathBuf>,
    /// The state directories that don't exist. Nothing was on in them.
    pub missing: Vec<PathBuf>,
    /// The error in the configuration that was ignored.
    pub ignored: Option<String>,
    /// Why the audit trail doesn't record it, if it doesn't.
    pub unrecorded: Option<String>,
    /// Whether these are the directories that the configuration means. If not, changes may still be
    /// on in another one.
    pub certain: bool,
}

impl Config {
    /// The kill switch, with the policy that the configuration sets. The configuration needs no
    /// other settings.
    ///
    /// # Errors
    /// [`ConfigError`] says what to change.
    pub fn kill_switch(
        path: Option<&Path>,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<TimedSwitch, ConfigError> {
        Self::switch_beside(SwitchKind::Writes, system_place(), path, variable)
    }

    /// The reveal switch, with the policy that the configuration sets. The configuration needs no
    /// other settings.
    ///
    /// # Errors
    /// [`ConfigError`] says what to change.
    pub fn reveal_switch(
        path: Option<&Path>,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<TimedSwitch, ConfigError> {
        Self::switch_beside(SwitchKind::Reveals, system_place(), path, variable)
    }

    fn switch_beside(
        kind: SwitchKind,
        system: Option<&Path>,
        path: Option<&Path>,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<TimedSwitch, ConfigError> {
        let environment = Environment::new(variable);
        let operator = Operator::find(system, path, &environment)?;
        let usual = File::default();
        let file = operator.as_ref().map_or(&usual, |operator| &operator.file);
        let policy = match kind {
            SwitchKind::Writes => file.write_policy()?,
            SwitchKind::Reveals => file.reveal_policy()?,
        };
        let folder = state_folder(operator, &environment)?;
        Ok(TimedSwitch::of(kind, &folder, policy).for_caller(COMMAND, Some(VERSION)))
    }

    /// The state directory, which holds the switches, the plans and the audit trail. The
    /// configuration needs no other settings, and the directory doesn't have to exist.
    ///
    /// # Errors
    /// [`ConfigError`] says what to change.
    pub fn state_folder(
        path: Option<&Path>,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<PathBuf, ConfigError> {
        Self::state_folder_beside(system_place(), path, variable)
    }

    fn state_folder_beside(
        system: Option<&Path>,
        path: Option<&Path>,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<PathBuf, ConfigError> {
        let environment = Environment::new(variable);
        let operator = Operator::find(system, path, &environment)?;
        state_folder(operator, &environment)
    }

    /// Turns changes off in every state directory that the configuration or the environment could
    /// mean. It works whatever is wrong with the configuration and whoever owns it.
    ///
    /// # Errors
    /// [`ConfigError`] if there is no such directory, or it can't be written.
    pub fn turn_writes_off(
        path: Option<&Path>,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<TurnedOff, ConfigError> {
        Self::turn_off_beside(SwitchKind::Writes, system_place(), path, variable)
    }

    /// Turns revealing of values off, in the same way.
    ///
    /// # Errors
    /// [`ConfigError`] if there is no such directory, or it can't be written.
    pub fn turn_reveals_off(
        path: Option<&Path>,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<TurnedOff, ConfigError> {
        Self::turn_off_beside(SwitchKind::Reveals, system_place(), path, variable)
    }

    fn turn_off_beside(
        kind: SwitchKind,
        system: Option<&Path>,
        path: Option<&Path>,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<TurnedOff, ConfigError> {
        let environment = Environment::new(variable);
        let NamedFolders { mut folders, known, ignored } = named_folders(system, path, &environment)?;
        let usual = usual_state_dir(&environment)?;
        if folders.is_empty() {
            folders.extend(usual);
        } else if !known {
            folders.extend(usual.filter(|usual| usual.exists() && !folders.contains(usual)));
        }
        if folders.is_empty() {
            return Err(no_folder());
        }
        let mut unrecorded = None;
        let (folders, missing): (Vec<_>, Vec<_>) =
            folders.into_iter().partition(|folder| folder.try_exists().unwrap_or(true));
        // A directory that can't be inspected is tried, and its error is reported. A server may use
        // another directory if none was found, or if the path is relative.
        let certain = known && missing.is_empty() && folders.iter().all(|folder| folder.is_absolute());
        for folder in &folders {
            // Turning off needs no policy.
            let switch = TimedSwitch::of(kind, folder, SwitchPolicy::Never).for_caller(COMMAND, Some(VERSION));
            let told = switch.turn_off().map_err(|error| {
                let folder = folder.display();
                ConfigError(format!(
                    "the switch in the state directory {folder} can't be turned off: {error}. Stop the servers that use it"
                ))
            })?;
            unrecorded = unrecorded.or(told);
        }
        Ok(TurnedOff { folders, missing, ignored: ignored.map(|error| error.to_string()), unrecorded, certain })
    }
}

/// The state directories that servers may use.
struct NamedFolders {
    folders: Vec<PathBuf>,
    /// Whether the directory that the configuration means is among them, if it names one.
    known: bool,
    /// The error that was ignored.
    ignored: Option<ConfigError>,
}

/// Collects the state directories of the system's file, of the named file and of the environment.
/// Whichever of these applies, its directory is included.
fn named_folders(
    system: Option<&Path>,
    path: Option<&Path>,
    environment: &Environment<impl Fn(&str) -> Option<OsString>>,
) -> Result<NamedFolders, ConfigError> {
    let mut named = NamedFolders { folders: Vec::new(), known: true, ignored: None };
    let mut files: Vec<PathBuf> = Vec::new();
    let note = |named: &mut NamedFolders, error: ConfigError| named.ignored = named.ignored.take().or(Some(error));
    match operator::existing(system) {
        Ok(system) => files.extend(system.map(Path::to_owned)),
        Err(error) => {
            named.known = false;
            note(&mut named, error);
        }
    }
    match path.map_or_else(|| environment.path(operator::VARIABLE), |path| Ok(Some(path.to_owned()))) {
        Ok(file) => files.extend(file),
        Err(error) => {
            named.known = false;
            note(&mut named, error);
        }
    }
    for file in &files {
        let folder = match File::read(file) {
            Ok((file, _)) => Ok(file.state_dir),
            Err(error) => {
                note(&mut named, error);
                File::state_dir_alone(file)
            }
        };
        // Others could have written this file, so it may name a directory that the servers don't
        // use.
        named.known &= folder.is_ok() && check(file, Want::File).is_ok();
        named.folders.extend(folder.ok().flatten().map(PathBuf::from));
    }
    let by_variable = environment.get(STATE_DIR)?.map(PathBuf::from);
    // A user who sets the variable knows which directory is meant.
    named.known |= by_variable.is_some();
    named.folders.extend(by_variable);
    named.folders.sort();
    named.folders.dedup();
    Ok(named)
}

fn state_folder(
    operator: Option<Operator>,
    environment: &Environment<impl Fn(&str) -> Option<OsString>>,
) -> Result<PathBuf, ConfigError> {
    let settings = Settings { environment, at: operator.as_ref().map(|operator| operator.path.as_path()) };
    let in_file = operator.as_ref().and_then(|operator| operator.file.state_dir.clone());
    let folder = match settings.state_dir(in_file)? {
        Some(folder) => Some(absolute(folder)?),
        None => usual_state_dir(environment)?,
    };
    let folder = folder.ok_or_else(no_folder)?;
    check_state_dir(&folder)?;
    Ok(folder)
}

fn no_folder() -> ConfigError {
    ConfigError(format!(
        "there is no state directory for the switch and the audit trail: set {STATE_DIR}, or `state_dir` in the configuration file, to an absolute path. (By default it is below HOME, which isn't set)"
    ))
}

#[cfg(test)]
#[cfg(unix)]
#[path = "switch_tests.rs"]
mod tests;
