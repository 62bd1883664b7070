//! Creating, updating and deleting one secret.

use serde_json::{Value, json};

use crate::auth::permission::Action;
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::world::World;
use crate::world::clock::iso;
use crate::world::project::Project;
use crate::world::secret::{Actor, Secret, Version, trim_value};

use super::access::slugs_of;
use super::events;
use super::mentions;
use super::place::Place;
use super::read::trimmed_name;
use super::shape::View;

/// What a write says about a secret; absent fields leave what is there.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) value: Option<String>,
    pub(crate) comment: Option<String>,
    pub(crate) metadata: Option<Vec<(String, String)>>,
    pub(crate) tag_ids: Option<Vec<String>>,
    pub(crate) skip_multiline: Option<bool>,
    pub(crate) reminder_note: Option<String>,
    pub(crate) reminder_days: Option<u64>,
    pub(crate) new_name: Option<String>,
}

impl Draft {
    /// Reads the fields; `needs_value` where a write without one is refused.
    pub(crate) fn read(check: &mut Checker<'_>, is_v4: bool, needs_value: bool) -> Self {
        let value = if needs_value { Some(check.string("secretValue")) } else { check.optional_string("secretValue") };
        let metadata = (is_v4 && check.has("secretMetadata"))
            .then(|| check.objects("secretMetadata", 0, |entry| (entry.string("key"), entry.string_or("value", ""))));
        Self {
            value: value.map(|value| trim_value(&value)),
            comment: check.nullable_string("secretComment").map(|comment| comment.trim().to_owned()),
            metadata,
            tag_ids: check.strings("tagIds"),
            skip_multiline: check.boolean("skipMultilineEncoding"),
            reminder_note: check.nullable_string("secretReminderNote"),
            reminder_days: check.number("secretReminderRepeatDays"),
            new_name: None,
        }
    }

    /// The state that follows `before`, or begins a secret called `key`.
    pub(crate) fn apply(&self, key: &str, before: Option<&Version>, actor: Option<Actor>, now: u64) -> Version {
        let kept = |of: fn(&Version) -> String| before.map(of).unwrap_or_default();
        Version {
            number: 1,
            key: self.new_name.clone().unwrap_or_else(|| key.to_owned()),
            value: self.value.clone().unwrap_or_else(|| kept(|it| it.value.clone())),
            comment: self.comment.clone().unwrap_or_else(|| kept(|it| it.comment.clone())),
            metadata: self.metadata.clone().or_else(|| before.map(|it| it.metadata.clone())).unwrap_or_default(),
            reminder_note: self.reminder_note.clone().or_else(|| before.and_then(|it| it.reminder_note.clone())),
            reminder_days: self.reminder_days.or_else(|| before.and_then(|it| it.reminder_days)),
            skip_multiline: self.skip_multiline.unwrap_or_else(|| before.is_some_and(|it| it.skip_multiline)),
            tag_ids: self.tag_ids.clone().or_else(|| before.map(|it| it.tag_ids.clone())).unwrap_or_default(),
            actor,
            updated: now,
        }
    }

    /// The slugs of the tags that it gives.
    pub(crate) fn tag_slugs(&self, project: &Project) -> Vec<String> {
        slugs_of(project, self.tag_ids.as_deref().unwrap_or_default())
    }

    /// Fails on a tag that the project hasn't.
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
}

/// A current server's rule for names in writes. `field` is where an issue says it is.
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

/// Who is writing, as a current server notes it.
pub(crate) fn actor(project: &Project, call: &Call) -> Option<Actor> {
    let caller = call.caller.as_ref()?;
    let membership = project.membership(&caller.identity_id)?;
    Some(Actor { id: caller.identity_id.clone(), name: caller.name.clone(), membership_id: membership.id.clone() })
}

/// The request for approval that a write becomes under a policy: nothing is written.
pub(crate) fn approval(world: &mut World, call: &Call, place: &Place, folder_id: &str) -> Option<Value> {
    let policy_id = world.policy(&place.environment, &place.path)?.id.clone();
    let now = iso(world.now());
    Some(json!({
        "id": world.ids.uuid(), "policyId": policy_id, "hasMerged": false, "status": "open", "conflicts": null,
        "slug": world.ids.alphanumeric(21), "folderId": folder_id, "bypassReason": null, "createdAt": now,
        "updatedAt": now, "isReplicated": null,
        "committerUserId": call.caller.as_ref().map(|caller| caller.identity_id.clone()),
        "statusChangedByUserId": null,
    }))
}

fn no_personal_secrets(kind: &str) -> Result<(), Failure> {
    if kind == "personal" { Err(Failure::bad_request("Must be user to create personal secret")) } else { Ok(()) }
}

/// `POST /:secretName`
pub(crate) fn create(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let name = trimmed_name(call);
    let mut check = Checker::body(call)?;
    check_name(&mut check, call, "secretName", name);
    let place = Place::of_body(call, &mut check);
    let draft = Draft::read(&mut check, call.is_v4(), true);
    let kind = check.choice("type", &["shared", "personal"]);
    check.finish()?;
    let access = place.access(world, call)?;
    let project = access.project;
    access.check_first(Action::Create, &place)?;
    let folder_id = place.folder(project, "CreateSecret")?.id.clone();
    no_personal_secrets(&kind)?;
    if project.secret(&folder_id, name).is_some() {
        return Err(Failure::bad_request(if call.is_v4() { "Secret already exists" } else { "Secret already exist" }));
    }
    access.check_name(Action::Create, &place, name, &draft.tag_slugs(project))?;
    draft.check_tags(call, project)?;
    mentions::check(world, call, project, &place, draft.value.as_deref())?;
    let (actor, now) = (actor(project, call), world.now());
    if let Some(approval) = approval(world, call, &place, &folder_id) {
        return Ok(json!({"approval": approval}));
    }
    let id = world.ids.uuid();
    let version = draft.apply(name, None, actor, now);
    let secret = Secret { id, folder_id, created: now, now: version, before: Vec::new() };
    world.known_project_mut(&place.project_id)?.secrets.push(secret.clone());
    let project = world.known_project(&place.project_id)?;
    let shown = View::now(project, &place.environment, &secret).base(world, &secret.now.value);
    events::one(world, call, &place, "create-secret", events::named(&secret, &secret.now, name));
    Ok(json!({"secret": shown}))
}

/// `PATCH /:secretName`
pub(crate) fn update(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let name = trimmed_name(call);
    let mut check = Checker::body(call)?;
    let place = Place::of_body(call, &mut check);
    // Only a current server lets a value be left out.
    let mut draft = Draft::read(&mut check, call.is_v4(), !call.is_v4());
    draft.new_name = check.optional_string("newSecretName").map(|name| name.trim().to_owned());
    if let Some(new_name) = draft.new_name.clone() {
        check_name(&mut check, call, "newSecretName", &new_name);
    }
    let kind = check.choice("type", &["shared", "personal"]);
    check.finish()?;
    let access = place.access(world, call)?;
    let project = access.project;
    access.check_first(Action::Edit, &place)?;
    let folder_id = place.folder(project, "UpdateSecret")?.id.clone();
    let found = project.secret(&folder_id, name).filter(|_| kind == "shared");
    let secret = found.ok_or_else(|| Failure::not_found(format!("Secret with name {name} not found")))?;
    access.check(Action::Edit, &View::now(project, &place.environment, secret))?;
    let taken = draft.new_name.as_deref().filter(|new| *new != name);
    if taken.is_some_and(|new| project.secret(&folder_id, new).is_some()) {
        return Err(Failure::bad_request("Secret with the new name already exists"));
    }
    draft.check_tags(call, project)?;
    mentions::check(world, call, project, &place, draft.value.as_deref())?;
    let next = draft.apply(name, Some(&secret.now), actor(project, call), world.now());
    let id = secret.id.clone();
    if let Some(approval) = approval(world, call, &place, &folder_id) {
        return Ok(json!({"approval": approval}));
    }
    let project = world.known_project_mut(&place.project_id)?;
    if let Some(secret) = project.secret_mut(&id) {
        secret.become_version(next);
    }
    let access = place.access(world, call)?;
    let project = access.project;
    let stored = project.secrets.iter().find(|secret| secret.id == id);
    let view = stored.map(|it| View::now(project, &place.environment, it));
    let mut shown = view.map(|view| view.written(world, access.shows_value(&view))).unwrap_or_default();
    let named = stored.map(|it| events::named(it, &it.now, name)).unwrap_or_default();
    events::one(world, call, &place, "update-secret", named);
    // The answer has the comment that was sent, not the one that is stored.
    shown.insert("secretComment".to_owned(), json!(draft.comment.unwrap_or_default()));
    Ok(json!({"secret": shown}))
}

/// `DELETE /:secretName`
pub(crate) fn delete(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let name = trimmed_name(call);
    let mut check = Checker::body(call)?;
    let place = Place::of_body(call, &mut check);
    let kind = check.choice("type", &["shared", "personal"]);
    check.finish()?;
    let access = place.access(world, call)?;
    let project = access.project;
    access.check_first(Action::Delete, &place)?;
    let folder_id = place.folder(project, "DeleteSecret")?.id.clone();
    // An old server finds no secret by an empty name here, though it stores one: only a batch deletes it.
    let found = project.secret(&folder_id, name).filter(|_| kind == "shared" && !name.is_empty());
    let secret = found.ok_or_else(|| {
        if call.is_v4() {
            Failure::not_found("Secret not found")
        } else {
            Failure::new(404, "DeleteSecret", format!("Secret with name '{name}' not found"))
        }
    })?;
    let view = View::now(project, &place.environment, secret);
    access.check(Action::Delete, &view)?;
    let shown = view.written(world, access.shows_value(&view));
    let (id, named) = (secret.id.clone(), events::named(secret, &secret.now, name));
    if let Some(approval) = approval(world, call, &place, &folder_id) {
        return Ok(json!({"approval": approval}));
    }
    world.known_project_mut(&place.project_id)?.secrets.retain(|secret| secret.id != id);
    events::one(world, call, &place, "delete-secret", named);
    Ok(json!({"secret": shown}))
}

/// An old server's end-to-end encrypted `POST /api/v3/secrets/:secretName`: where `/raw/` without a name leads.
pub(crate) fn create_encrypted(_: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    check.string("workspaceId");
    check.string("environment");
    for field in ["Key", "Value"] {
        for part in ["Ciphertext", "IV", "Tag"] {
            check.string(&format!("secret{field}{part}"));
        }
    }
    check.finish()?;
    Err(Failure::bad_request("Project bot is active, use the raw endpoint instead"))
}
