//! Reads the configuration's environment variables.

use super::file::Identity;
use super::placeholder::Placeholder;
use super::secret_file;
use super::secret_file::SecretFileRefusal;
use super::{ConfigError, credential};
use crate::model::credential::Credential;
use infisical_skill_owners::PathFindings;
use secrecy::{ExposeSecret, SecretString};
use std::cell::RefCell;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub(super) struct Environment<F> {
    variable: F,
    /// The findings about the secret files that were read.
    found: RefCell<Vec<PathFindings>>,
}

impl<F: Fn(&str) -> Option<OsString>> Environment<F> {
    pub(super) fn new(variable: F) -> Self {
        Self { variable, found: RefCell::default() }
    }

    /// The findings about the secret files that were read so far.
    pub(super) fn found(&self) -> Vec<PathFindings> {
        self.found.take()
    }

    /// Returns a variable that is set and not empty. Shells and containers often set a variable to
    /// an empty text to leave it out.
    pub(super) fn get(&self, name: &str) -> Result<Option<String>, ConfigError> {
        match (self.variable)(name).map(OsString::into_string) {
            None => Ok(None),
            Some(Ok(value)) => Ok(Some(value).filter(|value| !value.is_empty())),
            Some(Err(_)) => Err(ConfigError(format!("{name} isn't UTF-8 text: set it again"))),
        }
    }

    /// Returns a variable unchanged.
    pub(super) fn raw(&self, name: &str) -> Option<OsString> {
        (self.variable)(name)
    }

    /// Returns a variable that names a path. An empty one is refused, so that a variable that
    /// selects the operator's policy isn't left out by accident.
    pub(super) fn path(&self, name: &str) -> Result<Option<PathBuf>, ConfigError> {
        match (self.variable)(name) {
            Some(path) if path.is_empty() => {
                Err(ConfigError(format!("{name} is empty: unset it, or set it to the file's path")))
            }
            path => Ok(path.map(PathBuf::from)),
        }
    }

    /// The credential of the identity `READ` or `WRITE`. The file's parts take precedence.
    /// [`Settings`](super::operator::Settings) has already checked that variables add parts only
    /// where the file allows it.
    pub(super) fn credential(&self, name: &str, file: &Identity) -> Result<Option<Credential>, ConfigError> {
        let client_id = match file.client_id.clone().filter(|id| !id.is_empty()) {
            Some(id) => {
                Some(checked(&format!("`client_id` of `[{}]` in the configuration file", name.to_lowercase()), id)?)
            }
            None => self.client_id(&format!("INFISICAL_{name}_CLIENT_ID"))?,
        };
        let client_secret =
            self.secret(&format!("INFISICAL_{name}_CLIENT_SECRET"), file.client_secret_file.as_deref())?;
        let token = self.secret(&format!("INFISICAL_{name}_TOKEN"), file.token_file.as_deref())?;
        credential(name, client_id, client_secret, token)
    }

    /// The credential that the official MCP server logs in with, under that server's variable
    /// names. Here it only reads.
    pub(super) fn official_credential(&self) -> Result<Option<Credential>, ConfigError> {
        let secret = |name: &str| self.secret(name, None);
        let client_id = self.client_id("INFISICAL_UNIVERSAL_AUTH_CLIENT_ID")?;
        let client_secret = secret("INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET")?;
        let token = secret("INFISICAL_TOKEN")?;
        // As in the official server, this variable decides if both credentials are set. The default
        // is universal auth.
        let wants_token = match self.get("INFISICAL_AUTH_METHOD")?.as_deref() {
            None | Some("universal-auth") => false,
            Some("access-token") => true,
            Some(_) => {
                return Err(ConfigError::new("INFISICAL_AUTH_METHOD is either `universal-auth` or `access-token`"));
            }
        };
        match (client_id, client_secret, token) {
            (_, _, Some(token)) if wants_token => Ok(Some(Credential::AccessToken(token))),
            (Some(client_id), Some(client_secret), _) => {
                Ok(Some(Credential::UniversalAuth { client_id, client_secret }))
            }
            (None, None, Some(token)) => Ok(Some(Credential::AccessToken(token))),
            (None, None, None) => Ok(None),
            _ => Err(ConfigError::new(
                "INFISICAL_UNIVERSAL_AUTH_CLIENT_ID and INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET belong together: set both",
            )),
        }
    }

    fn client_id(&self, name: &str) -> Result<Option<String>, ConfigError> {
        self.get(name)?.map(|id| checked(name, id)).transpose()
    }

    /// Returns a secret from the configured file, from the variable, or from the file that the
    /// variable with the suffix `_FILE` names.
    fn secret(&self, name: &str, configured: Option<&str>) -> Result<Option<SecretString>, ConfigError> {
        let by_file = format!("{name}_FILE");
        let from_file = |path: &str, setting: &str| {
            let refused = |refusal: SecretFileRefusal| ConfigError(format!("{path}: {refusal}"));
            let (secret, found) = secret_file::read(Path::new(path)).map_err(refused)?;
            self.found.borrow_mut().push(found);
            check(&format!("the file {path} ({setting})"), secret.expose_secret())?;
            Ok(Some(secret))
        };
        match (configured, self.get(name)?, self.get(&by_file)?) {
            (Some(path), _, _) => from_file(path, "named in the configuration file"),
            (None, Some(_), Some(_)) => {
                Err(ConfigError(format!("{name} and {by_file} are both set: unset one of them")))
            }
            (None, Some(secret), None) => {
                let secret = SecretString::from(secret);
                check(name, secret.expose_secret())?;
                Ok(Some(secret))
            }
            (None, None, Some(path)) => from_file(&path, &by_file),
            (None, None, None) => Ok(None),
        }
    }
}

/// Refuses text that can't be a credential, before anything is sent. The message names the setting
/// and never quotes the text.
fn check(setting: &str, text: &str) -> Result<(), ConfigError> {
    match Placeholder::of(text) {
        Some(found) => Err(ConfigError(format!("{setting} {found}"))),
        None => Ok(()),
    }
}

fn checked(setting: &str, text: String) -> Result<String, ConfigError> {
    check(setting, &text).map(|()| text)
}
