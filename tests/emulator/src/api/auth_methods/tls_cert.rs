//! TLS Certificate Auth of an identity: `/api/v1/auth/tls-cert-auth/identities/:identityId`.

use serde_json::{Value, json};

use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::json::set;
use crate::world::World;
use crate::world::auth_method::{AuthMethod, Method, Settings};
use crate::world::federation::TlsCertAuth;

use super::rules::{self, TokenFields, method_json_without_period};

fn answer(identity_id: &str, method: &AuthMethod, encrypted: &[u8]) -> Value {
    let mut shown = method_json_without_period(identity_id, method);
    if let Settings::TlsCert(tls) = &method.settings {
        set(&mut shown, "allowedCommonNames", tls.common_names.clone());
        set(&mut shown, "allowedSubjectAltNames", Value::Null);
        set(&mut shown, "encryptedCaCertificate", json!({"type": "Buffer", "data": encrypted}));
    }
    json!({"identityTlsCertAuth": shown})
}

/// `POST`: the answer contains the authority's certificate in the encrypted form that the server
/// stores.
pub(crate) fn attach(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let tls = TlsCertAuth {
        authority: check.string("caCertificate").trim().to_owned(),
        common_names: check.nullable_string("allowedCommonNames"),
    };
    let tokens = TokenFields::read(&mut check);
    check.finish()?;
    let encrypted = world.encrypt(&tls.authority);
    let method = rules::attach(world, call, &tokens, Settings::TlsCert(tls))?;
    Ok(answer(call.param("identityId"), method, &encrypted))
}

/// `DELETE`
pub(crate) fn detach(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let method = rules::detach(world, call, Method::TlsCert)?;
    let authority = match &method.settings {
        Settings::TlsCert(tls) => tls.authority.as_str(),
        _ => "",
    };
    let encrypted = world.encrypt(authority);
    Ok(answer(call.param("identityId"), &method, &encrypted))
}
