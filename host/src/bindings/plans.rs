//! Converts the requests of a plan.

use super::infisical::skill::plans;
use infisical_skill_policy::change::{ChangeRequest, Method};
use zeroize::Zeroizing;

impl From<plans::PlannedRequest> for ChangeRequest {
    fn from(request: plans::PlannedRequest) -> Self {
        let method = match request.method {
            plans::WriteMethod::Post => Method::Post,
            plans::WriteMethod::Patch => Method::Patch,
            plans::WriteMethod::Delete => Method::Delete,
        };
        Self { method, path: request.path, body: Zeroizing::new(request.body) }
    }
}

impl From<&ChangeRequest> for plans::PlannedRequest {
    fn from(request: &ChangeRequest) -> Self {
        let method = match request.method {
            Method::Post => plans::WriteMethod::Post,
            Method::Patch => plans::WriteMethod::Patch,
            Method::Delete => plans::WriteMethod::Delete,
        };
        Self { method, path: request.path.clone(), body: request.body.as_str().to_owned() }
    }
}
