//! Answers: JSON with an ETag, and truncated bodies.

use std::pin::Pin;
use std::task::{Context, Poll};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, DATE, ETAG, HeaderValue, IF_NONE_MATCH, LOCATION, RETRY_AFTER};
use http::{HeaderMap, Method, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::world::World;
use crate::world::clock::http_date;

/// A body that is sent whole, or one that announces its full length and is cut off in the middle.
#[derive(Debug, Default)]
pub(crate) struct AnswerBody {
    left: Option<Bytes>,
    length: u64,
    breaks_off: bool,
    has_waited: bool,
}

impl AnswerBody {
    pub(crate) fn whole(bytes: Bytes) -> Self {
        let length = bytes.len() as u64;
        Self { left: Some(bytes).filter(|bytes| !bytes.is_empty()), length, ..Self::default() }
    }

    pub(crate) fn broken(bytes: Bytes) -> Self {
        let length = bytes.len() as u64;
        Self { left: Some(bytes.slice(..bytes.len() / 2)), length, breaks_off: true, ..Self::default() }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if let Some(bytes) = self.left.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        if self.breaks_off && !self.has_waited {
            // The connection flushes its data when a body isn't ready. An error would discard the
            // data.
            self.has_waited = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(self.breaks_off.then(|| Err(std::io::Error::other("planned: the body breaks off"))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_none() && !self.breaks_off
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}

/// An answer before it is sent.
pub(crate) type Answer = Response<Bytes>;

/// A JSON answer with the server's ETag, or 304 if the client already has it.
pub(crate) fn json(method: &Method, sent: &HeaderMap, status: u16, body: &Value) -> Answer {
    let text = body.to_string();
    let digest = Sha256::digest(text.as_bytes());
    let etag = format!("\"{}\"", STANDARD.encode(digest.get(..20).unwrap_or_default()));
    let mut answer = Response::new(Bytes::new());
    let is_known = sent.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes());
    if is_known && (*method == Method::GET || *method == Method::HEAD) {
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        *answer.status_mut() = status_code(status);
        *answer.body_mut() = Bytes::from(text);
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    }
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        answer.headers_mut().insert(ETAG, etag);
    }
    answer
}

/// An answer that isn't in the API's format.
pub(crate) fn plain(status: u16, content_type: &str, body: String) -> Answer {
    let mut answer = Response::new(Bytes::from(body));
    *answer.status_mut() = status_code(status);
    if let Ok(content_type) = HeaderValue::from_str(content_type) {
        answer.headers_mut().insert(CONTENT_TYPE, content_type);
    }
    answer
}

/// A redirect.
pub(crate) fn redirect(status: u16, location: &str) -> Answer {
    let mut answer = Response::new(Bytes::new());
    *answer.status_mut() = status_code(status);
    if let Ok(location) = HeaderValue::from_str(location) {
        answer.headers_mut().insert(LOCATION, location);
    }
    answer
}

/// Adds the server's time with the configured skew. Otherwise hyper would add the machine's time.
pub(crate) fn dated<B>(mut answer: Response<B>, world: &World) -> Response<B> {
    let skew = world.settings.clock_skew.saturating_mul(1000);
    if let Ok(date) = HeaderValue::from_str(&http_date(world.now().saturating_add_signed(skew))) {
        answer.headers_mut().insert(DATE, date);
    }
    answer
}

/// Adds the time to wait.
pub(crate) fn retry_after(mut answer: Answer, seconds: u32) -> Answer {
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    answer
}

fn status_code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
