//! Shared code of the contract tests: a server that sends exactly the given bytes, and a skill that
//! talks to it.

pub mod between;
pub mod emulated;
mod scripted;
pub mod stage;
mod wire;

pub use between::Between;
pub use scripted::{Recorded, Reply, Scripted};
pub use wire::{Accept, Accepting, Break, Plain, Stream, Tls, Wire};

use infisical_skill::{
    AuditSettings, Credential, Error, Limits, Origin, OriginRefusal, Place, ProjectId, RevealRules, RevealWith, Scope,
    SecretFilter, Skill, SkillBuilder, SwitchPolicy, TimedSwitch,
};
use std::io;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

/// Why a test can't be set up.
pub type SetUpError = Box<dyn std::error::Error>;

/// A planted secret. It may appear only where a test expects it.
pub const CANARY: &str = "canary-5f0c9e";

/// A project's id in the format of real servers.
pub const PROJECT: &str = "9cefc4fb-34fd-432a-806c-8efb3307c759";

/// The policy of tests for the reveal switch.
pub const REVEALS: SwitchPolicy = SwitchPolicy::Switchable { max: Duration::from_secs(3_600) };

/// The root of the environment `dev` of [`PROJECT`].
#[must_use]
pub fn root() -> Place {
    Place { project: Some(PROJECT.to_owned()), environment: Some("dev".to_owned()), path: Some("/".to_owned()) }
}

/// A builder of a skill for this server, with a deadline of two seconds for each call.
///
/// # Errors
/// [`OriginRefusal`] if `origin` isn't one.
pub fn builder(origin: &str) -> Result<SkillBuilder, OriginRefusal> {
    let mut limits = Limits::default();
    limits.deadline = Duration::from_secs(2);
    let reader = Credential::UniversalAuth {
        client_id: "reader".to_owned(),
        client_secret: format!("{CANARY}-client-secret").into(),
    };
    Ok(Skill::builder(Origin::parse(origin, false)?, reader).limits(limits).without_audit_trail())
}

/// A state directory that ends with the test. It is in memory if the system has a folder for that,
/// because the host syncs each record, and a busy disk takes long for it.
///
/// # Errors
/// If the directory can't be made.
pub fn state_folder() -> io::Result<TempDir> {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir())
}

/// The skill gets this state directory, and an audit trail in it.
pub fn with_state(builder: SkillBuilder, state_folder: &Path) -> SkillBuilder {
    builder.state_dir(state_folder.to_owned()).audit(AuditSettings::default())
}

/// Lists [`root`] and counts its secrets.
///
/// # Errors
/// Those of the listing.
pub async fn count_secrets(skill: &Skill) -> Result<usize, Error> {
    skill.list_secrets(root(), SecretFilter::default()).await.map(|listing| listing.secrets.len())
}

/// [`secret_json`] without the project's id, for a project other than [`PROJECT`].
#[must_use]
pub fn secret_of_any_project(name: &str, version: u32) -> serde_json::Value {
    let mut secret = secret_json(name, version);
    if let Some(fields) = secret.as_object_mut() {
        fields.remove("workspace");
    }
    secret
}

/// Allows reveals in a whole project with the read identity while the switch is on. For tests about
/// something else.
///
/// # Errors
/// If `project` isn't a valid id.
pub fn revealing(builder: SkillBuilder, project: &str) -> Result<SkillBuilder, SetUpError> {
    let mut rules = RevealRules::default();
    rules.switch = REVEALS;
    rules.with = RevealWith::Read;
    let everywhere = Scope { project: ProjectId::new(project)?, environments: Vec::new(), paths: Vec::new() };
    Ok(builder.reveal(rules).reveal_scopes(vec![everywhere]))
}

/// Turns the reveal switch on for a minute, in this state directory.
///
/// # Errors
/// If the state directory can't be written.
pub fn reveals_on(state_folder: &Path) -> Result<(), SetUpError> {
    TimedSwitch::for_reveals(state_folder, REVEALS).turn_on(Duration::from_secs(60), Some("a test"))?;
    Ok(())
}

/// Everything that a caller can see of an error.
#[must_use]
pub fn seen(error: &Error) -> String {
    format!("{error} {error:?} {}", error.to_json())
}

/// The JSON of a secret as an old server sends it, always with the value.
#[must_use]
pub fn secret_json(name: &str, version: u32) -> serde_json::Value {
    serde_json::json!({
        "id": "f778d6a8-7adf-4c2f-96b2-dd78173aa5fa", "_id": "f778d6a8-7adf-4c2f-96b2-dd78173aa5fa", "workspace": PROJECT, "environment": "dev",
        "version": version, "type": "shared", "secretKey": name, "secretValue": format!("{CANARY}-value"),
        "secretComment": format!("{CANARY}-comment"), "secretReminderNote": null, "metadata": null,
        "createdAt": "2026-11-23T01:53:38.907Z", "updatedAt": "2026-11-23T01:53:39.115Z", "secretPath": "/", "tags": []
    })
}
