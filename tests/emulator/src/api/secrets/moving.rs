//! `POST /api/v4/secrets/move`: secrets from one folder into another.

use serde_json::{Value, json};

use crate::auth::permission::Action;
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::world::World;
use crate::world::secret::Secret;

use super::access::tag_slugs;
use super::place::Place;
use super::shape::View;
use super::write::approval;

/// Moves secrets by id; what has one of their names at the destination is replaced with `shouldOverwrite` only.
pub(crate) fn move_secrets(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let project_id = check.string("projectId");
    let mut place = |environment: &str, path: &str| Place {
        project_id: project_id.clone(),
        environment: check.string(environment),
        path: check.folder_path(path),
    };
    let source = place("sourceEnvironment", "sourceSecretPath");
    let destination = place("destinationEnvironment", "destinationSecretPath");
    let ids = check.strings("secretIds").unwrap_or_default();
    let overwrite = check.boolean("shouldOverwrite").unwrap_or(false);
    check.finish()?;
    let access = source.access(world, call)?;
    let project = access.project;
    let from = source.folder(project, "MoveSecrets")?.id.clone();
    let to = destination.folder(project, "MoveSecrets")?.id.clone();
    let moved: Vec<(String, String)> = project
        .secrets
        .iter()
        .filter(|secret| secret.folder_id == from && ids.contains(&secret.id))
        .map(|secret| (secret.id.clone(), secret.now.key.clone()))
        .collect();
    if moved.len() < ids.len() {
        return Err(Failure::bad_request("Invalid secrets: one or more don't exist in the source folder"));
    }
    let is_moved = |secret: &&Secret| moved.iter().any(|(id, _)| *id == secret.id);
    for secret in project.secrets.iter().filter(is_moved) {
        let view = View::now(project, &source.environment, secret);
        access.check(Action::Delete, &view)?;
        access.check(Action::ReadValue, &view)?;
    }
    for secret in project.secrets.iter().filter(is_moved) {
        let name = secret.now.key.as_str();
        let action = if project.secret(&to, name).is_some() { Action::Edit } else { Action::Create };
        access.check_name(action, &destination, name, &tag_slugs(project, &secret.now))?;
    }
    let clash = moved.iter().any(|(_, key)| project.secret(&to, key).is_some());
    if clash && !overwrite {
        return Err(Failure::bad_request("Failed to move secrets: one or more exist at the destination already"));
    }
    let is_source_protected = approval(world, call, &source, &from).is_some();
    let is_destination_protected = approval(world, call, &destination, &to).is_some();
    if !is_source_protected && !is_destination_protected {
        let project = world.known_project_mut(&project_id)?;
        let replaced = |key: &String| moved.iter().any(|(_, moved)| moved == key);
        project.secrets.retain(|secret| secret.folder_id != to || !replaced(&secret.now.key));
        for secret in project.secrets.iter_mut().filter(|secret| ids.contains(&secret.id)) {
            secret.folder_id.clone_from(&to);
        }
    }
    Ok(json!({"isSourceUpdated": !is_source_protected, "isDestinationUpdated": !is_destination_protected}))
}
