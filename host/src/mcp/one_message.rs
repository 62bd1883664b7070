//! Answers of one message, for clients that accept JSON and no stream. They don't get the messages
//! that precede the answer in a stream.

use super::line::{Lines, Read};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderName, Response};
use http_body::Body;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::convert::Infallible;
use zeroize::Zeroizing;

/// A header that only streams have.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Converts a stream to its answer as JSON. Other responses stay unchanged. Returns `None` if the
/// stream ends without an answer.
pub(super) async fn from_stream<B>(response: Response<B>) -> Option<Response<BoxBody<Bytes, Infallible>>>
where
    B: Body<Data = Bytes, Error = Infallible> + Send + Sync + 'static,
{
    let (mut head, body) = response.into_parts();
    let is_stream = |kind: &HeaderValue| kind.as_bytes().starts_with(b"text/event-stream");
    if !head.headers.get(CONTENT_TYPE).is_some_and(is_stream) {
        return Some(Response::from_parts(head, body.boxed()));
    }
    let answer = answer(body).await?;
    head.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    head.headers.remove(BUFFERING);
    Some(Response::from_parts(head, Full::new(Bytes::from_owner(answer)).boxed()))
}

/// Returns the data of the first event that is an answer. It may hold a value, so it is zeroed when
/// dropped.
async fn answer(body: impl Body<Data = Bytes, Error = Infallible>) -> Option<Zeroizing<Vec<u8>>> {
    let mut body = std::pin::pin!(body);
    // The SDK writes an event's data on one line.
    let mut lines = Lines::new(usize::MAX);
    while let Some(Ok(frame)) = body.frame().await {
        let mut arrived = frame.data_ref().map(Bytes::as_ref).unwrap_or_default();
        while !arrived.is_empty() {
            let (used, read) = lines.take(arrived);
            arrived = arrived.get(used..).unwrap_or_default();
            if let Some(Read::Line(line)) = read
                && let Some(data) = line.strip_prefix(b"data:")
                && is_answer(data)
            {
                return Some(Zeroizing::new(data.trim_ascii_start().to_vec()));
            }
        }
    }
    None
}

/// Whether this is the response to a request, rather than a notification or a request from the
/// server.
fn is_answer(data: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Envelope {
        #[serde(default)]
        method: Option<IgnoredAny>,
    }
    serde_json::from_slice::<Envelope>(data).is_ok_and(|envelope| envelope.method.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::StreamBody;

    /// Converts a stream that arrives in chunks of this many bytes.
    async fn read(kind: &'static str, text: &str, part: usize) -> Option<(String, String)> {
        let parts = text.as_bytes().chunks(part).map(|part| Ok(http_body::Frame::data(Bytes::copy_from_slice(part))));
        let body = StreamBody::new(futures_util::stream::iter(parts.collect::<Vec<_>>()));
        let was_stream = kind == "text/event-stream";
        let response = Response::builder().header(CONTENT_TYPE, kind).header("x-accel-buffering", "no").body(body);
        let response = from_stream(response.unwrap()).await?;
        let kind = response.headers()[CONTENT_TYPE].to_str().unwrap().to_owned();
        assert_eq!(response.headers().contains_key(BUFFERING), !was_stream);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Some((kind, String::from_utf8(body.to_vec()).unwrap()))
    }

    const STREAM: &str = "data: \nid: 0/1\nretry: 3000\n\n:\n\ndata: {\"method\":\"notifications/progress\"}\nid: 1/1\n\n\
        data: {\"id\":7,\"method\":\"elicitation/create\"}\n\ndata: {\"id\":1,\"result\":{\"method\":\"x\"}}\nid: 2/1\n\n";

    #[tokio::test]
    async fn keeps_only_the_answer_of_a_stream() {
        let expected = ("application/json".to_owned(), r#"{"id":1,"result":{"method":"x"}}"#.to_owned());
        for part in [1, 2, 7, 10_000] {
            assert_eq!(read("text/event-stream", STREAM, part).await.unwrap(), expected, "{part}");
        }
        let error = read("text/event-stream", "data: {\"id\":1,\"error\":{}}\n\n", 5).await.unwrap();
        assert_eq!(error.1, r#"{"id":1,"error":{}}"#);
    }

    #[tokio::test]
    async fn gives_nothing_for_a_stream_without_an_answer() {
        let (before, _) = STREAM.split_once("data: {\"id\":1,").unwrap();
        for stream in ["", ":\n\n", before, "data: {\"id\":1,\"result\":{}}"] {
            assert_eq!(read("text/event-stream", stream, 64).await, None, "{stream}");
        }
    }

    #[tokio::test]
    async fn leaves_what_is_no_stream_as_it_is() {
        for kind in ["application/json", "text/plain"] {
            let kept = read(kind, "data: {\"id\":1,\"result\":{}}\n\n", 3).await.unwrap();
            assert_eq!(kept, (kind.to_owned(), "data: {\"id\":1,\"result\":{}}\n\n".to_owned()));
        }
    }
}
