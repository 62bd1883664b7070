//! `POST /api/v4/secrets/move` and the older `POST /api/v3/secrets/move`: moves secrets to another
//! folder.

use serde_json::{Value, json};

use crate::api::projects::project_by_slug;
use crate::auth::permission::Action;
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::world::World;
use crate::world::history::Change;
use crate::world::project::{Folder, Project};

use super::access::tag_slugs;
use super::approvals::approval;
use super::place::{Place, is_v4_route};
use super::shape::View;

/// The source and the destination of a move.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) source: Place,
    pub(crate) destination: Place,
}

impl Route {
    pub(crate) fn read(world: &World, call: &Call, check: &mut Checker<'_>) -> Result<Self, Failure> {
        let project_id = if is_v4_route(call) {
            check.string("projectId")
        } else {
            let slug = check.string("projectSlug");
            project_by_slug(world, &slug)?.id.clone()
        };
        let mut place = |environment: &str, path: &str| Place {
            project_id: project_id.clone(),
            environment: check.string(environment),
            path: check.folder_path(path),
        };
        let source = place("sourceEnvironment", "sourceSecretPath");
        let destination = place("destinationEnvironment", "destinationSecretPath");
        Ok(Self { source, destination })
    }

    /// The two folders.
    pub(crate) fn folders<'p>(&self, project: &'p Project) -> Result<(&'p Folder, &'p Folder), Failure> {
        let find = |place: &Place, which: &str| {
            let Place { environment, path, .. } = place;
            project.folder_at(environment, path)?.ok_or_else(|| {
                Failure::not_found(format!(
                    "{which} folder with path '{path}' in environment with slug '{environment}' not found"
                ))
            })
        };
        Ok((find(&self.source, "Source")?, find(&self.destination, "Destination")?))
    }
}

/// Moves secrets by id. They are created anew at the destination. A secret of the same name there
/// is replaced only with `shouldOverwrite`, and keeps its id.
pub(crate) fn move_secrets(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let route = Route::read(world, call, &mut check);
    let wanted = check.needed_strings("secretIds");
    let overwrites = check.boolean("shouldOverwrite").unwrap_or(false);
    check.finish()?;
    let route = route?;
    let (source, destination) = (&route.source, &route.destination);
    let access = source.access(world, call)?;
    let project = access.project;
    let (from, to) = route.folders(project)?;
    let (from, to) = (from.id.clone(), to.id.clone());
    let secrets: Vec<_> = project.secrets_in(&from).into_iter().filter(|secret| wanted.contains(&secret.id)).collect();
    if secrets.len() < wanted.len() {
        let Place { environment, path, .. } = source;
        return Err(Failure::not_found(format!(
            "One or more secrets not found in source folder with path '{path}' and environment slug '{environment}'"
        )));
    }
    for secret in &secrets {
        let view = View::now(project, &source.environment, secret);
        access.check(Action::Delete, &view)?;
        access.check(Action::ReadValue, &view)?;
    }
    for secret in &secrets {
        let name = secret.now.key.as_str();
        let action = if project.secret(&to, name).is_some() { Action::Edit } else { Action::Create };
        access.check_name(action, destination, name, &tag_slugs(project, &secret.now))?;
    }
    if from == to {
        return Err(Failure::bad_request("Selected secrets already exist in the destination."));
    }
    let taken: Vec<&str> =
        secrets.iter().map(|it| it.now.key.as_str()).filter(|key| project.secret(&to, key).is_some()).collect();
    if !taken.is_empty() && !overwrites {
        let taken = taken.join(",");
        return Err(Failure::bad_request(format!(
            "Failed to move secrets. The following secrets already exist in the destination: {taken}"
        )));
    }
    let mut made = Vec::new();
    for secret in &secrets {
        let state = secret.now.clone();
        made.push(match project.secret(&to, &secret.now.key) {
            Some(existing) => Change::Update { id: existing.id.clone(), state },
            None => Change::Create { folder_id: to.clone(), state },
        });
    }
    let gone = secrets.iter().map(|secret| Change::Delete { id: secret.id.clone() }).collect();
    let is_source_protected = approval(world, call, source, &from).is_some();
    let is_destination_protected = approval(world, call, destination, &to).is_some();
    if !is_source_protected && !is_destination_protected {
        world.commit(&source.project_id, made)?;
        world.commit(&source.project_id, gone)?;
    }
    Ok(json!({"isSourceUpdated": !is_source_protected, "isDestinationUpdated": !is_destination_protected}))
}
