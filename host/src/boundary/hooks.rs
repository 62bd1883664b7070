//! The hook through which wasmtime hands over the component's requests.

use super::call::{Delivery, GateError};
use super::gate::Gate;
use crate::client::transport::TransportError;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use http_body_util::{BodyExt, Full};
use infisical_skill_policy::change::{MAX_BODY, Method};
use infisical_skill_policy::headers::may_cross;
use std::pin::Pin;
use std::sync::Arc;
use tokio::time::timeout_at;
use wasmtime_wasi_http::{Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpHooks};
use zeroize::Zeroizing;

type Io = Box<dyn Future<Output = Result<(), Error>> + Send>;
type PendingResponse = Box<dyn Future<Output = Result<(http::Response<WasiBody>, Io), Error>> + Send>;

impl WasiHttpHooks for Gate {
    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        Arc::new(|name: &HeaderName| !may_cross(name.as_str()))
    }

    /// The transport writes the `Host` header, for the configured origin.
    fn set_host_header(&mut self) -> bool {
        false
    }

    /// The component must state scheme, authority and path. A default would hide what it meant.
    fn default_scheme(&mut self) -> Option<http::uri::Scheme> {
        None
    }

    /// The component can't choose the timeouts in `options`: the call's deadline holds.
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        _options: Option<RequestOptions>,
        _fut: Io,
    ) -> PendingResponse {
        let gate = self.clone();
        let (head, body) = request.into_parts();
        // Checked at once: a component that doesn't wait for its answer can't avoid the check.
        let checked = check_head(&gate, &head);
        Box::new(async move {
            checked.map_err(wasi_error)?;
            let deadline = gate.deadline();
            let delivery = timeout_at(deadline, deliver(&gate, &head, body)).await;
            let delivery =
                delivery.unwrap_or(Err(GateError::Transport(TransportError::TimedOut))).map_err(wasi_error)?;
            Ok((response(delivery), Box::new(async { Ok(()) }) as Io))
        })
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        64 * 1024
    }
}

/// Checks what can be checked without the server and the body.
fn check_head(gate: &Gate, head: &http::request::Parts) -> Result<(), GateError> {
    gate.check_head(head)?;
    if Method::named(head.method.as_str()).is_some() { gate.check_change(head) } else { gate.check_request(head) }
}

async fn deliver(gate: &Gate, head: &http::request::Parts, mut body: WasiBody) -> Result<Delivery, GateError> {
    if let Some(method) = Method::named(head.method.as_str()) {
        let body = change_body(gate, body).await?;
        return gate.change(method, head, &body).await;
    }
    let api_version = gate.api_version().await?;
    let operation = gate.admit(api_version, head)?;
    while let Some(frame) = Pin::new(&mut body).frame().await {
        match frame {
            Ok(frame) if frame.data_ref().is_some_and(Bytes::is_empty) => {}
            _ => return Err(gate.refuse_body()),
        }
    }
    gate.perform(api_version, &operation).await
}

/// The whole body of a change. It may hold a value and is zeroed when dropped.
async fn change_body(gate: &Gate, mut body: WasiBody) -> Result<Zeroizing<String>, GateError> {
    // The buffer has its full size from the start, so growing it leaves no copy of a value behind.
    let mut whole = Zeroizing::new(Vec::with_capacity(MAX_BODY));
    while let Some(frame) = Pin::new(&mut body).frame().await {
        match frame.ok().and_then(|frame| frame.into_data().ok()) {
            Some(chunk) if whole.len() + chunk.len() <= MAX_BODY => whole.extend_from_slice(&chunk),
            _ => return Err(gate.refuse_body()),
        }
    }
    match String::from_utf8(std::mem::take(&mut *whole)) {
        Ok(text) => Ok(Zeroizing::new(text)),
        Err(error) => {
            drop(Zeroizing::new(error.into_bytes()));
            Err(gate.refuse_body())
        }
    }
}

fn response(delivery: Delivery) -> http::Response<WasiBody> {
    let body = Full::new(Bytes::from_owner(delivery.body)).map_err(|never| match never {}).boxed_unsync();
    let mut response = http::Response::new(body);
    *response.status_mut() = http::StatusCode::from_u16(delivery.status).unwrap_or(http::StatusCode::BAD_GATEWAY);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(seconds) = delivery.retry_after {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn wasi_error(error: GateError) -> Error {
    match error {
        GateError::Denied => Error::HttpRequestDenied,
        GateError::Answer => Error::HttpProtocolError,
        GateError::Transport(error) => match error {
            TransportError::TimedOut => Error::ConnectionTimeout,
            TransportError::Unreachable | TransportError::Unsendable => Error::DestinationUnavailable,
            TransportError::Certificate(_) => Error::TlsCertificateError,
            TransportError::Tls(_) | TransportError::ClientCertificate => Error::TlsProtocolError,
            TransportError::CutShort => Error::HttpResponseIncomplete,
            TransportError::NotHttp => Error::HttpProtocolError,
            TransportError::TooLarge => Error::HttpResponseBodySize(None),
            TransportError::Encoded => Error::HttpResponseContentCoding(None),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::transport_error::{BadCertificate, TlsFault};

    #[test]
    fn maps_each_failure_to_its_own_kind_for_the_component() {
        let of = |error: TransportError| wasi_error(GateError::Transport(error));
        assert!(matches!(wasi_error(GateError::Denied), Error::HttpRequestDenied));
        assert!(matches!(wasi_error(GateError::Answer), Error::HttpProtocolError));
        assert!(matches!(of(TransportError::TimedOut), Error::ConnectionTimeout));
        for error in [TransportError::Unreachable, TransportError::Unsendable] {
            assert!(matches!(of(error), Error::DestinationUnavailable));
        }
        assert!(matches!(of(TransportError::Certificate(BadCertificate::Other)), Error::TlsCertificateError));
        for error in [TransportError::Tls(TlsFault::Other), TransportError::ClientCertificate] {
            assert!(matches!(of(error), Error::TlsProtocolError));
        }
        assert!(matches!(of(TransportError::CutShort), Error::HttpResponseIncomplete));
        assert!(matches!(of(TransportError::NotHttp), Error::HttpProtocolError));
        assert!(matches!(of(TransportError::TooLarge), Error::HttpResponseBodySize(None)));
        assert!(matches!(of(TransportError::Encoded), Error::HttpResponseContentCoding(None)));
    }
}
