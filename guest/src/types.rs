//! Arguments, results and policy: the records of `wit/` as plain Rust, one to one.

mod administration;
mod changes;

pub use administration::{Administration, EnvironmentCreation, Invitation, ProjectCreation};
pub use changes::{
    BlastRadius, Change, Effect, FolderRename, Outcome, Preview, Receipt, Recipe, SecretCreation, SecretUpdate, State,
    Step, Target, Value,
};

use std::fmt;

/// Where something is. The operator's defaults replace absent fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// A project's id or slug.
    pub project: Option<String>,
    /// An environment's slug.
    pub environment: Option<String>,
    /// A folder's path.
    pub path: Option<String>,
}

/// A place without absent fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedPlace {
    /// The project's id.
    pub project: String,
    /// The environment's slug.
    pub environment: String,
    /// The folder's path.
    pub path: String,
}

/// One environment of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// The slug, by which requests name the environment.
    pub slug: String,
    /// The display name.
    pub name: String,
}

/// One project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// The id, by which requests name the project.
    pub id: String,
    /// The slug.
    pub slug: String,
    /// The display name.
    pub name: String,
    /// The environments that are in scope.
    pub environments: Vec<Environment>,
}

/// One folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// The server's id.
    pub id: String,
    /// The name, which is the last path segment.
    pub name: String,
    /// The whole path, including the name.
    pub path: String,
    /// When it was last changed (RFC 3339).
    pub updated_at: Option<String>,
}

/// Who made the last change, as far as the server says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// `user`, `identity`, `service` and so on.
    pub kind: Option<String>,
    /// The actor's name.
    pub name: Option<String>,
    /// The server's id for the actor.
    pub id: Option<String>,
}

/// What may be shown of a secret without revealing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// The server's id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The folder that contains it.
    pub path: String,
    /// The environment's slug.
    pub environment: String,
    /// The version. It grows with every change.
    pub version: u32,
    /// Whether it has a comment.
    pub has_comment: bool,
    /// Whether it has metadata or a reminder note.
    pub has_metadata: bool,
    /// The slugs of its tags.
    pub tags: Vec<String>,
    /// When it was created (RFC 3339).
    pub created_at: Option<String>,
    /// When it was last changed (RFC 3339).
    pub updated_at: Option<String>,
    /// Who made the last change.
    pub updated_by: Option<Actor>,
}

/// A secret with its value.
#[derive(Clone, PartialEq, Eq)]
pub struct RevealedSecret {
    /// What may be shown without revealing the value.
    pub secret: Secret,
    /// The value as it is stored. References in it aren't expanded.
    pub value: String,
}

/// Doesn't show the value.
impl fmt::Debug for RevealedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevealedSecret").field("secret", &self.secret).finish_non_exhaustive()
    }
}

/// Which secrets a listing includes. All conditions must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecretFilter {
    /// Include all folders below.
    pub recursive: bool,
    /// Include names that contain this text, ignoring case.
    pub name_contains: Option<String>,
    /// Include secrets with at least one of these tags (slugs). An empty list means no condition.
    pub tags: Vec<String>,
}

/// A folder listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderListing {
    /// The folder that was listed.
    pub place: ResolvedPlace,
    /// The folders that were found.
    pub folders: Vec<Folder>,
}

/// A secret listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretListing {
    /// The folder that was listed.
    pub place: ResolvedPlace,
    /// The secrets that were found.
    pub secrets: Vec<Secret>,
}

/// Which entries of Infisical's own audit log to return.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditLogFilter {
    /// The project's id or slug.
    pub project: Option<String>,
    /// Only these kinds of events. An empty list means all.
    pub events: Vec<String>,
    /// Only entries of the actor with this name or id.
    pub actor: Option<String>,
    /// From this time on, such as `2026-11-23T07:00:00.000Z`.
    pub since: String,
    /// Before this time.
    pub until: Option<String>,
    /// How many of the newest entries to skip.
    pub offset: u32,
    /// How many entries to read: 1 to 200.
    pub limit: u32,
}

/// An entry of Infisical's own audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLog {
    /// The server's id.
    pub id: String,
    /// When it happened (RFC 3339).
    pub time: String,
    /// The kind of event, as Infisical names it.
    pub event: String,
    /// Who did it.
    pub actor: Actor,
    /// The environment that it concerns.
    pub environment: Option<String>,
    /// The folder that it concerns.
    pub path: Option<String>,
    /// The secret or folder that it concerns.
    pub name: Option<String>,
    /// The client's IP address.
    pub ip_address: Option<String>,
}

/// Entries of Infisical's own audit log, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLogPage {
    /// The project's id.
    pub project: String,
    /// The entries.
    pub logs: Vec<AuditLog>,
    /// The offset of the next page, if there may be more entries.
    pub next: Option<u32>,
}

/// Which API the server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiVersion {
    /// `/api/v3/secrets/raw` with `workspaceId`, `/api/v1/folders`.
    V3,
    /// `/api/v4/secrets` with `projectId`, `/api/v2/folders`, `/api/v1/projects`.
    V4,
}

/// The scheme of the origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// HTTP without TLS.
    Http,
    /// HTTP over TLS.
    Https,
}

/// The only server that requests may go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The scheme.
    pub scheme: Scheme,
    /// The host, and the port unless it is the default of the scheme.
    pub authority: String,
}

/// A scope. A place is in it if all fields match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The project's id.
    pub project: String,
    /// Environment slugs. An empty list means every environment.
    pub environments: Vec<String>,
    /// Paths, each with everything below it. An empty list means every path.
    pub paths: Vec<String>,
}

/// The kill switch of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writes {
    /// The configuration forbids changes.
    Never,
    /// Changes are off until the operator turns them on.
    Off,
    /// Changes are on, for a limited time.
    On,
}

/// The switch of reveals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reveals {
    /// The configuration forbids reveals.
    Never,
    /// Values are hidden until the operator turns the switch on.
    Off,
    /// Values may be revealed, for a limited time.
    On,
}

/// What the operator decided, as it applies to this call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The server.
    pub origin: Origin,
    /// The organization's id. Older servers need it to list projects.
    pub organization: Option<String>,
    /// The default project: its id or slug.
    pub project: Option<String>,
    /// The default environment.
    pub environment: Option<String>,
    /// The default path. If absent, it is `/`.
    pub path: Option<String>,
    /// The places that the skill may use. If absent, all that the identity may see. If empty, none.
    pub scopes: Option<Vec<Scope>>,
    /// Whether values may be revealed now.
    pub reveal: Reveals,
    /// The places whose values may be revealed, within the scopes. If absent, all in the scopes.
    pub reveal_scopes: Option<Vec<Scope>>,
    /// The environments in which every change needs a person.
    pub protected: Vec<String>,
    /// Whether changes may be made now.
    pub writes: Writes,
    /// Whether a write identity is configured.
    pub write_identity: bool,
    /// The most changes of one plan.
    pub max_changes: u32,
    /// A plan of more changes than this needs the confirmation phrase.
    pub acknowledge_above: u32,
    /// Whether projects and environments may be created, and members invited.
    pub administration: bool,
}
