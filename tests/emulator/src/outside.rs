//! The server's own requests to others: for an issuer's keys, and for a cluster's review of a
//! token.
//!
//! The emulator resolves no names but `localhost`. It blocks until the answer comes, so the other
//! server must run on its own thread.

use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;

const TIMEOUT: Duration = Duration::from_secs(5);
const ANSWER_LIMIT: u64 = 1024 * 1024;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unanswered {
    /// The error message of the server's runtime: `connect ECONNREFUSED 127.0.0.1:1`.
    Network(String),
    /// The server wasn't configured to trust the certificate.
    Certificate,
    /// The answer has another status than 200 and 201.
    Status(u16),
}

/// The destination of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Target<'u> {
    is_tls: bool,
    host: &'u str,
    port: u16,
    path: &'u str,
}

impl<'u> Target<'u> {
    fn parse(url: &'u str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let is_tls = match scheme {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
            _ => (authority, if is_tls { 443 } else { 80 }),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        (!host.is_empty()).then_some(Self { is_tls, host, port, path })
    }

    fn address(&self) -> Option<IpAddr> {
        if self.host == "localhost" { Some(IpAddr::from([127, 0, 0, 1])) } else { self.host.parse().ok() }
    }
}

/// True for a URL with a host in a private network, as far as that is visible without resolving
/// names.
pub(crate) fn is_internal(url: &str) -> bool {
    match Target::parse(url).and_then(|target| target.address()) {
        Some(IpAddr::V4(v4)) => {
            v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified() || v4.is_documentation()
        }
        Some(IpAddr::V6(v6)) => {
            v6.is_loopback() || v6.is_unspecified() || v6.is_unique_local() || v6.is_unicast_link_local()
        }
        None => false,
    }
}

/// A request: POST if it has a body, otherwise GET.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request<'r> {
    pub(crate) url: &'r str,
    pub(crate) body: Option<&'r Value>,
    pub(crate) token: Option<&'r str>,
    /// PEM. Empty for none.
    pub(crate) authority: &'r str,
}

/// Sends a request and reads JSON.
pub(crate) fn ask(request: &Request<'_>) -> Result<Value, Unanswered> {
    let network = |text: &str| Unanswered::Network(text.to_owned());
    let target = Target::parse(request.url).ok_or_else(|| network("Invalid URL"))?;
    let address = target.address().ok_or_else(|| network(&format!("getaddrinfo ENOTFOUND {}", target.host)))?;
    let address = SocketAddr::new(address, target.port);
    let stream = connect(address).map_err(|error| match error.kind() {
        io::ErrorKind::TimedOut => network(&format!("connect ETIMEDOUT {address}")),
        _ => network(&format!("connect ECONNREFUSED {address}")),
    })?;
    let text = text_of(request, &target);
    let answer = if target.is_tls {
        exchange(secured(stream, &target, request.authority)?, &text)
    } else {
        exchange(stream, &text)
    };
    let answer = answer.map_err(|error| match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(rustls::Error::InvalidCertificate(_)) => Unanswered::Certificate,
        _ => network("socket hang up"),
    })?;
    read(&answer).ok_or_else(|| network("socket hang up"))?
}

fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    Ok(stream)
}

/// TLS that trusts only one authority.
fn secured(
    stream: TcpStream,
    target: &Target<'_>,
    authority: &str,
) -> Result<StreamOwned<ClientConnection, TcpStream>, Unanswered> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(authority.as_bytes()).flatten() {
        // An invalid certificate is never trusted.
        let _ = roots.add(certificate);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|_| Unanswered::Certificate)?;
    let config = builder.with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from(target.host.to_owned()).map_err(|_| Unanswered::Certificate)?;
    let connection = ClientConnection::new(Arc::new(config), name).map_err(|_| Unanswered::Certificate)?;
    Ok(StreamOwned::new(connection, stream))
}

fn text_of(request: &Request<'_>, target: &Target<'_>) -> String {
    let (method, body) = request.body.map_or(("GET", String::new()), |body| ("POST", body.to_string()));
    let path = if target.path.is_empty() { "/" } else { target.path };
    let token = request.token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    format!(
        "{method} {path} HTTP/1.1\r\nhost: {}:{}\r\naccept: application/json\r\ncontent-type: application/json\r\n\
         {token}content-length: {}\r\nconnection: close\r\n\r\n{body}",
        target.host,
        target.port,
        body.len()
    )
}

fn exchange(mut stream: impl Read + Write, text: &str) -> io::Result<Vec<u8>> {
    stream.write_all(text.as_bytes())?;
    let mut answer = Vec::new();
    match stream.take(ANSWER_LIMIT).read_to_end(&mut answer) {
        // A peer that closes TLS without a notice may have sent a complete answer.
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
        _ => Ok(answer),
    }
}

/// `None` unless it is an answer with JSON.
fn read(answer: &[u8]) -> Option<Result<Value, Unanswered>> {
    let text = std::str::from_utf8(answer).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status: u16 = head.split(' ').nth(1)?.parse().ok()?;
    if !matches!(status, 200 | 201) {
        return Some(Err(Unanswered::Status(status)));
    }
    serde_json::from_str(body).ok().map(Ok)
}

#[cfg(test)]
mod tests {
    use super::{Request, Target, Unanswered, ask, is_internal};

    #[test]
    fn parses_urls() {
        let target = |is_tls, host, port, path| Some(Target { is_tls, host, port, path });
        for (url, expected) in [
            ("http://127.0.0.1:8080", target(false, "127.0.0.1", 8080, "")),
            ("https://issuer.example.com/a/b", target(true, "issuer.example.com", 443, "/a/b")),
            ("https://[::1]:6443/x", target(true, "::1", 6443, "/x")),
            ("https://[::1]", target(true, "::1", 443, "")),
            ("ftp://issuer.example.com", None),
            ("https://:1", None),
            ("https://a:b", None),
            ("issuer.example.com", None),
        ] {
            assert_eq!(Target::parse(url), expected, "{url}");
        }
    }

    #[test]
    fn recognizes_private_networks() {
        for url in
            ["http://127.0.0.1:1", "https://192.0.2.1:6443", "https://10.1.2.3", "https://localhost", "https://[::1]"]
        {
            assert!(is_internal(url), "{url}");
        }
        for url in ["https://cluster.example.com:6443", "https://8.8.8.8", "https://[2606:4700::1]", "nonsense"] {
            assert!(!is_internal(url), "{url}");
        }
    }

    #[test]
    fn names_are_not_resolved() {
        let request = Request { url: "https://cluster.example.com", ..Request::default() };
        let said = "getaddrinfo ENOTFOUND cluster.example.com".to_owned();
        assert_eq!(ask(&request), Err(Unanswered::Network(said)));
    }
}
