//! Approval policies: a write under one becomes a request.

use serde_json::{Value, json};

use crate::call::Call;
use crate::world::World;
use crate::world::clock::iso;

use super::place::Place;

/// Turns a write under a policy into an approval request. Nothing is written.
pub(crate) fn approval(world: &mut World, call: &Call, place: &Place, folder_id: &str) -> Option<Value> {
    let policy_id = world.policy(&place.environment, &place.path)?.id.clone();
    let now = iso(world.now());
    Some(json!({
        "id": world.ids.uuid(), "policyId": policy_id, "hasMerged": false, "status": "open", "conflicts": null,
        "slug": world.ids.alphanumeric(21), "folderId": folder_id, "bypassReason": null, "createdAt": now,
        "updatedAt": now, "isReplicated": null,
        "committerUserId": call.caller.as_ref().map(|caller| caller.identity_id.clone()),
        "statusChangedByUserId": null,
    }))
}
