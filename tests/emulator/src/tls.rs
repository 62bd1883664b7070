//! TLS for test servers: certificates of every kind, and a TLS proxy in front of a plain server.

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    date_time_ymd,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

/// A private certificate authority.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A flaw of a server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It expired years ago.
    Expired,
    /// It is valid years from now.
    NotYetValid,
    /// It is a client certificate.
    ForClients,
    /// It is marked as an authority.
    Authority,
}

impl Authority {
    /// Creates an authority with this name.
    ///
    /// # Errors
    /// If no random key can be generated.
    pub fn new(name: &str) -> Result<Self, Box<dyn Error>> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let pem = params.self_signed(&key)?.pem();
        Ok(Self { issuer: Issuer::new(params, key), pem })
    }

    /// Its certificate in PEM, which a client is configured to trust.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A TLS configuration for a server of this name, whose certificate is valid or expired years
    /// ago.
    ///
    /// # Errors
    /// If a certificate can't have the name.
    pub fn certify(&self, name: &str, expired: bool) -> Result<TlsAcceptor, Box<dyn Error>> {
        self.sign(name, expired.then_some(Flaw::Expired))
    }

    /// A TLS configuration for a server of this name, whose certificate has a flaw.
    ///
    /// # Errors
    /// If a certificate can't have the name.
    pub fn certify_with(&self, name: &str, flaw: Flaw) -> Result<TlsAcceptor, Box<dyn Error>> {
        self.sign(name, Some(flaw))
    }

    fn sign(&self, name: &str, flaw: Option<Flaw>) -> Result<TlsAcceptor, Box<dyn Error>> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(vec![name.to_owned()])?;
        match flaw {
            None => {}
            Some(Flaw::Expired) => {
                params.not_before = date_time_ymd(2020, 1, 1);
                params.not_after = date_time_ymd(2021, 1, 1);
            }
            Some(Flaw::NotYetValid) => {
                params.not_before = date_time_ymd(2090, 1, 1);
                params.not_after = date_time_ymd(2091, 1, 1);
            }
            Some(Flaw::ForClients) => params.extended_key_usages.push(ExtendedKeyUsagePurpose::ClientAuth),
            Some(Flaw::Authority) => params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
        }
        acceptor(&params.signed_by(&key, &self.issuer)?, &key)
    }
}

/// A TLS configuration for a server of this name with a self-signed certificate that is marked as
/// an authority. Also returns the certificate in PEM.
///
/// # Errors
/// If a certificate can't have the name.
pub fn self_signed_authority(name: &str) -> Result<(TlsAcceptor, String), Box<dyn Error>> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(vec![name.to_owned()])?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key)?;
    Ok((acceptor(&certificate, &key)?, certificate.pem()))
}

/// A TLS configuration for a server of this name with a self-signed certificate. Also returns the
/// certificate in PEM.
///
/// # Errors
/// If a certificate can't have the name.
pub fn self_signed(name: &str) -> Result<(TlsAcceptor, String), Box<dyn Error>> {
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(vec![name.to_owned()])?.self_signed(&key)?;
    Ok((acceptor(&certificate, &key)?, certificate.pem()))
}

fn acceptor(certificate: &Certificate, key: &KeyPair) -> Result<TlsAcceptor, Box<dyn Error>> {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// A server at `https://localhost:PORT` that forwards everything to a server without TLS. It has
/// its own threads, and stops when it is dropped.
pub struct TlsFront {
    port: u16,
    #[expect(dead_code, reason = "its threads serve until it is dropped")]
    runtime: Runtime,
}

impl TlsFront {
    /// Starts a proxy in front of `server`, with a certificate for `localhost`.
    ///
    /// # Errors
    /// If the configuration has no certificate for `localhost`, or if no socket can be opened.
    pub fn before(server: SocketAddr, authority: &Authority) -> Result<Self, Box<dyn Error>> {
        let acceptor = authority.certify("localhost", false)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0)))?;
        let port = listener.local_addr()?.port();
        runtime.spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                tokio::spawn(pass_on(acceptor.clone(), tcp, server));
            }
        });
        Ok(Self { port, runtime })
    }

    /// The URL of the proxy.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("https://localhost:{}", self.port)
    }
}

async fn pass_on(acceptor: TlsAcceptor, tcp: TcpStream, server: SocketAddr) -> io::Result<()> {
    let mut outside = acceptor.accept(tcp).await?;
    let mut inside = TcpStream::connect(server).await?;
    tokio::io::copy_bidirectional(&mut outside, &mut inside).await.map(drop)
}
