//! Tags: `/api/v1/projects/:projectId/tags`, and `/api/v1/workspace/:projectId/tags` with a
//! different key in the answers.

use serde_json::{Value, json};

use crate::auth::permission::{self, Action, Subject};
use crate::call::Call;
use crate::check::{Checker, SlugRule};
use crate::failure::Failure;
use crate::json::set;
use crate::text::trim;
use crate::world::World;
use crate::world::clock::iso;
use crate::world::project::{Project, Tag};

fn tag_json(project: &Project, tag: &Tag) -> Value {
    json!({
        "id": tag.id, "slug": tag.slug, "color": tag.color, "createdAt": iso(tag.created), "updatedAt": iso(tag.updated),
        "createdBy": tag.created_by, "projectId": project.id, "createdByActorType": "identity",
    })
}

/// Wraps the answer in the route's key.
fn answer(call: &Call, tag: Value) -> Value {
    if is_older(call) { json!({"workspaceTag": tag}) } else { json!({"tag": tag}) }
}

fn is_older(call: &Call) -> bool {
    call.url.starts_with("/api/v1/workspace/")
}

/// `GET`
pub(crate) fn list(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let id = call.param("projectId");
    permission::allow(world, call, id, Action::Read, Subject::Tags)?;
    let project = world.known_project(id)?;
    let tags: Vec<Value> = project.tags.iter().map(|tag| tag_json(project, tag)).collect();
    Ok(if is_older(call) { json!({"workspaceTags": tags}) } else { json!({"tags": tags}) })
}

/// Checks a tag's slug, as a current server does.
fn slug(check: &mut Checker<'_>, call: &Call) -> String {
    if call.is_v4() {
        return check.needed_slug("slug", SlugRule::environment(call.api_version));
    }
    trim(&check.string("slug")).to_owned()
}

fn taken(call: &Call) -> Failure {
    Failure::bad_request(if call.is_v4() { "Tag already exists" } else { "Tag already exist" })
}

/// `POST`
pub(crate) fn create(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let slug = slug(&mut check, call);
    let color = check.string("color").trim().to_owned();
    check.finish()?;
    let id = call.param("projectId");
    permission::allow(world, call, id, Action::Create, Subject::Tags)?;
    let created_by = call.caller()?.identity_id.clone();
    let (created, tag_id) = (world.now(), world.ids.uuid());
    let project = world.known_project_mut(id)?;
    if project.tags.iter().any(|tag| tag.slug == slug) {
        return Err(taken(call));
    }
    let tag = Tag { id: tag_id, slug, color, created_by, created, updated: created };
    let shown = tag_json(project, &tag);
    project.tags.push(tag);
    Ok(answer(call, shown))
}

fn one(world: &World, call: &Call, is_it: impl Fn(&Tag) -> bool, said: &str) -> Result<Value, Failure> {
    let id = call.param("projectId");
    permission::allow(world, call, id, Action::Read, Subject::Tags)?;
    let project = world.known_project(id)?;
    let tag = project.tags.iter().find(|tag| is_it(tag));
    let tag = tag.ok_or_else(|| Failure::not_found(format!("Tag with {said} not found")))?;
    let mut shown = tag_json(project, tag);
    if call.is_v4() {
        set(&mut shown, "name", tag.slug.as_str());
    }
    Ok(answer(call, shown))
}

/// `GET /:tagId`
pub(crate) fn get(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let id = call.param("tagId");
    one(world, call, |tag| tag.id == id, &format!("ID '{id}'"))
}

/// `GET /slug/:tagSlug`
pub(crate) fn get_by_slug(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let slug = call.param("tagSlug");
    one(world, call, |tag| tag.slug == slug, &format!("slug '{slug}'"))
}

/// `DELETE /:tagId`: also removes the tag from every secret.
pub(crate) fn delete(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let id = call.param("projectId");
    permission::allow(world, call, id, Action::Delete, Subject::Tags)?;
    let project = world.known_project_mut(id)?;
    let tag_id = call.param("tagId");
    let Some(index) = project.tags.iter().position(|tag| tag.id == tag_id) else {
        return Err(Failure::not_found(format!("Tag with ID '{tag_id}' not found")));
    };
    let tag = project.tags.remove(index);
    for secret in &mut project.secrets {
        secret.now.tag_ids.retain(|id| *id != tag.id);
    }
    let shown = tag_json(project, &tag);
    Ok(answer(call, shown))
}

/// `PATCH /:tagId`: changes the slug or the colour.
pub(crate) fn update(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let slug = check.has("slug").then(|| slug(&mut check, call));
    let color = check.optional_string("color");
    check.finish()?;
    let id = call.param("projectId");
    permission::allow(world, call, id, Action::Edit, Subject::Tags)?;
    let (now, tag_id) = (world.now(), call.param("tagId"));
    let project = world.known_project_mut(id)?;
    if project.tags.iter().any(|tag| tag.id != tag_id && Some(&tag.slug) == slug.as_ref()) {
        return Err(taken(call));
    }
    let missing = || Failure::not_found(format!("Tag with ID '{tag_id}' not found"));
    let tag = project.tags.iter_mut().find(|tag| tag.id == tag_id).ok_or_else(missing)?;
    tag.slug = slug.unwrap_or_else(|| tag.slug.clone());
    tag.color = color.unwrap_or_else(|| tag.color.clone());
    tag.updated = now;
    let tag = tag.clone();
    let shown = tag_json(project, &tag);
    Ok(answer(call, shown))
}
