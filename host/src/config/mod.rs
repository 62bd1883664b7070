//! The command's configuration: the operator's TOML file, or the environment if there is no file.
//!
//! A variable can repeat what the file decides, but not change it (`operator`). Secrets come from
//! separate files or from the environment, never from the configuration file, so the file can be
//! shared. docs/configuration.md lists all settings.

mod clients;
mod enforced;
mod environment;
mod file;
mod operator;
mod placeholder;
mod provisioned;
mod rules;
mod secret_file;
mod switch;

pub use infisical_skill_owners::Refusal;
pub use provisioned::ToProvision;
pub use secret_file::SecretFileRefusal;
pub use switch::TurnedOff;

use crate::audit::AuditSettings;
use crate::client::tls::TrustRoots;
use crate::model::credential::Credential;
use crate::model::limits::Limits;
use crate::model::secrets::Place;
use crate::skill::Skill;
use crate::skill::builder::SkillBuilder;
use crate::state::advice;
use crate::state::files::make_folder;
use environment::Environment;
use file::File;
use infisical_skill_owners::{PathFindings, Want, check, check_new};
use infisical_skill_policy::{Environment as Slug, OrganizationId, Origin, Project, Scope, SecretPath};
use operator::{Operator, Settings, system_place};
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The official MCP server's variable for the server's URL. It is accepted, so that users of that
/// server need to change only the command in their client's configuration.
const OFFICIAL_URL: &str = "INFISICAL_HOST_URL";

/// The variable that sets the state directory.
const STATE_DIR: &str = "INFISICAL_SKILL_STATE_DIR";

/// The official MCP server's default URL.
const OFFICIAL_DEFAULT: &str = "https://app.infisical.com";

/// All of an operator's decisions.
#[derive(Debug)]
pub struct Config {
    builder: SkillBuilder,
    file: Option<PathBuf>,
}

/// Why there is no usable configuration. The text says what to change, and never contains a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(String);

impl ConfigError {
    fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads the configuration file (the system's, or the named one), and the environment through
    /// `variable`.
    ///
    /// # Errors
    /// [`ConfigError`] says what to change.
    pub fn load(path: Option<&Path>, variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, ConfigError> {
        Self::load_beside(system_place(), path, variable)
    }

    /// Like [`Self::load`], with the system's file at this path.
    fn load_beside(
        system: Option<&Path>,
        path: Option<&Path>,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, ConfigError> {
        let environment = Environment::new(variable);
        let operator = Operator::find(system, path, &environment)?;
        let at = operator.as_ref().map(|operator| operator.path.clone());
        let (file, way) = operator.map_or_else(Default::default, |operator| (operator.file, Some(operator.found)));
        let settings = Settings { environment: &environment, at: at.as_deref() };
        let says_user = file.run_as.is_some();
        let folder = settings.state_dir(file.state_dir.clone())?;
        let mut config = Self::merge(file, &settings)?;
        let mut found = environment.found();
        if let Some((folder, state)) = state_dir(folder, &environment)? {
            config.builder = config.builder.state_dir(folder);
            found.push(state);
        }
        let enforcement = enforced::assess(way.as_ref(), says_user, &found);
        config.builder = config.builder.enforcement(enforcement);
        config.file = at;
        Ok(config)
    }

    /// The configuration file, if there is one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Returns a builder for the skill.
    pub fn into_builder(self) -> SkillBuilder {
        self.builder
    }

    /// Reads a secret from a file that the configuration doesn't name.
    ///
    /// # Errors
    /// [`SecretFileRefusal`] says what is wrong with the file.
    pub fn secret_file(path: &Path) -> Result<secrecy::SecretString, SecretFileRefusal> {
        secret_file::read(path).map(|(secret, _)| secret)
    }

    fn merge(file: File, settings: &Settings<'_, impl Fn(&str) -> Option<OsString>>) -> Result<Self, ConfigError> {
        let environment = settings.environment;
        let (rules, reveal, budgets) = (file.change_rules()?, file.reveal_rules()?, file.budgets());
        // Accept the official server's names only without a file, for users who switch from that
        // server.
        let official = if settings.at.is_none() { environment.official_credential()? } else { None };
        let url = match settings.url(file.url)? {
            None => {
                let url = environment.get(OFFICIAL_URL)?;
                url.or_else(|| official.is_some().then(|| OFFICIAL_DEFAULT.to_owned()))
            }
            url => url,
        };
        let url = url.ok_or_else(|| {
            ConfigError::new(
                "no server is configured: set INFISICAL_URL, or `url` in the configuration file, to Infisical's origin",
            )
        })?;
        let origin = Origin::parse(&url, file.allow_http)
            .map_err(|refusal| ConfigError(format!("the URL isn't usable: {refusal}")))?;
        // Read all variables before reading a file with a secret.
        let organization = settings.default("INFISICAL_ORG_ID", "organization", file.organization)?;
        let place = Place {
            project: settings.default("INFISICAL_PROJECT", "project", file.project)?,
            environment: settings.default("INFISICAL_ENV", "environment", file.environment)?,
            path: file.path,
        };
        let ca_file = settings.path("INFISICAL_CA_FILE", "ca_file", file.ca_file)?;
        settings.check_credentials("READ", &file.read, file.credentials)?;
        settings.check_credentials("REVEAL", &file.reveal, file.credentials)?;
        settings.check_credentials("WRITE", &file.write, file.credentials)?;
        let read = environment.credential("READ", &file.read)?.or(official).ok_or_else(|| {
            ConfigError::new(
                "no read identity is configured: set INFISICAL_READ_CLIENT_ID and INFISICAL_READ_CLIENT_SECRET (or INFISICAL_READ_CLIENT_SECRET_FILE), or \
                 INFISICAL_READ_TOKEN, to those of a machine identity that may see the names of secrets",
            )
        })?;
        let mut builder = Skill::builder(origin, read).changes(rules).budgets(budgets);
        if let Some(identity) = environment.credential("REVEAL", &file.reveal)? {
            builder = builder.reveal_identity(identity);
        }
        if let Some(write) = environment.credential("WRITE", &file.write)? {
            builder = builder.write_identity(write);
        }
        if let Some(id) = organization {
            builder = builder.organization(named("organization", id, OrganizationId::new)?);
        }
        check_defaults(&place)?;
        builder = builder.defaults(place).reveal(reveal);
        if let Some(scopes) = file.scopes {
            builder = builder.scopes(scopes.into_iter().map(|it| scope("scopes", it)).collect::<Result<_, _>>()?);
        }
        if let Some(scopes) = file.reveal_scopes {
            let scopes = scopes.into_iter().map(|it| scope("reveal_scopes", it));
            builder = builder.reveal_scopes(scopes.collect::<Result<_, _>>()?);
        }
        if let Some(path) = &ca_file {
            check_authorities(Path::new(path))?;
        }
        if file.native_roots {
            settings.check_native_roots()?;
        }
        builder = builder.trust_roots(match (ca_file, file.native_roots) {
            (Some(_), true) => {
                return Err(ConfigError::new("`ca_file` and `native_roots = true` can't be combined: remove one"));
            }
            (Some(path), false) => TrustRoots::File(path.into()),
            (None, true) => TrustRoots::Native,
            (None, false) => TrustRoots::WebPki,
        });
        let mut audit = AuditSettings::default();
        audit.sync_every_record = file.audit.sync_every_record;
        audit.segment_bytes = file.audit.segment_bytes.unwrap_or(audit.segment_bytes);
        builder = builder.audit(audit);
        let mut limits = Limits::default();
        limits.deadline = file.limits.deadline_seconds.map_or(limits.deadline, Duration::from_secs);
        limits.memory = file.limits.memory_bytes.unwrap_or(limits.memory);
        limits.answer = file.limits.answer_bytes.unwrap_or(limits.answer);
        limits.concurrent_calls = file.limits.concurrent_calls.unwrap_or(limits.concurrent_calls);
        builder = builder.limits(limits);
        builder = builder.clients(clients::clients(file.mcp)?);
        Ok(Self { builder, file: None })
    }
}

fn named<T, E: fmt::Display>(key: &str, text: String, new: impl Fn(String) -> Result<T, E>) -> Result<T, ConfigError> {
    new(text).map_err(|refusal| ConfigError(format!("`{key}` isn't usable: {refusal}")))
}

/// Refuses an invalid default at start, instead of at each call.
fn check_defaults(place: &Place) -> Result<(), ConfigError> {
    if let Some(project) = &place.project {
        named("project", project.clone(), Project::new)?;
    }
    if let Some(environment) = &place.environment {
        named("environment", environment.clone(), Slug::new)?;
    }
    if let Some(path) = &place.path {
        named("path", path.clone(), SecretPath::new)?;
    }
    Ok(())
}

fn scope(list: &str, scope: file::Scope) -> Result<Scope, ConfigError> {
    if !Project::new(scope.project.as_str()).is_ok_and(|project| project.looks_like_id()) {
        return Err(ConfigError(format!(
            "`{list}.project` must be the project's id, as `infisical-skill projects list` shows it: a slug can be given to another project",
        )));
    }
    let key = |name: &str| format!("{list}.{name}");
    Ok(Scope {
        project: named(&key("project"), scope.project, Project::new)?,
        environments: all(&key("environments"), scope.environments, Slug::new)?,
        paths: all(&key("paths"), scope.paths, SecretPath::new)?,
    })
}

fn all<T, E: fmt::Display>(
    key: &str,
    names: Vec<String>,
    new: impl Fn(String) -> Result<T, E>,
) -> Result<Vec<T>, ConfigError> {
    names.into_iter().map(|name| named(key, name, &new)).collect()
}

/// Refuses a file of certificate authorities that others can change, because it decides which
/// servers are trusted. Other problems with the file are reported where it is read.
fn check_authorities(path: &Path) -> Result<(), ConfigError> {
    match check(path, Want::File) {
        Err(refusal) if !refusal.is_unreadable() && !refusal.is_of_another_kind() => {
            Err(ConfigError(format!("the CA file {} isn't used: {refusal}", path.display())))
        }
        _ => Ok(()),
    }
}

/// Returns the state directory, and the findings about it. It is created for this user alone if it
/// doesn't exist. If none is configured and there is no default, nothing is kept.
fn state_dir(
    configured: Option<String>,
    environment: &Environment<impl Fn(&str) -> Option<OsString>>,
) -> Result<Option<(PathBuf, PathFindings)>, ConfigError> {
    if let Some(folder) = configured.map(absolute).transpose()? {
        check_state_dir(&folder)?;
        make_folder(&folder).map_err(|error| {
            ConfigError(format!(
                "the state directory {} can't be created: {error}. To solve it, {}",
                folder.display(),
                advice(&error)
            ))
        })?;
        let found = check_state_dir(&folder)?;
        return Ok(Some((folder, found)));
    }
    let Some(folder) = usual_state_dir(environment)? else { return Ok(None) };
    check_state_dir(&folder)?;
    if make_folder(&folder).is_err() {
        return Ok(None);
    }
    let found = check_state_dir(&folder)?;
    Ok(Some((folder, found)))
}

/// Refuses a state directory that others can change or replace. The directory doesn't have to exist
/// yet.
fn check_state_dir(folder: &Path) -> Result<PathFindings, ConfigError> {
    check_new(folder, Want::Folder)
        .map_err(|refusal| ConfigError(format!("the state directory {} isn't used: {refusal}", folder.display())))
}

/// Requires an absolute path, which means the same directory wherever a command is run: `writes
/// off` must find the state directory that the servers use.
fn absolute(folder: String) -> Result<PathBuf, ConfigError> {
    let folder = PathBuf::from(folder);
    if folder.is_absolute() {
        return Ok(folder);
    }
    Err(ConfigError(format!(
        "the state directory {} is a relative path, which depends on where the command is run: give an absolute path, in INFISICAL_SKILL_STATE_DIR or `state_dir`",
        folder.display()
    )))
}

/// The default state directory. As the XDG specification says, a relative path in these variables
/// is ignored.
fn usual_state_dir(
    environment: &Environment<impl Fn(&str) -> Option<OsString>>,
) -> Result<Option<PathBuf>, ConfigError> {
    // A path doesn't have to be UTF-8 text.
    let folder = |name| environment.raw(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    let home = folder("HOME").map(|home| home.join(".local/state"));
    let state = folder("XDG_STATE_HOME").or(home);
    Ok(state.map(|state| state.join("infisical-skill")))
}

/// Combines a credential's parts.
fn credential(
    name: &str,
    client_id: Option<String>,
    client_secret: Option<secrecy::SecretString>,
    token: Option<secrecy::SecretString>,
) -> Result<Option<Credential>, ConfigError> {
    match (client_id, client_secret, token) {
        (None, None, None) => Ok(None),
        (Some(client_id), Some(client_secret), None) => {
            Ok(Some(Credential::UniversalAuth { client_id, client_secret }))
        }
        (None, None, Some(token)) => Ok(Some(Credential::AccessToken(token))),
        (Some(_), None, None) => Err(ConfigError(format!(
            "the {name} identity has a client id but no client secret: set INFISICAL_{name}_CLIENT_SECRET or INFISICAL_{name}_CLIENT_SECRET_FILE"
        ))),
        (None, Some(_), None) => Err(ConfigError(format!(
            "the {name} identity has a client secret but no client id: set INFISICAL_{name}_CLIENT_ID, or `client_id` in the configuration file"
        ))),
        (_, _, Some(_)) => Err(ConfigError(format!(
            "the {name} identity has an access token and a client id or secret: set either INFISICAL_{name}_TOKEN or the other two"
        ))),
    }
}

#[cfg(test)]
mod documented_tests;
#[cfg(test)]
mod tests;
