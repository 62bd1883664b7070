//! Secret-related features that are off, paid, or always on.

use serde_json::{Value, json};

use crate::auth::permission::{self, Action, Subject};
use crate::call::Call;
use crate::failure::Failure;
use crate::world::World;

/// `POST /api/v1/events/subscribe/project-events`: needs a paid plan.
pub(crate) fn subscribe(_: &mut World, _: &Call) -> Result<Value, Failure> {
    Err(Failure::bad_request(
        "Event subscriptions are not available on your current plan. Please upgrade to access this feature.",
    ))
}

/// `GET /api/v1/projects/:projectId/secret-validation-rules`: the project has no rules.
pub(crate) fn validation_rules(world: &mut World, call: &Call) -> Result<Value, Failure> {
    permission::allow(world, call, call.param("projectId"), Action::Read, Subject::Settings)?;
    Ok(json!({"rules": []}))
}

/// `GET /api/v1/projects/:projectId/secret-blind-index/status`: the index exists from the start, so
/// no job builds it.
pub(crate) fn blind_index_status(world: &mut World, call: &Call) -> Result<Value, Failure> {
    permission::membership(world, call, call.param("projectId"))?;
    Ok(json!({"status": "not-found"}))
}

/// `POST /api/v1/projects/:projectId/secret-blind-index`
pub(crate) fn build_blind_index(world: &mut World, call: &Call) -> Result<Value, Failure> {
    permission::membership(world, call, call.param("projectId"))?;
    Err(Failure::bad_request("Secret blind indexing is already enabled for this project"))
}
