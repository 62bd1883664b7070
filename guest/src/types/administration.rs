//! Changes beside secrets and folders: what is asked for.

/// A project to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectCreation {
    /// What people call it.
    pub name: String,
    /// Its slug.
    pub slug: String,
}

/// An environment to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentCreation {
    /// The project's id or slug; the operator's default if absent.
    pub project: Option<String>,
    /// What people call it.
    pub name: String,
    /// Its slug.
    pub slug: String,
}

/// People to invite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The project's id or slug; the operator's default if absent.
    pub project: Option<String>,
    /// Their addresses.
    pub emails: Vec<String>,
    /// The slugs of the roles that they get; `member` if there are none.
    pub roles: Vec<String>,
}

/// One change beside secrets and folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Administration {
    /// A new project.
    CreateProject(ProjectCreation),
    /// A new environment.
    CreateEnvironment(EnvironmentCreation),
    /// People get into a project.
    InviteMembers(Invitation),
}
