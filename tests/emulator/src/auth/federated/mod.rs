//! Logins with external proof: a signed JWT, a cluster's service account, a client certificate.

pub(crate) mod bounds;
pub(crate) mod jws;

mod aws;
mod elsewhere;
mod jwt;
mod kubernetes;
mod oidc;
mod tls_cert;

use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::world::World;
use crate::world::auth_method::{AuthMethod, Method, Settings, TokenRules};

use super::universal::{no_such_organization, sub_organization};

pub(crate) use aws::login as login_by_aws;
pub(crate) use elsewhere::{alicloud, azure, gcp, ldap, oci, spiffe};
pub(crate) use jwt::login as login_by_jwt;
pub(crate) use kubernetes::{login as login_by_kubernetes, try_out as try_cluster};
pub(crate) use oidc::login as login_by_oidc;
pub(crate) use tls_cert::login as login_by_certificate;

/// The identity to log in as, and the proof.
struct Request {
    identity_id: String,
    proof: String,
}

impl Request {
    /// Reads a body of `identityId` and a proof field of this name.
    fn read(call: &Call, proof: &str) -> Result<Self, Failure> {
        let mut check = Checker::body(call)?;
        let identity_id = check.string("identityId").trim().to_owned();
        let proof = check.string(proof);
        let organization = sub_organization(&mut check, call);
        check.finish()?;
        no_such_organization(organization)?;
        Ok(Self { identity_id, proof })
    }
}

/// Fails with an internal error for an id that isn't a UUID, as the server's database does.
fn check_id(identity_id: &str) -> Result<(), Failure> {
    let is_uuid = identity_id.len() == 36
        && identity_id.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    if is_uuid { Ok(()) } else { Err(Failure::internal("Find one")) }
}

/// The server's error for an identity that doesn't have the method.
fn not_configured(method: &str, asked: &str) -> Failure {
    Failure::not_found(format!("{method} auth method not found for identity, did you configure {asked}?"))
}

/// The settings and rules of an identity's method.
fn settings(world: &World, identity_id: &str, method: Method) -> Result<(Settings, TokenRules), Failure> {
    check_id(identity_id)?;
    let held: Option<&AuthMethod> = world.identity(identity_id).and_then(|identity| identity.method(method));
    let word = method.word();
    let held = held.ok_or_else(|| not_configured(word, &format!("{word} auth")))?;
    Ok((held.settings.clone(), held.tokens.clone()))
}
