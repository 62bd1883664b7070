//! Identities of the kinds that tests need: what a good one may do, and what a bad one may besides.

use super::{IdentitySeed, OrgRole, PermissionSeed, PrivilegeSeed, Role};

/// What a writer may do to secrets and folders.
const WRITES: [&str; 3] = ["create", "edit", "delete"];

fn no_values() -> PermissionSeed {
    PermissionSeed::deny("secrets", &["readValue"])
}

impl IdentitySeed {
    fn of_kind(name: &str, role: Role, permissions: Vec<PermissionSeed>) -> Self {
        let privilege = permissions.into_iter().fold(PrivilegeSeed::new(name), PrivilegeSeed::permission);
        Self::new(name).role(role).privilege(privilege)
    }

    /// A viewer from whom reading values is taken away (`viewer-minus` of the recordings).
    #[must_use]
    pub fn viewer_without_values(name: &str) -> Self {
        Self::of_kind(name, Role::Viewer, vec![no_values()])
    }

    /// A member from whom reading values is taken away, but who may undo that (`member-minus`).
    #[must_use]
    pub fn member_without_values(name: &str) -> Self {
        Self::of_kind(name, Role::Member, vec![no_values()])
    }

    /// No role, and a privilege to describe secrets (`describer`).
    #[must_use]
    pub fn describer(name: &str) -> Self {
        Self::of_kind(name, Role::NoAccess, vec![PermissionSeed::grant("secrets", &["describeSecret"])])
    }

    /// A viewer whose privilege writes secrets: its role alone doesn't tell.
    #[must_use]
    pub fn writing_viewer(name: &str) -> Self {
        Self::of_kind(name, Role::Viewer, vec![PermissionSeed::grant("secrets", &WRITES)])
    }

    /// No role, and a privilege to write secrets and folders everywhere, without seeing a secret.
    #[must_use]
    pub fn blind_writer(name: &str) -> Self {
        let permissions = ["secrets", "secret-folders"].map(|subject| PermissionSeed::grant(subject, &WRITES));
        Self::of_kind(name, Role::NoAccess, permissions.to_vec())
    }

    /// A member who reads no values and may not touch identities, so that it can't undo that (`tied-writer`).
    #[must_use]
    pub fn tied_writer(name: &str) -> Self {
        Self::of_kind(name, Role::Member, vec![no_values(), PermissionSeed::deny("identity", &WRITES)])
    }

    /// An administrator of the organization, a member of no project.
    #[must_use]
    pub fn organization_admin(name: &str) -> Self {
        Self::new(name).in_organization(OrgRole::Admin)
    }

    /// The smallest reader: describes secrets and reads imports, tags and audit logs. With
    /// [`PrivilegeSeed::reading_identities`] it can also ask what it and others may do.
    #[must_use]
    pub fn minimal_reader(name: &str) -> Self {
        let mut permissions = vec![PermissionSeed::grant("secrets", &["describeSecret"])];
        permissions
            .extend(["secret-imports", "tags", "audit-logs"].map(|subject| PermissionSeed::grant(subject, &["read"])));
        Self::of_kind(name, Role::NoAccess, permissions)
    }

    /// The smallest writer: creates, changes and deletes secrets and folders of an environment at a glob, and sees none.
    #[must_use]
    pub fn minimal_writer(name: &str, environment: &str, glob: &str) -> Self {
        let permissions = ["secrets", "secret-folders"]
            .map(|subject| PermissionSeed::grant(subject, &WRITES).in_environment(environment).at(glob));
        Self::of_kind(name, Role::NoAccess, permissions.to_vec())
    }

    /// The smallest identity that reveals values: of an environment, at a glob.
    #[must_use]
    pub fn minimal_reveal(name: &str, environment: &str, glob: &str) -> Self {
        let reads = PermissionSeed::grant("secrets", &["describeSecret", "readValue"]);
        Self::of_kind(name, Role::NoAccess, vec![reads.in_environment(environment).at(glob)])
    }
}

impl PrivilegeSeed {
    /// Lets an identity ask what these identities may do: `read` on `identity`, limited to their ids.
    #[must_use]
    pub fn reading_identities(slug: &str, ids: &[&str]) -> Self {
        Self::new(slug).permission(PermissionSeed::grant("identity", &["read"]).of_identities(ids))
    }
}
