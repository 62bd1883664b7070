//! `GET /api/v1/organization/audit-logs`: the entries of the audit log, newest first.

use serde_json::{Value, json};

use crate::ApiVersion;
use crate::auth::permission::{self, Action, Subject};
use crate::call::Call;
use crate::check::{Checker, trim_path};
use crate::failure::Failure;
use crate::seed::OrgRole;
use crate::world::World;
use crate::world::audit_log::AuditLog;
use crate::world::clock::{DAY, Millis, iso, midnight, months_later};

/// The event types that a current server knows, one a line.
const EVENT_TYPES: &str = include_str!("audit_logs_events.txt");

/// The client kinds that the server distinguishes.
const USER_AGENT_TYPES: [&str; 7] =
    ["web", "cli", "k8-operator", "terraform", "other", "InfisicalPythonSDK", "InfisicalNodeSDK"];

const LIMIT: u64 = 20;
const MAX_LIMIT: u64 = 1000;
const RETENTION: Millis = 30 * DAY;

/// The event types that can be filtered by place and key. `get-secrets` isn't one of them.
const FILTERABLE: [&str; 7] = [
    "get-secret",
    "delete-secrets",
    "create-secrets",
    "update-secrets",
    "create-secret",
    "update-secret",
    "delete-secret",
];

/// The filters of a query.
#[derive(Debug)]
struct Filter {
    project_id: Option<String>,
    environment: Option<String>,
    secret_path: Option<String>,
    secret_key: Option<String>,
    event_types: Vec<String>,
    actor_type: Option<String>,
    actor: Option<String>,
    user_agent_type: Option<String>,
    /// Fields of an event's metadata and their required values.
    metadata: Vec<(String, String)>,
    start: Option<Millis>,
    end: Option<Millis>,
    offset: u64,
    limit: u64,
}

impl Filter {
    fn read(call: &Call) -> Result<Self, Failure> {
        let mut check = Checker::query(call);
        let mut text = |name: &str| check.optional_string(name).filter(|text| !text.is_empty());
        let (project_id, environment) = (text("projectId"), text("environment"));
        let secret_path = text("secretPath").map(|path| trim_path(&path));
        let (secret_key, actor_type, actor) = (text("secretKey"), text("actorType"), text("actor"));
        let metadata = text("eventMetadata").unwrap_or_default();
        let (event_types, user_agent_type) = kinds(&mut check, call);
        let (start, end) = (check.datetime("startDate"), check.datetime("endDate"));
        let offset = check.query_number("offset").unwrap_or(0);
        let limit = match call.api_version {
            ApiVersion::V3 => check.query_number("limit"),
            ApiVersion::V4 => check.query_number_up_to("limit", MAX_LIMIT),
        };
        let limit = limit.unwrap_or(LIMIT);
        if let (Some(start), Some(end)) = (start, end) {
            if end < start {
                check.custom("endDate", "End date cannot be before start date");
            }
            if end > months_later(start, 3) {
                check.custom("endDate", "Dates must be within 3 months");
            }
        }
        check.finish()?;
        let metadata = metadata.split(',').filter_map(|pair| pair.split_once('='));
        let metadata = metadata.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect();
        Ok(Self {
            project_id,
            environment,
            secret_path,
            secret_key,
            event_types,
            actor_type,
            actor,
            user_agent_type,
            metadata,
            start,
            end,
            offset,
            limit,
        })
    }

    /// Place and key filter only within a project, and only if one of those event types is
    /// requested.
    fn covers_metadata(&self, entry: &AuditLog) -> bool {
        let types = &self.event_types;
        let is_about_secrets = types.is_empty() || types.iter().any(|name| FILTERABLE.contains(&name.as_str()));
        if self.project_id.is_none() || !is_about_secrets {
            return true;
        }
        let is = |name: &str, wanted: Option<&str>| {
            wanted.is_none_or(|wanted| entry.metadata.get(name).and_then(Value::as_str) == Some(wanted))
        };
        // A batch entry lists its secrets.
        let in_batch = |wanted: &str| {
            let secrets = entry.metadata.get("secrets").and_then(Value::as_array);
            secrets.is_some_and(|secrets| {
                secrets.iter().any(|it| it.get("secretKey").and_then(Value::as_str) == Some(wanted))
            })
        };
        is("environment", self.environment.as_deref())
            && is("secretPath", self.secret_path.as_deref())
            && (is("secretKey", self.secret_key.as_deref()) || self.secret_key.as_deref().is_some_and(in_batch))
    }

    /// The server treats `actor` as a user's id unless `actorType` is `identity`.
    fn covers_actor(&self, entry: &AuditLog) -> bool {
        let id_field = if self.actor_type.as_deref() == Some("identity") { "identityId" } else { "userId" };
        let id = entry.actor_metadata.get(id_field).and_then(Value::as_str);
        self.actor_type.as_ref().is_none_or(|wanted| *wanted == entry.actor_type)
            && self.actor.as_deref().is_none_or(|wanted| id == Some(wanted))
    }

    fn covers(&self, entry: &AuditLog, now: Millis) -> bool {
        let start = self.start.unwrap_or_else(|| midnight(now));
        let is_before_the_end = self.end.map_or(entry.created <= now, |end| entry.created < end);
        entry.created >= start
            && is_before_the_end
            && (self.project_id.is_none() || entry.project_id == self.project_id)
            && (self.event_types.is_empty() || self.event_types.contains(&entry.event_type))
            && self.user_agent_type.as_deref().is_none_or(|wanted| wanted == user_agent_type(&entry.user_agent))
            && self.metadata.iter().all(|(name, wanted)| has_field(entry, name, wanted))
            && self.covers_actor(entry)
            && self.covers_metadata(entry)
    }
}

/// Checks the event types and the client kind. An old server accepts any text.
fn kinds(check: &mut Checker<'_>, call: &Call) -> (Vec<String>, Option<String>) {
    if call.is_v4() {
        let types: Vec<&str> = EVENT_TYPES.lines().collect();
        return (check.listed_choices("eventType", &types), check.optional_choice("userAgentType", &USER_AGENT_TYPES));
    }
    let types = check.optional_string("eventType").unwrap_or_default();
    (types.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect(), None)
}

/// The client kind that the server derives from a `User-Agent`.
fn user_agent_type(user_agent: &str) -> &'static str {
    let begins = |with: &&str| user_agent.starts_with(*with);
    match user_agent {
        "cli" | "k8-operator" | "terraform" => USER_AGENT_TYPES.into_iter().find(|it| *it == user_agent),
        _ if user_agent.to_lowercase().contains("mozilla") => Some("web"),
        _ => ["InfisicalPythonSDK", "InfisicalNodeSDK"].into_iter().find(begins),
    }
    .unwrap_or("other")
}

fn has_field(entry: &AuditLog, name: &str, wanted: &str) -> bool {
    entry.metadata.get(name).is_some_and(|value| match value {
        Value::String(text) => text == wanted,
        other => serde_json::to_string(other).is_ok_and(|text| text == wanted),
    })
}

fn entry_json(world: &World, entry: &AuditLog) -> Value {
    let project = entry.project_id.as_deref().and_then(|id| world.project(id));
    let created = iso(entry.created);
    json!({
        "id": entry.id, "ipAddress": entry.ip_address, "userAgent": entry.user_agent, "userAgentType": user_agent_type(&entry.user_agent),
        "expiresAt": iso(entry.created.saturating_add(RETENTION)), "createdAt": created, "updatedAt": created,
        "orgId": world.org_id, "projectId": entry.project_id, "projectName": project.map(|project| &project.name),
        "event": {"type": entry.event_type, "metadata": entry.metadata},
        "actor": {"type": entry.actor_type, "metadata": entry.actor_metadata},
    })
}

fn allow(world: &World, call: &Call, project_id: Option<&str>) -> Result<(), Failure> {
    if let Some(project_id) = project_id {
        return permission::allow(world, call, project_id, Action::Read, Subject::AuditLogs);
    }
    if permission::org_role(world, call)? == OrgRole::NoAccess {
        Err(Failure::permission("read", "audit-logs"))
    } else {
        Ok(())
    }
}

/// On the free licence, returns only entries that a test inserted. Reading the first page adds an
/// entry, which this answer doesn't include.
pub(crate) fn list(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let filter = Filter::read(call)?;
    allow(world, call, filter.project_id.as_deref())?;
    let now = world.now();
    // Of two entries with the same time, the later one comes first.
    let mut found: Vec<&AuditLog> = world.audit_logs.iter().rev().filter(|entry| filter.covers(entry, now)).collect();
    found.sort_by_key(|entry| std::cmp::Reverse(entry.created));
    let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let page = found.into_iter().skip(count(filter.offset)).take(count(filter.limit));
    let shown: Vec<Value> = page.map(|entry| entry_json(world, entry)).collect();
    if filter.offset == 0 {
        world.audit(call, filter.project_id.as_deref(), "view-audit-logs", json!({}));
    }
    Ok(json!({"auditLogs": shown}))
}
