//! What the contract tests share: a server that sends exactly the bytes it is told to, and a skill that talks to it.

pub mod between;
pub mod emulated;
mod scripted;
pub mod stage;
mod wire;

pub use between::Between;
pub use scripted::{Recorded, Reply, Scripted};
pub use wire::{Accept, Accepting, Break, Plain, Stream, Tls, Wire};

use infisical_skill::{
    Credential, Error, KillSwitch, Limits, Origin, OriginRefusal, Place, ProjectId, RevealRules, RevealWith, Scope,
    Skill, SkillBuilder, SwitchPolicy,
};
use std::path::Path;
use std::time::Duration;

/// Why a test can't be set up.
pub type SetUpError = Box<dyn std::error::Error>;

/// A planted secret: it must turn up nowhere but where a test looks for it.
pub const CANARY: &str = "canary-5f0c9e";

/// A project's id, as servers make them.
pub const PROJECT: &str = "9cefc4fb-34fd-432a-806c-8efb3307c759";

/// What a test lets the switch of plain values do.
pub const REVEALS: SwitchPolicy = SwitchPolicy::Switchable { max: Duration::from_secs(3_600) };

/// The root of the environment `dev` of [`PROJECT`].
#[must_use]
pub fn root() -> Place {
    Place { project: Some(PROJECT.to_owned()), environment: Some("dev".to_owned()), path: Some("/".to_owned()) }
}

/// A skill for that server, with two seconds for each call.
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

/// The same from a server that doesn't say of which project it is: for one whose id isn't [`PROJECT`].
#[must_use]
pub fn secret_of_any_project(name: &str, version: u32) -> serde_json::Value {
    let mut secret = secret_json(name, version);
    if let Some(fields) = secret.as_object_mut() {
        fields.remove("workspace");
    }
    secret
}

/// Lets values of all of a project be revealed once the switch is on, on the read identity: what a
/// test needs that is about something else.
///
/// # Errors
/// If it isn't a project's id.
pub fn revealing(builder: SkillBuilder, project: &str) -> Result<SkillBuilder, SetUpError> {
    let mut rules = RevealRules::default();
    rules.switch = REVEALS;
    rules.with = RevealWith::Read;
    let everywhere = Scope { project: ProjectId::new(project)?, environments: Vec::new(), paths: Vec::new() };
    Ok(builder.reveal(rules).reveal_scopes(vec![everywhere]))
}

/// Turns the switch of plain values on for a minute, in a state folder.
///
/// # Errors
/// If the state folder can't be written.
pub fn reveals_on(state_folder: &Path) -> Result<(), SetUpError> {
    KillSwitch::for_reveals(state_folder, REVEALS).turn_on(Duration::from_secs(60), Some("a test"))?;
    Ok(())
}

/// Everything that a caller gets to see of an error.
#[must_use]
pub fn seen(error: &Error) -> String {
    format!("{error} {error:?} {}", error.to_json())
}

/// The JSON of a secret as an old server sends it: with its value, whatever it was asked.
#[must_use]
pub fn secret_json(name: &str, version: u32) -> serde_json::Value {
    serde_json::json!({
        "id": "f778d6a8-7adf-4c2f-96b2-dd78173aa5fa", "_id": "f778d6a8-7adf-4c2f-96b2-dd78173aa5fa", "workspace": PROJECT, "environment": "dev",
        "version": version, "type": "shared", "secretKey": name, "secretValue": format!("{CANARY}-value"),
        "secretComment": format!("{CANARY}-comment"), "secretReminderNote": null, "metadata": null,
        "createdAt": "2026-11-23T01:53:38.907Z", "updatedAt": "2026-11-23T01:53:39.115Z", "secretPath": "/", "tags": []
    })
}
