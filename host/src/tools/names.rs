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
}

impl Tool {
    /// All of them, in the order in which somebody who learns them would want them.
    pub(super) const ALL: [Self; 16] = [
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
}

impl ChangeTool {
    pub(super) const ALL: [Self; 6] = [
        Self::CreateSecret,
        Self::UpdateSecret,
        Self::DeleteSecret,
        Self::CreateFolder,
        Self::RenameFolder,
        Self::DeleteFolder,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::CreateSecret => "create-secret",
            Self::UpdateSecret => "update-secret",
            Self::DeleteSecret => "delete-secret",
            Self::CreateFolder => "create-folder",
            Self::RenameFolder => "rename-folder",
            Self::DeleteFolder => "delete-folder",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.name() == name)
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
