//! A skill and its emulated Infisical.

use crate::SetUpError;
use infisical_emulator::{ApiVersion, Credentials, Emulator, Exchange, Seed};
use infisical_skill::{Credential, OrganizationId, Origin, Place, SecretFilter, Skill, SkillBuilder};
use std::io;

/// Both API versions: every promise to clients holds for both.
pub const API_VERSIONS: [ApiVersion; 2] = [ApiVersion::V3, ApiVersion::V4];

/// An emulator with the demonstration's projects and secrets.
///
/// # Errors
/// If no socket is available.
pub async fn emulator(api_version: ApiVersion) -> io::Result<Emulator> {
    Emulator::builder().api_version(api_version).seed(Seed::demo()).start().await
}

/// The credential of an emulated identity.
#[must_use]
pub fn credential(credentials: Credentials) -> Credential {
    Credential::UniversalAuth { client_id: credentials.client_id, client_secret: credentials.client_secret.into() }
}

/// A builder of a skill for the emulator, with both identities, the first project and the
/// environment `dev`. Without a state directory it can only read.
///
/// # Errors
/// If the emulator's origin or organization's id is invalid.
pub fn builder(emulator: &Emulator) -> Result<SkillBuilder, SetUpError> {
    builder_at(emulator, &emulator.origin())
}

/// The same with another origin, for a server in front of the emulator.
///
/// # Errors
/// If the origin or the organization's id is invalid.
pub fn builder_at(emulator: &Emulator, origin: &str) -> Result<SkillBuilder, SetUpError> {
    let origin = Origin::parse(origin, false)?;
    let defaults = Place { project: Some(emulator.project_id()), environment: Some("dev".to_owned()), path: None };
    Ok(Skill::builder(origin, credential(emulator.reader()))
        .write_identity(credential(emulator.writer()))
        .organization(OrganizationId::new(emulator.org_id())?)
        .defaults(defaults)
        .without_audit_trail())
}

/// A folder of the default project and environment.
#[must_use]
pub fn at(path: &str) -> Place {
    Place { path: Some(path.to_owned()), ..Place::default() }
}

/// Selects all secrets of a folder and of the folders below it.
#[must_use]
pub fn recursive() -> SecretFilter {
    SecretFilter { recursive: true, ..SecretFilter::default() }
}

/// The component's requests so far, without the host's own login and probe.
#[must_use]
pub fn asked(emulator: &Emulator) -> Vec<Exchange> {
    let own = |exchange: &Exchange| {
        exchange.path_and_query.starts_with("/api/v1/auth/") || exchange.path_and_query == "/api/v4/secrets"
    };
    emulator.log().into_iter().filter(|exchange| !own(exchange)).collect()
}
