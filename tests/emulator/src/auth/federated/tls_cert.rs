//! TLS Certificate Auth: the proxy in front of the server forwards the client certificate in a
//! header.

use serde_json::{Value, json};

use crate::auth::issue::{self, Login};
use crate::call::Call;
use crate::check::Checker;
use crate::der::Certificate;
use crate::failure::Failure;
use crate::world::World;
use crate::world::auth_method::{Method, Settings};

use super::bounds::entries;
use super::jws::pem_body;
use super::settings;

/// `POST /api/v1/auth/tls-cert-auth/login`
pub(crate) fn login(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let identity_id = check.string("identityId").trim().to_owned();
    check.finish()?;
    let header = call.client_certificate.as_deref().filter(|header| !header.is_empty());
    let header = header.ok_or_else(|| Failure::bad_request("Missing TLS certificate in header"))?;
    let (Settings::TlsCert(tls), rules) = settings(world, &identity_id, Method::TlsCert)? else {
        return Err(Failure::internal("InternalServerError"));
    };
    let none = || Failure::bad_request("No valid certificates found in the chain");
    let bytes = pem_body(header, "CERTIFICATE").ok_or_else(none)?;
    let certificate = Certificate::parse(&bytes).ok_or_else(none)?;
    let denied = |why: &str| Failure::unauthorized(format!("Access denied: {why}"));
    let authority = pem_body(&tls.authority, "CERTIFICATE").unwrap_or_default();
    let is_issued = Certificate::parse(&authority).is_some_and(|authority| certificate.is_issued_by(&authority));
    if !is_issued {
        return Err(denied("Certificate not issued by the provided CA."));
    }
    if certificate.is_authority {
        return Err(denied("a CA certificate cannot be used as a client certificate."));
    }
    if !certificate.is_valid_at(world.now()) {
        return Err(denied("Certificate has expired or is not yet valid."));
    }
    let names = tls.common_names.as_deref().unwrap_or_default();
    if !names.is_empty() && !entries(names).any(|name| Some(name) == certificate.common_name) {
        return Err(denied("TLS Certificate Auth common name not allowed."));
    }
    let login =
        Login { identity_id: &identity_id, method: Method::TlsCert, client_secret_id: "", identity_auth: json!({}) };
    Ok(issue::log_in(world, call, login, &rules))
}
