//! Tags: `/api/v1/projects/:projectId/tags`, and `/api/v1/workspace/:projectId/tags` with its own key in the answers.

use serde_json::{Value, json};

use crate::auth::permission::{self, Action, Subject};
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::world::World;
use crate::world::clock::iso;
use crate::world::project::{Project, Tag};

fn tag_json(project: &Project, tag: &Tag) -> Value {
    let created = iso(tag.created);
    json!({
        "id": tag.id, "slug": tag.slug, "color": tag.color, "createdAt": created, "updatedAt": created,
        "createdBy": tag.created_by, "projectId": project.id, "createdByActorType": "identity",
    })
}

/// Under the key that the route has for it.
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

/// `POST`
pub(crate) fn create(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let slug = check.string("slug").trim().to_owned();
    let color = check.string("color").trim().to_owned();
    check.finish()?;
    let id = call.param("projectId");
    permission::allow(world, call, id, Action::Create, Subject::Tags)?;
    let created_by = call.caller()?.identity_id.clone();
    let (created, tag_id) = (world.now(), world.ids.uuid());
    let project = world.known_project_mut(id)?;
    if project.tags.iter().any(|tag| tag.slug == slug) {
        return Err(Failure::bad_request("Tag already exist"));
    }
    let tag = Tag { id: tag_id, slug, color, created_by, created };
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
    Ok(answer(call, tag_json(project, tag)))
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

/// `DELETE /:tagId`: off every secret too.
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
