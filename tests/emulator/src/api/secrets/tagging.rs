//! `POST` and `DELETE /api/v3/secrets/tags/:secretName`: tags onto a secret and off it, by slug.

use serde_json::{Value, json};

use crate::api::projects::project_by_slug;
use crate::auth::permission::Action;
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::world::World;

use super::place::Place;
use super::read::trimmed_name;
use super::shape::View;

/// Attaches tags.
pub(crate) fn attach(world: &mut World, call: &Call) -> Result<Value, Failure> {
    change(world, call, true)
}

/// Detaches tags.
pub(crate) fn detach(world: &mut World, call: &Call) -> Result<Value, Failure> {
    change(world, call, false)
}

fn change(world: &mut World, call: &Call, attaches: bool) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let slug = check.string("projectSlug");
    let environment = check.string("environment");
    let path = check.folder_path("secretPath");
    check.choice("type", &["shared", "personal"]);
    let slugs = check.strings("tagSlugs").unwrap_or_default();
    check.finish()?;
    let project_id = project_by_slug(world, &slug)?.id.clone();
    let place = Place { project_id: project_id.clone(), environment, path };
    let access = place.access(world, call)?;
    let project = access.project;
    access.check_first(Action::Edit, &place)?;
    if !call.is_v4() {
        // The route belongs to projects of an even older kind.
        return Err(Failure::new(
            404,
            "CreateSecret",
            format!("Blind index for project with ID '{project_id}' not found"),
        ));
    }
    let name = trimmed_name(call);
    let folder = place.folder(project, "UpdateSecret")?;
    let secret = project
        .secret(&folder.id, name)
        .ok_or_else(|| Failure::not_found(format!("Secret with name '{name}' not found")))?;
    access.check(Action::Edit, &View::now(project, &place.environment, secret))?;
    let tags: Vec<String> =
        project.tags.iter().filter(|tag| slugs.contains(&tag.slug)).map(|tag| tag.id.clone()).collect();
    if tags.len() < slugs.len() {
        return Err(Failure::not_found("One or more tags not found"));
    }
    let mut next = secret.now.clone();
    next.tag_ids.retain(|id| !tags.contains(id));
    if attaches {
        next.tag_ids.extend(tags);
    }
    next.updated = world.now();
    let id = secret.id.clone();
    let project = world.known_project_mut(&project_id)?;
    if let Some(secret) = project.secret_mut(&id) {
        secret.become_version(next);
    }
    let access = place.access(world, call)?;
    let project = access.project;
    let stored = project.secrets.iter().find(|secret| secret.id == id);
    let shown = stored.map(|secret| {
        let view = View::now(project, &place.environment, secret);
        let mut shown = view.written(world, access.shows_value(&view));
        shown.insert("tags".to_owned(), view.tags());
        shown
    });
    Ok(json!({"secret": shown}))
}
