//! Arguments, results and policy: the records of `wit/`, one to one, as plain Rust.

mod administration;
mod changes;

pub use administration::{Administration, EnvironmentCreation, Invitation, ProjectCreation};
pub use changes::{
    BlastRadius, Change, Effect, FolderRename, Outcome, Preview, Receipt, Recipe, SecretCreation, SecretUpdate, State,
    Step, Target, Value,
};

use std::fmt;

/// Where something is. What is absent comes from the operator's defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// A project's id or slug.
    pub project: Option<String>,
    /// An environment's slug.
    pub environment: Option<String>,
    /// A folder's path.
    pub path: Option<String>,
}

/// A place with nothing left to default.
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
    /// What requests name it by.
    pub slug: String,
    /// What people call it.
    pub name: String,
}

/// One project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// What requests name it by.
    pub id: String,
    /// Its short name in URLs.
    pub slug: String,
    /// What people call it.
    pub name: String,
    /// Its environments, those in scope only.
    pub environments: Vec<Environment>,
}

/// One folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// The server's id for it.
    pub id: String,
    /// Its last path segment.
    pub name: String,
    /// Its whole path, with its own name.
    pub path: String,
    /// When it last changed, RFC 3339.
    pub updated_at: Option<String>,
}

/// Who changed something last, as far as the server tells.
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
    /// The server's id for it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The folder it is in.
    pub path: String,
    /// The environment's slug.
    pub environment: String,
    /// Counts up with every change.
    pub version: u32,
    /// Whether a comment is stored with it.
    pub has_comment: bool,
    /// Whether metadata, or a reminder note, are stored with it.
    pub has_metadata: bool,
    /// The slugs of its tags.
    pub tags: Vec<String>,
    /// When it was made, RFC 3339.
    pub created_at: Option<String>,
    /// When it last changed, RFC 3339.
    pub updated_at: Option<String>,
    /// Who changed it last.
    pub updated_by: Option<Actor>,
}

/// A secret with its value.
#[derive(Clone, PartialEq, Eq)]
pub struct RevealedSecret {
    /// What may be shown of it without revealing it too.
    pub secret: Secret,
    /// The value as it is stored.
    pub value: String,
}

/// Shows everything but the value.
impl fmt::Debug for RevealedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevealedSecret").field("secret", &self.secret).finish_non_exhaustive()
    }
}

/// Which secrets a listing keeps. All conditions must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecretFilter {
    /// Also look in the folders below.
    pub recursive: bool,
    /// Keep names that contain this, whatever the letters' case.
    pub name_contains: Option<String>,
    /// Keep secrets with at least one of these tags (slugs). Empty keeps all.
    pub tags: Vec<String>,
}

/// A folder listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderListing {
    /// Where was looked.
    pub place: ResolvedPlace,
    /// What is there.
    pub folders: Vec<Folder>,
}

/// A secret listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretListing {
    /// Where was looked.
    pub place: ResolvedPlace,
    /// What is there.
    pub secrets: Vec<Secret>,
}

/// Which entries of Infisical's own audit log are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditLogFilter {
    /// The project: id or slug.
    pub project: Option<String>,
    /// Only these kinds of event. Empty: all.
    pub events: Vec<String>,
    /// Only of the actor with this name or id.
    pub actor: Option<String>,
    /// From this time on, as `2026-11-23T07:00:00.000Z`.
    pub since: String,
    /// Before this time.
    pub until: Option<String>,
    /// How many of the newest to skip.
    pub offset: u32,
    /// How many to look at: 1 to 200.
    pub limit: u32,
}

/// An entry of Infisical's own audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLog {
    /// The server's id for it.
    pub id: String,
    /// When it happened, RFC 3339.
    pub time: String,
    /// What happened, in Infisical's words.
    pub event: String,
    /// Who did it.
    pub actor: Actor,
    /// The environment that it was about.
    pub environment: Option<String>,
    /// The folder that it was about.
    pub path: Option<String>,
    /// The secret or folder that it was about.
    pub name: Option<String>,
    /// From which address it came.
    pub ip_address: Option<String>,
}

/// Entries of Infisical's own audit log, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLogPage {
    /// The project's id.
    pub project: String,
    /// The entries.
    pub logs: Vec<AuditLog>,
    /// The offset at which there may be more.
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
    /// Plain text.
    Http,
    /// TLS.
    Https,
}

/// The one server that requests may go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Its scheme.
    pub scheme: Scheme,
    /// Its host and, unless it is the scheme's own, port.
    pub authority: String,
}

/// One allowance: everything in it must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The project's id.
    pub project: String,
    /// Environment slugs; none means every environment.
    pub environments: Vec<String>,
    /// Paths that are allowed with all below them; none means every path.
    pub paths: Vec<String>,
}

/// The kill switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writes {
    /// The configuration forbids changes.
    Never,
    /// They are off until the operator turns them on.
    Off,
    /// They are on, for a limited time.
    On,
}

/// The switch of plain values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reveals {
    /// The configuration forbids showing them.
    Never,
    /// They are hidden until the operator turns the switch on.
    Off,
    /// They may be shown, for a limited time.
    On,
}

/// What the operator decided, for this call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The server.
    pub origin: Origin,
    /// The organization's id.
    pub organization: Option<String>,
    /// The project that is meant when none is named: id or slug.
    pub project: Option<String>,
    /// The environment that is meant when none is named.
    pub environment: Option<String>,
    /// The path that is meant when none is named. `/` if absent.
    pub path: Option<String>,
    /// Where the skill may look. Absent: wherever the identity may. Empty: nowhere.
    pub scopes: Option<Vec<Scope>>,
    /// Whether plain values may be shown now.
    pub reveal: Reveals,
    /// Where plain values may be shown, within the scopes. Absent: wherever the skill may look.
    pub reveal_scopes: Option<Vec<Scope>>,
    /// The environments in which every change needs a person.
    pub protected: Vec<String>,
    /// Whether changes may be made now.
    pub writes: Writes,
    /// Whether there is an identity that could make them.
    pub write_identity: bool,
    /// How many changes one plan may have.
    pub max_changes: u32,
    /// A plan of more changes than this needs an acknowledgement of its own.
    pub acknowledge_above: u32,
    /// Whether projects, environments and members may be administered.
    pub administration: bool,
}
