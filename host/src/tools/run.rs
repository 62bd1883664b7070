//! Running a tool by its name.

use super::answer::Answer;
use super::arguments::{
    ApplyChange, DiscardChange, GetSecret, ListAuditLogs, ListFolders, ListProjects, ListSecrets, RevealSecret,
    SkillStatus, read,
};
use super::change_arguments::{change, changes};
use super::names::{NAMES, Tool};
use crate::changes::Change;
use crate::error::{Error, Layer};
use crate::skill::Skill;
use crate::types::SecretFilter;
use infisical_skill_policy::text::escape_capped;
use serde_json::Value;

/// A tool's call. Its arguments are read, and nothing of their JSON is left.
enum Call {
    ListProjects,
    ListFolders(ListFolders),
    ListSecrets(ListSecrets),
    GetSecret(GetSecret),
    ListAuditLogs(ListAuditLogs),
    RevealSecret(RevealSecret),
    Preview(Vec<Change>),
    Apply(ApplyChange),
    Discard(DiscardChange),
    Status,
}

/// Runs a tool with its JSON arguments, and gives its answer as JSON.
///
/// # Errors
/// [`Error`], of the layer [`Layer::Input`] if there is no such tool or the arguments don't fit it.
pub async fn call(skill: &Skill, tool: &str, arguments: Value) -> Result<Value, Error> {
    answer(skill, tool, arguments).await?.to_json()
}

/// Runs a tool with its JSON arguments.
///
/// # Errors
/// As [`call`].
pub async fn answer(skill: &Skill, tool: &str, arguments: Value) -> Result<Answer, Error> {
    match Call::read(tool, arguments) {
        Ok(call) => call.run(skill).await,
        // Refused before there was anything to run, and recorded all the same.
        Err(error) => {
            let name = Tool::named(tool).map_or_else(|| escape_capped(tool, 80), |tool| tool.name().to_owned());
            Err(skill.record_refused(&name, error).await)
        }
    }
}

impl Call {
    fn read(name: &str, arguments: Value) -> Result<Self, Error> {
        let tool = Tool::named(name).ok_or_else(|| {
            Error::refused(
                Layer::Input,
                format!("there is no tool `{}`", escape_capped(name, 80)),
                format!("use one of {}", NAMES.join(", ")),
            )
        })?;
        Ok(match tool {
            Tool::ListProjects => {
                let ListProjects {} = read(name, arguments)?;
                Self::ListProjects
            }
            Tool::ListFolders => Self::ListFolders(read(name, arguments)?),
            Tool::ListSecrets => Self::ListSecrets(read(name, arguments)?),
            Tool::GetSecret => Self::GetSecret(read(name, arguments)?),
            Tool::ListAuditLogs => Self::ListAuditLogs(read(name, arguments)?),
            Tool::RevealSecret => Self::RevealSecret(read(name, arguments)?),
            Tool::Change(tool) => Self::Preview(vec![change(tool, arguments)?]),
            Tool::ChangeMany => Self::Preview(changes(name, arguments)?),
            Tool::ApplyChange => Self::Apply(read(name, arguments)?),
            Tool::DiscardChange => Self::Discard(read(name, arguments)?),
            Tool::SkillStatus => {
                let SkillStatus {} = read(name, arguments)?;
                Self::Status
            }
        })
    }

    async fn run(self, skill: &Skill) -> Result<Answer, Error> {
        Ok(match self {
            Self::ListProjects => Answer::Projects(skill.list_projects().await?),
            Self::ListFolders(it) => Answer::Folders(skill.list_folders(it.place(), it.recursive).await?),
            Self::ListSecrets(it) => {
                let at = it.place();
                let filter = SecretFilter { recursive: it.recursive, name_contains: it.name_contains, tags: it.tags };
                Answer::Secrets(skill.list_secrets(at, filter).await?)
            }
            Self::GetSecret(it) => Answer::Secret(skill.get_secret(it.place(), &it.name, it.version).await?.into()),
            Self::ListAuditLogs(it) => Answer::AuditLogs(skill.list_audit_logs(it.into()).await?),
            Self::RevealSecret(it) => Answer::Revealed(skill.reveal_secret(it.place(), &it.name).await?.into()),
            Self::Preview(changes) => Answer::Preview(skill.preview(changes).await?),
            Self::Apply(it) => Answer::Receipt(skill.apply(&it.plan, it.acknowledge.as_deref()).await?),
            Self::Discard(it) => {
                skill.discard(&it.plan)?;
                Answer::Discarded(it.plan)
            }
            Self::Status => {
                skill.record_answered(Tool::SkillStatus.name()).await?;
                Answer::Status(skill.status().into())
            }
        })
    }
}
