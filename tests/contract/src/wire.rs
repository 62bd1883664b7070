//! What a scripted server is spoken to over: plain TCP, or TLS, which can break off in ways of its own.

use crate::emulated::API_VERSIONS;
use crate::{Scripted, SetUpError};
use infisical_emulator::ApiVersion;
use infisical_emulator::tls::Authority;
use infisical_skill::{SkillBuilder, TrustRoots};
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConnection;
use tokio_rustls::server::TlsStream;

/// A connection, encrypted or not.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {
    /// The connection itself, and what encrypts it.
    fn below(&mut self) -> (&mut TcpStream, Option<&mut ServerConnection>);
}

impl Stream for TcpStream {
    fn below(&mut self) -> (&mut TcpStream, Option<&mut ServerConnection>) {
        (self, None)
    }
}

impl Stream for TlsStream<TcpStream> {
    fn below(&mut self) -> (&mut TcpStream, Option<&mut ServerConnection>) {
        let (tcp, tls) = self.get_mut();
        (tcp, Some(tls))
    }
}

/// A connection in the making.
pub type Accepting<'a> = Pin<Box<dyn Future<Output = io::Result<Box<dyn Stream>>> + Send + 'a>>;

/// How a connection begins.
pub trait Accept: Send + Sync + 'static {
    /// Turns an accepted connection into the stream to speak over.
    fn accept(&self, tcp: TcpStream) -> Accepting<'_>;
}

/// Without TLS.
pub struct Plain;

impl Accept for Plain {
    fn accept(&self, tcp: TcpStream) -> Accepting<'_> {
        Box::pin(async move { Ok(Box::new(tcp) as Box<dyn Stream>) })
    }
}

/// With TLS.
pub struct Tls(pub TlsAcceptor);

impl Accept for Tls {
    fn accept(&self, tcp: TcpStream) -> Accepting<'_> {
        Box::pin(async move { Ok(Box::new(self.0.accept(tcp).await?) as Box<dyn Stream>) })
    }
}

/// One way or the other, for tests that hold for both.
#[derive(Clone)]
pub enum Wire {
    /// Without TLS.
    Plain,
    /// With TLS, under a certificate for `localhost` of an authority that is in the folder's `ca.pem`.
    Tls(TlsAcceptor, Arc<TempDir>),
}

impl fmt::Debug for Wire {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Plain => "plain",
            Self::Tls(..) => "TLS",
        })
    }
}

impl Accept for Wire {
    fn accept(&self, tcp: TcpStream) -> Accepting<'_> {
        match self {
            Self::Plain => Plain.accept(tcp),
            Self::Tls(acceptor, _) => {
                Box::pin(async move { Ok(Box::new(acceptor.accept(tcp).await?) as Box<dyn Stream>) })
            }
        }
    }
}

impl Wire {
    /// TLS, of an authority of its own.
    ///
    /// # Errors
    /// If there is no randomness for its keys, or no folder for its certificate.
    pub fn tls() -> Result<Self, SetUpError> {
        let (authority, folder) = (Authority::new("a test's own")?, tempfile::tempdir()?);
        std::fs::write(folder.path().join("ca.pem"), authority.pem())?;
        Ok(Self::Tls(authority.certify("localhost", false)?, Arc::new(folder)))
    }

    /// Both.
    ///
    /// # Errors
    /// Those of [`Wire::tls`].
    pub fn both() -> Result<[Self; 2], SetUpError> {
        Ok([Self::Plain, Self::tls()?])
    }

    /// Each generation over both.
    ///
    /// # Errors
    /// Those of [`Wire::tls`].
    pub fn everywhere() -> Result<impl Iterator<Item = (Self, ApiVersion)>, SetUpError> {
        let wires = Self::both()?;
        Ok(wires.into_iter().flat_map(|wire| API_VERSIONS.map(|api_version| (wire.clone(), api_version))))
    }

    /// The origin of a server that is spoken to so.
    #[must_use]
    pub fn origin(&self, server: &Scripted) -> String {
        match self {
            Self::Plain => server.origin(),
            Self::Tls(..) => format!("https://localhost:{}", server.port()),
        }
    }

    /// The skill that believes the server.
    pub fn believed(&self, builder: SkillBuilder) -> SkillBuilder {
        match self {
            Self::Plain => builder,
            Self::Tls(_, folder) => builder.trust_roots(TrustRoots::File(folder.path().join("ca.pem"))),
        }
    }
}

/// How a connection ends before its time. All but the first two are TLS's.
#[derive(Debug, Clone, Copy)]
pub enum Break {
    /// The connection below ends, without a goodbye of TLS.
    Cut,
    /// The connection below is reset.
    Reset,
    /// A record comes that isn't what it should be.
    Record,
    /// A fatal alert comes, encrypted as it should be.
    Alert,
    /// A record begins, and its bytes come with this pause between two, without end.
    Drip(Duration),
}

/// An encrypted record that nobody encrypted.
const FORGED: [u8; 37] = {
    let mut record = [0x5a; 37];
    [record[0], record[1], record[2], record[3], record[4]] = [0x17, 3, 3, 0, 32];
    record
};

impl Break {
    /// Breaks the connection off.
    pub(crate) async fn off(self, mut stream: Box<dyn Stream>) -> io::Result<()> {
        let (tcp, tls) = stream.below();
        let tls = || tls.ok_or(io::ErrorKind::InvalidInput);
        match self {
            Self::Cut => {}
            Self::Reset => {
                // What was sent before must be there first: a reset overtakes it.
                tokio::time::sleep(Duration::from_millis(5)).await;
                tcp.set_zero_linger()?;
            }
            Self::Record => {
                tls()?;
                tcp.write_all(&FORGED).await?;
            }
            Self::Alert => {
                // What the server's own side gets to read is forged, and it says so to the client.
                let tls = tls()?;
                tls.read_tls(&mut &FORGED[..])?;
                let refused = tls.process_new_packets().is_err();
                let mut alert = Vec::new();
                while tls.wants_write() {
                    tls.write_tls(&mut alert)?;
                }
                if !refused || alert.is_empty() {
                    return Err(io::ErrorKind::Other.into());
                }
                tcp.write_all(&alert).await?;
            }
            Self::Drip(pause) => {
                tls()?;
                tcp.write_all(&[0x17, 3, 3, 0x40, 0]).await?;
                loop {
                    tcp.write_all(&[0x5a]).await?;
                    tokio::time::sleep(pause).await;
                }
            }
        }
        Ok(())
    }
}
