//! Webhooks: `/api/v1/webhooks`. No project has one, because the emulator resolves no names and the
//! server rejects a webhook whose host it can't resolve.

use serde_json::{Value, json};

use crate::auth::permission::{self, Action, Subject};
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::outside::is_internal;
use crate::world::World;

/// `GET`
pub(crate) fn list(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::query(call);
    let project_id = check.string("projectId");
    check.finish()?;
    permission::allow(world, call, &project_id, Action::Read, Subject::Webhooks)?;
    Ok(json!({"message": "Successfully fetched webhook", "webhooks": []}))
}

/// `POST`
pub(crate) fn create(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let project_id = check.string("projectId");
    check.string("environment");
    let url = check.string("webhookUrl");
    check.finish()?;
    permission::allow(world, call, &project_id, Action::Create, Subject::Webhooks)?;
    if !world.settings.internal_addresses && is_internal(&url) {
        return Err(Failure::bad_request("Local IPs not allowed as URL"));
    }
    Err(Failure::internal("InternalServerError"))
}

/// `DELETE /api/v1/webhooks/:webhookId`
pub(crate) fn delete(_: &mut World, call: &Call) -> Result<Value, Failure> {
    let id = call.param("webhookId");
    Err(Failure::not_found(format!("Webhook with ID '{id}' not found")))
}
