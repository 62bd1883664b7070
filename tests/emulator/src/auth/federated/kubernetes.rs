//! Kubernetes Auth: the server asks the cluster to review a service account's token.

use serde_json::{Value, json};

use crate::auth::issue::{self, Login};
use crate::call::Call;
use crate::failure::Failure;
use crate::outside::{self, Unanswered};
use crate::world::World;
use crate::world::auth_method::{Method, Settings};
use crate::world::federation::KubernetesAuth;

use super::bounds::entries;
use super::{Request, settings};

/// `POST /api/v1/auth/kubernetes-auth/login`
pub(crate) fn login(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let request = Request::read(call, "jwt")?;
    let (Settings::Kubernetes(cluster), rules) = settings(world, &request.identity_id, Method::Kubernetes)? else {
        return Err(Failure::internal("InternalServerError"));
    };
    let mut spec = json!({"token": request.proof});
    if !cluster.audience.is_empty() {
        crate::json::set(&mut spec, "audiences", vec![cluster.audience.clone()]);
    }
    let status = review(&cluster, &spec, &request.proof)?;
    let account = ServiceAccount::of(&status)?;
    let is_allowed = |list: &str, name: &str| list.is_empty() || entries(list).any(|entry| entry == name);
    if !is_allowed(&cluster.namespaces, &account.namespace) {
        return Err(Failure::unauthorized("Access denied: K8s namespace not allowed."));
    }
    if !is_allowed(&cluster.names, &account.name) {
        return Err(Failure::unauthorized("Access denied: K8s name not allowed."));
    }
    let login = Login {
        identity_id: &request.identity_id,
        method: Method::Kubernetes,
        client_secret_id: "",
        identity_auth: json!({"kubernetes": {"namespace": account.namespace, "name": account.name}}),
    };
    Ok(issue::log_in(world, call, login, &rules))
}

/// Checks with an invalid token whether the cluster lets the server review tokens.
pub(crate) fn try_out(cluster: &KubernetesAuth) -> Result<(), Failure> {
    review(cluster, &json!({"token": "test-token-for-permission-validation"}), "").map(|_| ())
}

/// The `status` of the cluster's TokenReview of a token. The request is authenticated by the
/// reviewer's token, or by the token itself if there is no reviewer.
fn review(cluster: &KubernetesAuth, spec: &Value, own_token: &str) -> Result<Value, Failure> {
    let url = format!("{}/apis/authentication.k8s.io/v1/tokenreviews", cluster.host.trim_end_matches('/'));
    let body = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": spec});
    let token = if cluster.reviewer_token.is_empty() { own_token } else { &cluster.reviewer_token };
    let request = outside::Request { url: &url, body: Some(&body), token: Some(token), authority: &cluster.authority };
    let mut answer = outside::ask(&request).map_err(|error| unanswered(cluster, &error))?;
    Ok(answer.get_mut("status").map(Value::take).unwrap_or_default())
}

fn unanswered(cluster: &KubernetesAuth, error: &Unanswered) -> Failure {
    let host = &cluster.host;
    match error {
        Unanswered::Network(text) => {
            let message = format!("Failed to connect to Kubernetes host at {host}: {text}");
            Failure::new(400, "KubernetesHostConnectionError", message)
        }
        Unanswered::Certificate => {
            let message = format!(
                "SSL certificate verification failed for Kubernetes API server at {host}. The server uses a self-signed \
                 certificate. Please provide the CA certificate in the configuration."
            );
            Failure::new(400, "KubernetesCertificateError", message)
        }
        Unanswered::Status(status) => {
            let message = format!("Request failed with status code {status}");
            Failure::new(401, "KubernetesTokenReviewError", message)
        }
    }
}

/// The service account that the cluster reports for a token.
struct ServiceAccount {
    namespace: String,
    name: String,
}

impl ServiceAccount {
    fn of(status: &Value) -> Result<Self, Failure> {
        let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
        let error = text(status.get("error"));
        let is_authenticated = status.get("authenticated").and_then(Value::as_bool) == Some(true);
        if !error.is_empty() || !is_authenticated {
            return Err(Failure::new(401, "KubernetesTokenReviewError", error));
        }
        let username = text(status.get("user").and_then(|user| user.get("username")));
        let account = username.strip_prefix("system:serviceaccount:").and_then(|account| account.split_once(':'));
        let (namespace, name) = account.ok_or_else(|| {
            let message = format!(
                "Invalid Kubernetes service account username format: \"{username}\". Expected format: \
                 system:serviceaccount:<namespace>:<name>"
            );
            Failure::new(400, "KubernetesUsernameParseError", message)
        })?;
        Ok(Self { namespace: namespace.to_owned(), name: name.to_owned() })
    }
}
