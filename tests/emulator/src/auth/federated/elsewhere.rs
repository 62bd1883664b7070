//! Login methods that no identity of the emulator has. The server reports that they aren't
//! configured.

use serde_json::Value;

use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::world::World;

use super::{check_id, not_configured};

/// Reads the login's fields and reports that the identity doesn't have the method.
fn refuse(call: &Call, fields: &[&str], failure: impl FnOnce(&str) -> Failure) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let identity_id = check.string("identityId").trim().to_owned();
    for field in fields {
        check.string(field);
    }
    check.finish()?;
    check_id(&identity_id)?;
    Err(failure(&identity_id))
}

/// `POST /api/v1/auth/gcp-auth/login`
pub(crate) fn gcp(_: &mut World, call: &Call) -> Result<Value, Failure> {
    refuse(call, &["jwt"], |_| not_configured("GCP", "GCP auth"))
}

/// `POST /api/v1/auth/azure-auth/login`
pub(crate) fn azure(_: &mut World, call: &Call) -> Result<Value, Failure> {
    refuse(call, &["jwt"], |_| not_configured("Azure", "Azure Auth"))
}

/// `POST /api/v1/auth/ldap-auth/login`
pub(crate) fn ldap(_: &mut World, call: &Call) -> Result<Value, Failure> {
    refuse(call, &["username", "password"], |id| Failure::not_found(format!("LDAP auth with ID '{id}' not found")))
}

/// `POST /api/v1/auth/oci-auth/login`
pub(crate) fn oci(_: &mut World, call: &Call) -> Result<Value, Failure> {
    refuse(call, &["userOcid"], |_| not_configured("OCI", "OCI auth"))
}

/// `POST /api/v1/auth/alicloud-auth/login`
pub(crate) fn alicloud(_: &mut World, call: &Call) -> Result<Value, Failure> {
    let fields =
        ["Action", "Format", "Version", "AccessKeyId", "SignatureMethod", "Timestamp", "SignatureNonce", "Signature"];
    refuse(call, &fields, |_| not_configured("Alibaba Cloud", "Alibaba Cloud auth"))
}

/// `POST /api/v1/auth/spiffe-auth/login`
pub(crate) fn spiffe(_: &mut World, call: &Call) -> Result<Value, Failure> {
    refuse(call, &["jwt"], |_| not_configured("SPIFFE", "SPIFFE auth"))
}
