//! Batches: all or nothing, except in the mode that ignores missing secrets.

use serde_json::{Map, Value, json};

use crate::auth::permission::Action;
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::text::trim;
use crate::world::World;
use crate::world::history::Change;
use crate::world::project::Project;

use super::access::Access;
use super::approvals::approval;
use super::draft::{Draft, check_name};
use super::events;
use super::mentions;
use super::place::Place;
use super::renaming::with_referrers;
use super::shape::{HIDDEN, View};

/// One entry of a batch.
#[derive(Debug)]
struct Item {
    key: String,
    path: Option<String>,
    draft: Draft,
}

fn item(check: &mut Checker<'_>, call: &Call, needs_value: bool) -> Item {
    let key = trim(&check.string("secretKey")).to_owned();
    let path = (call.is_v4() && check.has("secretPath")).then(|| check.folder_path("secretPath"));
    let mut draft = Draft::read(check, call.is_v4(), needs_value);
    draft.new_name = check.optional_string("newSecretName").map(|name| trim(&name).to_owned());
    if let Some(new_name) = draft.new_name.clone() {
        check_name(check, call, "newSecretName", &new_name);
    }
    Item { key, path, draft }
}

fn named_item(check: &mut Checker<'_>, call: &Call) -> Item {
    let mut item = item(check, call, true);
    item.draft.new_name = None;
    if check.has("secretKey") {
        check_name(check, call, "secretKey", &item.key);
    }
    item
}

impl Item {
    /// The place of an entry: its own path if it has one, otherwise the batch's.
    fn place(&self, place: &Place) -> Place {
        Place { path: self.path.clone().unwrap_or_else(|| place.path.clone()), ..place.clone() }
    }
}

/// The answer to a batch. Values that the caller may not read are hidden.
fn show(
    world: &World,
    call: &Call,
    place: &Place,
    ids: &[String],
    shape: impl Fn(View<'_>, bool) -> Map<String, Value>,
) -> Result<Value, Failure> {
    let access = place.access(world, call)?;
    let project = access.project;
    let find = |id: &String| project.secrets.iter().find(|secret| secret.id == *id);
    let shown = ids.iter().filter_map(find).map(|secret| {
        let view = View::now(project, &place.environment, secret);
        Value::Object(shape(view, access.shows_value(&view)))
    });
    Ok(shown.collect())
}

/// `POST`. If a key occurs twice, an old server creates two secrets, and a current one keeps the
/// last entry.
pub(crate) fn create(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let place = Place::of_batch(world, call, &mut check);
    let mut items = check.objects("secrets", 1, |inner| named_item(inner, call));
    check.finish()?;
    let place = place?;
    let access = place.access(world, call)?;
    let project = access.project;
    access.check_first(Action::Create, &place)?;
    let folder_id = place.folder(project, "CreateManySecret")?.id.clone();
    let existing: Vec<&str> =
        items.iter().map(|item| item.key.as_str()).filter(|key| project.secret(&folder_id, key).is_some()).collect();
    if !existing.is_empty() {
        let verb = if call.is_v4() { "exists" } else { "exist" };
        return Err(Failure::bad_request(format!("Secret already {verb}: {}", existing.join(","))));
    }
    if call.is_v4() {
        let last = |index: usize, key: &str| !items.iter().skip(index + 1).any(|later| later.key == key);
        let kept: Vec<bool> = items.iter().enumerate().map(|(index, item)| last(index, &item.key)).collect();
        let mut kept = kept.into_iter();
        items.retain(|_| kept.next().unwrap_or(true));
    }
    for item in &items {
        item.draft.check_tags(call, project)?;
        access.check_name(Action::Create, &place, &item.key, &item.draft.tag_slugs(project))?;
        mentions::check(world, call, project, &place, item.draft.value.as_deref())?;
    }
    if let Some(approval) = approval(world, call, &place, &folder_id) {
        return Ok(json!({"approval": approval}));
    }
    let create = |item: Item| Change::Create { folder_id: folder_id.clone(), state: item.draft.apply(&item.key, None) };
    let ids = world.commit(&place.project_id, items.into_iter().map(create).collect())?;
    let shown = show(world, call, &place, &ids, |view, is_visible| {
        view.base(world, if is_visible { &view.version.value } else { HIDDEN })
    })?;
    let named = events::named_all(world.known_project(&place.project_id)?, &ids);
    events::many(world, call, &place, "create-secrets", &named);
    Ok(json!({"secrets": shown}))
}

/// What an update does with entries whose secret doesn't exist.
const MODES: [&str; 3] = ["ignore", "upsert", "failOnNotFound"];

/// An entry of an update, with its secret if that exists.
struct Placed {
    item: Item,
    place: Place,
    folder_id: String,
    found: Option<String>,
}

impl Placed {
    /// Fails unless the caller may make the change.
    fn check(&self, world: &World, call: &Call, access: &Access<'_>) -> Result<(), Failure> {
        let Self { item, place, folder_id, found } = self;
        let project = access.project;
        item.draft.check_tags(call, project)?;
        match project.secret(folder_id, &item.key).filter(|_| found.is_some()) {
            Some(secret) => access.check(Action::Edit, &View::now(project, &place.environment, secret))?,
            None => access.check_name(Action::Create, place, &item.key, &item.draft.tag_slugs(project))?,
        }
        mentions::check(world, call, project, place, item.draft.value.as_deref())
    }

    fn changes(&self, project: &Project) -> Vec<Change> {
        let Self { item, folder_id, found, .. } = self;
        let secret = found.as_ref().and_then(|id| project.secrets.iter().find(|secret| secret.id == *id));
        match secret {
            Some(secret) => with_referrers(project, secret, item.draft.apply(&item.key, Some(&secret.now))),
            None => vec![Change::Create { folder_id: folder_id.clone(), state: item.draft.apply(&item.key, None) }],
        }
    }
}

/// `PATCH`. A current server looks the secrets up before it checks permissions.
pub(crate) fn update(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let place = Place::of_batch(world, call, &mut check);
    let mode =
        if call.is_v4() { check.choice_or("mode", &MODES, "failOnNotFound") } else { "failOnNotFound".to_owned() };
    let items = check.objects("secrets", 1, |inner| item(inner, call, !call.is_v4()));
    check.finish()?;
    let place = place?;
    let access = place.access(world, call)?;
    let project = access.project;
    access.check_first(Action::Edit, &place)?;
    let base_folder = place.folder(project, "UpdateManySecret")?.id.clone();
    let mut placed = Vec::new();
    for item in items {
        let place = item.place(&place);
        let folder_id = place.folder(project, "UpdateManySecret")?.id.clone();
        let found = project.secret(&folder_id, &item.key).map(|secret| secret.id.clone());
        placed.push(Placed { item, place, folder_id, found });
    }
    if mode == "failOnNotFound" && placed.iter().any(|placed| placed.found.is_none()) {
        return Err(Failure::not_found(missing_from_update(call, &placed)));
    }
    placed.retain(|placed| placed.found.is_some() || mode == "upsert");
    for placed in &placed {
        placed.check(world, call, &access)?;
    }
    if let Some(approval) = approval(world, call, &place, &base_folder) {
        return Ok(json!({"approval": approval}));
    }
    // Apply one entry after the other, because a rename may rewrite the secret of a later entry.
    let mut ids = Vec::new();
    for placed in &placed {
        let changes = placed.changes(world.known_project(&place.project_id)?);
        ids.extend(world.commit(&place.project_id, changes)?.into_iter().next());
    }
    let shown = show(world, call, &place, &ids, |view, visible| view.written(world, &view.version.value, visible))?;
    let named = events::named_all(world.known_project(&place.project_id)?, &ids);
    let (created, updated): (Vec<Value>, Vec<Value>) = named.into_iter().partition(|it| it["secretVersion"] == 1);
    events::many(world, call, &place, "create-secrets", &created);
    events::many(world, call, &place, "update-secrets", &updated);
    Ok(json!({"secrets": shown}))
}

/// An old server names the secrets that exist, a current one those that don't.
fn missing_from_update(call: &Call, placed: &[Placed]) -> String {
    let wanted: Vec<&Placed> = placed.iter().filter(|placed| placed.found.is_none() == call.is_v4()).collect();
    let keys: Vec<&str> = wanted.iter().map(|placed| placed.item.key.as_str()).collect();
    if call.is_v4() {
        let path = wanted.first().map_or("/", |placed| placed.place.path.as_str());
        format!("Secret does not exist: {} in path {path}", keys.join(", "))
    } else {
        format!("Secret does not exist: {}", keys.join(","))
    }
}

/// `DELETE`. A current server looks the secrets up before it checks permissions, and doesn't trim
/// names.
pub(crate) fn delete(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let place = Place::of_batch(world, call, &mut check);
    let keys = check.objects("secrets", 1, |inner| {
        inner.choice("type", &["shared", "personal"]);
        let key = inner.string("secretKey");
        if call.is_v4() { key } else { trim(&key).to_owned() }
    });
    check.finish()?;
    let place = place?;
    let access = place.access(world, call)?;
    let project = access.project;
    access.check_first(Action::Delete, &place)?;
    let folder_id = place.folder(project, "DeleteManySecret")?.id.clone();
    let existing: Vec<&str> =
        keys.iter().map(String::as_str).filter(|key| project.secret(&folder_id, key).is_some()).collect();
    if existing.len() < keys.len() {
        return Err(Failure::not_found(format!("One or more secrets does not exist: {}", existing.join(","))));
    }
    let secrets = project.secrets.iter().filter(|it| it.folder_id == folder_id && keys.contains(&it.now.key));
    let mut ids = Vec::new();
    for secret in secrets {
        access.check(Action::Delete, &View::now(project, &place.environment, secret))?;
        ids.push(secret.id.clone());
    }
    let shown = show(world, call, &place, &ids, |view, is_visible| view.deleted(world, is_visible))?;
    let named = events::named_all(project, &ids);
    if let Some(approval) = approval(world, call, &place, &folder_id) {
        return Ok(json!({"approval": approval}));
    }
    world.commit(&place.project_id, ids.into_iter().map(|id| Change::Delete { id }).collect())?;
    events::many(world, call, &place, "delete-secrets", &named);
    Ok(json!({"secrets": shown}))
}
