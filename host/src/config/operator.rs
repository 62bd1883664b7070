//! The operator's file: which file applies, and what it leaves to the environment.
//!
//! The program that starts the command chooses its environment: an agent's client, or a script in a
//! repository. Therefore a variable can repeat what the file decides, but never change it. The file
//! in the system's location applies no matter which other file is named.

use super::file::{File, Identity};
use super::rules::Credentials;
use super::{ConfigError, Environment, STATE_DIR};
use infisical_skill_owners::{PathFindings, User, me};
use infisical_skill_policy::Origin;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

/// The variable that names the file.
pub(super) const VARIABLE: &str = "INFISICAL_SKILL_CONFIG";

/// The system's location of the file, on systems that have one.
pub(super) fn system_place() -> Option<&'static Path> {
    cfg!(unix).then(|| Path::new("/etc/infisical-skill/config.toml"))
}

/// The file that applies, and its content.
#[derive(Debug)]
pub(super) struct Operator {
    pub(super) path: PathBuf,
    pub(super) file: File,
    /// The findings about the path to it.
    pub(super) found: PathFindings,
}

impl Operator {
    /// Finds the file that applies to the user who runs this, if there is one.
    pub(super) fn find(
        system: Option<&Path>,
        path: Option<&Path>,
        environment: &Environment<impl Fn(&str) -> Option<OsString>>,
    ) -> Result<Option<Self>, ConfigError> {
        let Some(path) = choose(system, path, environment.path(VARIABLE)?)? else { return Ok(None) };
        let (file, found) = File::read(&path)?;
        let operator = Self { path, file, found };
        operator.check_user()?;
        Ok(Some(operator))
    }

    /// Refuses to run as a user other than the file's `run_as`.
    fn check_user(&self) -> Result<(), ConfigError> {
        let Some(user) = self.file.run_as.as_ref().map(User::from) else { return Ok(()) };
        let shown = self.path.display();
        let number = user.number().map_err(|refusal| {
            ConfigError(format!("`run_as` in the configuration file {shown} isn't usable: {refusal}"))
        })?;
        if number == me() {
            return Ok(());
        }
        Err(ConfigError(format!(
            "the configuration file {shown} is for {user} (`run_as`), and this runs as uid {}: run it as that user, for example with `sudo -u '#{number}'`",
            me()
        )))
    }
}

/// Chooses the file that applies. If the system's file exists, it applies, and naming another file
/// is refused.
pub(super) fn choose(
    system: Option<&Path>,
    path: Option<&Path>,
    by_variable: Option<PathBuf>,
) -> Result<Option<PathBuf>, ConfigError> {
    let Some(system) = existing(system)? else { return Ok(path.map(Path::to_owned).or(by_variable)) };
    for (how, named) in [("--config", path), (VARIABLE, by_variable.as_deref())] {
        if let Some(named) = named.filter(|named| !is_same_file(named, system)) {
            return Err(ConfigError(format!(
                "{how} names {}, but this machine's configuration file {} takes precedence: omit {how}, or ask the machine's \
                 administrator to change that file",
                named.display(),
                system.display()
            )));
        }
    }
    Ok(Some(system.to_owned()))
}

/// Returns the system's file if anything is in its location. A file that this user can't inspect
/// counts as existing.
pub(super) fn existing(system: Option<&Path>) -> Result<Option<&Path>, ConfigError> {
    let Some(system) = system else { return Ok(None) };
    match std::fs::symlink_metadata(system) {
        Ok(_) => Ok(Some(system)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ConfigError(format!(
            "this machine's configuration file {}, which takes precedence, can't be inspected: {error}. Run this as the skill's user",
            system.display()
        ))),
    }
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

/// The settings of the operator's file, combined with the environment.
pub(super) struct Settings<'a, F> {
    pub(super) environment: &'a Environment<F>,
    /// The file's path, if there is a file.
    pub(super) at: Option<&'a Path>,
}

impl<F: Fn(&str) -> Option<OsString>> Settings<'_, F> {
    /// A setting that only the file decides if there is one, even by omitting it. The variable can
    /// repeat it.
    fn decided(
        &self,
        variable: &str,
        key: &str,
        in_file: Option<String>,
        is_same: impl Fn(&str, &str) -> bool,
    ) -> Result<Option<String>, ConfigError> {
        match (self.at, in_file, self.environment.get(variable)?) {
            (None, _, value) => Ok(value),
            (Some(_), value, None) => Ok(value),
            (Some(_), Some(value), Some(repeated)) if is_same(&value, &repeated) => Ok(Some(value)),
            (Some(at), Some(_), Some(_)) => Err(differs(variable, key, at)),
            (Some(at), None, Some(_)) => Err(ConfigError(format!(
                "{variable} is set, but the configuration file alone decides this: set `{key}` in {}, or unset {variable}",
                at.display()
            ))),
        }
    }

    /// A setting that the file decides if it sets it, and the environment otherwise: a default for
    /// calls that name nothing.
    pub(super) fn default(
        &self,
        variable: &str,
        key: &str,
        in_file: Option<String>,
    ) -> Result<Option<String>, ConfigError> {
        match (self.at, in_file, self.environment.get(variable)?) {
            (Some(at), Some(value), Some(repeated)) if value != repeated => Err(differs(variable, key, at)),
            (_, in_file, by_variable) => Ok(in_file.or(by_variable)),
        }
    }

    /// The server's URL. The file must set it, if there is a file.
    pub(super) fn url(&self, in_file: Option<String>) -> Result<Option<String>, ConfigError> {
        let is_same = |one: &str, other: &str| {
            let origin = |url| Origin::parse(url, true).map(|origin| origin.to_string());
            matches!((origin(one), origin(other)), (Ok(one), Ok(other)) if one == other)
        };
        let url = self.decided("INFISICAL_URL", "url", in_file, is_same)?;
        self.needed("url", "\"https://app.infisical.com\"", url)
    }

    /// The state directory. The file must set it, if there is a file, because its default depends
    /// on other variables.
    pub(super) fn state_dir(&self, in_file: Option<String>) -> Result<Option<String>, ConfigError> {
        let folder = self.path(STATE_DIR, "state_dir", in_file)?;
        self.needed("state_dir", "\"/var/lib/infisical-skill\"", folder)
    }

    /// A path that only the file decides.
    pub(super) fn path(
        &self,
        variable: &str,
        key: &str,
        in_file: Option<String>,
    ) -> Result<Option<String>, ConfigError> {
        self.decided(variable, key, in_file, |one, other| Path::new(one) == Path::new(other))
    }

    /// A setting that the file must contain, if there is a file.
    fn needed(&self, key: &str, example: &str, value: Option<String>) -> Result<Option<String>, ConfigError> {
        match self.at {
            Some(at) if value.is_none() => Err(ConfigError(format!(
                "the configuration file {} doesn't set `{key}`, and it alone decides this: add `{key} = {example}`",
                at.display()
            ))),
            _ => Ok(value),
        }
    }

    /// Refuses credentials in variables that the file doesn't allow. Otherwise such a credential
    /// would be sent to the file's origin, or the file's credential to another origin.
    pub(super) fn check_credentials(&self, name: &str, file: &Identity, from: Credentials) -> Result<(), ConfigError> {
        let Some(at) = self.at else { return Ok(()) };
        let table = name.to_lowercase();
        for (end, key, in_file, is_repeatable) in [
            ("CLIENT_ID", "client_id", &file.client_id, true),
            ("CLIENT_SECRET", "client_secret_file", &file.client_secret_file, false),
            ("CLIENT_SECRET_FILE", "client_secret_file", &file.client_secret_file, true),
            ("TOKEN", "token_file", &file.token_file, false),
            ("TOKEN_FILE", "token_file", &file.token_file, true),
        ] {
            let variable = format!("INFISICAL_{name}_{end}");
            let Some(value) = self.environment.get(&variable)? else { continue };
            let key = format!("{table}.{key}");
            match in_file.as_deref().filter(|value| !value.is_empty()) {
                Some(said) if is_repeatable && said == value => {}
                Some(_) => return Err(differs(&variable, &key, at)),
                None if from == Credentials::Environment => {}
                None => {
                    return Err(ConfigError(format!(
                        "{variable} is set, and {} sets `url`: a credential goes to the origin that it was configured with. Unset {variable} and set `{key}` \
                         in the file; or, if the file's origin may get credentials of the environment, add `credentials = \"environment\"` to it",
                        at.display()
                    )));
                }
            }
        }
        Ok(())
    }

    /// Refuses variables that would change which certificate authorities this machine trusts.
    pub(super) fn check_native_roots(&self) -> Result<(), ConfigError> {
        for variable in ["SSL_CERT_FILE", "SSL_CERT_DIR"] {
            if self.environment.raw(variable).is_some() {
                let at = self.at.map(|at| format!(" in {}", at.display())).unwrap_or_default();
                return Err(ConfigError(format!(
                    "{variable} is set, and `native_roots = true`{at} means this machine's own certificate authorities: unset {variable}, or name the file with \
                     `ca_file` there"
                )));
            }
        }
        Ok(())
    }
}

fn differs(variable: &str, key: &str, at: &Path) -> ConfigError {
    ConfigError(format!(
        "{variable} differs from `{key}` in the configuration file {}: unset {variable}. A variable can repeat what the file decides, but not change it",
        at.display()
    ))
}
