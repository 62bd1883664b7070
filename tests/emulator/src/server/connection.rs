//! Connections: accepting them, planned faults, and the request log.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use bytes::BytesMut;
use http::header::AUTHORIZATION;
use http::{Method, Request, Response};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::auth::access;
use crate::call::{BODY_LIMIT, RawBody};
use crate::failure::Failure;
use crate::fault::{self, Fault};
use crate::log::Exchange;

use super::answer::{self, Answer, AnswerBody};
use super::{Shared, router};

/// Why a connection ends without an answer.
#[derive(Debug)]
struct CutOff;

impl std::fmt::Display for CutOff {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("planned: the connection is cut off")
    }
}

impl std::error::Error for CutOff {}

/// Serves until it is dropped.
pub(crate) async fn serve(listener: TcpListener, shared: Shared) {
    let router = router::router(shared.clone());
    let mut connections = JoinSet::new();
    loop {
        // Keep going after a failed accept, such as one from too many open files.
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        connections.spawn(serve_one(stream, router.clone(), shared.clone()));
    }
}

async fn serve_one(stream: TcpStream, router: Router, shared: Shared) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let (router, shared) = (router.clone(), shared.clone());
        async move {
            let answer = exchange(request, router, shared.clone()).await?;
            Ok::<_, CutOff>(answer::dated(answer, &shared.world()))
        }
    });
    // A client that disconnects and a planned fault both end here.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// Handles one request: applies its planned fault and logs it.
async fn exchange(request: Request<Incoming>, router: Router, shared: Shared) -> Result<Response<AnswerBody>, CutOff> {
    let (parts, incoming) = request.into_parts();
    let body = read(incoming).await;
    let method = parts.method.clone();
    let url = parts.uri.path_and_query().map_or("/", |url| url.as_str()).to_owned();
    let (planned, identity) = {
        let mut world = shared.world();
        let identity = access::name_of(&world, &parts.headers);
        (fault::take(&mut world.faults, method.as_str(), parts.uri.path()), identity)
    };
    let headers: Vec<_> = parts
        .headers
        .iter()
        .filter(|(name, _)| **name != AUTHORIZATION)
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let log = |status: Option<u16>| {
        shared.world().log.push(Exchange {
            method: method.as_str().to_owned(),
            path_and_query: url.clone(),
            headers: headers.clone(),
            identity: identity.clone(),
            status,
            body: serde_json::from_slice::<Value>(&body.bytes).ok(),
        });
    };
    if matches!(planned, Some(Fault::DropConnectionBeforeAnswer)) {
        log(None);
        return Err(CutOff);
    }
    if let Some(answer) = planned.as_ref().and_then(|fault| answer_of(&shared, &method, fault)) {
        log(Some(answer.status().as_u16()));
        return Ok(answer.map(AnswerBody::whole));
    }
    if let Some(Fault::Delay(duration)) = planned {
        tokio::time::sleep(duration).await;
    }
    let mut request = Request::from_parts(parts, Body::empty());
    request.extensions_mut().insert(body.clone());
    let answer = route(router, request).await;
    if matches!(planned, Some(Fault::DropConnectionAfterHandling)) {
        log(None);
        return Err(CutOff);
    }
    log(Some(answer.status().as_u16()));
    Ok(if matches!(planned, Some(Fault::TruncatedBody)) {
        answer.map(AnswerBody::broken)
    } else {
        answer.map(AnswerBody::whole)
    })
}

/// Reads a body, but keeps no more than the server would read.
async fn read(mut incoming: Incoming) -> RawBody {
    let mut bytes = BytesMut::new();
    let mut too_large = false;
    while let Some(Ok(frame)) = incoming.frame().await {
        let Ok(data) = frame.into_data() else { continue };
        too_large = too_large || bytes.len() + data.len() > BODY_LIMIT;
        if !too_large {
            bytes.extend_from_slice(&data);
        }
    }
    RawBody { bytes: bytes.freeze(), too_large }
}

async fn route(router: Router, request: Request<Body>) -> Answer {
    let answered: Result<_, Infallible> = TowerToHyperService::new(router).call(request).await;
    let Ok(response) = answered;
    let (mut parts, body) = response.into_parts();
    let length = body.size_hint().exact();
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    // The answer to HEAD has the length of the omitted body. The router sets it and hyper sends it.
    if bytes.is_empty() && length.is_none_or(|length| length == 0) {
        parts.headers.remove(http::header::TRANSFER_ENCODING);
    } else {
        parts.headers.remove(http::header::CONTENT_LENGTH);
    }
    Response::from_parts(parts, bytes)
}

/// The answer that a fault sends instead of the server's.
fn answer_of(shared: &Shared, method: &Method, fault: &Fault) -> Option<Answer> {
    match fault {
        Fault::Status(status) => {
            let mut world = shared.world();
            let request_id = format!("req-{}", world.ids.alphanumeric(14));
            let body = failure_of(*status).body(world.api_version, &request_id);
            let answer = answer::json(method, &http::HeaderMap::new(), *status, &body);
            Some(if *status == 429 { answer::retry_after(answer, 1) } else { answer })
        }
        Fault::Answer { status, content_type, body } => Some(answer::plain(*status, content_type, body.clone())),
        Fault::HtmlAnswer(status) => {
            let page = format!(
                "<html>\r\n<head><title>{status}</title></head>\r\n<body><h1>{status}</h1></body>\r\n</html>\r\n"
            );
            Some(answer::plain(*status, "text/html", page))
        }
        Fault::Redirect(status, location) => Some(answer::redirect(*status, location)),
        Fault::Delay(_)
        | Fault::DropConnectionBeforeAnswer
        | Fault::DropConnectionAfterHandling
        | Fault::TruncatedBody => None,
    }
}

/// The server's error for a status.
fn failure_of(status: u16) -> Failure {
    match status {
        401 => Failure::unauthorized("No identity access token found"),
        403 => Failure::forbidden("ForbiddenError"),
        404 => Failure::not_found("Not found"),
        429 => Failure::new(429, "RateLimitExceeded", "Rate limit exceeded. Please try again in 1 seconds"),
        400..=499 => Failure::new(status, "BadRequest", "Bad request"),
        _ => Failure::internal("InternalServerError").with_status(status),
    }
}

#[cfg(test)]
mod tests {
    use super::failure_of;

    #[test]
    fn planned_statuses_keep_their_status() {
        for status in [400, 401, 403, 404, 409, 429, 500, 502, 503] {
            assert_eq!(failure_of(status).status(crate::ApiVersion::V4), status);
        }
    }
}
