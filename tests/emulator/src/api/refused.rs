//! Routes that refuse every machine identity, or every caller on the free licence.

use serde_json::{Value, json};

use crate::api::projects::project_by_slug;
use crate::auth::permission::{self, Action, Subject};
use crate::call::Call;
use crate::check::{Checker, not_a_uuid};
use crate::failure::Failure;
use crate::world::World;
use crate::world::ids::is_uuid;

/// The refusal of a feature that the free licence lacks.
fn restricted(to: &str, what: &str) -> Failure {
    Failure::bad_request(format!("Failed to {to} due to plan restriction. Upgrade plan to {what}."))
}

/// The rotation types that were recorded.
const ROTATION_TYPES: [&str; 4] =
    ["postgres-credentials", "auth0-client-secret", "aws-iam-user-secret", "azure-client-secret"];

/// Checks the type and the id of a rotation's path.
fn check_rotation(call: &Call, method: &str) -> Result<(), Failure> {
    if !ROTATION_TYPES.contains(&call.param("type")) {
        return Err(Failure::no_route(method, &call.url));
    }
    match call.params.iter().find(|(name, _)| name == "rotationId") {
        Some((_, id)) if !is_uuid(id) => Err(not_a_uuid("rotationId")),
        _ => Ok(()),
    }
}

/// `GET /api/v2/secret-rotations` and `GET /api/v2/secret-rotations/:type`
pub(crate) fn rotations(_: &mut World, call: &Call) -> Result<Value, Failure> {
    if call.params.iter().any(|(name, _)| name == "type") {
        check_rotation(call, "GET")?;
    }
    Err(restricted("access secret rotations", "access secret rotations"))
}

/// `GET /api/v2/secret-rotations/:type/:rotationId` and `.../rotation-name/:rotationName`
pub(crate) fn rotation(_: &mut World, call: &Call) -> Result<Value, Failure> {
    check_rotation(call, "GET")?;
    Err(restricted("access secret rotation", "access secret rotations"))
}

/// `POST /api/v2/secret-rotations/:type`
pub(crate) fn create_rotation(_: &mut World, call: &Call) -> Result<Value, Failure> {
    check_rotation(call, "POST")?;
    Err(restricted("create secret rotation", "create secret rotations"))
}

/// `POST /api/v2/secret-rotations/:type/:rotationId/rotate-secrets`
pub(crate) fn rotate(_: &mut World, call: &Call) -> Result<Value, Failure> {
    check_rotation(call, "POST")?;
    Err(restricted("rotate secret rotation secrets", "rotate secret rotation secrets"))
}

/// `GET /api/v2/secret-rotations/:type/:rotationId/generated-credentials`
pub(crate) fn rotation_credentials(_: &mut World, call: &Call) -> Result<Value, Failure> {
    check_rotation(call, "GET")?;
    Err(restricted("access secret rotation credentials", "access secret rotations credentials"))
}

/// Requires that the caller is a member of the project that a query or body names by slug.
fn check_membership(world: &World, call: &Call, slug: &str) -> Result<(), Failure> {
    let project = project_by_slug(world, slug)?;
    permission::membership(world, call, &project.id).map(|_| ())
}

/// `GET /api/v1/dynamic-secrets`: always empty.
pub(crate) fn dynamic_secrets(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::query(call);
    let slug = check.string("projectSlug");
    check.finish()?;
    check_membership(world, call, &slug)?;
    Ok(json!({"dynamicSecrets": []}))
}

/// `GET /api/v1/dynamic-secrets/:name` and `.../leases`
pub(crate) fn dynamic_secret(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::query(call);
    let (slug, path) = (check.string("projectSlug"), check.folder_path("path"));
    check.finish()?;
    check_membership(world, call, &slug)?;
    let name = call.param("name");
    // The server's message lacks a quotation mark here.
    let message = if call.url.contains("/leases") {
        format!("Dynamic secret with name '{name}' in folder with path '{path}' not found")
    } else {
        format!("Dynamic secret with name '{name} in folder '{path}' not found")
    };
    Err(Failure::not_found(message))
}

/// `POST /api/v1/dynamic-secrets`
pub(crate) fn create_dynamic_secret(_: &mut World, _: &Call) -> Result<Value, Failure> {
    Err(restricted("create dynamic secret", "create dynamic secret"))
}

/// `POST /api/v1/dynamic-secrets/leases`
pub(crate) fn create_lease(_: &mut World, _: &Call) -> Result<Value, Failure> {
    Err(restricted("create lease", "create dynamic secret"))
}

/// `GET /api/v1/app-connections`: always empty.
pub(crate) fn app_connections(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::query(call);
    let project_id = check.string("projectId");
    check.finish()?;
    permission::allow(world, call, &project_id, Action::ReadAppConnections, Subject::AppConnections)?;
    Ok(json!({"appConnections": []}))
}

/// `GET /api/v1/secret-syncs`: always empty.
pub(crate) fn secret_syncs(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::query(call);
    let project_id = check.string("projectId");
    check.finish()?;
    permission::membership(world, call, &project_id)?;
    Ok(json!({"secretSyncs": []}))
}
