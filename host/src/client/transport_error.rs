//! Why there is no answer, and what to do about it.

use crate::model::error::{Detail, Error};
use infisical_skill_policy::Origin;
use rustls::{AlertDescription, CertificateError};
use std::error::Error as StdError;

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TransportError {
    /// The deadline passed.
    TimedOut,
    /// There was no connection.
    Unreachable,
    /// The server's certificate isn't trusted.
    Certificate(BadCertificate),
    /// Another TLS failure.
    Tls(TlsFault),
    /// The server asks for a client certificate. TLS 1.3 says so after the handshake, when
    /// something may have left.
    ClientCertificate,
    /// The connection ended before the answer did.
    CutShort,
    /// The answer isn't HTTP, or has more or larger headers than Infisical sends.
    NotHttp,
    /// The body is larger than allowed.
    TooLarge,
    /// The body is compressed, which wasn't requested.
    Encoded,
    /// The request can't be written.
    Unsendable,
}

/// What is wrong with the server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadCertificate {
    /// It is marked as an authority's (`CA:TRUE`), and a server uses it as its own.
    Authority,
    /// It has expired, by this machine's clock.
    Expired,
    /// It isn't valid yet, by this machine's clock.
    NotYetValid,
    /// It is for other names than the configured one.
    OtherName,
    /// No configured authority issued it.
    UnknownIssuer,
    /// It isn't for servers.
    Purpose,
    /// Its signature or its encoding can't be checked.
    Unsupported,
    /// It has another flaw.
    Other,
}

/// What is wrong with the handshake, apart from certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TlsFault {
    /// The other side doesn't speak TLS.
    NotTls,
    /// Both sides share no version or cipher.
    NothingInCommon,
    /// The server knows no certificate for the host name.
    UnknownName,
    /// Another failure.
    Other,
}

impl TransportError {
    /// Whether nothing can have left, because there was no connection.
    pub(crate) fn is_before_sending(self) -> bool {
        matches!(self, Self::Unreachable | Self::Certificate(_) | Self::Tls(_) | Self::Unsendable)
    }

    /// The same error once there was a connection. From then on something may have left.
    pub(super) fn once_connected(self) -> Self {
        if self.is_before_sending() { Self::CutShort } else { self }
    }

    /// The case's name, for the audit record.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::TimedOut => "timed-out",
            Self::Unreachable => "unreachable",
            Self::Certificate(bad) => bad.name(),
            Self::Tls(fault) => fault.name(),
            Self::ClientCertificate => "tls-client-certificate",
            Self::CutShort => "cut-short",
            Self::NotHttp => "not-http",
            Self::TooLarge => "too-large",
            Self::Encoded => "encoded",
            Self::Unsendable => "unsendable",
        }
    }

    /// The error as a person reads it.
    pub(crate) fn into_error(self, origin: &Origin) -> Error {
        match self {
            Self::TimedOut => Error::TimedOut,
            Self::Unreachable => Error::Unreachable(format!(
                "no connection to {origin}: check that the URL is right, that the server runs, and that this machine may reach it"
            )),
            Self::Certificate(bad) => {
                Error::Unreachable(format!("the certificate of {origin} isn't trusted: {}", bad.describe(origin)))
            }
            Self::Tls(fault) => Error::Unreachable(format!("the server at {origin}: {}", fault.describe())),
            Self::ClientCertificate => Error::Unreachable(format!(
                "the server at {origin} asks for a client certificate, which this skill doesn't support: let this machine's address in without one"
            )),
            Self::CutShort => {
                Error::Unreachable(format!("the connection to {origin} ended before the answer did: try again"))
            }
            Self::NotHttp => Error::UnexpectedAnswer("the answer isn't HTTP of the kind that Infisical sends".into()),
            Self::TooLarge => Error::TooLarge(
                "ask for less: a subfolder instead of a recursive listing, or by tag; or raise `limits.answer_bytes` in the configuration"
                    .to_owned(),
            ),
            Self::Unsendable => Error::Sandbox("a request can't be written".to_owned()),
            Self::Encoded => Error::UnexpectedAnswer(Detail {
                remedy: Some(
                    "ask the operator to turn compression off for /api in the proxy in front of Infisical (in nginx `gzip off;`)".to_owned(),
                ),
                ..Detail::from("a proxy in front of Infisical compresses the answers, which the skill didn't request and doesn't accept")
            }),
        }
    }
}

impl BadCertificate {
    fn name(self) -> &'static str {
        match self {
            Self::Authority => "certificate-authority",
            Self::Expired => "certificate-expired",
            Self::NotYetValid => "certificate-not-yet-valid",
            Self::OtherName => "certificate-other-name",
            Self::UnknownIssuer => "certificate-unknown-issuer",
            Self::Purpose => "certificate-purpose",
            Self::Unsupported => "certificate-unsupported",
            Self::Other => "certificate",
        }
    }

    /// Cause and remedy. Nothing is quoted from the certificate itself, which anybody may have
    /// written.
    fn describe(self, origin: &Origin) -> String {
        match self {
            Self::Authority => {
                let host = origin.host().trim_matches(['[', ']']);
                let kind = if host.parse::<std::net::IpAddr>().is_ok() { "IP" } else { "DNS" };
                let name = format!("{kind}:{host}");
                format!(
                    "it is marked as an authority (CA:TRUE) and is used as the server's own. Make a server certificate \
                     (`basicConstraints=CA:FALSE`, `subjectAltName={name}`), signed by that authority, for the server, and keep the authority's \
                     certificate in `ca_file`. Or make a self-signed one that isn't an authority, for both: `openssl req -x509 -newkey rsa:2048 \
                     -nodes -days 365 -keyout key.pem -out cert.pem -subj /CN={host} -addext subjectAltName={name} \
                     -addext basicConstraints=critical,CA:FALSE`"
                )
            }
            Self::Expired => {
                "it has expired. Renew it on the server; if it is still valid, set this machine's clock".to_owned()
            }
            Self::NotYetValid => {
                "it isn't valid yet. Set this machine's clock; if the clock is right, check the certificate's dates".to_owned()
            }
            Self::OtherName => format!(
                "it isn't for the name `{}`. Use a name in the configured URL that the certificate has (its subjectAltName; the common name doesn't \
                 count), or give the server a certificate for this name",
                origin.host()
            ),
            Self::UnknownIssuer => "no trusted authority issued it. Configure `ca_file` with the certificate of the authority that did; if that \
                 is configured, check that the server sends its intermediate certificates too"
                .to_owned(),
            Self::Purpose => {
                "it isn't for servers: its extended key usage lacks serverAuth. Give the server a certificate that has it".to_owned()
            }
            Self::Unsupported => "its signature or encoding isn't supported. Give the server an X.509 version 3 certificate with an RSA (2048 bits \
                 or more), ECDSA P-256 or P-384, or Ed25519 key, signed with SHA-256 or better"
                .to_owned(),
            Self::Other => {
                "it was revoked, or has an extension that isn't understood. Give the server another certificate".to_owned()
            }
        }
    }

    fn of(error: &CertificateError) -> Self {
        match error {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Self::NotYetValid,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Self::OtherName,
            CertificateError::UnknownIssuer => Self::UnknownIssuer,
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => Self::Purpose,
            CertificateError::BadEncoding
            | CertificateError::BadSignature
            | CertificateError::UnsupportedSignatureAlgorithmContext { .. }
            | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => Self::Unsupported,
            CertificateError::Other(other) => match other.0.downcast_ref() {
                Some(webpki::Error::CaUsedAsEndEntity) => Self::Authority,
                Some(webpki::Error::UnsupportedCertVersion) => Self::Unsupported,
                _ => Self::Other,
            },
            _ => Self::Other,
        }
    }
}

impl TlsFault {
    fn name(self) -> &'static str {
        match self {
            Self::NotTls => "not-tls",
            Self::NothingInCommon => "tls-nothing-in-common",
            Self::UnknownName => "tls-unknown-name",
            Self::Other => "tls",
        }
    }

    fn describe(self) -> &'static str {
        match self {
            Self::NotTls => {
                "the server doesn't speak TLS. Check the scheme and port of the URL, and that no proxy is in between"
            }
            Self::NothingInCommon => {
                "the server speaks neither TLS 1.2 nor TLS 1.3 with a cipher that this skill knows. Update the server's TLS settings"
            }
            Self::UnknownName => {
                "the server has no certificate for this host name. Check the host in the URL, or the server's TLS settings"
            }
            Self::Other => "the TLS handshake failed. Check the scheme and port of the URL, and the server's own log",
        }
    }

    fn of(error: &rustls::Error) -> Self {
        use AlertDescription::{HandshakeFailure, InsufficientSecurity, ProtocolVersion, UnrecognisedName};
        match error {
            rustls::Error::InvalidMessage(_) => Self::NotTls,
            rustls::Error::PeerIncompatible(_)
            | rustls::Error::AlertReceived(HandshakeFailure | InsufficientSecurity | ProtocolVersion) => {
                Self::NothingInCommon
            }
            rustls::Error::AlertReceived(UnrecognisedName) => Self::UnknownName,
            _ => Self::Other,
        }
    }
}

/// The kind of failure. The error's own text is dropped, because it may quote the server.
pub(super) fn classify(error: &(dyn StdError + 'static)) -> TransportError {
    let mut class = TransportError::Unreachable;
    let mut cause = Some(error);
    while let Some(error) = cause {
        // The inner error of an I/O error isn't among its sources.
        let carried = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if let Some(error) = error.downcast_ref::<rustls::Error>() {
            return match error {
                rustls::Error::InvalidCertificate(error) => TransportError::Certificate(BadCertificate::of(error)),
                rustls::Error::AlertReceived(
                    AlertDescription::CertificateRequired
                    | AlertDescription::BadCertificate
                    | AlertDescription::UnknownCA,
                ) => TransportError::ClientCertificate,
                error => TransportError::Tls(TlsFault::of(error)),
            };
        } else if let Some(error) = error.downcast_ref::<hyper::Error>() {
            if error.is_parse() {
                return TransportError::NotHttp;
            }
            class = TransportError::CutShort;
        }
        cause = carried.map(|carried| carried as &(dyn StdError + 'static)).or_else(|| error.source());
    }
    class
}
