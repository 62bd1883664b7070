//! Batches: all or nothing.

use serde_json::{Value, json};

use crate::auth::permission::Action;
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::world::World;
use crate::world::project::Project;
use crate::world::secret::Secret;

use super::events;
use super::mentions;
use super::place::Place;
use super::shape::View;
use super::write::{Draft, actor, approval, check_name};

/// One entry of a batch.
#[derive(Debug)]
struct Item {
    key: String,
    path: Option<String>,
    draft: Draft,
}

fn item(check: &mut Checker<'_>, call: &Call, needs_value: bool) -> Item {
    let key = check.string("secretKey").trim().to_owned();
    let path = (call.is_v4() && check.has("secretPath")).then(|| check.folder_path("secretPath"));
    let mut draft = Draft::read(check, call.is_v4(), needs_value);
    draft.new_name = check.optional_string("newSecretName").map(|name| name.trim().to_owned());
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

/// The folder of an entry: the batch's, unless the entry has a path of its own.
fn folder_of(project: &Project, place: &Place, item: &Item, error: &str) -> Result<String, Failure> {
    place_of(place, item).folder(project, error).map(|folder| folder.id.clone())
}

fn show(world: &World, call: &Call, place: &Place, ids: &[String]) -> Result<Value, Failure> {
    let access = place.access(world, call)?;
    let project = access.project;
    let find = |id: &String| project.secrets.iter().find(|secret| secret.id == *id);
    let views = ids.iter().filter_map(find).map(|secret| View::now(project, &place.environment, secret));
    Ok(views.map(|view| Value::Object(view.written(world, access.shows_value(&view)))).collect())
}

/// The place of an entry.
fn place_of(place: &Place, item: &Item) -> Place {
    Place { path: item.path.clone().unwrap_or_else(|| place.path.clone()), ..place.clone() }
}

/// `POST`: a key that comes twice makes two secrets of one name.
pub(crate) fn create(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let place = Place::of_batch(world, call, &mut check);
    let items = check.objects("secrets", 1, |inner| named_item(inner, call));
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
    for item in &items {
        access.check_name(Action::Create, &place, &item.key, &item.draft.tag_slugs(project))?;
    }
    for item in &items {
        item.draft.check_tags(call, project)?;
        mentions::check(world, call, project, &place, item.draft.value.as_deref())?;
    }
    let (actor, now) = (actor(project, call), world.now());
    if let Some(approval) = approval(world, call, &place, &folder_id) {
        return Ok(json!({"approval": approval}));
    }
    let mut ids = Vec::new();
    for item in items {
        let id = world.ids.uuid();
        let version = item.draft.apply(&item.key, None, actor.clone(), now);
        let folder_id = folder_id.clone();
        let secret = Secret { id: id.clone(), folder_id, created: now, now: version, before: Vec::new() };
        world.known_project_mut(&place.project_id)?.secrets.push(secret);
        ids.push(id);
    }
    let mut shown = show(world, call, &place, &ids)?;
    for secret in shown.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        secret.remove("secretValueHidden");
    }
    let named = events::named_all(world.known_project(&place.project_id)?, &ids);
    events::many(world, call, &place, "create-secrets", &named);
    Ok(json!({"secrets": shown}))
}

/// What an update does about an entry whose secret isn't there.
const MODES: [&str; 3] = ["failOnNotFound", "ignore", "upsert"];

/// `PATCH`
pub(crate) fn update(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let place = Place::of_batch(world, call, &mut check);
    let mode = if call.is_v4() { check.choice("mode", &MODES) } else { "failOnNotFound".to_owned() };
    let items = check.objects("secrets", 1, |inner| item(inner, call, !call.is_v4()));
    check.finish()?;
    let place = place?;
    let access = place.access(world, call)?;
    let project = access.project;
    access.check_first(Action::Edit, &place)?;
    let base_folder = place.folder(project, "UpdateManySecret")?.id.clone();
    let mut placed = Vec::new();
    for item in items {
        let folder_id = folder_of(project, &place, &item, "UpdateManySecret")?;
        let found = project.secret(&folder_id, &item.key).map(|secret| secret.id.clone());
        item.draft.check_tags(call, project)?;
        placed.push((item, folder_id, found));
    }
    if mode == "failOnNotFound" && placed.iter().any(|(_, _, found)| found.is_none()) {
        return Err(Failure::not_found(missing_from_update(call, &place, &placed)));
    }
    for (item, _, found) in &placed {
        let place = place_of(&place, item);
        let stored = found.as_ref().and_then(|id| project.secrets.iter().find(|secret| secret.id == *id));
        match stored {
            Some(secret) => access.check(Action::Edit, &View::now(project, &place.environment, secret))?,
            None if mode == "upsert" => {
                access.check_name(Action::Create, &place, &item.key, &item.draft.tag_slugs(project))?;
            }
            None => {}
        }
        mentions::check(world, call, project, &place, item.draft.value.as_deref())?;
    }
    let (actor, now) = (actor(project, call), world.now());
    if let Some(approval) = approval(world, call, &place, &base_folder) {
        return Ok(json!({"approval": approval}));
    }
    let mut ids = Vec::new();
    for (item, folder_id, found) in placed {
        let new_id = world.ids.uuid();
        let project = world.known_project_mut(&place.project_id)?;
        match found {
            Some(id) => {
                if let Some(secret) = project.secret_mut(&id) {
                    let next = item.draft.apply(&item.key, Some(&secret.now), actor.clone(), now);
                    secret.become_version(next);
                }
                ids.push(id);
            }
            None if mode == "upsert" => {
                let version = item.draft.apply(&item.key, None, actor.clone(), now);
                let id = new_id.clone();
                project.secrets.push(Secret { id, folder_id, created: now, now: version, before: Vec::new() });
                ids.push(new_id);
            }
            None => {}
        }
    }
    let shown = show(world, call, &place, &ids)?;
    let named = events::named_all(world.known_project(&place.project_id)?, &ids);
    let (created, updated): (Vec<Value>, Vec<Value>) = named.into_iter().partition(|it| it["secretVersion"] == 1);
    events::many(world, call, &place, "create-secrets", &created);
    events::many(world, call, &place, "update-secrets", &updated);
    Ok(json!({"secrets": shown}))
}

/// An old server names the secrets that do exist, a current one those that don't.
fn missing_from_update(call: &Call, place: &Place, placed: &[(Item, String, Option<String>)]) -> String {
    let keys: Vec<&str> = placed
        .iter()
        .filter(|(_, _, found)| found.is_none() == call.is_v4())
        .map(|(item, _, _)| item.key.as_str())
        .collect();
    if call.is_v4() {
        format!("Secret does not exist: {} in path {}", keys.join(", "), place.path)
    } else {
        format!("Secret does not exist: {}", keys.join(","))
    }
}

/// `DELETE`
pub(crate) fn delete(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let place = Place::of_batch(world, call, &mut check);
    let keys = check.objects("secrets", 1, |inner| {
        inner.choice("type", &["shared", "personal"]);
        inner.string("secretKey").trim().to_owned()
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
    let is_meant = |it: &&Secret| it.folder_id == folder_id && keys.contains(&it.now.key);
    for secret in project.secrets.iter().filter(is_meant) {
        access.check(Action::Delete, &View::now(project, &place.environment, secret))?;
    }
    let ids: Vec<String> = project.secrets.iter().filter(is_meant).map(|secret| secret.id.clone()).collect();
    if let Some(approval) = approval(world, call, &place, &folder_id) {
        return Ok(json!({"approval": approval}));
    }
    let shown = show(world, call, &place, &ids)?;
    let project = world.known_project_mut(&place.project_id)?;
    let named = events::named_all(project, &ids);
    project.secrets.retain(|secret| !ids.contains(&secret.id));
    events::many(world, call, &place, "delete-secrets", &named);
    Ok(json!({"secrets": shown}))
}
