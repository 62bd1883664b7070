//! The fields of a secret in a write.

use serde_json::Value;

use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::text::{trim, trim_value};
use crate::world::project::Project;
use crate::world::secret::{Metadata, Version};

use super::access::slugs_of;

const REMINDER_NOTE_LIMIT: usize = 1024;

/// The fields of a secret in a write. Absent fields leave the stored ones unchanged.
#[derive(Debug, Clone, Default)]
pub(crate) struct Draft {
    pub(crate) value: Option<String>,
    pub(crate) comment: Option<String>,
    pub(crate) metadata: Option<Vec<Metadata>>,
    pub(crate) tag_ids: Option<Vec<String>>,
    pub(crate) skip_multiline: Option<bool>,
    pub(crate) reminder_note: Option<String>,
    pub(crate) reminder_days: Option<u64>,
    /// `null` on a current server: removes the reminder.
    pub(crate) ends_reminder: bool,
    pub(crate) new_name: Option<String>,
}

fn metadata(check: &mut Checker<'_>) -> Metadata {
    let key = check.string("key");
    if check.has("key") && trim(&key).is_empty() {
        check.too_short("key");
    }
    Metadata { key, value: check.string_or("value", ""), is_encrypted: check.boolean("isEncrypted").unwrap_or(false) }
}

impl Draft {
    /// Reads the fields. With `needs_value`, a write without a value fails.
    pub(crate) fn read(check: &mut Checker<'_>, is_v4: bool, needs_value: bool) -> Self {
        let value = if needs_value { Some(check.string("secretValue")) } else { check.optional_string("secretValue") };
        let metadata = (is_v4 && check.has("secretMetadata")).then(|| check.objects("secretMetadata", 0, metadata));
        let reminder_note = check.nullable_string("secretReminderNote");
        if is_v4 && reminder_note.as_ref().is_some_and(|note| note.encode_utf16().count() > REMINDER_NOTE_LIMIT) {
            let message = "Secret reminder note cannot exceed 1024 characters";
            check.too_long("secretReminderNote", REMINDER_NOTE_LIMIT, message);
        }
        Self {
            value: value.map(|value| trim_value(&value)),
            comment: check.nullable_string("secretComment").map(|comment| trim(&comment).to_owned()),
            metadata,
            tag_ids: check.strings("tagIds"),
            skip_multiline: check.boolean("skipMultilineEncoding"),
            reminder_note,
            ends_reminder: is_v4 && check.value("secretReminderRepeatDays").is_some_and(Value::is_null),
            reminder_days: check.number("secretReminderRepeatDays"),
            new_name: None,
        }
    }

    /// The state that follows `before`, or the first state of a secret called `key`.
    pub(crate) fn apply(&self, key: &str, before: Option<&Version>) -> Version {
        let mut state = before.cloned().unwrap_or_default();
        self.new_name.as_deref().unwrap_or(key).clone_into(&mut state.key);
        let set = |to: &mut String, from: &Option<String>| {
            if let Some(text) = from {
                to.clone_from(text);
            }
        };
        set(&mut state.value, &self.value);
        set(&mut state.comment, &self.comment);
        state.metadata = self.metadata.clone().unwrap_or(state.metadata);
        state.sent_tag_ids = self.tag_ids.clone().unwrap_or_default();
        state.tag_ids = self.tag_ids.clone().unwrap_or(state.tag_ids);
        state.skip_multiline = self.skip_multiline.unwrap_or(state.skip_multiline);
        if self.ends_reminder {
            (state.reminder_note, state.reminder_days) = (None, None);
        }
        state.reminder_note = self.reminder_note.clone().or(state.reminder_note);
        state.reminder_days = self.reminder_days.or(state.reminder_days);
        state
    }

    /// Fails on a tag that the project doesn't have.
    pub(crate) fn check_tags(&self, call: &Call, project: &Project) -> Result<(), Failure> {
        let wanted = self.tag_ids.as_deref().unwrap_or_default();
        let found: Vec<&str> =
            project.tags.iter().filter(|tag| wanted.contains(&tag.id)).map(|tag| tag.slug.as_str()).collect();
        if wanted.iter().all(|id| project.tags.iter().any(|tag| tag.id == *id)) {
            return Ok(());
        }
        Err(Failure::not_found(if call.is_v4() {
            format!("Tag not found. Found {}", found.join(","))
        } else {
            "One or more tags not found".to_owned()
        }))
    }

    /// The slugs of the given tags.
    pub(crate) fn tag_slugs(&self, project: &Project) -> Vec<String> {
        slugs_of(project, self.tag_ids.as_deref().unwrap_or_default())
    }
}

/// A current server's rule for names in writes. `field` is the path in the issue.
pub(crate) fn check_name(check: &mut Checker<'_>, call: &Call, field: &str, name: &str) {
    if !call.is_v4() {
        return;
    }
    if name.is_empty() {
        check.too_short(field);
    } else if name.contains([':', '/']) {
        check.custom(field, "Secret name cannot contain colon or forward slash.");
    }
}
