//! The shapes of secrets in answers.

use serde_json::{Map, Value, json};

use crate::ApiVersion;
use crate::world::World;
use crate::world::clock::iso;
use crate::world::project::Project;
use crate::world::secret::{Metadata, Secret, Version};

/// Replaces a hidden value.
pub(crate) const HIDDEN: &str = "<hidden-by-infisical>";

/// A state of a secret in its environment, for an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'w> {
    pub(crate) project: &'w Project,
    pub(crate) environment: &'w str,
    pub(crate) secret: &'w Secret,
    pub(crate) version: &'w Version,
}

impl<'w> View<'w> {
    /// The current state.
    pub(crate) fn now(project: &'w Project, environment: &'w str, secret: &'w Secret) -> Self {
        Self { project, environment, secret, version: &secret.now }
    }

    /// The fields of every answer, as after a creation. `value` is the value to show.
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
        // A current server stores reminders elsewhere, and shows them in listings only.
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

    /// The secret in a listing: as in `read`, with the reminder.
    pub(crate) fn listed(&self, world: &World, value: &str, visible: bool) -> Map<String, Value> {
        let mut shown = self.read(world, value, visible);
        shown.insert("secretReminderNote".to_owned(), json!(self.version.reminder_note));
        shown.insert("secretReminderRepeatDays".to_owned(), json!(self.version.reminder_days));
        shown
    }

    /// As `base`, with the value hidden if a current server hides it.
    pub(crate) fn read(&self, world: &World, value: &str, visible: bool) -> Map<String, Value> {
        let mut shown = self.written(world, value, visible);
        if world.api_version == ApiVersion::V4 {
            shown.insert("secretMetadata".to_owned(), self.metadata());
        }
        shown
    }

    /// The answer to an update on a current server: it says whether the value is hidden, and has no
    /// metadata.
    pub(crate) fn written(&self, world: &World, value: &str, visible: bool) -> Map<String, Value> {
        if world.api_version == ApiVersion::V3 {
            return self.base(world, value);
        }
        let mut shown = self.base(world, if visible { value } else { HIDDEN });
        shown.insert("secretValueHidden".to_owned(), json!(!visible));
        shown
    }

    /// The answer to a deletion.
    pub(crate) fn deleted(&self, world: &World, visible: bool) -> Map<String, Value> {
        let mut shown = self.written(world, &self.version.value, visible);
        shown.remove("isRotatedSecret");
        shown.remove("rotationId");
        shown
    }

    /// A version requested by number on a current server: with its creation time, without tags and
    /// metadata.
    pub(crate) fn old(&self, world: &World, value: &str, visible: bool) -> Map<String, Value> {
        let mut shown = self.written(world, value, visible);
        shown.remove("isRotatedSecret");
        shown.remove("rotationId");
        shown.insert("createdAt".to_owned(), json!(iso(self.version.updated)));
        shown
    }

    /// The secret in an import: fewer fields, without the project.
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

    /// The tags in a listing or a get. A listing filtered by tags shows the matching ones only.
    pub(crate) fn tags(&self, wanted: &[&str]) -> Value {
        tags_json(self.project, &self.version.tag_ids, wanted)
    }
}

/// The tags of these ids, limited to the wanted ones if there are any.
pub(crate) fn tags_json(project: &Project, ids: &[String], wanted: &[&str]) -> Value {
    let find = |id: &String| project.tags.iter().find(|tag| tag.id == *id);
    let tags = ids.iter().filter_map(find);
    tags.filter(|tag| wanted.is_empty() || wanted.contains(&tag.slug.as_str()))
        .map(|tag| json!({"id": tag.id, "slug": tag.slug, "color": tag.color, "name": tag.slug}))
        .collect()
}
