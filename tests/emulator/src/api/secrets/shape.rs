//! Secrets as the answers show them.

use serde_json::{Map, Value, json};

use crate::ApiVersion;
use crate::world::World;
use crate::world::clock::iso;
use crate::world::project::Project;
use crate::world::secret::{Metadata, Secret, Version};

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

    /// The fields that every answer has, as of a creation. `value` is what to show as the value.
    pub(crate) fn base(&self, world: &World, value: &str) -> Map<String, Value> {
        let Self { project, environment, secret, version } = self;
        let is_v4 = world.api_version == ApiVersion::V4;
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
        // A current server keeps reminders elsewhere, and adds them to listings only.
        set("secretReminderNote", json!(version.reminder_note.as_ref().filter(|_| !is_v4)));
        set("secretReminderRepeatDays", json!(version.reminder_days.filter(|_| !is_v4)));
        set("skipMultilineEncoding", json!(version.skip_multiline));
        set("createdAt", json!(iso(secret.created)));
        set("updatedAt", json!(iso(version.updated)));
        if is_v4 {
            set("isRotatedSecret", json!(false));
            set("rotationId", Value::Null);
        } else {
            set("metadata", Value::Null);
        }
        shown
    }

    /// As a listing shows it: as `read`, with the reminder.
    pub(crate) fn listed(&self, world: &World, value: &str, visible: bool) -> Map<String, Value> {
        let mut shown = self.read(world, value, visible);
        shown.insert("secretReminderNote".to_owned(), json!(self.version.reminder_note));
        shown.insert("secretReminderRepeatDays".to_owned(), json!(self.version.reminder_days));
        shown
    }

    /// As `base`, with the value hidden where a current server hides it.
    pub(crate) fn read(&self, world: &World, value: &str, visible: bool) -> Map<String, Value> {
        let mut shown = self.written(world, value, visible);
        if world.api_version == ApiVersion::V4 {
            shown.insert("secretMetadata".to_owned(), self.metadata());
        }
        shown
    }

    /// As a current server answers an update: whether the value is hidden, but no metadata.
    pub(crate) fn written(&self, world: &World, value: &str, visible: bool) -> Map<String, Value> {
        if world.api_version == ApiVersion::V3 {
            return self.base(world, value);
        }
        let mut shown = self.base(world, if visible { value } else { HIDDEN });
        shown.insert("secretValueHidden".to_owned(), json!(!visible));
        shown
    }

    /// As the answer to a deletion.
    pub(crate) fn deleted(&self, world: &World, visible: bool) -> Map<String, Value> {
        let mut shown = self.written(world, &self.version.value, visible);
        shown.remove("isRotatedSecret");
        shown.remove("rotationId");
        shown
    }

    /// As a current server shows a version by its number: when it was written, without tags and metadata.
    pub(crate) fn old(&self, world: &World, value: &str, visible: bool) -> Map<String, Value> {
        let mut shown = self.written(world, value, visible);
        shown.remove("isRotatedSecret");
        shown.remove("rotationId");
        shown.insert("createdAt".to_owned(), json!(iso(self.version.updated)));
        shown
    }

    /// As an import shows it: less of it, without the project.
    pub(crate) fn imported(&self, world: &World, value: &str, visible: bool) -> Map<String, Value> {
        let mut shown = self.read(world, value, visible);
        for name in ["createdAt", "updatedAt"] {
            shown.remove(name);
        }
        for name in ["secretReminderNote", "secretReminderRepeatDays"] {
            shown.remove(name);
        }
        shown.insert("workspace".to_owned(), json!(""));
        shown
    }

    fn metadata(&self) -> Value {
        let entry = |it: &Metadata| json!({"key": it.key, "value": it.value, "isEncrypted": it.is_encrypted});
        self.version.metadata.iter().map(entry).collect()
    }

    /// The tags, as a listing and a get show them. A listing by tags shows the wanted ones only.
    pub(crate) fn tags(&self, wanted: &[&str]) -> Value {
        tags_json(self.project, &self.version.tag_ids, wanted)
    }
}

/// Tags by id; of the wanted ones only, if any are.
pub(crate) fn tags_json(project: &Project, ids: &[String], wanted: &[&str]) -> Value {
    let find = |id: &String| project.tags.iter().find(|tag| tag.id == *id);
    let tags = ids.iter().filter_map(find);
    tags.filter(|tag| wanted.is_empty() || wanted.contains(&tag.slug.as_str()))
        .map(|tag| json!({"id": tag.id, "slug": tag.slug, "color": tag.color, "name": tag.slug}))
        .collect()
}
