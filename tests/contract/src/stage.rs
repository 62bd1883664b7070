//! A skill that may make changes: an emulator, a state directory and a switch.

use crate::emulated::{builder, emulator};
use crate::{SetUpError, revealing, reveals_on, state_folder, with_state};
use infisical_emulator::{ApiVersion, Emulator, Exchange};
use infisical_skill::{
    Change, ChangeRules, Error, NewValue, Preview, Receipt, SecretCreation, SecretUpdate, Skill, SkillBuilder, Target,
    TimedSwitch,
};
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

/// Everything that a change needs.
pub struct Stage {
    /// The server.
    pub emulator: Emulator,
    /// The skill, with both identities.
    pub skill: Skill,
    folder: TempDir,
}

impl Stage {
    /// A stage with the usual rules and the switch off.
    ///
    /// # Errors
    /// If a part of it can't be set up.
    pub async fn new(api_version: ApiVersion) -> Result<Self, SetUpError> {
        Self::with(api_version, |builder| builder).await
    }

    /// A stage with other rules.
    ///
    /// # Errors
    /// If a part of it can't be set up.
    pub async fn with(
        api_version: ApiVersion,
        adjust: impl FnOnce(SkillBuilder) -> SkillBuilder,
    ) -> Result<Self, SetUpError> {
        Self::on(emulator(api_version).await?, adjust)
    }

    /// A stage on another emulator than the usual one.
    ///
    /// # Errors
    /// If a part of it can't be set up.
    pub fn on(emulator: Emulator, adjust: impl FnOnce(SkillBuilder) -> SkillBuilder) -> Result<Self, SetUpError> {
        let folder = state_folder()?;
        let skill = adjust(with_state(builder(&emulator)?, folder.path())).build()?;
        Ok(Self { emulator, skill, folder })
    }

    /// Another skill with the same server and state directory, like another process.
    ///
    /// # Errors
    /// If the skill can't be set up.
    pub fn another(&self, adjust: impl FnOnce(SkillBuilder) -> SkillBuilder) -> Result<Skill, SetUpError> {
        Ok(adjust(with_state(builder(&self.emulator)?, self.folder())).build()?)
    }

    /// A stage that allows reveals, with the reveal switch on.
    ///
    /// # Errors
    /// If a part of it can't be set up.
    pub async fn revealing(
        api_version: ApiVersion,
        adjust: impl FnOnce(SkillBuilder) -> SkillBuilder,
    ) -> Result<Self, SetUpError> {
        Self::revealing_on(emulator(api_version).await?, adjust)
    }

    /// The same, on another emulator than the usual one.
    ///
    /// # Errors
    /// If a part of it can't be set up.
    pub fn revealing_on(
        emulator: Emulator,
        adjust: impl FnOnce(SkillBuilder) -> SkillBuilder,
    ) -> Result<Self, SetUpError> {
        let project = emulator.project_id();
        let mut refused = None;
        let stage = Self::on(emulator, |builder| match revealing(builder.clone(), &project) {
            Ok(revealing) => adjust(revealing),
            Err(error) => {
                refused = Some(error);
                builder
            }
        })?;
        refused.map_or(Ok(()), Err)?;
        reveals_on(stage.folder())?;
        Ok(stage)
    }

    /// Another skill with the same server and state directory, which may reveal values.
    ///
    /// # Errors
    /// If the skill can't be set up.
    pub fn another_revealing(&self, adjust: impl FnOnce(SkillBuilder) -> SkillBuilder) -> Result<Skill, SetUpError> {
        let builder = with_state(builder(&self.emulator)?, self.folder());
        Ok(adjust(revealing(builder, &self.emulator.project_id())?).build()?)
    }

    /// The state directory.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The kill switch.
    #[must_use]
    pub fn switch(&self) -> TimedSwitch {
        TimedSwitch::new(self.folder(), ChangeRules::default().writes)
    }

    /// Turns changes on for a minute.
    ///
    /// # Errors
    /// If the state directory can't be written.
    pub fn switch_on(&self) -> Result<(), SetUpError> {
        self.switch().turn_on(Duration::from_secs(60), Some("a test")).map(drop).map_err(Into::into)
    }

    /// The confirmation phrase of these consequences, which are all in the emulator's project.
    #[must_use]
    pub fn phrase(&self, consequences: &str) -> String {
        format!("{consequences} in project {}", self.emulator.project_id())
    }

    /// Previews, approves and acknowledges as a person would, and applies.
    ///
    /// # Errors
    /// The refusals of preview and apply.
    pub async fn change(&self, change: Change) -> Result<(Preview, Receipt), Error> {
        let preview = self.skill.preview(vec![change]).await?;
        if preview.approval.is_some() {
            self.skill.plan(&preview.plan).and_then(|card| self.skill.approve_plan(&card))?;
        }
        let receipt = self.skill.apply(&preview.plan, preview.acknowledge.as_deref()).await?;
        Ok((preview, receipt))
    }

    /// The requests that the server got, without reads and logins.
    #[must_use]
    pub fn changes_sent(&self) -> Vec<Exchange> {
        let is_change =
            |exchange: &Exchange| exchange.method != "GET" && !exchange.path_and_query.starts_with("/api/v1/auth/");
        self.emulator.log().into_iter().filter(is_change).collect()
    }

    /// How many times an identity logged in. The log has no identity for a login, so this compares
    /// the client id.
    #[must_use]
    pub fn logins_of(&self, client_id: &str) -> usize {
        let is_login = |exchange: &Exchange| {
            exchange.path_and_query == "/api/v1/auth/universal-auth/login"
                && exchange.body.as_ref().and_then(|body| body.get("clientId")).and_then(|id| id.as_str())
                    == Some(client_id)
        };
        self.emulator.log().iter().filter(|exchange| is_login(exchange)).count()
    }
}

/// A literal value.
#[must_use]
pub fn literal(value: &str) -> NewValue {
    NewValue::Literal(value.into())
}

/// A generated value.
#[must_use]
pub fn generated(length: u32) -> NewValue {
    NewValue::Generated { length, alphabet: None }
}

/// A new secret in a folder of the default project and environment.
#[must_use]
pub fn create(path: &str, name: &str, value: NewValue) -> Change {
    Change::CreateSecret(SecretCreation {
        at: crate::emulated::at(path),
        name: name.to_owned(),
        value,
        comment: None,
        tags: Vec::new(),
    })
}

/// A new value for a secret.
#[must_use]
pub fn update(path: &str, name: &str, value: NewValue) -> Change {
    Change::UpdateSecret(SecretUpdate {
        at: crate::emulated::at(path),
        name: name.to_owned(),
        value: Some(value),
        ..SecretUpdate::default()
    })
}

/// A secret or folder in a folder of the default project and environment.
#[must_use]
pub fn target(path: &str, name: &str) -> Target {
    Target { at: crate::emulated::at(path), name: name.to_owned() }
}
