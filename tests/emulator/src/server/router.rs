//! Builds a router from the table of routes.

use axum::Router;
use axum::body::Body;
use axum::extract::{RawPathParams, Request, State};
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use http::Method;
use serde_json::Value;

use crate::auth::access;
use crate::call::{Call, Payload, RawBody, decode, pairs};
use crate::failure::Failure;
use crate::routes::{self, Route};
use crate::world::World;

use super::{Shared, answer, limit};

/// The router's limit for a path parameter, in UTF-16 units of the decoded text. A longer parameter
/// matches no route.
const PARAMETER_LIMIT: usize = 100;

/// The header in which a proxy forwards a client's certificate.
const CLIENT_CERTIFICATE: &str = "x-identity-tls-cert-auth-client-cert";

/// A router for the world's API version.
pub(crate) fn router(shared: Shared) -> Router {
    let api_version = shared.world().api_version;
    let mut router = Router::new().route("/api/docs", on(MethodFilter::GET, docs));
    for route in routes::table(api_version) {
        let filter = match route.method {
            Method::POST => MethodFilter::POST,
            Method::PATCH => MethodFilter::PATCH,
            Method::DELETE => MethodFilter::DELETE,
            _ => MethodFilter::GET,
        };
        let path = route.path;
        let handler = move |State(shared): State<Shared>, params: RawPathParams, request: Request| {
            let answer = respond(&shared, &route, &params, &request);
            std::future::ready(answer)
        };
        router = router.route(path, on(filter, handler));
    }
    // The server never answers 405: a known path with another method is an unknown route.
    router.fallback(no_route).method_not_allowed_fallback(no_route).with_state(shared)
}

fn send(answer: answer::Answer) -> Response {
    answer.map(Body::from)
}

fn url_of(request: &Request) -> &str {
    request.uri().path_and_query().map_or("/", |url| url.as_str())
}

fn header<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    request.headers().get(name).and_then(|value| value.to_str().ok())
}

/// Redirects to the API's documentation, which isn't served.
async fn docs() -> Response {
    send(answer::redirect(302, "/api/docs/static/index.html"))
}

async fn no_route(State(shared): State<Shared>, request: Request) -> Response {
    let mut world = shared.world();
    if world.api_version == crate::ApiVersion::V4 && request.method() == Method::OPTIONS {
        return send(answer::plain(400, "text/plain; charset=utf-8", "Invalid Preflight Request".to_owned()));
    }
    let failure = Failure::no_route(request.method().as_str(), url_of(&request));
    fail(&mut world, &request, &failure)
}

fn fail(world: &mut World, request: &Request, failure: &Failure) -> Response {
    let request_id = format!("req-{}", world.ids.alphanumeric(14));
    let (status, body) = (failure.status(world.api_version), failure.body(world.api_version, &request_id));
    send(answer::json(request.method(), request.headers(), status, &body))
}

fn respond(shared: &Shared, route: &Route, params: &RawPathParams, request: &Request) -> Response {
    let mut world = shared.world();
    if params.iter().any(|(_, value)| value.encode_utf16().count() > PARAMETER_LIMIT) {
        let failure = Failure::no_route(request.method().as_str(), url_of(request));
        return fail(&mut world, request, &failure);
    }
    let allowance = limit::count(&mut world, request.headers());
    let api_version = world.api_version;
    let handled = match allowance.map_or(Ok(()), |allowance| allowance.check(api_version)) {
        Ok(()) => handle(&mut world, route, params, request),
        Err(failure) => Err(failure),
    };
    let mut response = match handled {
        Ok(body) => send(answer::json(request.method(), request.headers(), 200, &body)),
        Err(failure) => fail(&mut world, request, &failure),
    };
    if let Some(allowance) = allowance {
        allowance.write(response.headers_mut());
    }
    response
}

/// Checks in the server's order: the caller, the body, then the route.
fn handle(world: &mut World, route: &Route, params: &RawPathParams, request: &Request) -> Result<Value, Failure> {
    let api_version = world.api_version;
    if api_version == crate::ApiVersion::V4 && request.headers().contains_key("x-api-key") {
        return Err(Failure::bad_request(
            "API key authentication is not supported anymore. Please switch to identity authentication.",
        ));
    }
    let ip_address = header(request, "x-forwarded-for").unwrap_or("127.0.0.1").to_owned();
    let caller = access::authenticate(world, request.headers(), &ip_address)?;
    if caller.is_none() && !route.is_open {
        return Err(Failure::unauthorized("Token missing"));
    }
    let raw = request.extensions().get::<RawBody>().cloned().unwrap_or_default();
    let payload = Payload::parse(request.headers(), &raw)?;
    let query = pairs(request.uri().query().unwrap_or(""));
    let mut params: Vec<(String, String)> =
        params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    params.extend(route.fixed.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let call = Call {
        api_version,
        url: url_of(request).to_owned(),
        params,
        query: query.into_iter().map(|(name, value)| (name, Value::String(value))).collect(),
        payload,
        caller,
        user_agent: header(request, "user-agent").unwrap_or_default().to_owned(),
        ip_address,
        client_certificate: header(request, CLIENT_CERTIFICATE).map(|sent| decode(&sent.replace('+', "%2B"))),
    };
    (route.handler)(world, &call)
}
