//! Kubernetes Auth of an identity: `/api/v1/auth/kubernetes-auth/identities/:identityId`.

use serde_json::{Value, json};

use crate::auth::federated;
use crate::auth::identity_access::{self, IdentityAction};
use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::json::set;
use crate::world::World;
use crate::world::auth_method::{AuthMethod, Method, Settings};
use crate::world::federation::KubernetesAuth;

use super::rules::{self, TokenFields, check_host, method_json_without_period};

/// The fields of Kubernetes Auth in a body. Absent fields are `None`.
struct Fields {
    host: Option<String>,
    authority: Option<String>,
    reviewer_token: Option<String>,
    namespaces: Option<String>,
    names: Option<String>,
    audience: Option<String>,
}

impl Fields {
    fn read(check: &mut Checker<'_>, is_new: bool) -> Self {
        let host = if is_new { Some(check.string("kubernetesHost")) } else { check.optional_string("kubernetesHost") };
        // The other mode reviews tokens through a gateway, which needs a paid plan.
        check.choice("tokenReviewMode", &["api"]);
        Self {
            host,
            authority: check.optional_string("caCert").map(|pem| pem.trim().to_owned()),
            reviewer_token: check.nullable_string("tokenReviewerJwt"),
            namespaces: check.optional_string("allowedNamespaces"),
            names: check.optional_string("allowedNames"),
            audience: check.optional_string("allowedAudience"),
        }
    }

    fn change(self, cluster: &mut KubernetesAuth) {
        cluster.host = self.host.unwrap_or_else(|| std::mem::take(&mut cluster.host));
        cluster.authority = self.authority.unwrap_or_else(|| std::mem::take(&mut cluster.authority));
        cluster.reviewer_token = self.reviewer_token.unwrap_or_else(|| std::mem::take(&mut cluster.reviewer_token));
        cluster.namespaces = self.namespaces.unwrap_or_else(|| std::mem::take(&mut cluster.namespaces));
        cluster.names = self.names.unwrap_or_else(|| std::mem::take(&mut cluster.names));
        cluster.audience = self.audience.unwrap_or_else(|| std::mem::take(&mut cluster.audience));
    }
}

fn answer(identity_id: &str, method: &AuthMethod) -> Value {
    let mut shown = method_json_without_period(identity_id, method);
    if let Settings::Kubernetes(cluster) = &method.settings {
        set(&mut shown, "tokenReviewMode", "api");
        set(&mut shown, "kubernetesHost", cluster.host.as_str());
        set(&mut shown, "allowedNamespaces", cluster.namespaces.as_str());
        set(&mut shown, "allowedNames", cluster.names.as_str());
        set(&mut shown, "allowedAudience", cluster.audience.as_str());
        set(&mut shown, "caCert", cluster.authority.as_str());
        set(&mut shown, "tokenReviewerJwt", cluster.reviewer_token.as_str());
        set(&mut shown, "verifyTlsCertificate", true);
        set(&mut shown, "gatewayId", Value::Null);
        set(&mut shown, "gatewayPoolId", Value::Null);
    }
    json!({"identityKubernetesAuth": shown})
}

/// `POST`: the cluster must be reachable.
pub(crate) fn attach(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let (tokens, fields) = (TokenFields::read(&mut check), Fields::read(&mut check, true));
    check.finish()?;
    identity_access::allow(world, call, call.param("identityId"), IdentityAction::Edit)?;
    check_host(world, fields.host.as_deref())?;
    let mut cluster = KubernetesAuth::default();
    fields.change(&mut cluster);
    federated::try_cluster(&cluster)?;
    let method = rules::attach(world, call, &tokens, Settings::Kubernetes(cluster))?;
    Ok(answer(call.param("identityId"), method))
}

/// `GET`
pub(crate) fn get(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let identity_id = call.param("identityId");
    identity_access::allow(world, call, identity_id, IdentityAction::Read)?;
    Ok(answer(identity_id, rules::held(world, identity_id, Method::Kubernetes)?))
}

/// `PATCH`: doesn't check whether the cluster is reachable.
pub(crate) fn update(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let (tokens, fields) = (TokenFields::read(&mut check), Fields::read(&mut check, false));
    check.finish()?;
    check_host(world, fields.host.as_deref())?;
    let method = rules::change(world, call, Method::Kubernetes, &tokens, |settings| {
        if let Settings::Kubernetes(cluster) = settings {
            fields.change(cluster);
        }
    })?;
    Ok(answer(call.param("identityId"), method))
}

/// `DELETE`
pub(crate) fn detach(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let method = rules::detach(world, call, Method::Kubernetes)?;
    Ok(answer(call.param("identityId"), &method))
}
