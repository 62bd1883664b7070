//! The servers that the emulator asks about logins: an OIDC issuer over HTTP, and a cluster's API
//! over TLS. Each runs on its own thread until the test ends.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use crate::client::claims_of;
use crate::signer::Signer;

/// The request line's target and the body of a request.
struct Asked {
    path: String,
    body: Value,
}

/// Reads one request and answers it with JSON.
fn serve_one(stream: impl Read + Write, answer: &dyn Fn(&Asked) -> Value) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut length = 0;
    loop {
        line.clear();
        if stream.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some(said) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = said.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    let text = answer(&Asked { path, body: serde_json::from_slice(&body).unwrap_or_default() }).to_string();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", text.len());
    stream.get_mut().write_all(format!("{head}{text}").as_bytes())?;
    stream.get_mut().flush()
}

/// An OIDC issuer with one key, `k1`.
#[derive(Debug)]
pub(crate) struct Issuer {
    pub(crate) url: String,
    pub(crate) signer: Arc<Signer>,
}

impl Issuer {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let signer = Arc::new(Signer::new());
        let (own_url, key) = (url.clone(), signer.jwk("k1"));
        std::thread::spawn(move || {
            let answer = |asked: &Asked| match asked.path.as_str() {
                "/.well-known/openid-configuration" => {
                    json!({"issuer": own_url, "jwks_uri": format!("{own_url}/keys")})
                }
                _ => json!({"keys": [key]}),
            };
            for stream in listener.incoming().flatten() {
                let _ = serve_one(stream, &answer);
            }
        });
        Self { url, signer }
    }
}

/// A self-signed certificate and its key.
pub(crate) fn self_signed(names: &[&str]) -> (CertificateParams, rcgen::Certificate, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    (params, certificate, key)
}

/// A cluster's API. It attributes every unexpired token to the token's `sub`.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) url: String,
    /// PEM.
    pub(crate) authority: String,
}

impl Cluster {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let (_, certificate, key) = self_signed(&["127.0.0.1"]);
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)
            .unwrap();
        let config = Arc::new(config);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                let _ = serve_one(StreamOwned::new(connection, stream), &review);
            }
        });
        Self { url, authority: certificate.pem() }
    }
}

fn review(asked: &Asked) -> Value {
    let token = asked.body["spec"]["token"].as_str().unwrap_or_default();
    let status = if token.split('.').count() != 3 {
        json!({"authenticated": false, "error": "[invalid bearer token]"})
    } else if claims_of(token)["exp"].as_u64() == Some(0) {
        json!({"error": "[invalid bearer token, token has expired]"})
    } else {
        json!({"authenticated": true, "user": {"username": claims_of(token)["sub"]}})
    };
    json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status})
}
