//! Secrets as the answers show them.

use serde_json::{Map, Value, json};

use crate::world::World;
use crate::world::clock::iso;
use crate::world::project::Project;
use crate::world::secret::{Secret, Version};

/// What stands in place of a value that isn't to be seen.
pub(crate) const HIDDEN: &str = "<hidden-by-infisical>";

/// A secret to show: one state of it, in its environment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'w> {
    pub(crate) project: &'w Project,
    pub(crate) environment: &'w str,
    pub(crate) secret: &'w Secret,
    pub(crate) version: &'w Version,
}

impl<'w> View<'w> {
    /// The present state.
    pub(crate) fn now(project: &'w Project, environment: &'w str, secret: &'w Secret) -> Self {
        Self { project, environment, secret, version: &secret.now }
    }

    /// The fields that every answer has. `value` is what to show as the value.
    pub(crate) fn base(&self, world: &World, value: &str) -> Map<String, Value> {
        let Self { project, environment, secret, version } = self;
        let mut shown = Map::new();
        let mut set = |name: &str, value: Value| shown.insert(name.to_owned(), value);
        set("id", json!(secret.id));
        set("_id", json!(secret.id));
        set("workspace", json!(project.id));
        set("environment", json!(environment));
        set("version", json!(version.number));
        set("type", json!("shared"));
        set("secretKey", json!(version.key));
        set("secretValue", json!(value));
        set("secretComment", json!(version.comment));
        set("secretReminderNote", json!(version.reminder_note));
        set("secretReminderRepeatDays", json!(version.reminder_days));
        set("skipMultilineEncoding", json!(version.skip_multiline));
        set("createdAt", json!(iso(secret.created)));
        set("updatedAt", json!(iso(version.updated)));
        if world.generation == crate::Generation::V4 {
            let actor = version.actor.as_ref().map(|actor| {
                json!({
                    "actorId": actor.id, "actorType": "identity", "name": actor.name,
                    "membershipId": actor.membership_id, "groupId": null,
                })
            });
            set("actor", json!(actor));
            set("isRotatedSecret", json!(false));
            set("rotationId", Value::Null);
        } else {
            set("metadata", Value::Null);
        }
        shown
    }

    /// As `base`, with the value hidden where a current server hides it.
    pub(crate) fn read(&self, world: &World, value: &str, visible: bool) -> Map<String, Value> {
        if world.generation == crate::Generation::V3 {
            return self.base(world, value);
        }
        let mut shown = self.base(world, if visible { value } else { HIDDEN });
        shown.insert("secretValueHidden".to_owned(), json!(!visible));
        shown.insert("secretMetadata".to_owned(), self.metadata());
        shown
    }

    /// As a current server answers an update or a deletion: whether the value is hidden, but no metadata.
    pub(crate) fn written(&self, world: &World, visible: bool) -> Map<String, Value> {
        let mut shown = self.base(world, if visible { &self.version.value } else { HIDDEN });
        if world.generation == crate::Generation::V4 {
            shown.insert("secretValueHidden".to_owned(), json!(!visible));
        }
        shown
    }

    /// As an import shows it: less of it, and an old server leaves the project out.
    pub(crate) fn imported(&self, world: &World, value: &str, visible: bool) -> Map<String, Value> {
        let mut shown = self.read(world, value, visible);
        for name in ["createdAt", "updatedAt"] {
            shown.remove(name);
        }
        if world.generation == crate::Generation::V3 {
            for name in ["secretReminderNote", "secretReminderRepeatDays"] {
                shown.remove(name);
            }
            shown.insert("workspace".to_owned(), json!(""));
        }
        shown
    }

    fn metadata(&self) -> Value {
        self.version.metadata.iter().map(|(key, value)| json!({"key": key, "value": value})).collect()
    }

    /// The tags, as a listing and a get show them.
    pub(crate) fn tags(&self) -> Value {
        let find = |id: &String| self.project.tags.iter().find(|tag| tag.id == *id);
        self.version
            .tag_ids
            .iter()
            .filter_map(find)
            .map(|tag| json!({"id": tag.id, "slug": tag.slug, "color": tag.color, "name": tag.slug}))
            .collect()
    }
}
