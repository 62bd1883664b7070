//! `POST` and `DELETE /api/v3/secrets/tags/:secretName`: attach and detach tags by slug. The routes
//! are for an older kind of project, which none of the emulated servers has.

use serde_json::Value;

use crate::api::projects::project_by_slug;
use crate::auth::permission::Action;
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::world::World;

use super::place::Place;

/// Attaches or detaches tags. It always fails.
pub(crate) fn change(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let slug = check.string("projectSlug");
    let environment = check.string("environment");
    let path = check.folder_path("secretPath");
    check.choice("type", &["shared", "personal"]);
    check.strings("tagSlugs");
    check.finish()?;
    let project_id = project_by_slug(world, &slug)?.id.clone();
    let place = Place { project_id: project_id.clone(), environment, path };
    place.access(world, call)?.check_name(Action::Edit, &place, "", &[])?;
    Err(Failure::new(404, "CreateSecret", format!("Blind index for project with ID '{project_id}' not found")))
}
