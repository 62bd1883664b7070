//! TLS for test servers: certificates of every kind, and a front that speaks TLS before something that doesn't.

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

/// An authority of one's own.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// What is wrong with a server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It expired years ago.
    Expired,
    /// It is valid years from now.
    NotYetValid,
    /// It is for clients.
    ForClients,
    /// It is marked as an authority's.
    Authority,
}

impl Authority {
    /// An authority of this name.
    ///
    /// # Errors
    /// If there is no randomness for its key.
    pub fn new(name: &str) -> Result<Self, Box<dyn Error>> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let pem = params.self_signed(&key)?.pem();
        Ok(Self { issuer: Issuer::new(params, key), pem })
    }

    /// Its certificate, PEM: what who trusts it is configured with.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// What serves TLS under this name, with a certificate that is valid, or that expired years ago.
    ///
    /// # Errors
    /// If it isn't a name that a certificate can have.
    pub fn certify(&self, name: &str, expired: bool) -> Result<TlsAcceptor, Box<dyn Error>> {
        self.sign(name, expired.then_some(Flaw::Expired))
    }

    /// What serves TLS under this name, with a certificate that has a flaw.
    ///
    /// # Errors
    /// If it isn't a name that a certificate can have.
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

/// What serves TLS under this name, with a self-signed certificate that is marked as an authority's; and that, PEM.
///
/// # Errors
/// If it isn't a name that a certificate can have.
pub fn self_signed_authority(name: &str) -> Result<(TlsAcceptor, String), Box<dyn Error>> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(vec![name.to_owned()])?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key)?;
    Ok((acceptor(&certificate, &key)?, certificate.pem()))
}

/// What serves TLS under this name, with a certificate that nobody vouches for but itself; and that, PEM.
///
/// # Errors
/// If it isn't a name that a certificate can have.
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

/// A server at `https://localhost:PORT` that passes everything on to one without TLS. It has threads of its own, and ends when it is dropped.
pub struct TlsFront {
    port: u16,
    #[expect(dead_code, reason = "its threads serve until it is dropped")]
    runtime: Runtime,
}

impl TlsFront {
    /// A front before `server`, under a certificate for `localhost`.
    ///
    /// # Errors
    /// If it has no certificate for `localhost`, or no socket can be had.
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

    /// Where it is.
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
