//! What the switches need of the configuration: the state folder and the policy. No server, no
//! identity, no credential's file: whoever turns changes or reveals off shouldn't have to repair
//! anything else first.

use super::file::File;
use super::operator::{self, Operator, Settings, system_place};
use super::{Config, ConfigError, Environment, STATE_DIR, absolute, check_state_dir, usual_state_dir};
use crate::state::KillSwitch;
use infisical_skill_owners::{Want, check};
use infisical_skill_policy::switch::{SwitchKind, SwitchPolicy};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Who turns it, for the record.
const COMMAND: &str = "infisical-skill";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What turning a switch off came to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TurnedOff {
    /// The state folders in which it is off now.
    pub folders: Vec<PathBuf>,
    /// The state folders that were to be looked into and aren't there: nothing was on in them.
    pub missing: Vec<PathBuf>,
    /// What was wrong with the configuration, and was gone past.
    pub ignored: Option<String>,
    /// Why it isn't in the audit trail, if it isn't.
    pub unrecorded: Option<String>,
    /// Whether the folders are those that the configuration means. If not, changes may still be on in the one that it does.
    pub certain: bool,
}

impl Config {
    /// The kill switch, under what the configuration says. Nothing else of the configuration has to be there.
    ///
    /// # Errors
    /// [`ConfigError`] says what to change.
    pub fn kill_switch(
        path: Option<&Path>,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<KillSwitch, ConfigError> {
        Self::switch_beside(SwitchKind::Writes, system_place(), path, variable)
    }

    /// The switch of plain values, likewise.
    ///
    /// # Errors
    /// [`ConfigError`] says what to change.
    pub fn reveal_switch(
        path: Option<&Path>,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<KillSwitch, ConfigError> {
        Self::switch_beside(SwitchKind::Reveals, system_place(), path, variable)
    }

    fn switch_beside(
        kind: SwitchKind,
        system: Option<&Path>,
        path: Option<&Path>,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<KillSwitch, ConfigError> {
        let environment = Environment::new(variable);
        let operator = Operator::find(system, path, &environment)?;
        let usual = File::default();
        let file = operator.as_ref().map_or(&usual, |operator| &operator.file);
        let policy = match kind {
            SwitchKind::Writes => file.write_policy()?,
            SwitchKind::Reveals => file.reveal_policy()?,
        };
        let folder = state_folder(operator, &environment)?;
        Ok(KillSwitch::of(kind, &folder, policy).for_caller(COMMAND, Some(VERSION)))
    }

    /// The state folder: where the switch, the plans and the audit trail are. Nothing else of the configuration has to be there; nor has the folder.
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

    /// Turns changes off, whatever is wrong with the configuration and whoever owns it: in every
    /// folder that it, or the environment, could mean.
    ///
    /// # Errors
    /// [`ConfigError`] if there is no such folder, or it can't be written.
    pub fn turn_writes_off(
        path: Option<&Path>,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<TurnedOff, ConfigError> {
        Self::turn_off_beside(SwitchKind::Writes, system_place(), path, variable)
    }

    /// Hides values again, likewise.
    ///
    /// # Errors
    /// [`ConfigError`] if there is no such folder, or it can't be written.
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
        let Named { mut folders, known, ignored } = named_folders(system, path, &environment)?;
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
        // One that can't be looked at is tried, and says why. Where nothing was found, or where that depends on where one stands, a server's folder may
        // be another one.
        let certain = known && missing.is_empty() && folders.iter().all(|folder| folder.is_absolute());
        for folder in &folders {
            // To turn off, no policy is asked.
            let switch = KillSwitch::of(kind, folder, SwitchPolicy::Never).for_caller(COMMAND, Some(VERSION));
            let told = switch.turn_off().map_err(|error| {
                let folder = folder.display();
                ConfigError(format!(
                    "the switch in the state folder {folder} can't be turned off: {error}. Stop the servers that use it"
                ))
            })?;
            unrecorded = unrecorded.or(told);
        }
        Ok(TurnedOff { folders, missing, ignored: ignored.map(|error| error.to_string()), unrecorded, certain })
    }
}

/// The state folders that servers may use.
struct Named {
    folders: Vec<PathBuf>,
    /// Whether the one that the configuration means is among them, if it names one.
    known: bool,
    /// What was wrong, and was gone past.
    ignored: Option<ConfigError>,
}

/// Of all files that are named, and the system's, and of the environment: whichever counts, it is
/// among them.
fn named_folders(
    system: Option<&Path>,
    path: Option<&Path>,
    environment: &Environment<impl Fn(&str) -> Option<OsString>>,
) -> Result<Named, ConfigError> {
    let mut named = Named { folders: Vec::new(), known: true, ignored: None };
    let mut files: Vec<PathBuf> = Vec::new();
    let note = |named: &mut Named, error: ConfigError| named.ignored = named.ignored.take().or(Some(error));
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
        // What others could have written may name another folder than the one that servers use.
        named.known &= folder.is_ok() && check(file, Want::File).is_ok();
        named.folders.extend(folder.ok().flatten().map(PathBuf::from));
    }
    let by_variable = environment.get(STATE_DIR)?.map(PathBuf::from);
    // Whoever names it by the variable knows which one is meant.
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
