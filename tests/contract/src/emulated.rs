//! A skill and the emulated Infisical that it talks to.

use crate::SetUpError;
use infisical_emulator::{ApiVersion, Credentials, Emulator, Exchange, Seed};
use infisical_skill::{Credential, OrganizationId, Origin, Place, SecretFilter, Skill, SkillBuilder};
use std::io;

/// Both generations: what a client promises, it promises for both.
pub const API_VERSIONS: [ApiVersion; 2] = [ApiVersion::V3, ApiVersion::V4];

/// An emulator with the demonstration's projects and secrets.
///
/// # Errors
/// If no socket can be had.
pub async fn emulator(api_version: ApiVersion) -> io::Result<Emulator> {
    Emulator::builder().api_version(api_version).seed(Seed::demo()).start().await
}

/// What an identity of the emulator's logs in with.
#[must_use]
pub fn credential(credentials: Credentials) -> Credential {
    Credential::UniversalAuth { client_id: credentials.client_id, client_secret: credentials.client_secret.into() }
}

/// A skill for the emulator, with both identities, its first project and `dev` as defaults. Without a state folder it can look, and no more.
///
/// # Errors
/// If the emulator's origin or organization isn't one.
pub fn builder(emulator: &Emulator) -> Result<SkillBuilder, SetUpError> {
    builder_at(emulator, &emulator.origin())
}

/// The same, where something stands before the emulator.
///
/// # Errors
/// If the origin or the emulator's organization isn't one.
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

/// All secrets of a folder, with all below.
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
