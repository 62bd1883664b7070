//! What an emulator starts with.

mod audit_log;
mod demo;

use std::time::Duration;

pub use audit_log::AuditLogSeed;

/// A built-in role of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Reads, values included.
    Viewer,
    /// Reads and writes.
    Member,
    /// Everything.
    Admin,
    /// A member who may do nothing.
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
    /// Nothing.
    NoAccess,
    /// May create projects.
    Member,
    /// May create projects, bring in users and change identities.
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

/// A secret to start with, or to put in from outside.
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
    /// A secret with a value and nothing else.
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

    /// With a comment.
    #[must_use]
    pub fn comment(mut self, comment: &str) -> Self {
        self.comment = comment.to_owned();
        self
    }

    /// With an entry of metadata; shown by a current server only.
    #[must_use]
    pub fn metadata(mut self, key: &str, value: &str) -> Self {
        self.metadata.push((key.to_owned(), value.to_owned()));
        self
    }

    /// With a tag, created where the project has none of that slug.
    #[must_use]
    pub fn tag(mut self, slug: &str) -> Self {
        self.tags.push(slug.to_owned());
        self
    }

    /// With a reminder note.
    #[must_use]
    pub fn reminder_note(mut self, note: &str) -> Self {
        self.reminder_note = Some(note.to_owned());
        self
    }
}

/// A project to start with.
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

    /// With one more environment.
    #[must_use]
    pub fn environment(mut self, slug: &str, name: &str) -> Self {
        self.environments.push((slug.to_owned(), name.to_owned()));
        self
    }

    /// With a folder and its parents.
    #[must_use]
    pub fn folder(mut self, environment: &str, path: &str) -> Self {
        self.folders.push((environment.to_owned(), path.to_owned()));
        self
    }

    /// With a secret; its folder is created where it is missing.
    #[must_use]
    pub fn secret(mut self, environment: &str, path: &str, secret: SecretSeed) -> Self {
        self.secrets.push((environment.to_owned(), path.to_owned(), secret));
        self
    }

    /// With an import into `path` of `environment` of what is at `from_path` of `from_environment`.
    #[must_use]
    pub fn import(mut self, environment: &str, path: &str, from_environment: &str, from_path: &str) -> Self {
        self.imports.push((environment.to_owned(), path.to_owned(), from_environment.to_owned(), from_path.to_owned()));
        self
    }
}

/// A machine identity beside the four that every emulator has.
#[derive(Debug, Clone)]
pub struct IdentitySeed {
    pub(crate) name: String,
    pub(crate) role: Option<Role>,
    org_role: Option<OrgRole>,
    pub(crate) token_ttl: Option<Duration>,
    pub(crate) token_max_ttl: Option<Duration>,
    pub(crate) token_uses_limit: u32,
    pub(crate) client_secret_uses_limit: u32,
    pub(crate) client_secret_ttl: Option<Duration>,
}

impl IdentitySeed {
    /// An identity that is a member of no project.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            role: None,
            org_role: None,
            token_ttl: None,
            token_max_ttl: None,
            token_uses_limit: 0,
            client_secret_uses_limit: 0,
            client_secret_ttl: None,
        }
    }

    /// With a role in every project.
    #[must_use]
    pub fn role(mut self, role: Role) -> Self {
        self.role = Some(role);
        self
    }

    /// With this role in the organization. Without one, an admin of projects is an admin of the organization too, and
    /// others have no access to it.
    #[must_use]
    pub fn in_organization(mut self, role: OrgRole) -> Self {
        self.org_role = Some(role);
        self
    }

    pub(crate) fn org_role(&self) -> OrgRole {
        let usual = if self.role == Some(Role::Admin) { OrgRole::Admin } else { OrgRole::NoAccess };
        self.org_role.unwrap_or(usual)
    }

    /// With a TTL of its own for its access tokens.
    #[must_use]
    pub fn token_ttl(mut self, ttl: Duration) -> Self {
        self.token_ttl = Some(ttl);
        self
    }

    /// With a maximum TTL of its own for its access tokens.
    #[must_use]
    pub fn token_max_ttl(mut self, ttl: Duration) -> Self {
        self.token_max_ttl = Some(ttl);
        self
    }

    /// An access token works so many times only; 0 is no limit.
    #[must_use]
    pub fn token_uses_limit(mut self, uses: u32) -> Self {
        self.token_uses_limit = uses;
        self
    }

    /// The client secret logs in so many times only; 0 is no limit.
    #[must_use]
    pub fn client_secret_uses_limit(mut self, uses: u32) -> Self {
        self.client_secret_uses_limit = uses;
        self
    }

    /// The client secret expires after this; zero is never.
    #[must_use]
    pub fn client_secret_ttl(mut self, ttl: Duration) -> Self {
        self.client_secret_ttl = Some(ttl);
        self
    }
}

/// What an emulator starts with. The first project is the one that `Emulator`'s own methods act on.
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

    /// Two projects with folders and secrets whose values all hold `canary-value-`, and whose comments, notes and
    /// metadata values all hold `canary-comment-`, `canary-note-` and `canary-metadata-`; and two users,
    /// `dana@example.com` and `lee@example.com`.
    #[must_use]
    pub fn demo() -> Self {
        demo::seed()
    }

    /// With one more project.
    #[must_use]
    pub fn project(mut self, project: ProjectSeed) -> Self {
        self.projects.push(project);
        self
    }

    /// With one more identity.
    #[must_use]
    pub fn identity(mut self, identity: IdentitySeed) -> Self {
        self.identities.push(identity);
        self
    }

    /// With one more user of the organization, a member of no project.
    #[must_use]
    pub fn user(mut self, email: &str) -> Self {
        self.users.push(email.to_owned());
        self
    }
}
