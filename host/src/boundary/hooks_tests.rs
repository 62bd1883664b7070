//! Requests as wasmtime hands them over.

use super::*;
use bytes::Bytes;
use http_body::Frame;
use http_body_util::BodyExt;
use infisical_emulator::{Fault, RequestMatch};
use infisical_skill_policy::Place;
use infisical_skill_policy::change::MAX_BODY;
use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};
use wasmtime_wasi_http::{Error as WasiError, WasiBody, WasiHttpHooks};

/// A body that arrives in these pieces.
struct Pieces(VecDeque<Vec<u8>>);

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = WasiError;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, WasiError>>> {
        Poll::Ready(self.0.pop_front().map(|piece| Ok(Frame::data(piece.into()))))
    }
}

fn pieces(pieces: &[&[u8]]) -> WasiBody {
    Pieces(pieces.iter().map(|piece| piece.to_vec()).collect()).boxed_unsync()
}

/// Hands a request over and waits for its answer: status, headers as text, and body.
async fn handed_over(
    gate: &Gate,
    head: http::request::Parts,
    body: WasiBody,
) -> Result<(u16, Vec<String>, Vec<u8>), WasiError> {
    let request = http::Request::from_parts(head, body);
    let sent = gate.clone().send_request(request, None, Box::new(async { Ok(()) }));
    let (response, _) = Box::into_pin(sent).await?;
    let (head, body) = response.into_parts();
    let mut headers: Vec<_> =
        head.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    headers.sort();
    Ok((head.status.as_u16(), headers, body.collect().await?.to_bytes().to_vec()))
}

fn listing(stage: &Stage) -> http::request::Parts {
    let place = Place {
        project: infisical_skill_policy::Project::new(stage.emulator.project_id()).unwrap(),
        environment: infisical_skill_policy::Environment::new("dev").unwrap(),
        path: infisical_skill_policy::SecretPath::new("/app").unwrap(),
    };
    let listing = Operation::ListSecrets { place, recursive: false, tags: Vec::new() };
    stage.head("GET", &listing.path_and_query(ApiVersion::V4))
}

/// A gate for which the next listings fail in this way.
async fn failing(stage: &Stage, fault: Fault) -> Gate {
    // The API version is determined before that.
    stage.gate(Grant::Reads).api_version().await.unwrap();
    stage.emulator.fail_next_matching(2, RequestMatch::any().path_prefix("/api/v4/secrets"), fault);
    stage.gate(Grant::Reads)
}

/// Would be a valid answer, if its content type didn't say that it is something else.
fn json_in_disguise() -> Fault {
    Fault::Answer {
        status: 200,
        content_type: "text/html".to_owned(),
        body: r#"{"secrets":[],"imports":[]}"#.to_owned(),
    }
}

fn refused(gate: &Gate) -> String {
    gate.violation().map(|violation| violation.reason()).unwrap_or_default()
}

#[tokio::test]
async fn component_cannot_choose_headers_host_or_scheme() {
    let mut gate = Stage::of(ApiVersion::V4).gate(Grant::Reads);
    let is_forbidden = gate.forbidden_header_filter();
    for (name, forbidden) in [
        ("accept", false),
        ("content-type", false),
        ("retry-after", false),
        ("authorization", true),
        ("host", true),
        ("cookie", true),
        ("x-http-method-override", true),
    ] {
        assert_eq!(is_forbidden(&http::HeaderName::from_static(name)), forbidden, "{name}");
    }
    assert!(!gate.set_host_header() && gate.default_scheme().is_none());
    assert_eq!(gate.p2_outgoing_body_chunk_size(), 65_536);
}

#[tokio::test]
async fn read_gets_json_and_may_have_only_an_empty_body() {
    let stage = Stage::of(ApiVersion::V4);
    for empty in [&[][..], &[b"".as_slice()], &[b"".as_slice(), b""]] {
        let gate = stage.gate(Grant::Reads);
        let (status, headers, body) = handed_over(&gate, listing(&stage), pieces(empty)).await.unwrap();
        assert_eq!((status, headers), (200, vec!["content-type: application/json".to_owned()]));
        assert!(String::from_utf8(body).unwrap().contains("STRIPE_API_KEY"));
    }
    for some in [&[b"x".as_slice()][..], &[b"".as_slice(), b"x"]] {
        stage.emulator.clear_log();
        let gate = stage.gate(Grant::Reads);
        let error = handed_over(&gate, listing(&stage), pieces(some)).await.unwrap_err();
        assert!(matches!(error, WasiError::HttpRequestDenied), "{error:?}");
        assert!(refused(&gate).contains("has a body") && stage.emulator.log().is_empty());
    }
}

#[tokio::test]
async fn checks_a_request_before_its_answer_is_awaited() {
    let stage = Stage::of(ApiVersion::V4);
    for (method, path) in [("GET", "/api/v1/auth/token/renew"), ("POST", "/api/v4/secrets/A"), ("TRACE", "/")] {
        let gate = stage.gate(Grant::Reads);
        let request = http::Request::from_parts(stage.head(method, path), pieces(&[]));
        drop(gate.clone().send_request(request, None, Box::new(async { Ok(()) })));
        assert!(gate.violation().is_some(), "{method} {path}");
    }
    assert!(stage.changes().is_empty());
}

#[tokio::test]
async fn planned_body_leaves_in_any_chunks_and_no_other_does() {
    let stage = Stage::of(ApiVersion::V4);
    let gate = stage.redeemed().await;
    let request = stage.create("ONE");
    let (first, rest) = request.body.as_bytes().split_at(7);
    let head = || stage.head("POST", &request.path);
    let (status, ..) = handed_over(&gate, head(), pieces(&[first, b"", rest])).await.unwrap();
    assert_eq!((status, stage.changes().len()), (200, 1));

    let longest = vec![b'x'; MAX_BODY];
    for (body, is_read) in [
        (vec![longest.as_slice()], true),
        (vec![longest.as_slice(), b"x"], false),
        (vec![b"{\"secretValue\":\"\xff\"}".as_slice()], false),
    ] {
        let gate = stage.redeemed().await;
        let error = handed_over(&gate, head(), pieces(&body)).await.unwrap_err();
        assert!(matches!(error, WasiError::HttpRequestDenied), "{error:?}");
        // A readable body is compared with the plan. Any other body is refused unread.
        assert!(!refused(&gate).is_empty() && refused(&gate).contains("has a body") != is_read, "{}", refused(&gate));
    }
    assert_eq!(stage.changes().len(), 1);
}

#[tokio::test]
async fn retries_a_read_once_only_for_an_expired_token() {
    let stage = Stage::of(ApiVersion::V4);
    let count = |part: &str| stage.emulator.log().iter().filter(|it| it.path_and_query.contains(part)).count();
    let asked = || (count("/login"), count("secretPath="));
    let mut head = listing(&stage);
    head.headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    let list = || handed_over_with(&stage, &head);
    assert_eq!((list().await, asked()), (Some(200), (1, 1)));
    stage.emulator.revoke_tokens();
    assert_eq!((list().await, asked()), (Some(200), (2, 3)));
    stage.emulator.clear_log();
    let body = r#"{"error":"TokenError","message":"Your token has expired","statusCode":403}"#.to_owned();
    let ended = Fault::Answer { status: 403, content_type: "application/json".to_owned(), body };
    let gate = failing(&stage, ended).await;
    assert_eq!(handed_over(&gate, head.clone(), pieces(&[])).await.unwrap().0, 403, "still, and so it stays");
    assert_eq!(asked(), (1, 2));
    for status in [403, 404, 500] {
        stage.emulator.clear_log();
        let gate = failing(&stage, Fault::Status(status)).await;
        assert_eq!(handed_over(&gate, head.clone(), pieces(&[])).await.unwrap().0, status);
        stage.emulator.clear_faults();
        assert_eq!(asked(), (0, 1), "{status}");
    }
}

async fn handed_over_with(stage: &Stage, head: &http::request::Parts) -> Option<u16> {
    handed_over(&stage.gate(Grant::Reads), head.clone(), pieces(&[])).await.ok().map(|(status, ..)| status)
}

#[tokio::test]
async fn passes_on_status_and_wait_of_a_failure_but_no_text() {
    let stage = Stage::of(ApiVersion::V4);
    let gate = failing(&stage, Fault::Status(429)).await;
    let (status, headers, _) = handed_over(&gate, listing(&stage), pieces(&[])).await.unwrap();
    assert_eq!(
        (status, headers),
        (429, ["content-type: application/json", "retry-after: 1"].map(str::to_owned).to_vec())
    );
}

#[tokio::test]
async fn passes_on_transport_failures_as_their_kind() {
    for (fault, is_it) in [
        (
            Fault::DropConnectionBeforeAnswer,
            (|it| matches!(it, WasiError::HttpResponseIncomplete)) as fn(&WasiError) -> bool,
        ),
        (Fault::TruncatedBody, |it| matches!(it, WasiError::HttpResponseIncomplete)),
        (json_in_disguise(), |it| matches!(it, WasiError::HttpProtocolError)),
        (Fault::HtmlAnswer(200), |it| matches!(it, WasiError::HttpProtocolError)),
        (Fault::Redirect(302, "http://evil.example/".to_owned()), |it| matches!(it, WasiError::HttpProtocolError)),
    ] {
        let stage = Stage::of(ApiVersion::V4);
        let shown = format!("{fault:?}");
        let gate = failing(&stage, fault).await;
        let error = handed_over(&gate, listing(&stage), pieces(&[])).await.unwrap_err();
        assert!(is_it(&error), "{shown}: {error:?}");
    }
}
