//! Describes what a change does. The text mentions values, but never shows them or their length.

use super::observe::{Item, Snapshot};
use super::planned::{Observed, Task};
use crate::client::requests::Located;
use crate::guard::intents::Intent;
use crate::guard::names::is_confusable;
use crate::guard::quote::{escape, quote};
use crate::guard::validated_change::{Content, Kind, NewValue, ValidatedChange};
use crate::guard::values;
use crate::skill::resolved;
use crate::types::{ApiVersion, Effect, State};

/// In Infisical, neither deleting nor overwriting erases the old value.
const STAYS_READABLE: &str = "The old value stays readable in Infisical, in old versions and snapshots, for anybody \
     who may read values there. If it leaked, revoke it where it is used.";

/// What the description of a change is made from.
pub(super) struct Context<'a> {
    pub(super) api_version: ApiVersion,
    pub(super) intent: &'a Intent<'a>,
    pub(super) task: &'a Task,
    pub(super) observed: &'a Observed,
    pub(super) snapshot: &'a Snapshot,
}

pub(super) fn effect(context: &Context<'_>) -> Effect {
    let Context { api_version, intent, task, snapshot, .. } = context;
    let items = snapshot.items(task);
    let before = items.iter().find(|item| item.name == task.name && !task.kind.creates()).map(state);
    let after = (!task.kind.deletes()).then(|| after(before.as_ref(), intent, task));
    let loses_value = task.kind == Kind::UpdateSecret && *api_version == ApiVersion::V3;
    Effect {
        summary: summary(context),
        place: resolved(task.at.clone()),
        before,
        after,
        reversible: !task.kind.deletes() && !loses_value,
        notices: notices(context, &items),
    }
}

fn state(item: &Item<'_>) -> State {
    State {
        name: item.name.to_owned(),
        version: item.version,
        has_comment: item.secret.is_some_and(|secret| secret.has_comment),
        tags: item.secret.map(|secret| secret.tags.clone()).unwrap_or_default(),
    }
}

fn after(before: Option<&State>, intent: &Intent<'_>, task: &Task) -> State {
    let content = intent.validated.content();
    let comment = content.and_then(|content| content.comment);
    let tags = content.and_then(|content| content.tags.as_ref());
    State {
        name: task.new_name.as_ref().unwrap_or(&task.name).clone(),
        version: None,
        has_comment: comment.map_or(before.is_some_and(|before| before.has_comment), |comment| !comment.is_empty()),
        tags: match tags {
            Some(tags) => tags.iter().map(|tag| tag.as_str().to_owned()).collect(),
            None => before.map(|before| before.tags.clone()).unwrap_or_default(),
        },
    }
}

fn summary(Context { intent, task, observed, .. }: &Context<'_>) -> String {
    let name = escape(&task.name);
    let path = || escape(&task.at.path.child(&task.name));
    let new_name = || escape(task.new_name.as_deref().unwrap_or_default());
    let mut summary = match &intent.validated {
        ValidatedChange::CreateSecret { .. } => ["create secret ", &name].concat(),
        ValidatedChange::UpdateSecret { content, .. } => update(&name, task.new_name.as_deref(), content),
        ValidatedChange::DeleteSecret(_) => ["PERMANENTLY delete secret ", &name].concat(),
        ValidatedChange::CreateFolder(_) => ["create folder ", &path()].concat(),
        ValidatedChange::RenameFolder { .. } => ["rename folder ", &path(), " to ", &new_name()].concat(),
        ValidatedChange::DeleteFolder(_) => ["PERMANENTLY delete folder ", &path(), " with everything in it"].concat(),
    };
    if let Some(below) = &observed.below {
        // A listing omits what the read identity may not see. The server deletes it anyway.
        let counts = [&count(below.secrets, "secret"), ", ", &count(below.folders, "folder")].concat();
        summary.push_str(&[" (at least ", &counts, ")"].concat());
    }
    summary.push_str(&place(&task.at));
    summary
}

fn update(name: &str, new_name: Option<&str>, content: &Content<'_>) -> String {
    let mut parts = String::new();
    let written = [content.value.is_some(), content.comment.is_some(), content.tags.is_some()];
    for (part, _) in ["value", "comment", "tags"].into_iter().zip(written).filter(|(_, is_written)| *is_written) {
        parts.push_str(if parts.is_empty() { "" } else { " and " });
        parts.push_str(part);
    }
    match new_name {
        None => ["update ", &parts, " of secret ", name].concat(),
        Some(new_name) => {
            let renamed = ["rename secret ", name, " to ", &escape(new_name)].concat();
            if parts.is_empty() { renamed } else { [&renamed, " and update its ", &parts].concat() }
        }
    }
}

fn place(at: &Located) -> String {
    let (project, environment) = (at.project.as_str(), at.environment.as_str());
    [" [project ", project, ", env=", environment, ", path=", &escape(at.path.as_str()), "]"].concat()
}

fn count(count: u32, thing: &str) -> String {
    [count.to_string().as_str(), " ", thing, if count == 1 { "" } else { "s" }].concat()
}

fn notices(context: &Context<'_>, items: &[Item<'_>]) -> Vec<String> {
    /// At most this many similar names are reported.
    const MAX_ALIKE: usize = 3;
    let Context { api_version, intent, task, .. } = context;
    let mut notices = vec![
        match task.kind {
            Kind::CreateSecret | Kind::CreateFolder => "Undo: delete it again.",
            Kind::RenameFolder => "Everything in it gets another path. Undo: rename it back.",
            Kind::UpdateSecret => match api_version {
                ApiVersion::V3 => "This can't be undone here: an older server gives no old versions to identities.",
                ApiVersion::V4 => "Undo: a person can restore the previous version in Infisical.",
            },
            _ => "This can't be undone here.",
        }
        .to_owned(),
    ];
    let mut add = |notice: &str| notices.push(notice.to_owned());
    if task.kind.deletes() || (task.kind == Kind::UpdateSecret && intent.validated.value().is_some()) {
        add(STAYS_READABLE);
    }
    if task.kind == Kind::DeleteFolder {
        add("Secrets in it that the read identity may not see aren't counted, but are deleted too.");
    }
    match intent.validated.value() {
        Some(NewValue::Generated(_)) => add("The skill generates the value and shows it to nobody."),
        Some(NewValue::Literal(text)) => {
            if values::is_blank(text) {
                add("The value is blank.");
            }
            if !values::stays_as_it_is(text) {
                add("The server trims blanks at the value's ends, so the stored value differs from the given one.");
            }
            if values::has_references(text) {
                add("The value contains `${`: references to other secrets, which the server expands for every reader.");
            }
        }
        None => {}
    }
    if !task.name.is_ascii() {
        add("The name has characters that aren't ASCII, and may not be the one that it looks like.");
    }
    if task.kind == Kind::UpdateSecret && task.new_name.is_some() {
        add(match api_version {
            ApiVersion::V4 => {
                "Renaming rewrites the references to it in other secrets, also in other environments: their versions go \
                 up, whether or not they are listed here."
            }
            ApiVersion::V3 => "References to the old name in other secrets may lead nowhere afterwards.",
        });
    }
    let new_name = if task.kind.creates() { Some(&task.name) } else { task.new_name.as_ref() };
    let is_alike =
        |item: &&Item<'_>| item.name != task.name && new_name.is_some_and(|name| is_confusable(name, item.name));
    for item in items.iter().filter(is_alike).take(MAX_ALIKE) {
        add(&["The new name looks like that of the ", task.kind.thing(), " ", &quote(item.name), "."].concat());
    }
    notices
}
