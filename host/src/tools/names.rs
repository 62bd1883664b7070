//! The tools by their names: one list, from which everything that names a tool is made.

/// A tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tool {
    ListProjects,
    ListFolders,
    ListSecrets,
    GetSecret,
    ListAuditLogs,
    RevealSecret,
    /// One change, previewed.
    Change(ChangeTool),
    /// Several changes, previewed as one plan.
    ChangeMany,
    ApplyChange,
    DiscardChange,
    SkillStatus,
}

/// A tool that previews one change, and what a change of `change-many` is called.
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
    /// All of them, in the order in which somebody who learns them would want them.
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

    /// What it does, for whoever chooses among the tools. A model reads this.
    pub(super) const fn description(self) -> &'static str {
        match self {
            Self::ListProjects => "Lists the projects and environments that may be seen.",
            Self::ListFolders => "Lists the folders in a folder that this identity may see, 100 a page.",
            Self::ListSecrets => {
                "Lists the secrets in a folder that this identity may see, 100 a page. Values, comments and metadata stay hidden."
            }
            Self::GetSecret => "Shows one secret by its exact name. Its value stays hidden.",
            Self::ListAuditLogs => "Lists what Infisical itself recorded of a project, the newest first.",
            Self::RevealSecret => {
                "Shows one secret with its plain value. Only where nothing else will do: the value enters the conversation, and that is recorded."
            }
            Self::Change(change) => change.description(),
            Self::ChangeMany => {
                "Previews several changes as one plan, applied in this order. Each is an object as the tool of that name takes it, with that name in `change`. Changes nothing."
            }
            Self::ApplyChange => "Applies a plan that was previewed, once. Show the preview to the person first.",
            Self::DiscardChange => "Withdraws a plan that was previewed.",
            Self::SkillStatus => "Says what is allowed now: scopes, whether changes are on, what they need.",
        }
    }

    /// Whether it changes nothing: not in Infisical, and not among the plans.
    pub(super) const fn is_read_only(self) -> bool {
        !matches!(self, Self::ApplyChange | Self::DiscardChange | Self::Change(_) | Self::ChangeMany)
    }

    /// Whether it may take away what can't be got back.
    pub(super) const fn is_destructive(self) -> bool {
        matches!(self, Self::ApplyChange)
    }

    /// Whether to call it twice does no more than to call it once.
    pub(super) const fn is_idempotent(self) -> bool {
        // A plan is applied once and withdrawn once: the second call is refused. A second preview files a second plan.
        self.is_read_only() || matches!(self, Self::ApplyChange | Self::DiscardChange)
    }

    /// Whether it reaches out to the server.
    pub(super) const fn is_open_world(self) -> bool {
        !matches!(self, Self::DiscardChange | Self::SkillStatus)
    }
}

impl ChangeTool {
    /// Those that can be one of many.
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
                "Previews a new secret. Changes nothing: `apply-change` applies the plan that it names. Prefer `generate` to `value`: then nobody sees the value."
            }
            Self::UpdateSecret => "Previews a change of a secret; what is left out stays as it is. Changes nothing.",
            Self::DeleteSecret => "Previews the deletion of a secret. Changes nothing.",
            Self::CreateFolder => "Previews a new folder in the folder `path`. Changes nothing.",
            Self::RenameFolder => "Previews another name for a folder in the folder `path`. Changes nothing.",
            Self::DeleteFolder => {
                "Previews the deletion of a folder in the folder `path`, with all that is in it. Changes nothing."
            }
            Self::CreateProject => "Previews a new project. Changes nothing.",
            Self::CreateEnvironment => "Previews a new environment of a project. Changes nothing.",
            Self::InviteMembers => "Previews the invitation of people into a project. Changes nothing.",
        }
    }

    /// One that can be one of many.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::OF_MANY.into_iter().find(|tool| tool.name() == name)
    }
}

/// The tools' names.
#[expect(clippy::indexing_slicing, reason = "it is reckoned by the compiler, which stops at an index that isn't there")]
pub const NAMES: [&str; Tool::ALL.len()] = {
    let mut names = [""; Tool::ALL.len()];
    let mut at = 0;
    // A constant can't be made with an iterator.
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
