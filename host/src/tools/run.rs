//! Runs a tool by its name.

use super::answer::Answer;
use super::arguments::{
    ApplyChange, DiscardChange, GetSecret, ListAuditLogs, ListFolders, ListProjects, ListSecrets, RevealSecret,
    SkillStatus, read,
};
use super::change_arguments::{change, changes};
use super::cursor::Query;
#[cfg(feature = "mcp")]
use super::fit::type_name;
use super::names::{NAMES, Tool};
use super::pages;
use super::pages::{Page, PageRequest, Paged, ProjectListing};
use crate::model::audit_logs::AuditLogFilter;
use crate::model::changes::Change;
use crate::model::error::{Error, Layer};
use crate::model::secrets::{Place, SecretFilter};
use crate::skill::Skill;
use infisical_skill_policy::text::escape_capped;
use serde_json::Value;

/// A tool's call with parsed arguments. None of their JSON is kept.
enum Call {
    ListProjects(ListProjects),
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

/// Runs a tool with JSON arguments, and returns its answer as JSON.
///
/// # Errors
/// [`Error`], with the layer [`Layer::Input`] if there is no such tool or the arguments are
/// invalid.
pub async fn call(skill: &Skill, tool: &str, arguments: Value) -> Result<Value, Error> {
    answer(skill, tool, arguments).await?.to_json()
}

/// Runs a tool with JSON arguments.
///
/// # Errors
/// The same as [`call`].
pub async fn answer(skill: &Skill, tool: &str, arguments: Value) -> Result<Answer, Error> {
    match Call::read(tool, arguments) {
        Ok(call) => call.run(skill).await,
        // The call is refused before it runs, and still recorded.
        Err(error) => {
            let name = Tool::named(tool).map_or_else(|| escape_capped(tool, 80), |tool| tool.name().to_owned());
            Err(skill.record_refused(&name, error).await)
        }
    }
}

/// Refuses and records a call whose tool name or arguments have the wrong types for the protocol.
#[cfg(feature = "mcp")]
pub(crate) async fn refuse_unreadable(skill: &Skill, params: Value) -> Error {
    const CALL: &str = "tools/call";
    let unfit = |reason: String| Error::refused(Layer::Input, reason, "call the tool with `name` and `arguments`");
    let Value::Object(mut params) = params else {
        let error = unfit(format!("`params` must be an object, but is {}", type_name(&params)));
        return skill.record_refused(CALL, error).await;
    };
    let error = match params.remove("name") {
        Some(Value::String(name)) => match params.remove("arguments") {
            Some(arguments) if !arguments.is_object() => match answer(skill, &name, arguments).await {
                Err(error) => return error,
                Ok(_) => unfit("`arguments` must be an object".to_owned()),
            },
            _ => unfit("`inputResponses` or `requestState` can't be read".to_owned()),
        },
        Some(name) => unfit(format!("`name` must be a string, but is {}", type_name(&name))),
        None => unfit("missing field `name`: a call needs the tool's name, a string".to_owned()),
    };
    skill.record_refused(CALL, error).await
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
            Tool::ListProjects => Self::ListProjects(read(tool, arguments)?),
            Tool::ListFolders => Self::ListFolders(read(tool, arguments)?),
            Tool::ListSecrets => Self::ListSecrets(read(tool, arguments)?),
            Tool::GetSecret => Self::GetSecret(read(tool, arguments)?),
            Tool::ListAuditLogs => Self::ListAuditLogs(read(tool, arguments)?),
            Tool::RevealSecret => Self::RevealSecret(read(tool, arguments)?),
            Tool::Change(tool) => Self::Preview(vec![change(tool, arguments)?]),
            Tool::ChangeMany => Self::Preview(changes(arguments)?),
            Tool::ApplyChange => Self::Apply(read(tool, arguments)?),
            Tool::DiscardChange => Self::Discard(read(tool, arguments)?),
            Tool::SkillStatus => {
                let SkillStatus {} = read(tool, arguments)?;
                Self::Status
            }
        })
    }

    async fn run(self, skill: &Skill) -> Result<Answer, Error> {
        Ok(match self {
            Self::ListProjects(it) => {
                let query = query(skill, Tool::ListProjects, None, &[]);
                let wanted = PageRequest::new(Tool::ListProjects.name(), query, it.limit, it.cursor.as_deref(), false);
                let wanted = asked(skill, Tool::ListProjects, wanted).await?;
                page(ProjectListing { projects: skill.list_projects().await? }, &wanted)?
            }
            Self::ListFolders(it) => {
                let (tool, at) = (Tool::ListFolders, it.place());
                let query = query(skill, tool, Some(&at), &[if it.recursive { "recursive" } else { "" }]);
                let wanted = PageRequest::new(tool.name(), query, it.limit, it.cursor.as_deref(), it.details);
                let wanted = asked(skill, tool, wanted).await?;
                page(skill.list_folders(at, it.recursive).await?, &wanted)?
            }
            Self::ListSecrets(it) => {
                let (tool, at) = (Tool::ListSecrets, it.place());
                let filter = SecretFilter { recursive: it.recursive, name_contains: it.name_contains, tags: it.tags };
                let recursive = if filter.recursive { "recursive" } else { "" };
                let contains = filter.name_contains.as_deref().unwrap_or_default();
                let tags = filter.tags.iter().map(String::as_str);
                let conditions: Vec<&str> = [recursive, contains].into_iter().chain(tags).collect();
                let query = query(skill, tool, Some(&at), &conditions);
                let wanted = PageRequest::new(tool.name(), query, it.limit, it.cursor.as_deref(), it.details);
                let wanted = asked(skill, tool, wanted).await?;
                page(skill.list_secrets(at, filter).await?, &wanted)?
            }
            Self::GetSecret(it) => Answer::Secret(skill.get_secret(it.place(), &it.name, it.version).await?.into()),
            Self::ListAuditLogs(it) => {
                let details = it.details;
                let filter = AuditLogFilter::from(it);
                let (offset, limit) = (filter.offset, filter.limit);
                let logs = skill.list_audit_logs(filter).await?;
                Answer::Page(pages::audit_logs(logs, offset, limit, details)?)
            }
            Self::RevealSecret(it) => {
                Answer::Revealed(skill.reveal(it.place(), &it.name, it.request.as_deref()).await?.into())
            }
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

fn page<L: Paged>(listing: L, wanted: &PageRequest) -> Result<Answer, Error> {
    Page::cut(listing, wanted).map(Answer::Page)
}

/// The fingerprint of a list's query. It includes the defaults for places that the call doesn't
/// name, so a cursor also works for a call that names them.
fn query(skill: &Skill, tool: Tool, at: Option<&Place>, conditions: &[&str]) -> Query {
    let (origin, defaults) = (skill.origin().to_string(), skill.defaults());
    let named = |of: fn(&Place) -> &Option<String>| {
        at.and_then(|at| of(at).as_deref()).or(of(defaults).as_deref()).unwrap_or_default()
    };
    let place = at.map(|_| [named(|at| &at.project), named(|at| &at.environment), named(|at| &at.path)]);
    let parts = [tool.name(), &origin].into_iter().chain(place.into_iter().flatten());
    Query::new(parts.chain(conditions.iter().copied()))
}

/// Returns the wanted page. An invalid limit or cursor is refused and recorded before anything is
/// sent.
async fn asked(skill: &Skill, tool: Tool, wanted: Result<PageRequest, Error>) -> Result<PageRequest, Error> {
    match wanted {
        Ok(wanted) => Ok(wanted),
        Err(error) => Err(skill.record_refused(tool.name(), error).await),
    }
}
