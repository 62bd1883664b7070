//! An audit log entry that a test inserts.

use std::time::Duration;

use serde_json::{Map, Value};

/// An entry to insert into the server's audit log. Texts are not validated. The entry is shown
/// whatever the licence, which only keeps the server from writing entries.
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
    /// An entry of this type (such as `update-secret`), written now by a machine identity called
    /// `someone`.
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

    /// Sets the actor's name.
    #[must_use]
    pub fn actor(mut self, name: &str) -> Self {
        name.clone_into(&mut self.actor);
        self
    }

    /// Sets the actor's id. The default is any id.
    #[must_use]
    pub fn identity_id(mut self, id: &str) -> Self {
        self.identity_id = Some(id.to_owned());
        self
    }

    /// Sets the actor's type, such as `user`. The default is `identity`.
    #[must_use]
    pub fn actor_type(mut self, actor_type: &str) -> Self {
        actor_type.clone_into(&mut self.actor_type);
        self
    }

    /// Sets the place: `environment` and `secretPath` of the metadata.
    #[must_use]
    pub fn at(self, environment: &str, path: &str) -> Self {
        self.metadata("environment", environment).metadata("secretPath", path)
    }

    /// Sets the secret: `secretKey` of the metadata.
    #[must_use]
    pub fn secret_key(self, name: &str) -> Self {
        self.metadata("secretKey", name)
    }

    /// Sets any field of the event's metadata.
    #[must_use]
    pub fn metadata(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.metadata.insert(name.to_owned(), value.into());
        self
    }

    /// Sets the `User-Agent`.
    #[must_use]
    pub fn user_agent(mut self, user_agent: &str) -> Self {
        user_agent.clone_into(&mut self.user_agent);
        self
    }

    /// Sets the address. The default is 127.0.0.1.
    #[must_use]
    pub fn ip_address(mut self, address: &str) -> Self {
        address.clone_into(&mut self.ip_address);
        self
    }

    /// Sets the age of the entry.
    #[must_use]
    pub fn age(mut self, age: Duration) -> Self {
        self.age = age;
        self
    }

    /// Makes it an entry of the organization, not of a project.
    #[must_use]
    pub fn of_organization(mut self) -> Self {
        self.is_organizations = true;
        self
    }
}
