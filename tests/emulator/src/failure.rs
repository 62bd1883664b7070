//! Errors in the shape of each API version.

use serde_json::{Map, Value, json};

use crate::ApiVersion;

/// An answer with a status of 400 or above.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    status: Status,
    error: String,
    message: Value,
    details: Option<Value>,
    /// Fastify's own 404 has no `reqId`.
    outside_the_api: bool,
}

#[derive(Debug, Clone, Copy)]
enum Status {
    Fixed(u16),
    /// 401 on an old server, 422 on a current one.
    Validation,
}

impl Failure {
    /// An error with a custom name.
    pub(crate) fn new(status: u16, error: &str, message: impl Into<String>) -> Self {
        Self {
            status: Status::Fixed(status),
            error: error.to_owned(),
            message: Value::String(message.into()),
            details: None,
            outside_the_api: false,
        }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    pub(crate) fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(401, "UnauthorizedError", message)
    }

    pub(crate) fn token(message: impl Into<String>) -> Self {
        Self::new(403, "TokenError", message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, "NotFound", message)
    }

    /// The role lacks a permission.
    pub(crate) fn permission(action: &str, subject: &str) -> Self {
        let mut failure = Self::new(403, "PermissionDenied", format!("You are not allowed to {action} on {subject}"));
        failure.details = Some(json!([]));
        failure
    }

    /// A refusal that has its message in `error`.
    pub(crate) fn forbidden(error: impl Into<String>) -> Self {
        Self::new(403, &error.into(), "You are not allowed to access this resource")
    }

    pub(crate) fn internal(error: &str) -> Self {
        Self::new(500, error, "Something went wrong")
    }

    /// Zod's list of issues.
    pub(crate) fn validation(issues: Vec<Value>) -> Self {
        Self {
            status: Status::Validation,
            error: "ValidationFailure".to_owned(),
            message: Value::Array(issues),
            details: None,
            outside_the_api: false,
        }
    }

    /// Fastify's answer to an unknown route, which echoes the whole query.
    pub(crate) fn no_route(method: &str, url: &str) -> Self {
        let mut failure = Self::new(404, "Not Found", format!("Route {method}:{url} not found"));
        failure.outside_the_api = true;
        failure
    }

    /// Adds the `details` that a current server sends.
    pub(crate) fn with_details(mut self, details: Value) -> Self {
        self.details = Some(details);
        self
    }

    /// Changes the status.
    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = Status::Fixed(status);
        self
    }

    pub(crate) fn status(&self, api_version: ApiVersion) -> u16 {
        match (self.status, api_version) {
            (Status::Fixed(status), _) => status,
            (Status::Validation, ApiVersion::V3) => 401,
            (Status::Validation, ApiVersion::V4) => 422,
        }
    }

    /// The body. `request_id` is omitted if the API version or the kind of error has none.
    pub(crate) fn body(&self, api_version: ApiVersion, request_id: &str) -> Value {
        let mut body = Map::new();
        body.insert("statusCode".to_owned(), json!(self.status(api_version)));
        body.insert("message".to_owned(), self.message.clone());
        body.insert("error".to_owned(), json!(self.error));
        if api_version == ApiVersion::V4 && !self.outside_the_api {
            body.insert("reqId".to_owned(), json!(request_id));
            if let Some(details) = &self.details {
                body.insert("details".to_owned(), details.clone());
            }
        }
        Value::Object(body)
    }
}
