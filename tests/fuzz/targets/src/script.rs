//! One input for the component, as lines that people can write too: the operator's policy, the
//! calls, and the server's answers.
//!
//! ```text
//! v3 writes=on no-reveal project=P environment=dev scope=P:dev,prod:/app
//! delete-secret<TAB>P<TAB>dev<TAB>/app<TAB>NAME
//! preview
//! apply
//!                                       an empty line: what follows is the server's
//! 200 {"secret":{"id":"i"}}
//! ```
//!
//! A field that is empty or missing is absent, and `""` is an empty text. The Unicode pictures of
//! control characters (`␊`) stand for those characters. Only values and comments contain the
//! canary, and every one that isn't blank does.
//!
//! The first line may also have `http`, `unreachable`, `organization=`, `path=`, `reveal-scope=`,
//! `no-write-identity`, `no-administration`, `max=` and `above=` (numbers of changes).
//! `by-a-person` requires a person's approval of the plan. `dependents=` is the number of the
//! host's lines about dependents. `content-type=` and `retry-after=` are headers of all answers.

use crate::plant::{CANARY, without_canary};
use infisical_skill_guest::{
    ApiVersion, AuditLogFilter, Change, EnvironmentCreation, FolderRename, Invitation, Origin, Place, Policy,
    ProjectCreation, Recipe, Reveals, Scheme, Scope, SecretCreation, SecretFilter, SecretUpdate, Target, Value, Writes,
};
use std::collections::VecDeque;

/// The most calls, so that every input ends.
const MAX_CALLS: usize = 8;

/// A parsed input.
pub(crate) struct Script {
    pub(crate) policy: Policy,
    /// `None` if the server can't be reached.
    pub(crate) api_version: Option<ApiVersion>,
    pub(crate) calls: Vec<Call>,
    /// Status and body of each answer, in order.
    pub(crate) answers: VecDeque<(u16, Vec<u8>)>,
    /// The headers of all answers.
    pub(crate) head: Head,
    /// What a person must do before a plan is applied.
    pub(crate) approval: Option<String>,
    /// The number of the host's lines about what depends on a plan.
    pub(crate) dependents: usize,
    /// The whole input.
    pub(crate) source: String,
}

/// The headers of an answer that the component sees.
#[derive(Clone)]
pub(crate) struct Head {
    pub(crate) content_type: Option<String>,
    pub(crate) retry_after: Option<String>,
}

/// One call of one export.
pub(crate) enum Call {
    ListProjects,
    ListFolders(Place, bool),
    ListSecrets(Place, SecretFilter),
    GetSecret(Place, String, Option<u32>),
    ListAuditLogs(AuditLogFilter),
    Reveal(Place, String),
    Preview(Vec<Change>),
    /// With `None`, the plan of the last preview.
    Apply(Option<String>, Option<String>),
}

impl Script {
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let mut lines = bytes.split(|byte| *byte == b'\n');
        let facts = String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
        let mut calls = Vec::new();
        let mut changes = Vec::new();
        for line in lines.by_ref().take_while(|line| !line.is_empty()) {
            let line = String::from_utf8_lossy(line);
            let fields: Vec<&str> = line.split('\t').collect();
            match Line(&fields).read(&mut changes) {
                Some(call) if calls.len() < MAX_CALLS => calls.push(call),
                _ => {}
            }
        }
        let fact = |key: &str| facts.split(' ').find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
        // A header has no other characters.
        let header = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic()).then(|| text.to_owned());
        let content_type = fact("content-type").map_or(Some("application/json".to_owned()), header);
        let head = Head { content_type, retry_after: fact("retry-after").and_then(header) };
        let is_by_a_person = facts.split(' ').any(|word| word == "by-a-person");
        Self {
            policy: policy(&facts),
            api_version: api_version(&facts),
            calls,
            answers: lines.map(answer).collect(),
            head,
            approval: is_by_a_person.then(|| "a person must look at it".to_owned()),
            dependents: fact("dependents")
                .and_then(|count| count.parse().ok())
                .map_or(1, |count: usize| count.min(100)),
            source: String::from_utf8_lossy(bytes).into_owned(),
        }
    }
}

fn api_version(facts: &str) -> Option<ApiVersion> {
    let has = |fact| facts.split(' ').any(|word| word == fact);
    match (has("v3"), has("unreachable")) {
        (_, true) => None,
        (true, _) => Some(ApiVersion::V3),
        _ => Some(ApiVersion::V4),
    }
}

/// The most permissive policy, because it reaches the most code.
fn policy(facts: &str) -> Policy {
    let has = |fact: &str| facts.split(' ').any(|word| word == fact);
    let all = |key: &str| -> Vec<String> {
        facts.split(' ').filter_map(|word| word.strip_prefix(key)?.strip_prefix('=')).map(text).collect()
    };
    let first = |key: &str| all(key).into_iter().next();
    let number = |key: &str, default| first(key).and_then(|text| text.parse().ok()).unwrap_or(default);
    let scopes = |key: &str| {
        let scopes = all(key);
        (!scopes.is_empty()).then(|| scopes.iter().map(|text| scope(text)).collect())
    };
    Policy {
        origin: Origin {
            scheme: if has("http") { Scheme::Http } else { Scheme::Https },
            authority: "vault.example".to_owned(),
        },
        organization: first("organization"),
        project: first("project"),
        environment: first("environment"),
        path: first("path"),
        scopes: scopes("scope"),
        reveal: if has("no-reveal") { Reveals::Off } else { Reveals::On },
        reveal_scopes: scopes("reveal-scope"),
        protected: all("protected"),
        writes: match first("writes").as_deref() {
            Some("never") => Writes::Never,
            Some("off") => Writes::Off,
            _ => Writes::On,
        },
        write_identity: !has("no-write-identity"),
        max_changes: number("max", 20),
        acknowledge_above: number("above", 5),
        administration: !has("no-administration"),
    }
}

fn scope(text: &str) -> Scope {
    let mut parts = text.split(':');
    let mut list = || -> Vec<String> {
        parts.next().unwrap_or_default().split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let project = list().into_iter().next().unwrap_or_default();
    Scope { project, environments: list(), paths: list() }
}

/// Parses `STATUS BODY`, or a body alone with the status 200.
fn answer(line: &[u8]) -> (u16, Vec<u8>) {
    let status = line.split(|byte| *byte == b' ').next().unwrap_or_default();
    match std::str::from_utf8(status).ok().and_then(|status| status.parse().ok()) {
        Some(number) => (number, line.get(status.len() + 1..).unwrap_or_default().to_vec()),
        None => (200, line.to_vec()),
    }
}

/// Returns a text that isn't hidden.
fn text(field: &str) -> String {
    without_canary(&with_controls(if field == "\"\"" { "" } else { field }))
}

/// Returns a text that is hidden.
fn planted(field: &str) -> String {
    let text = text(field);
    if text.trim().is_empty() { text } else { text + CANARY }
}

/// Replaces the pictures of control characters by the characters.
pub(crate) fn with_controls(text: &str) -> String {
    let control = |c: char| u32::from(c).checked_sub(0x2400).filter(|code| *code < 0x20).and_then(char::from_u32);
    text.chars().map(|c| control(c).unwrap_or(c)).collect()
}

/// The fields of a call's line: its name, then its arguments.
struct Line<'a>(&'a [&'a str]);

impl Line<'_> {
    /// Returns the call, if the line is one. Changes are kept for the next preview.
    fn read(&self, changes: &mut Vec<Change>) -> Option<Call> {
        let at = Place { project: self.text(1), environment: self.text(2), path: self.text(3) };
        let name = self.text(4).unwrap_or_default();
        Some(match *self.0.first()? {
            "list-projects" => Call::ListProjects,
            "list-folders" => Call::ListFolders(at, self.is(4)),
            "list-secrets" => {
                let (name_contains, tags) = (self.text(5), self.list(6));
                Call::ListSecrets(at, SecretFilter { recursive: self.is(4), name_contains, tags })
            }
            "get-secret" => Call::GetSecret(at, name, self.number(5)),
            "list-audit-logs" => Call::ListAuditLogs(AuditLogFilter {
                project: self.text(1),
                events: self.list(2),
                actor: self.text(3),
                since: self.text(4).unwrap_or_else(|| "2026-11-23T00:00:00.000Z".to_owned()),
                until: self.text(5),
                offset: self.number(6).unwrap_or(0),
                limit: self.number(7).unwrap_or(100),
            }),
            "reveal-secret" => Call::Reveal(at, name),
            "preview" => Call::Preview(std::mem::take(changes)),
            "apply" => Call::Apply(self.text(1), self.text(2)),
            change => {
                // Any other name becomes some kind of change, so that more inputs have an effect.
                changes.push(self.change(change, at, name));
                return None;
            }
        })
    }

    fn change(&self, kind: &str, at: Place, name: String) -> Change {
        match kind {
            "create-secret" => {
                let value = self.value(5).unwrap_or_else(|| Value::Literal(String::new()));
                Change::CreateSecret(SecretCreation { at, name, value, comment: self.planted(6), tags: self.list(7) })
            }
            "update-secret" => Change::UpdateSecret(SecretUpdate {
                at,
                name,
                new_name: self.text(5),
                value: self.value(6),
                comment: self.planted(7),
                tags: self.text(8).map(|_| self.list(8)),
            }),
            "create-folder" => Change::CreateFolder(Target { at, name }),
            "rename-folder" => {
                Change::RenameFolder(FolderRename { at, name, new_name: self.text(5).unwrap_or_default() })
            }
            "delete-folder" => Change::DeleteFolder(Target { at, name }),
            "create-project" => Change::CreateProject(ProjectCreation {
                name: self.text(1).unwrap_or_default(),
                slug: self.text(2).unwrap_or_default(),
            }),
            "create-environment" => Change::CreateEnvironment(EnvironmentCreation {
                project: self.text(1),
                name: self.text(2).unwrap_or_default(),
                slug: self.text(3).unwrap_or_default(),
            }),
            "invite-members" => {
                Change::InviteMembers(Invitation { project: self.text(1), emails: self.list(2), roles: self.list(3) })
            }
            _ => Change::DeleteSecret(Target { at, name }),
        }
    }

    fn field(&self, at: usize) -> Option<&str> {
        self.0.get(at).copied().filter(|field| !field.is_empty())
    }

    fn text(&self, at: usize) -> Option<String> {
        self.field(at).map(text)
    }

    fn planted(&self, at: usize) -> Option<String> {
        self.field(at).map(planted)
    }

    fn is(&self, at: usize) -> bool {
        self.field(at).is_some()
    }

    fn number(&self, at: usize) -> Option<u32> {
        self.field(at)?.parse().ok()
    }

    fn list(&self, at: usize) -> Vec<String> {
        self.field(at).map(|field| field.split(',').map(text).collect()).unwrap_or_default()
    }

    /// `!LENGTH ALPHABET` is a value to generate.
    fn value(&self, at: usize) -> Option<Value> {
        let field = self.field(at)?;
        let Some((length, alphabet)) = field.strip_prefix('!').map(|it| it.split_once(' ').unwrap_or((it, ""))) else {
            return Some(Value::Literal(planted(field)));
        };
        let alphabet = Some(text(alphabet)).filter(|alphabet| !alphabet.is_empty());
        Some(Value::Generated(Recipe { length: length.parse().unwrap_or(20), alphabet }))
    }
}
