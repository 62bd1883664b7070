//! Requested administrative changes.

/// A project to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectCreation {
    /// The display name.
    pub name: String,
    /// The slug: 5 to 36 of `a-z 0-9 -`.
    pub slug: String,
}

/// An environment to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentCreation {
    /// The project's id or slug. If absent, the operator's default.
    pub project: Option<String>,
    /// The display name.
    pub name: String,
    /// The slug: 1 to 64 of `a-z 0-9 -`.
    pub slug: String,
}

/// People to invite to a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The project's id or slug. If absent, the operator's default.
    pub project: Option<String>,
    /// Their email addresses: 1 to 20.
    pub emails: Vec<String>,
    /// The slugs of their roles. An empty list means `member`. An older server knows no other role.
    pub roles: Vec<String>,
}

/// One administrative change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Administration {
    /// Creates a project.
    CreateProject(ProjectCreation),
    /// Creates an environment.
    CreateEnvironment(EnvironmentCreation),
    /// Invites people to a project.
    InviteMembers(Invitation),
}
