//! Machine identities, their client secrets and access tokens.

use crate::seed::OrgRole;

use super::clock::Millis;

/// A Universal Auth client secret.
#[derive(Debug, Clone)]
pub(crate) struct ClientSecret {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) uses: u32,
    /// 0 for no limit.
    pub(crate) uses_limit: u32,
    pub(crate) revoked: bool,
}

/// A machine identity.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) org_role: OrgRole,
    pub(crate) client_id: String,
    pub(crate) client_secrets: Vec<ClientSecret>,
    pub(crate) token_ttl: Millis,
    pub(crate) token_max_ttl: Millis,
    /// 0 for no limit.
    pub(crate) token_uses_limit: u32,
    pub(crate) failed_logins: u32,
    pub(crate) locked_until: Millis,
    pub(crate) created: Millis,
    pub(crate) updated: Millis,
}

/// The server's row behind an access token.
#[derive(Debug, Clone)]
pub(crate) struct AccessToken {
    pub(crate) id: String,
    pub(crate) identity_id: String,
    pub(crate) client_secret_id: String,
    pub(crate) ttl: Millis,
    pub(crate) max_ttl: Millis,
    pub(crate) uses: u32,
    pub(crate) uses_limit: u32,
    pub(crate) created: Millis,
    pub(crate) renewed: Option<Millis>,
}

impl AccessToken {
    /// True once the TTL since login or the last renewal has passed.
    pub(crate) fn is_past_ttl(&self, now: Millis) -> bool {
        self.ttl > 0 && now > self.renewed.unwrap_or(self.created).saturating_add(self.ttl)
    }
}
