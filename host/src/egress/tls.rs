//! Whom we believe to be the server. There is no way to switch this off.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// The certificate authorities that may vouch for the server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrustRoots {
    /// Mozilla's list, as the crate `webpki-roots` ships it. Nothing of this machine's set-up changes it.
    #[default]
    WebPki,
    /// This machine's list. Note that `SSL_CERT_FILE` and `SSL_CERT_DIR` in the environment then have a say.
    Native,
    /// The authorities of this PEM file and no others.
    File(PathBuf),
}

/// Why the trust roots can't be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum TlsRefusal {
    /// The file can't be read.
    Unreadable(PathBuf),
    /// The file holds no certificate that can be used.
    NoCertificate(PathBuf),
    /// This machine offers no certificate that can be used.
    NoNativeRoots,
    /// The cryptography offers no protocol version in common with what is asked for.
    Provider,
}

impl fmt::Display for TlsRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(path) => write!(f, "the CA file {} can't be read", path.display()),
            Self::NoCertificate(path) => write!(f, "the CA file {} holds no certificate in PEM form", path.display()),
            Self::NoNativeRoots => {
                f.write_str("this machine has no certificate authorities: install them, or configure `ca_file`")
            }
            Self::Provider => f.write_str("TLS 1.2 and 1.3 aren't available"),
        }
    }
}

impl std::error::Error for TlsRefusal {}

pub(crate) fn client_config(roots: &TrustRoots) -> Result<ClientConfig, TlsRefusal> {
    let mut store = RootCertStore::empty();
    match roots {
        TrustRoots::WebPki => store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        TrustRoots::Native => {
            store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if store.is_empty() {
                return Err(TlsRefusal::NoNativeRoots);
            }
        }
        TrustRoots::File(path) => {
            let pem = std::fs::read(path).map_err(|_| TlsRefusal::Unreadable(path.clone()))?;
            for certificate in CertificateDer::pem_slice_iter(&pem) {
                let no_certificate = || TlsRefusal::NoCertificate(path.clone());
                store.add(certificate.map_err(|_| no_certificate())?).map_err(|_| no_certificate())?;
            }
            if store.is_empty() {
                return Err(TlsRefusal::NoCertificate(path.clone()));
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| TlsRefusal::Provider)?
        .with_root_certificates(store)
        .with_no_client_auth())
}
