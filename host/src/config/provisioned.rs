//! The parts of an existing configuration file that provisioning needs.

use super::file::File;
use super::{Config, ConfigError, absolute, check_authorities};
use crate::client::tls::TrustRoots;
use infisical_skill_policy::Origin;
use std::path::{Path, PathBuf};

/// What a configuration file says about the server and the identities. Reading it reads no secret.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ToProvision {
    /// The server's origin.
    pub origin: Origin,
    /// The certificate authorities that are trusted for it.
    pub roots: TrustRoots,
    /// The state directory, which holds the audit trail.
    pub state_dir: PathBuf,
    /// The read, write and reveal identities that the file configures: each one's client id and the
    /// path of its client secret's file.
    pub identities: [Option<(Option<String>, PathBuf)>; 3],
}

impl Config {
    /// Reads what a configuration file says about the server and the identities.
    ///
    /// # Errors
    /// [`ConfigError`] says what to change.
    pub fn to_provision(path: &Path) -> Result<ToProvision, ConfigError> {
        let (file, _) = File::read(path)?;
        let needed = |key: &str, value: Option<String>| {
            value.ok_or_else(|| ConfigError(format!("the configuration file {} doesn't set `{key}`", path.display())))
        };
        let url = needed("url", file.url)?;
        let origin = Origin::parse(&url, file.allow_http)
            .map_err(|refusal| ConfigError(format!("the URL isn't usable: {refusal}")))?;
        let roots = match (file.ca_file, file.native_roots) {
            (Some(ca_file), _) => {
                check_authorities(Path::new(&ca_file))?;
                TrustRoots::File(ca_file.into())
            }
            (None, true) => TrustRoots::Native,
            (None, false) => TrustRoots::WebPki,
        };
        let state_dir = absolute(needed("state_dir", file.state_dir)?)?;
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        let identities = [file.read, file.write, file.reveal].map(|identity| {
            let secret_file = filled(identity.client_secret_file)?;
            Some((filled(identity.client_id), PathBuf::from(secret_file)))
        });
        Ok(ToProvision { origin, roots, state_dir, identities })
    }
}
