//! JWT Auth of an identity: `/api/v1/auth/jwt-auth/identities/:identityId`. Keys are configured,
//! not fetched.

use serde_json::{Map, Value, json};

use crate::auth::identity_access::{self, IdentityAction};
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::json::set;
use crate::world::World;
use crate::world::auth_method::{AuthMethod, Method, Settings};
use crate::world::federation::JwtAuth;

use super::rules::{self, TokenFields, method_json};

/// The fields of JWT Auth in a body. Absent fields are `None`.
struct Fields {
    public_keys: Option<Vec<String>>,
    issuer: Option<String>,
    audiences: Option<String>,
    claims: Option<Map<String, Value>>,
    subject: Option<String>,
}

impl Fields {
    fn read(check: &mut Checker<'_>) -> Self {
        Self {
            public_keys: check.strings("publicKeys"),
            issuer: check.optional_string("boundIssuer"),
            audiences: check.optional_string("boundAudiences"),
            claims: check.texts_by_name("boundClaims"),
            subject: check.optional_string("boundSubject"),
        }
    }

    fn change(self, jwt: &mut JwtAuth) {
        jwt.public_keys = self.public_keys.unwrap_or_else(|| std::mem::take(&mut jwt.public_keys));
        jwt.issuer = self.issuer.unwrap_or_else(|| std::mem::take(&mut jwt.issuer));
        jwt.audiences = self.audiences.unwrap_or_else(|| std::mem::take(&mut jwt.audiences));
        jwt.claims = self.claims.unwrap_or_else(|| std::mem::take(&mut jwt.claims));
        jwt.subject = self.subject.unwrap_or_else(|| std::mem::take(&mut jwt.subject));
    }
}

fn answer(identity_id: &str, method: &AuthMethod) -> Value {
    let mut shown = method_json(identity_id, method);
    if let Settings::Jwt(jwt) = &method.settings {
        set(&mut shown, "configurationType", "static");
        set(&mut shown, "jwksUrl", "");
        set(&mut shown, "jwksCaCert", "");
        set(&mut shown, "publicKeys", jwt.public_keys.clone());
        set(&mut shown, "boundIssuer", jwt.issuer.as_str());
        set(&mut shown, "boundAudiences", jwt.audiences.as_str());
        set(&mut shown, "boundClaims", jwt.claims.clone());
        set(&mut shown, "boundSubject", jwt.subject.as_str());
    }
    json!({"identityJwtAuth": shown})
}

/// `POST`
pub(crate) fn attach(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    check.choice("configurationType", &["static"]);
    let (tokens, fields) = (TokenFields::read(&mut check), Fields::read(&mut check));
    check.finish()?;
    let mut jwt = JwtAuth::default();
    fields.change(&mut jwt);
    let method = rules::attach(world, call, &tokens, Settings::Jwt(jwt))?;
    Ok(answer(call.param("identityId"), method))
}

/// `GET`
pub(crate) fn get(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let identity_id = call.param("identityId");
    identity_access::allow(world, call, identity_id, IdentityAction::Read)?;
    Ok(answer(identity_id, rules::held(world, identity_id, Method::Jwt)?))
}

/// `PATCH`
pub(crate) fn update(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let (tokens, fields) = (TokenFields::read(&mut check), Fields::read(&mut check));
    check.finish()?;
    let method = rules::change(world, call, Method::Jwt, &tokens, |settings| {
        if let Settings::Jwt(jwt) = settings {
            fields.change(jwt);
        }
    })?;
    Ok(answer(call.param("identityId"), method))
}

/// `DELETE`
pub(crate) fn detach(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let method = rules::detach(world, call, Method::Jwt)?;
    Ok(answer(call.param("identityId"), &method))
}
