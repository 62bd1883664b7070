//! The transport of a scripted server: plain TCP, or TLS, which can break off in its own ways.

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
    /// The TCP connection, and the TLS state if it is encrypted.
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

/// The future of a connection that is being set up.
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

/// Plain TCP or TLS, for tests that hold for both.
#[derive(Clone)]
pub enum Wire {
    /// Without TLS.
    Plain,
    /// With TLS and a certificate for `localhost`. Its authority is in the folder's `ca.pem`.
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
    /// TLS with a new authority.
    ///
    /// # Errors
    /// If no randomness for the keys or no folder for the certificate is available.
    pub fn tls() -> Result<Self, SetUpError> {
        let (authority, folder) = (Authority::new("a test's own")?, tempfile::tempdir()?);
        std::fs::write(folder.path().join("ca.pem"), authority.pem())?;
        Ok(Self::Tls(authority.certify("localhost", false)?, Arc::new(folder)))
    }

    /// Both transports.
    ///
    /// # Errors
    /// Those of [`Wire::tls`].
    pub fn both() -> Result<[Self; 2], SetUpError> {
        Ok([Self::Plain, Self::tls()?])
    }

    /// Each API version over both transports.
    ///
    /// # Errors
    /// Those of [`Wire::tls`].
    pub fn everywhere() -> Result<impl Iterator<Item = (Self, ApiVersion)>, SetUpError> {
        let wires = Self::both()?;
        Ok(wires.into_iter().flat_map(|wire| API_VERSIONS.map(|api_version| (wire.clone(), api_version))))
    }

    /// The origin of this server over this transport.
    #[must_use]
    pub fn origin(&self, server: &Scripted) -> String {
        match self {
            Self::Plain => server.origin(),
            Self::Tls(..) => format!("https://localhost:{}", server.port()),
        }
    }

    /// Makes the skill trust the server's authority.
    pub fn believed(&self, builder: SkillBuilder) -> SkillBuilder {
        match self {
            Self::Plain => builder,
            Self::Tls(_, folder) => builder.trust_roots(TrustRoots::File(folder.path().join("ca.pem"))),
        }
    }
}

/// How a connection ends early. All but the first two are specific to TLS.
#[derive(Debug, Clone, Copy)]
pub enum Break {
    /// The TCP connection ends without a TLS `close_notify`.
    Cut,
    /// The TCP connection is reset.
    Reset,
    /// An invalid record arrives.
    Record,
    /// A correctly encrypted fatal alert arrives.
    Alert,
    /// A record begins, and its bytes arrive with this pause between two, endlessly.
    Drip(Duration),
}

/// A forged record that claims to be encrypted.
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
                // The earlier bytes must arrive first, because a reset overtakes them.
                tokio::time::sleep(Duration::from_millis(5)).await;
                tcp.set_zero_linger()?;
            }
            Self::Record => {
                tls()?;
                tcp.write_all(&FORGED).await?;
            }
            Self::Alert => {
                // The server's own TLS side reads forged data, and reports that to the client with
                // an alert.
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
