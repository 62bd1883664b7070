//! The operator's file: which one counts, and what it leaves to the environment.
//!
//! Whoever starts the command chooses its environment: an agent's client, a script in a repository.
//! So what the file decides, a variable may repeat and never change, and the file in the system's
//! place counts whatever else is named.

use super::file::{File, Identity};
use super::rules::Credentials;
use super::{ConfigError, Environment, STATE_DIR};
use infisical_skill_owners::{Found, User, me};
use infisical_skill_policy::Origin;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

/// The variable that names the file.
pub(super) const VARIABLE: &str = "INFISICAL_SKILL_CONFIG";

/// The system's place for the file, where the system has one.
pub(super) fn system_place() -> Option<&'static Path> {
    cfg!(unix).then(|| Path::new("/etc/infisical-skill/config.toml"))
}

/// The file that counts, and what it says.
#[derive(Debug)]
pub(super) struct Operator {
    pub(super) path: PathBuf,
    pub(super) file: File,
    /// What was found about the way to it.
    pub(super) found: Found,
}

impl Operator {
    /// The file that counts, if there is one, for the user who runs this.
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

    /// Refuses to run as another user than the file says.
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

/// The file that counts. The system's does, if it is there; another one that is named beside it is
/// refused.
pub(super) fn choose(
    system: Option<&Path>,
    path: Option<&Path>,
    by_variable: Option<PathBuf>,
) -> Result<Option<PathBuf>, ConfigError> {
    let Some(system) = existing(system)? else { return Ok(path.map(Path::to_owned).or(by_variable)) };
    for (how, named) in [("--config", path), (VARIABLE, by_variable.as_deref())] {
        if let Some(named) = named.filter(|named| !is_same_file(named, system)) {
            return Err(ConfigError(format!(
                "{how} names {}, and this machine has a configuration file for all, {}, which counts: leave {how} out, or ask the machine's \
                 administrator to change that file",
                named.display(),
                system.display()
            )));
        }
    }
    Ok(Some(system.to_owned()))
}

/// The system's file, if anything is in its place. One that this user can't look at is there all
/// the same.
pub(super) fn existing(system: Option<&Path>) -> Result<Option<&Path>, ConfigError> {
    let Some(system) = system else { return Ok(None) };
    match std::fs::symlink_metadata(system) {
        Ok(_) => Ok(Some(system)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ConfigError(format!(
            "this machine's configuration file {} can't be looked at, and it would count: {error}. Run this as the skill's user",
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

/// The operator's file and the environment, one over the other.
pub(super) struct Settings<'a, F> {
    pub(super) environment: &'a Environment<F>,
    /// Where the file is, if there is one.
    pub(super) at: Option<&'a Path>,
}

impl<F: Fn(&str) -> Option<OsString>> Settings<'_, F> {
    /// What the file alone decides where there is one, also by leaving it out: the variable may
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
                "{variable} is set, and where there is a configuration file, that file alone decides: set `{key}` in {}, or unset {variable}",
                at.display()
            ))),
        }
    }

    /// What the file decides if it says it, and the environment otherwise: what is meant where a
    /// call names nothing.
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

    /// Where the server is. There has to be one in the file, if there is a file.
    pub(super) fn url(&self, in_file: Option<String>) -> Result<Option<String>, ConfigError> {
        let is_same = |one: &str, other: &str| {
            let origin = |url| Origin::parse(url, true).map(|origin| origin.to_string());
            matches!((origin(one), origin(other)), (Ok(one), Ok(other)) if one == other)
        };
        let url = self.decided("INFISICAL_URL", "url", in_file, is_same)?;
        self.needed("url", "\"https://app.infisical.com\"", url)
    }

    /// The state directory, which has to be in the file, if there is a file: its default follows
    /// from other variables.
    pub(super) fn state_dir(&self, in_file: Option<String>) -> Result<Option<String>, ConfigError> {
        let folder = self.path(STATE_DIR, "state_dir", in_file)?;
        self.needed("state_dir", "\"/var/lib/infisical-skill\"", folder)
    }

    /// A path that the file alone decides.
    pub(super) fn path(
        &self,
        variable: &str,
        key: &str,
        in_file: Option<String>,
    ) -> Result<Option<String>, ConfigError> {
        self.decided(variable, key, in_file, |one, other| Path::new(one) == Path::new(other))
    }

    /// A setting that has to be in the file, if there is one.
    fn needed(&self, key: &str, example: &str, value: Option<String>) -> Result<Option<String>, ConfigError> {
        match self.at {
            Some(at) if value.is_none() => Err(ConfigError(format!(
                "the configuration file {} doesn't set `{key}`, and where there is a file, that file alone decides: add `{key} = {example}`",
                at.display()
            ))),
            _ => Ok(value),
        }
    }

    /// Refuses variables with a credential that the file doesn't know of: it would go to the file's
    /// origin, or the file's credential to another's.
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

    /// Refuses variables by which this machine's list of authorities would be another one.
    pub(super) fn check_native_roots(&self) -> Result<(), ConfigError> {
        for variable in ["SSL_CERT_FILE", "SSL_CERT_DIR"] {
            if self.environment.raw(variable).is_some() {
                let at = self.at.map(|at| format!(" in {}", at.display())).unwrap_or_default();
                return Err(ConfigError(format!(
                    "{variable} is set, and `native_roots = true`{at} means this machine's own authorities: unset {variable}, or name the file with \
                     `ca_file` there"
                )));
            }
        }
        Ok(())
    }
}

fn differs(variable: &str, key: &str, at: &Path) -> ConfigError {
    ConfigError(format!(
        "{variable} isn't what `{key}` in the configuration file {} says: unset {variable}. What the file decides, a variable may repeat and not change",
        at.display()
    ))
}
