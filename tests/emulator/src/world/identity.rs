//! Machine identities and their access tokens.

use serde_json::Value;

use crate::ApiVersion;
use crate::seed::OrgRole;

use super::World;
use super::auth_method::{AuthMethod, ClientSecret, Method, Settings, UniversalAuth};
use super::clock::Millis;

/// A machine identity.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) org_role: OrgRole,
    /// The id of its organization membership.
    pub(crate) org_membership_id: String,
    /// The project that it belongs to. `None` for an identity of the organization.
    pub(crate) project_id: Option<String>,
    pub(crate) has_delete_protection: bool,
    /// Keys and values of the metadata.
    pub(crate) metadata: Vec<(String, String)>,
    /// Its login methods, each at most once, in the order in which they were added.
    pub(crate) methods: Vec<AuthMethod>,
    pub(crate) last_login: Option<(Method, Millis)>,
    pub(crate) created: Millis,
    pub(crate) updated: Millis,
}

impl Identity {
    pub(crate) fn method(&self, method: Method) -> Option<&AuthMethod> {
        self.methods.iter().find(|held| held.method() == method)
    }

    pub(crate) fn method_mut(&mut self, method: Method) -> Option<&mut AuthMethod> {
        self.methods.iter_mut().find(|held| held.method() == method)
    }

    pub(crate) fn universal(&self) -> Option<&UniversalAuth> {
        self.methods.iter().find_map(|held| match &held.settings {
            Settings::Universal(universal) => Some(universal),
            _ => None,
        })
    }

    pub(crate) fn universal_mut(&mut self) -> Option<&mut UniversalAuth> {
        self.methods.iter_mut().find_map(|held| match &mut held.settings {
            Settings::Universal(universal) => Some(universal),
            _ => None,
        })
    }

    /// The names of its methods: `authMethods`.
    pub(crate) fn method_names(&self) -> Vec<&'static str> {
        self.methods.iter().map(|held| held.method().name()).collect()
    }

    /// The names of its currently locked methods: `activeLockoutAuthMethods`.
    pub(crate) fn locked_methods(&self, now: Millis) -> Vec<&'static str> {
        let is_locked = self.universal().is_some_and(|universal| universal.lockout.is_locked(now));
        if is_locked { vec![Method::Universal.name()] } else { Vec::new() }
    }
}

/// Why an access token ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Revocation {
    Token,
    ClientSecret,
    Method,
}

/// The server's row behind an access token.
#[derive(Debug, Clone)]
pub(crate) struct AccessToken {
    pub(crate) id: String,
    pub(crate) identity_id: String,
    /// The identity's name at login.
    pub(crate) identity_name: String,
    pub(crate) method: Method,
    /// The name of a token that an operator created by Token Auth.
    pub(crate) name: Option<String>,
    /// Empty for every login method but Universal Auth.
    pub(crate) client_secret_id: String,
    pub(crate) ttl: Millis,
    pub(crate) max_ttl: Millis,
    pub(crate) period: Millis,
    pub(crate) uses: u32,
    pub(crate) uses_limit: u32,
    /// The claim `identityAuth`: what the login recorded about the caller.
    pub(crate) identity_auth: Value,
    pub(crate) revoked: Option<Revocation>,
    pub(crate) created: Millis,
    pub(crate) renewed: Option<Millis>,
}

impl AccessToken {
    /// True if the TTL since login or the last renewal has passed.
    pub(crate) fn is_past_ttl(&self, now: Millis) -> bool {
        self.ttl > 0 && now > self.renewed.unwrap_or(self.created).saturating_add(self.ttl)
    }
}

/// An identity to create.
#[derive(Debug, Clone)]
pub(crate) struct NewIdentity {
    pub(crate) name: String,
    pub(crate) org_role: OrgRole,
    pub(crate) project_id: Option<String>,
    pub(crate) has_delete_protection: bool,
    pub(crate) metadata: Vec<(String, String)>,
}

impl World {
    pub(crate) fn identity(&self, id: &str) -> Option<&Identity> {
        self.identities.iter().find(|identity| identity.id == id)
    }

    pub(crate) fn identity_mut(&mut self, id: &str) -> Option<&mut Identity> {
        self.identities.iter_mut().find(|identity| identity.id == id)
    }

    /// Adds an identity without login methods and projects. Returns its id.
    pub(crate) fn add_identity(&mut self, new: NewIdentity) -> String {
        let (id, org_membership_id, now) = (self.ids.uuid(), self.ids.uuid(), self.now());
        self.identities.push(Identity {
            id: id.clone(),
            name: new.name,
            org_role: new.org_role,
            org_membership_id,
            project_id: new.project_id,
            has_delete_protection: new.has_delete_protection,
            metadata: new.metadata,
            methods: Vec::new(),
            last_login: None,
            created: now,
            updated: now,
        });
        id
    }

    /// Deletes an identity with its memberships. Returns false if there was none. An old server
    /// deletes its tokens too. A current server rejects them, because the identity is no longer in
    /// the organization.
    pub(crate) fn remove_identity(&mut self, id: &str) -> bool {
        if self.api_version == ApiVersion::V3 {
            self.tokens.retain(|token| token.identity_id != id);
        }
        for project in &mut self.projects {
            project.memberships.retain(|membership| membership.identity_id != id);
        }
        let count = self.identities.len();
        self.identities.retain(|identity| identity.id != id);
        self.identities.len() < count
    }

    /// Creates a client secret for an identity with Universal Auth.
    pub(crate) fn add_client_secret(
        &mut self,
        identity_id: &str,
        description: &str,
        ttl: Millis,
        uses_limit: u32,
    ) -> Option<ClientSecret> {
        let (id, secret, now) = (self.ids.uuid(), self.ids.hex64(), self.now());
        let universal = self.identity_mut(identity_id)?.universal_mut()?;
        let made = ClientSecret {
            id,
            secret,
            description: description.to_owned(),
            ttl,
            uses: 0,
            uses_limit,
            revoked: false,
            created: now,
            updated: now,
        };
        universal.client_secrets.push(made.clone());
        Some(made)
    }

    /// Ends the tokens that `which` selects. A token that has already ended keeps its reason.
    pub(crate) fn end_tokens(&mut self, why: Revocation, which: impl Fn(&AccessToken) -> bool) {
        for token in self.tokens.iter_mut().filter(|token| token.revoked.is_none() && which(token)) {
            token.revoked = Some(why);
        }
    }

    /// Revokes every access token.
    pub(crate) fn revoke_all_tokens(&mut self) {
        match self.api_version {
            ApiVersion::V3 => self.tokens.clear(),
            ApiVersion::V4 => self.end_tokens(Revocation::Token, |_| true),
        }
    }

    /// Revokes a client secret. A current server also revokes the tokens that it issued.
    pub(crate) fn revoke_client_secret(&mut self, identity_id: &str, client_secret_id: &str) -> Option<ClientSecret> {
        let now = self.now();
        let universal = self.identity_mut(identity_id)?.universal_mut()?;
        let held = universal.client_secrets.iter_mut().find(|held| held.id == client_secret_id)?;
        held.revoked = true;
        held.updated = now;
        let revoked = held.clone();
        if self.api_version == ApiVersion::V4 {
            self.end_tokens(Revocation::ClientSecret, |token| token.client_secret_id == client_secret_id);
        }
        Some(revoked)
    }
}
