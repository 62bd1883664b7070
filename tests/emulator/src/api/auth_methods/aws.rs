//! AWS Auth of an identity: `/api/v1/auth/aws-auth/identities/:identityId`.

use serde_json::{Value, json};

use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::json::set;
use crate::world::World;
use crate::world::auth_method::{AuthMethod, Method, Settings};
use crate::world::federation::AwsAuth;

use super::rules::{self, TokenFields, method_json};

const ENDPOINT: &str = "https://sts.amazonaws.com/";

fn answer(identity_id: &str, method: &AuthMethod) -> Value {
    let mut shown = method_json(identity_id, method);
    if let Settings::Aws(aws) = &method.settings {
        set(&mut shown, "type", "iam");
        set(&mut shown, "stsEndpoint", aws.endpoint.as_str());
        set(&mut shown, "allowedPrincipalArns", aws.principal_arns.as_str());
        set(&mut shown, "allowedAccountIds", aws.account_ids.as_str());
    }
    json!({"identityAwsAuth": shown})
}

/// `POST`
pub(crate) fn attach(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let aws = AwsAuth {
        endpoint: check.string_or("stsEndpoint", ENDPOINT),
        principal_arns: check.string_or("allowedPrincipalArns", ""),
        account_ids: check.string_or("allowedAccountIds", ""),
    };
    let tokens = TokenFields::read(&mut check);
    check.finish()?;
    let method = rules::attach(world, call, &tokens, Settings::Aws(aws))?;
    Ok(answer(call.param("identityId"), method))
}

/// `DELETE`
pub(crate) fn detach(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let method = rules::detach(world, call, Method::Aws)?;
    Ok(answer(call.param("identityId"), &method))
}
