//! The environment's part of the configuration.

use super::file::Identity;
use super::placeholder::Placeholder;
use super::secret_file::{self, SecretFileRefusal};
use super::{ConfigError, credential};
use crate::identity::Credential;
use secrecy::{ExposeSecret, SecretString};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub(super) struct Environment<F> {
    variable: F,
}

impl<F: Fn(&str) -> Option<OsString>> Environment<F> {
    pub(super) fn new(variable: F) -> Self {
        Self { variable }
    }

    /// A variable, if it is set to something. Set to nothing is how shells and containers leave one out.
    pub(super) fn get(&self, name: &str) -> Result<Option<String>, ConfigError> {
        match (self.variable)(name).map(OsString::into_string) {
            None => Ok(None),
            Some(Ok(value)) => Ok(Some(value).filter(|value| !value.is_empty())),
            Some(Err(_)) => Err(ConfigError(format!("{name} isn't UTF-8 text: set it anew"))),
        }
    }

    /// A variable as it is.
    pub(super) fn raw(&self, name: &str) -> Option<OsString> {
        (self.variable)(name)
    }

    /// A variable that names a path. One that carries the operator's policy must not be left out by accident: set to nothing is refused.
    pub(super) fn path(&self, name: &str) -> Result<Option<PathBuf>, ConfigError> {
        match (self.variable)(name) {
            Some(path) if path.is_empty() => {
                Err(ConfigError(format!("{name} is set to nothing: unset it, or set it to the file's path")))
            }
            path => Ok(path.map(PathBuf::from)),
        }
    }

    /// A variable, or what the file says.
    pub(super) fn or(&self, name: &str, file: Option<String>) -> Result<Option<String>, ConfigError> {
        Ok(self.get(name)?.or(file))
    }

    /// The credential of the identity `READ` or `WRITE`.
    pub(super) fn credential(&self, name: &str, file: &Identity) -> Result<Option<Credential>, ConfigError> {
        let client_id = match self.client_id(&format!("INFISICAL_{name}_CLIENT_ID"))? {
            None => match file.client_id.clone().filter(|id| !id.is_empty()) {
                Some(id) => {
                    Some(checked(&format!("`client_id` of `[{}]` in the configuration file", name.to_lowercase()), id)?)
                }
                None => None,
            },
            id => id,
        };
        let client_secret =
            self.secret(&format!("INFISICAL_{name}_CLIENT_SECRET"), file.client_secret_file.as_deref())?;
        let token = self.secret(&format!("INFISICAL_{name}_TOKEN"), file.token_file.as_deref())?;
        credential(name, client_id, client_secret, token)
    }

    /// What the official MCP server logs in with, under its names: here it only reads.
    pub(super) fn official_credential(&self) -> Result<Option<Credential>, ConfigError> {
        let secret = |name: &str| self.secret(name, None);
        let client_id = self.client_id("INFISICAL_UNIVERSAL_AUTH_CLIENT_ID")?;
        let client_secret = secret("INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET")?;
        let token = secret("INFISICAL_TOKEN")?;
        // As there, this chooses where both are set; unset, it is universal auth.
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

    /// A secret from the variable, from the file that the variable with `_FILE` names, or from the configured file.
    fn secret(&self, name: &str, configured: Option<&str>) -> Result<Option<SecretString>, ConfigError> {
        let by_file = format!("{name}_FILE");
        let from_file = |path: &str, setting: &str| {
            let refused = |refusal: SecretFileRefusal| ConfigError(format!("{path}: {refusal}"));
            let secret = secret_file::read(Path::new(path)).map_err(refused)?;
            check(&format!("the file {path} ({setting})"), secret.expose_secret())?;
            Ok(Some(secret))
        };
        match (self.get(name)?, self.get(&by_file)?, configured) {
            (Some(_), Some(_), _) => Err(ConfigError(format!("{name} and {by_file} are both set: unset one of them"))),
            (Some(secret), None, _) => {
                let secret = SecretString::from(secret);
                check(name, secret.expose_secret())?;
                Ok(Some(secret))
            }
            (None, Some(path), _) => from_file(&path, &by_file),
            (None, None, Some(path)) => from_file(path, "named in the configuration file"),
            (None, None, None) => Ok(None),
        }
    }
}

/// Refuses what can't be a credential, before anything is sent. The message names the setting and never the text.
fn check(setting: &str, text: &str) -> Result<(), ConfigError> {
    match Placeholder::of(text) {
        Some(found) => Err(ConfigError(format!("{setting} {found}"))),
        None => Ok(()),
    }
}

fn checked(setting: &str, text: String) -> Result<String, ConfigError> {
    check(setting, &text).map(|()| text)
}
