//! OIDC Auth of an identity: `/api/v1/auth/oidc-auth/identities/:identityId`.

use serde_json::{Map, Value, json};

use crate::auth::identity_access::{self, IdentityAction};
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::json::set;
use crate::world::World;
use crate::world::auth_method::{AuthMethod, Method, Settings};
use crate::world::federation::OidcAuth;

use super::rules::{self, TokenFields, check_host, method_json_without_period};

/// The fields of OIDC Auth in a body. Absent fields are `None`.
struct Fields {
    discovery_url: Option<String>,
    authority: Option<String>,
    issuer: Option<String>,
    audiences: Option<String>,
    claims: Option<Map<String, Value>>,
    subject: Option<String>,
}

impl Fields {
    fn read(check: &mut Checker<'_>, is_new: bool) -> Self {
        let mut needed = |name: &str| if is_new { Some(check.string(name)) } else { check.optional_string(name) };
        let (discovery_url, issuer) = (needed("oidcDiscoveryUrl"), needed("boundIssuer"));
        Self {
            discovery_url,
            authority: check.optional_string("caCert").map(|pem| pem.trim().to_owned()),
            issuer,
            audiences: check.optional_string("boundAudiences"),
            claims: check.texts_by_name("boundClaims"),
            subject: check.optional_string("boundSubject"),
        }
    }

    fn change(self, oidc: &mut OidcAuth) {
        oidc.discovery_url = self.discovery_url.unwrap_or_else(|| std::mem::take(&mut oidc.discovery_url));
        oidc.authority = self.authority.unwrap_or_else(|| std::mem::take(&mut oidc.authority));
        oidc.issuer = self.issuer.unwrap_or_else(|| std::mem::take(&mut oidc.issuer));
        oidc.audiences = self.audiences.unwrap_or_else(|| std::mem::take(&mut oidc.audiences));
        oidc.claims = self.claims.unwrap_or_else(|| std::mem::take(&mut oidc.claims));
        oidc.subject = self.subject.unwrap_or_else(|| std::mem::take(&mut oidc.subject));
    }
}

fn answer(identity_id: &str, method: &AuthMethod) -> Value {
    let mut shown = method_json_without_period(identity_id, method);
    if let Settings::Oidc(oidc) = &method.settings {
        set(&mut shown, "oidcDiscoveryUrl", oidc.discovery_url.as_str());
        set(&mut shown, "caCert", oidc.authority.as_str());
        set(&mut shown, "boundIssuer", oidc.issuer.as_str());
        set(&mut shown, "boundAudiences", oidc.audiences.as_str());
        set(&mut shown, "boundClaims", oidc.claims.clone());
        set(&mut shown, "boundSubject", oidc.subject.as_str());
        set(&mut shown, "claimMetadataMapping", Value::Null);
    }
    json!({"identityOidcAuth": shown})
}

/// `POST`
pub(crate) fn attach(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let (tokens, fields) = (TokenFields::read(&mut check), Fields::read(&mut check, true));
    check.finish()?;
    check_host(world, fields.discovery_url.as_deref())?;
    let mut oidc = OidcAuth::default();
    fields.change(&mut oidc);
    let method = rules::attach(world, call, &tokens, Settings::Oidc(oidc))?;
    Ok(answer(call.param("identityId"), method))
}

/// `GET`
pub(crate) fn get(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let identity_id = call.param("identityId");
    identity_access::allow(world, call, identity_id, IdentityAction::Read)?;
    Ok(answer(identity_id, rules::held(world, identity_id, Method::Oidc)?))
}

/// `PATCH`: doesn't check whether the issuer is reachable.
pub(crate) fn update(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let (tokens, fields) = (TokenFields::read(&mut check), Fields::read(&mut check, false));
    check.finish()?;
    check_host(world, fields.discovery_url.as_deref())?;
    let method = rules::change(world, call, Method::Oidc, &tokens, |settings| {
        if let Settings::Oidc(oidc) = settings {
            fields.change(oidc);
        }
    })?;
    Ok(answer(call.param("identityId"), method))
}

/// `DELETE`
pub(crate) fn detach(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let method = rules::detach(world, call, Method::Oidc)?;
    Ok(answer(call.param("identityId"), &method))
}
