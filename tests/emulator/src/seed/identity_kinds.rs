//! Identities for tests: some with least privilege, some with excessive permissions.

use super::{IdentitySeed, OrgRole, PermissionSeed, PrivilegeSeed, Role};

/// The write actions on secrets and folders.
const WRITES: [&str; 3] = ["create", "edit", "delete"];

fn no_values() -> PermissionSeed {
    PermissionSeed::deny("secrets", &["readValue"])
}

impl IdentitySeed {
    fn of_kind(name: &str, role: Role, permissions: Vec<PermissionSeed>) -> Self {
        let privilege = permissions.into_iter().fold(PrivilegeSeed::new(name), PrivilegeSeed::permission);
        Self::new(name).role(role).privilege(privilege)
    }

    /// A viewer that can't read values (`viewer-minus` in the recordings).
    #[must_use]
    pub fn viewer_without_values(name: &str) -> Self {
        Self::of_kind(name, Role::Viewer, vec![no_values()])
    }

    /// A member that can't read values but can remove that limit (`member-minus`).
    #[must_use]
    pub fn member_without_values(name: &str) -> Self {
        Self::of_kind(name, Role::Member, vec![no_values()])
    }

    /// Role no-access, and a privilege to describe secrets (`describer`).
    #[must_use]
    pub fn describer(name: &str) -> Self {
        Self::of_kind(name, Role::NoAccess, vec![PermissionSeed::grant("secrets", &["describeSecret"])])
    }

    /// A viewer with a privilege to write secrets, which its role doesn't show.
    #[must_use]
    pub fn writing_viewer(name: &str) -> Self {
        Self::of_kind(name, Role::Viewer, vec![PermissionSeed::grant("secrets", &WRITES)])
    }

    /// Role no-access, and a privilege to write secrets and folders everywhere. It can't read
    /// secrets.
    #[must_use]
    pub fn blind_writer(name: &str) -> Self {
        let permissions = ["secrets", "secret-folders"].map(|subject| PermissionSeed::grant(subject, &WRITES));
        Self::of_kind(name, Role::NoAccess, permissions.to_vec())
    }

    /// A member that can't read values or change identities, so it can't remove its limits
    /// (`tied-writer`).
    #[must_use]
    pub fn tied_writer(name: &str) -> Self {
        Self::of_kind(name, Role::Member, vec![no_values(), PermissionSeed::deny("identity", &WRITES)])
    }

    /// An administrator of the organization that is a member of no project.
    #[must_use]
    pub fn organization_admin(name: &str) -> Self {
        Self::new(name).in_organization(OrgRole::Admin)
    }

    /// A reader with least privilege: it describes secrets and reads imports, tags and audit logs.
    /// Add [`PrivilegeSeed::reading_identities`] to let it read permission audits.
    #[must_use]
    pub fn minimal_reader(name: &str) -> Self {
        let mut permissions = vec![PermissionSeed::grant("secrets", &["describeSecret"])];
        permissions
            .extend(["secret-imports", "tags", "audit-logs"].map(|subject| PermissionSeed::grant(subject, &["read"])));
        Self::of_kind(name, Role::NoAccess, permissions)
    }

    /// A writer with least privilege: it creates, edits and deletes secrets and folders of an
    /// environment at paths that a glob matches. It can't read secrets.
    #[must_use]
    pub fn minimal_writer(name: &str, environment: &str, glob: &str) -> Self {
        let permissions = ["secrets", "secret-folders"]
            .map(|subject| PermissionSeed::grant(subject, &WRITES).in_environment(environment).at(glob));
        Self::of_kind(name, Role::NoAccess, permissions.to_vec())
    }

    /// An identity with least privilege that reads values of an environment, at paths that a glob
    /// matches.
    #[must_use]
    pub fn minimal_reveal(name: &str, environment: &str, glob: &str) -> Self {
        let reads = PermissionSeed::grant("secrets", &["describeSecret", "readValue"]);
        Self::of_kind(name, Role::NoAccess, vec![reads.in_environment(environment).at(glob)])
    }
}

impl PrivilegeSeed {
    /// Grants `read` on `identity`, limited to these identities: enough for their permission
    /// audits.
    #[must_use]
    pub fn reading_identities(slug: &str, ids: &[&str]) -> Self {
        Self::new(slug).permission(PermissionSeed::grant("identity", &["read"]).of_identities(ids))
    }
}
