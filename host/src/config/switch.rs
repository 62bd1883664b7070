//! What the kill switch needs of the configuration: the state folder and the policy. No server, no identity, no credential's file: whoever
//! turns changes off shouldn't have to repair anything else first.

use super::file::File;
use super::{Config, ConfigError, Environment, absolute, named_file, usual_state_dir};
use crate::state::KillSwitch;
use infisical_skill_policy::switch::WritePolicy;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Who turns it, for the record.
const COMMAND: &str = "infisical-skill";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The variable that names the state folder.
const FOLDER: &str = "INFISICAL_SKILL_STATE_DIR";

/// What turning changes off came to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TurnedOff {
    /// The state folders in which changes are off now.
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
        let environment = Environment::new(variable);
        let file = match named_file(path, &environment)? {
            Some(path) => File::read(&path)?,
            None => File::default(),
        };
        let policy = file.write_policy()?;
        let folder = state_folder(file, &environment)?;
        Ok(KillSwitch::new(&folder, policy).for_caller(COMMAND, Some(VERSION)))
    }

    /// The state folder: where the switch, the plans and the audit trail are. Nothing else of the configuration has to be there; nor has the folder.
    ///
    /// # Errors
    /// [`ConfigError`] says what to change.
    pub fn state_folder(
        path: Option<&Path>,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<PathBuf, ConfigError> {
        let environment = Environment::new(variable);
        let file = match named_file(path, &environment)? {
            Some(path) => File::read(&path)?,
            None => File::default(),
        };
        state_folder(file, &environment)
    }

    /// Turns changes off, also with a configuration that can't be used: then in every folder that can be made out.
    ///
    /// # Errors
    /// [`ConfigError`] if there is no such folder, or it can't be written.
    pub fn turn_writes_off(
        path: Option<&Path>,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<TurnedOff, ConfigError> {
        let environment = Environment::new(variable);
        let named = named_file(path, &environment);
        let (configured, ignored) = match &named {
            Ok(None) => (Ok(None), None),
            Ok(Some(path)) => match File::read(path) {
                Ok(file) => (Ok(file.state_dir), None),
                Err(error) => (File::state_dir_alone(path), Some(error)),
            },
            Err(error) => (Err(error.clone()), Some(error.clone())),
        };
        let by_variable = environment.get(FOLDER)?.map(PathBuf::from);
        // The variable wins, so that what the file says doesn't matter then.
        let known = by_variable.is_some() || configured.is_ok();
        let mut folders: Vec<PathBuf> = by_variable.into_iter().collect();
        if folders.is_empty() {
            folders.extend(configured.ok().flatten().map(PathBuf::from));
        }
        if folders.is_empty() {
            folders.extend(usual_state_dir(&environment)?);
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
            let switch = KillSwitch::new(folder, WritePolicy::Never).for_caller(COMMAND, Some(VERSION));
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

fn state_folder(
    file: File,
    environment: &Environment<impl Fn(&str) -> Option<OsString>>,
) -> Result<PathBuf, ConfigError> {
    let folder = match environment.or(FOLDER, file.state_dir)? {
        Some(folder) => Some(absolute(folder)?),
        None => usual_state_dir(environment)?,
    };
    folder.ok_or_else(no_folder)
}

fn no_folder() -> ConfigError {
    ConfigError(format!(
        "there is no state directory for the switch and the audit trail: set {FOLDER}, or `state_dir` in the configuration file, to an absolute path. (By default it is below HOME, which isn't set)"
    ))
}

#[cfg(test)]
#[cfg(unix)]
#[path = "switch_tests.rs"]
mod tests;
