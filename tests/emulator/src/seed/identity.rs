//! A machine identity of the initial state.

use std::time::Duration;

use super::{OrgRole, PrivilegeSeed, Role};

/// A machine identity in addition to the four that every emulator has.
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
    pub(crate) privileges: Vec<PrivilegeSeed>,
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
            privileges: Vec::new(),
        }
    }

    /// Adds a role in every project.
    #[must_use]
    pub fn role(mut self, role: Role) -> Self {
        self.role = Some(role);
        self
    }

    /// Adds an additional privilege in every project. The identity needs a role there.
    #[must_use]
    pub fn privilege(mut self, privilege: PrivilegeSeed) -> Self {
        self.privileges.push(privilege);
        self
    }

    /// Sets the role in the organization. By default, an admin of projects is also an admin of the
    /// organization, and others have no access to it.
    #[must_use]
    pub fn in_organization(mut self, role: OrgRole) -> Self {
        self.org_role = Some(role);
        self
    }

    pub(crate) fn org_role(&self) -> OrgRole {
        let usual = if self.role == Some(Role::Admin) { OrgRole::Admin } else { OrgRole::NoAccess };
        self.org_role.unwrap_or(usual)
    }

    /// Sets the TTL of its access tokens.
    #[must_use]
    pub fn token_ttl(mut self, ttl: Duration) -> Self {
        self.token_ttl = Some(ttl);
        self
    }

    /// Sets the maximum TTL of its access tokens.
    #[must_use]
    pub fn token_max_ttl(mut self, ttl: Duration) -> Self {
        self.token_max_ttl = Some(ttl);
        self
    }

    /// Limits the uses of an access token. 0 means no limit.
    #[must_use]
    pub fn token_uses_limit(mut self, uses: u32) -> Self {
        self.token_uses_limit = uses;
        self
    }

    /// Limits the logins with the client secret. 0 means no limit.
    #[must_use]
    pub fn client_secret_uses_limit(mut self, uses: u32) -> Self {
        self.client_secret_uses_limit = uses;
        self
    }

    /// Sets the lifetime of the client secret. Zero means that it never expires.
    #[must_use]
    pub fn client_secret_ttl(mut self, ttl: Duration) -> Self {
        self.client_secret_ttl = Some(ttl);
        self
    }
}
