//! The server's status.

use serde_json::{Value, json};

use crate::ApiVersion;
use crate::call::Call;
use crate::failure::Failure;
use crate::json::set;
use crate::world::World;
use crate::world::auth_method::MAX_TOKEN_TTL;
use crate::world::clock::iso;

/// `GET /api/status`
pub(crate) fn status(world: &mut World, _: &Call) -> Result<Value, Failure> {
    let mut status = json!({
        "date": iso(world.now()), "message": "Ok", "emailConfigured": false, "inviteOnlySignup": true,
        "redisConfigured": true, "secretScanningConfigured": false,
    });
    if world.api_version == ApiVersion::V4 {
        set(&mut status, "auditLogStorageDisabled", false);
        set(&mut status, "maxIdentityAccessTokenTTL", MAX_TOKEN_TTL / 1000);
    }
    Ok(status)
}
