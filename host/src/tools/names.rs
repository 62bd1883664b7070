//! The list of tools. Everything that names a tool uses it.

/// A tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tool {
    ListProjects,
    ListFolders,
    ListSecrets,
    GetSecret,
    ListAuditLogs,
    RevealSecret,
    /// Previews one change.
    Change(ChangeTool),
    /// Previews several changes as one plan.
    ChangeMany,
    ApplyChange,
    DiscardChange,
    SkillStatus,
}

/// A tool that previews one change, and the kind of a change in `change-many`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChangeTool {
    CreateSecret,
    UpdateSecret,
    DeleteSecret,
    CreateFolder,
    RenameFolder,
    DeleteFolder,
    CreateProject,
    CreateEnvironment,
    InviteMembers,
}

impl Tool {
    /// All tools, in the order in which they are best learned.
    pub(super) const ALL: [Self; 19] = [
        Self::ListProjects,
        Self::ListFolders,
        Self::ListSecrets,
        Self::GetSecret,
        Self::ListAuditLogs,
        Self::RevealSecret,
        Self::Change(ChangeTool::CreateSecret),
        Self::Change(ChangeTool::UpdateSecret),
        Self::Change(ChangeTool::DeleteSecret),
        Self::Change(ChangeTool::CreateFolder),
        Self::Change(ChangeTool::RenameFolder),
        Self::Change(ChangeTool::DeleteFolder),
        Self::Change(ChangeTool::CreateProject),
        Self::Change(ChangeTool::CreateEnvironment),
        Self::Change(ChangeTool::InviteMembers),
        Self::ChangeMany,
        Self::ApplyChange,
        Self::DiscardChange,
        Self::SkillStatus,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::ListProjects => "list-projects",
            Self::ListFolders => "list-folders",
            Self::ListSecrets => "list-secrets",
            Self::GetSecret => "get-secret",
            Self::ListAuditLogs => "list-audit-logs",
            Self::RevealSecret => "reveal-secret",
            Self::Change(change) => change.name(),
            Self::ChangeMany => "change-many",
            Self::ApplyChange => "apply-change",
            Self::DiscardChange => "discard-change",
            Self::SkillStatus => "skill-status",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.name() == name)
    }

    /// The description by which a model chooses among the tools.
    pub(super) const fn description(self) -> &'static str {
        match self {
            Self::ListProjects => "Lists the visible projects and environments.",
            Self::ListFolders => "Lists the folders in a folder that this identity may see, 100 a page.",
            Self::ListSecrets => {
                "Lists the secrets in a folder that this identity may see, 100 a page. Values, comments and metadata stay hidden."
            }
            Self::GetSecret => "Shows one secret by its exact name. Its value stays hidden.",
            Self::ListAuditLogs => "Lists Infisical's own audit log of a project, newest first.",
            Self::RevealSecret => {
                "Shows one secret with its plain value. Use it only if nothing else works: the value enters the conversation, and that is recorded."
            }
            Self::Change(change) => change.description(),
            Self::ChangeMany => {
                "Previews several changes as one plan, applied in this order. Each is an object with the arguments of its tool, and that tool's name in `change`. Changes nothing."
            }
            Self::ApplyChange => "Applies a previewed plan, once. Show the preview to the person first.",
            Self::DiscardChange => "Withdraws a previewed plan.",
            Self::SkillStatus => "Says what is allowed now: scopes, whether changes are on, and what they need.",
        }
    }

    /// Whether it changes neither Infisical nor the filed plans.
    pub(super) const fn is_read_only(self) -> bool {
        !matches!(self, Self::ApplyChange | Self::DiscardChange | Self::Change(_) | Self::ChangeMany)
    }

    /// Whether it may delete what can't be restored.
    pub(super) const fn is_destructive(self) -> bool {
        matches!(self, Self::ApplyChange)
    }

    /// Whether calling it twice has the same effect as calling it once.
    pub(super) const fn is_idempotent(self) -> bool {
        // A plan is applied or discarded once, and a second call is refused. But a second preview
        // files a second plan.
        self.is_read_only() || matches!(self, Self::ApplyChange | Self::DiscardChange)
    }

    /// Whether it sends requests to the server.
    pub(super) const fn is_open_world(self) -> bool {
        !matches!(self, Self::DiscardChange | Self::SkillStatus)
    }
}

impl ChangeTool {
    /// The tools whose changes `change-many` accepts.
    pub(super) const OF_MANY: [Self; 6] = [
        Self::CreateSecret,
        Self::UpdateSecret,
        Self::DeleteSecret,
        Self::CreateFolder,
        Self::RenameFolder,
        Self::DeleteFolder,
    ];

    /// Whether it is of projects, environments or members.
    pub(super) const fn is_administrative(self) -> bool {
        matches!(self, Self::CreateProject | Self::CreateEnvironment | Self::InviteMembers)
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::CreateSecret => "create-secret",
            Self::UpdateSecret => "update-secret",
            Self::DeleteSecret => "delete-secret",
            Self::CreateFolder => "create-folder",
            Self::RenameFolder => "rename-folder",
            Self::DeleteFolder => "delete-folder",
            Self::CreateProject => "create-project",
            Self::CreateEnvironment => "create-environment",
            Self::InviteMembers => "invite-members",
        }
    }

    const fn description(self) -> &'static str {
        match self {
            Self::CreateSecret => {
                "Previews a new secret. Changes nothing: `apply-change` applies the plan that it returns. Prefer `generate` to `value`: then nobody sees the value."
            }
            Self::UpdateSecret => "Previews a change of a secret; omitted fields stay unchanged. Changes nothing.",
            Self::DeleteSecret => "Previews the deletion of a secret. Changes nothing.",
            Self::CreateFolder => "Previews a new folder in the folder `path`. Changes nothing.",
            Self::RenameFolder => "Previews renaming a folder in the folder `path`. Changes nothing.",
            Self::DeleteFolder => {
                "Previews the deletion of a folder in the folder `path`, with everything in it. Changes nothing."
            }
            Self::CreateProject => "Previews a new project. Changes nothing.",
            Self::CreateEnvironment => "Previews a new environment of a project. Changes nothing.",
            Self::InviteMembers => "Previews inviting people to a project. Changes nothing.",
        }
    }

    /// The tool with this name, if `change-many` accepts its changes.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::OF_MANY.into_iter().find(|tool| tool.name() == name)
    }
}

/// The names of all tools.
#[expect(clippy::indexing_slicing, reason = "evaluated at compile time, so an index out of bounds is a compile error")]
pub const NAMES: [&str; Tool::ALL.len()] = {
    let mut names = [""; Tool::ALL.len()];
    let mut at = 0;
    // Iterators can't be used in constants.
    while at < names.len() {
        names[at] = Tool::ALL[at].name();
        at += 1;
    }
    names
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tool_has_a_name_of_its_own() {
        for (at, name) in NAMES.iter().enumerate() {
            assert_eq!(NAMES.iter().position(|other| other == name), Some(at), "{name}");
            assert_eq!(Tool::named(name).map(Tool::name), Some(*name));
        }
        assert_eq!((Tool::named("approve-plan"), Tool::named("")), (None, None), "a person's matter is no tool");
    }
}
