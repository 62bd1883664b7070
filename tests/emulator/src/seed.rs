//! The initial state of an emulator.

mod audit_log;
mod demo;
mod identity;
mod identity_kinds;
mod privilege;

pub use audit_log::AuditLogSeed;
pub use identity::IdentitySeed;
pub use privilege::{PermissionSeed, PrivilegeSeed};

/// A built-in role of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Reads, including values.
    Viewer,
    /// Reads and writes.
    Member,
    /// All permissions.
    Admin,
    /// A member without permissions.
    NoAccess,
}

impl Role {
    /// The role's slug in the API.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Admin => "admin",
            Self::NoAccess => "no-access",
        }
    }
}

/// A role in the organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrgRole {
    /// No permissions.
    NoAccess,
    /// May create projects.
    Member,
    /// May create projects, add users and change identities.
    Admin,
}

impl OrgRole {
    /// The role's slug in the API.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::NoAccess => "no-access",
            Self::Member => "member",
            Self::Admin => "admin",
        }
    }
}

/// A secret of the initial state, or one that a test inserts.
#[derive(Debug, Clone)]
pub struct SecretSeed {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) comment: String,
    pub(crate) metadata: Vec<(String, String)>,
    pub(crate) tags: Vec<String>,
    pub(crate) reminder_note: Option<String>,
}

impl SecretSeed {
    /// A secret with only a value.
    #[must_use]
    pub fn new(name: &str, value: &str) -> Self {
        Self {
            name: name.to_owned(),
            value: value.to_owned(),
            comment: String::new(),
            metadata: Vec::new(),
            tags: Vec::new(),
            reminder_note: None,
        }
    }

    /// Adds a comment.
    #[must_use]
    pub fn comment(mut self, comment: &str) -> Self {
        self.comment = comment.to_owned();
        self
    }

    /// Adds an entry of metadata. Only a current server shows it.
    #[must_use]
    pub fn metadata(mut self, key: &str, value: &str) -> Self {
        self.metadata.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Adds a tag, which is created if the project has none with that slug.
    #[must_use]
    pub fn tag(mut self, slug: &str) -> Self {
        self.tags.push(slug.to_owned());
        self
    }

    /// Adds a reminder note.
    #[must_use]
    pub fn reminder_note(mut self, note: &str) -> Self {
        self.reminder_note = Some(note.to_owned());
        self
    }
}

/// A project of the initial state.
#[derive(Debug, Clone)]
pub struct ProjectSeed {
    pub(crate) name: String,
    pub(crate) slug: String,
    pub(crate) environments: Vec<(String, String)>,
    pub(crate) folders: Vec<(String, String)>,
    pub(crate) secrets: Vec<(String, String, SecretSeed)>,
    pub(crate) imports: Vec<(String, String, String, String)>,
}

impl ProjectSeed {
    /// A project with the environments `dev`, `staging` and `prod`.
    #[must_use]
    pub fn new(name: &str, slug: &str) -> Self {
        let environments = [("dev", "Development"), ("staging", "Staging"), ("prod", "Production")];
        Self {
            name: name.to_owned(),
            slug: slug.to_owned(),
            environments: environments.map(|(slug, name)| (slug.to_owned(), name.to_owned())).to_vec(),
            folders: Vec::new(),
            secrets: Vec::new(),
            imports: Vec::new(),
        }
    }

    /// Adds an environment.
    #[must_use]
    pub fn environment(mut self, slug: &str, name: &str) -> Self {
        self.environments.push((slug.to_owned(), name.to_owned()));
        self
    }

    /// Adds a folder and its parents.
    #[must_use]
    pub fn folder(mut self, environment: &str, path: &str) -> Self {
        self.folders.push((environment.to_owned(), path.to_owned()));
        self
    }

    /// Adds a secret. Its folder is created if needed.
    #[must_use]
    pub fn secret(mut self, environment: &str, path: &str, secret: SecretSeed) -> Self {
        self.secrets.push((environment.to_owned(), path.to_owned(), secret));
        self
    }

    /// Adds an import into `path` of `environment` from `from_path` of `from_environment`.
    #[must_use]
    pub fn import(mut self, environment: &str, path: &str, from_environment: &str, from_path: &str) -> Self {
        self.imports.push((environment.to_owned(), path.to_owned(), from_environment.to_owned(), from_path.to_owned()));
        self
    }
}

/// The initial state. Methods of `Emulator` without a project act on the first one.
#[derive(Debug, Clone, Default)]
pub struct Seed {
    pub(crate) projects: Vec<ProjectSeed>,
    pub(crate) identities: Vec<IdentitySeed>,
    pub(crate) users: Vec<String>,
}

impl Seed {
    /// One empty project, "Agent Vault".
    #[must_use]
    pub fn empty() -> Self {
        Self::default().project(ProjectSeed::new("Agent Vault", "agent-vault"))
    }

    /// Two projects and two users, `dana@example.com` and `lee@example.com`. All secret values
    /// contain `canary-value-`. All comments, notes and metadata values contain `canary-comment-`,
    /// `canary-note-` and `canary-metadata-`.
    #[must_use]
    pub fn demo() -> Self {
        demo::seed()
    }

    /// Adds a project.
    #[must_use]
    pub fn project(mut self, project: ProjectSeed) -> Self {
        self.projects.push(project);
        self
    }

    /// Adds an identity.
    #[must_use]
    pub fn identity(mut self, identity: IdentitySeed) -> Self {
        self.identities.push(identity);
        self
    }

    /// Adds a user of the organization who is a member of no project.
    #[must_use]
    pub fn user(mut self, email: &str) -> Self {
        self.users.push(email.to_owned());
        self
    }
}
