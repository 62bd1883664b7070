//! An entry of the audit log, put in from outside.

use std::time::Duration;

use serde_json::{Map, Value};

/// An entry to put into the server's audit log. Every text is taken as it is. It is shown whatever the licence: that keeps
/// the server from writing entries, not from reading them.
#[derive(Debug, Clone)]
pub struct AuditLogSeed {
    pub(crate) event_type: String,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) actor_type: String,
    pub(crate) actor: String,
    pub(crate) identity_id: Option<String>,
    pub(crate) user_agent: String,
    pub(crate) ip_address: String,
    pub(crate) age: Duration,
    pub(crate) is_organizations: bool,
}

impl AuditLogSeed {
    /// An entry of this type (such as `update-secret`), written just now by a machine identity called `someone`.
    #[must_use]
    pub fn new(event_type: &str) -> Self {
        Self {
            event_type: event_type.to_owned(),
            metadata: Map::new(),
            actor_type: "identity".to_owned(),
            actor: "someone".to_owned(),
            identity_id: None,
            user_agent: "planted".to_owned(),
            ip_address: "127.0.0.1".to_owned(),
            age: Duration::ZERO,
            is_organizations: false,
        }
    }

    /// By an actor of this name.
    #[must_use]
    pub fn actor(mut self, name: &str) -> Self {
        name.clone_into(&mut self.actor);
        self
    }

    /// By an actor of this id; any by default.
    #[must_use]
    pub fn identity_id(mut self, id: &str) -> Self {
        self.identity_id = Some(id.to_owned());
        self
    }

    /// By an actor of this type, such as `user`; `identity` by default.
    #[must_use]
    pub fn actor_type(mut self, actor_type: &str) -> Self {
        actor_type.clone_into(&mut self.actor_type);
        self
    }

    /// With the place that it is about: `environment` and `secretPath` of the metadata.
    #[must_use]
    pub fn at(self, environment: &str, path: &str) -> Self {
        self.metadata("environment", environment).metadata("secretPath", path)
    }

    /// With the secret that it is about: `secretKey` of the metadata.
    #[must_use]
    pub fn secret_key(self, name: &str) -> Self {
        self.metadata("secretKey", name)
    }

    /// With a field of the event's metadata, whatever it is.
    #[must_use]
    pub fn metadata(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.metadata.insert(name.to_owned(), value.into());
        self
    }

    /// With this `User-Agent`.
    #[must_use]
    pub fn user_agent(mut self, user_agent: &str) -> Self {
        user_agent.clone_into(&mut self.user_agent);
        self
    }

    /// From this address; 127.0.0.1 by default.
    #[must_use]
    pub fn ip_address(mut self, address: &str) -> Self {
        address.clone_into(&mut self.ip_address);
        self
    }

    /// Written so long ago.
    #[must_use]
    pub fn age(mut self, age: Duration) -> Self {
        self.age = age;
        self
    }

    /// Of the organization, of no project.
    #[must_use]
    pub fn of_organization(mut self) -> Self {
        self.is_organizations = true;
        self
    }
}
