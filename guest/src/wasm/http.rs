//! The transport over `wasi:http`.

use crate::bindings::wasi::http::outgoing_handler;
use crate::bindings::wasi::http::types::{
    self as http, ErrorCode, Fields, FutureIncomingResponse, IncomingBody, IncomingResponse, OutgoingBody,
    OutgoingRequest,
};
use crate::bindings::wasi::io::streams::{InputStream, StreamError};
use crate::ports::{Answer, Method, Request, Transport, TransportError};
use crate::types::{Origin, Scheme};

/// The most bytes that `blocking-write-and-flush` accepts at once.
const WRITE_CHUNK: usize = 4096;
const READ_CHUNK: u64 = 64 * 1024;

/// Sends requests to one origin.
pub(crate) struct Outgoing {
    origin: Origin,
}

impl Outgoing {
    pub(crate) fn new(origin: Origin) -> Self {
        Self { origin }
    }

    fn request(&self, request: &Request) -> Option<OutgoingRequest> {
        let headers = Fields::new();
        headers.append("accept", b"application/json").ok()?;
        if request.body.is_some() {
            headers.append("content-type", b"application/json").ok()?;
        }
        let method = match request.method {
            Method::Get => http::Method::Get,
            Method::Post => http::Method::Post,
            Method::Patch => http::Method::Patch,
            Method::Delete => http::Method::Delete,
        };
        let scheme = match self.origin.scheme {
            Scheme::Http => http::Scheme::Http,
            Scheme::Https => http::Scheme::Https,
        };
        let outgoing = OutgoingRequest::new(headers);
        outgoing.set_method(&method).ok()?;
        outgoing.set_scheme(Some(&scheme)).ok()?;
        outgoing.set_authority(Some(&self.origin.authority)).ok()?;
        outgoing.set_path_with_query(Some(&request.path_with_query)).ok()?;
        Some(outgoing)
    }
}

impl Transport for Outgoing {
    fn send(&mut self, request: &Request) -> Result<Answer, TransportError> {
        let outgoing = self.request(request).ok_or(TransportError::Refused)?;
        // Only a request with a body opens its stream. An open stream would delay the answer.
        let body = match &request.body {
            Some(bytes) => Some((outgoing.body().map_err(|()| TransportError::Refused)?, bytes)),
            None => None,
        };
        let answer = outgoing_handler::handle(outgoing, None).map_err(|code| reason(&code))?;
        let written = body.map_or(Ok(()), |(body, bytes)| write(body, bytes));
        // If the host doesn't accept the body, the answer says why. For example, it says that
        // nothing left.
        let response = wait(&answer)?;
        written?;
        read(response)
    }
}

fn write(body: OutgoingBody, bytes: &[u8]) -> Result<(), TransportError> {
    let stream = body.write().map_err(|()| TransportError::CutShort)?;
    for chunk in bytes.chunks(WRITE_CHUNK) {
        stream.blocking_write_and_flush(chunk).map_err(broken)?;
    }
    // The stream is the body's child and must be dropped before the body is finished.
    drop(stream);
    OutgoingBody::finish(body, None).map_err(|code| reason(&code))
}

fn wait(answer: &FutureIncomingResponse) -> Result<IncomingResponse, TransportError> {
    loop {
        match answer.get() {
            Some(Ok(Ok(response))) => return Ok(response),
            Some(Ok(Err(code))) => return Err(reason(&code)),
            Some(Err(())) => return Err(TransportError::BadAnswer),
            None => answer.subscribe().block(),
        }
    }
}

fn read(response: IncomingResponse) -> Result<Answer, TransportError> {
    let headers = response.headers();
    let (content_type, retry_after) = (single(&headers, "content-type"), single(&headers, "retry-after"));
    drop(headers);
    let status = response.status();
    let body = response.consume().map_err(|()| TransportError::BadAnswer)?;
    let bytes = read_body(&body)?;
    Ok(Answer { status, content_type, retry_after, body: bytes })
}

/// Drops the stream before it returns, because the body is the stream's parent.
fn read_body(body: &IncomingBody) -> Result<Vec<u8>, TransportError> {
    let stream: InputStream = body.stream().map_err(|()| TransportError::BadAnswer)?;
    let mut bytes = Vec::new();
    loop {
        match stream.blocking_read(READ_CHUNK) {
            Ok(chunk) => bytes.extend_from_slice(&chunk),
            // Only this ends an answer successfully.
            Err(StreamError::Closed) => return Ok(bytes),
            Err(error @ StreamError::LastOperationFailed(_)) => return Err(broken(error)),
        }
    }
}

/// Returns a header if it occurs exactly once and is text.
fn single(headers: &Fields, name: &str) -> Option<String> {
    let mut values = headers.get(name).into_iter();
    let value = values.next()?;
    if values.next().is_some() { None } else { String::from_utf8(value).ok() }
}

fn broken(error: StreamError) -> TransportError {
    let code = match &error {
        StreamError::LastOperationFailed(error) => http::http_error_code(error),
        StreamError::Closed => None,
    };
    match code.as_ref().map(reason) {
        Some(
            reason @ (TransportError::TooLarge
            | TransportError::TimedOut
            | TransportError::Refused
            | TransportError::BadAnswer),
        ) => reason,
        _ => TransportError::CutShort,
    }
}

fn reason(code: &ErrorCode) -> TransportError {
    match code {
        ErrorCode::HttpRequestDenied
        | ErrorCode::HttpRequestLengthRequired
        | ErrorCode::HttpRequestBodySize(_)
        | ErrorCode::HttpRequestMethodInvalid
        | ErrorCode::HttpRequestUriInvalid
        | ErrorCode::HttpRequestUriTooLong
        | ErrorCode::HttpRequestHeaderSectionSize(_)
        | ErrorCode::HttpRequestHeaderSize(_)
        | ErrorCode::HttpRequestTrailerSectionSize(_)
        | ErrorCode::HttpRequestTrailerSize(_)
        | ErrorCode::DestinationIpProhibited => TransportError::Refused,
        ErrorCode::DnsTimeout
        | ErrorCode::ConnectionTimeout
        | ErrorCode::ConnectionReadTimeout
        | ErrorCode::ConnectionWriteTimeout
        | ErrorCode::HttpResponseTimeout => TransportError::TimedOut,
        ErrorCode::HttpResponseBodySize(_)
        | ErrorCode::HttpResponseHeaderSectionSize(_)
        | ErrorCode::HttpResponseHeaderSize(_)
        | ErrorCode::HttpResponseTrailerSectionSize(_)
        | ErrorCode::HttpResponseTrailerSize(_) => TransportError::TooLarge,
        ErrorCode::TlsProtocolError | ErrorCode::TlsCertificateError | ErrorCode::TlsAlertReceived(_) => {
            TransportError::Tls
        }
        // An internal error doesn't show whether the request had left.
        ErrorCode::HttpResponseIncomplete | ErrorCode::ConnectionTerminated | ErrorCode::InternalError(_) => {
            TransportError::CutShort
        }
        ErrorCode::DnsError(_)
        | ErrorCode::DestinationNotFound
        | ErrorCode::DestinationUnavailable
        | ErrorCode::DestinationIpUnroutable
        | ErrorCode::ConnectionRefused
        | ErrorCode::ConnectionLimitReached
        | ErrorCode::ConfigurationError => TransportError::Unreachable,
        ErrorCode::HttpResponseTransferCoding(_)
        | ErrorCode::HttpResponseContentCoding(_)
        | ErrorCode::HttpUpgradeFailed
        | ErrorCode::HttpProtocolError
        | ErrorCode::LoopDetected => TransportError::BadAnswer,
    }
}
