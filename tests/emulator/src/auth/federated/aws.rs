//! AWS Auth: a signed request to AWS identifies the caller. The emulator sends nothing to AWS, so
//! it gets only as far as the region.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::world::World;
use crate::world::auth_method::Method;

use super::settings;

/// `POST /api/v1/auth/aws-auth/login`
pub(crate) fn login(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let identity_id = check.string("identityId").trim().to_owned();
    check.string("iamHttpRequestMethod");
    check.string("iamRequestBody");
    let headers = check.string("iamRequestHeaders");
    check.finish()?;
    settings(world, &identity_id, Method::Aws)?;
    let headers = STANDARD.decode(headers).ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    let signed = headers.as_ref().and_then(|headers| headers.get("Authorization")).and_then(Value::as_str);
    if !signed.is_some_and(has_region) {
        return Err(Failure::bad_request("Invalid AWS region"));
    }
    Err(Failure::internal("The emulator doesn't ask AWS"))
}

/// `AWS4-HMAC-SHA256 Credential=KEY/20261130/us-east-1/sts/aws4_request, ...`
fn has_region(authorization: &str) -> bool {
    let credential = authorization.split_once("Credential=").map(|(_, rest)| rest);
    let region = credential.and_then(|credential| credential.split('/').nth(2)).unwrap_or_default();
    !region.is_empty() && region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
