//! Which certificates the host accepts from the server. No setting turns this check off.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{PemObject, SectionKind};
use rustls::{ClientConfig, RootCertStore};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

/// The certificate authorities that are trusted to vouch for the server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrustRoots {
    /// Mozilla's list, as the crate `webpki-roots` ships it. No setting of this machine changes it.
    #[default]
    WebPki,
    /// This machine's list. Note that the environment variables `SSL_CERT_FILE` and `SSL_CERT_DIR`
    /// then change it.
    Native,
    /// The authorities of this PEM file and no others.
    File(PathBuf),
}

/// Why the trust roots can't be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum TlsRefusal {
    /// The file can't be read.
    Unreadable(PathBuf, std::io::ErrorKind),
    /// The file holds no certificate in PEM form.
    NoCertificate(PathBuf),
    /// The file holds one certificate in DER form, without the lines of PEM.
    Der(PathBuf),
    /// The file's certificate of this number, counted from 1, can't be used.
    Garbled(PathBuf, usize),
    /// The file holds a private key.
    PrivateKey(PathBuf),
    /// This machine offers no usable certificate.
    NoNativeRoots,
    /// The TLS library supports none of the required protocol versions.
    Provider,
}

impl fmt::Display for TlsRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(path, kind) => write!(f, "the CA file {} can't be read: {kind}", path.display()),
            Self::NoCertificate(path) => write!(
                f,
                "the CA file {} holds no certificate: it must have at least one block from `-----BEGIN CERTIFICATE-----` to `-----END \
                 CERTIFICATE-----` (PEM)",
                path.display()
            ),
            Self::Der(path) => write!(
                f,
                "the CA file {0} is in DER form: convert it with `openssl x509 -inform der -in {0} -out ca.pem`, and configure that file",
                path.display()
            ),
            Self::Garbled(path, number) => write!(
                f,
                "certificate {number} of the CA file {} can't be read: it is cut off or changed. Copy it again, whole, with its BEGIN and END lines",
                path.display()
            ),
            Self::PrivateKey(path) => write!(
                f,
                "the CA file {} holds a private key: an authority's key doesn't belong on this machine. Configure a file that holds its certificate \
                 alone",
                path.display()
            ),
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
            let pem = std::fs::read(path).map_err(|error| TlsRefusal::Unreadable(path.clone(), error.kind()))?;
            for certificate in certificates(path, &pem)? {
                let number = store.len() + 1;
                store.add(certificate).map_err(|_| TlsRefusal::Garbled(path.clone(), number))?;
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

/// The certificates of a PEM file. Other public items in it, such as revocation lists, are skipped.
fn certificates(path: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsRefusal> {
    let mut certificates = Vec::new();
    for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(pem) {
        match section {
            Ok((SectionKind::Certificate, der)) => certificates.push(CertificateDer::from(der)),
            Ok((SectionKind::PrivateKey | SectionKind::RsaPrivateKey | SectionKind::EcPrivateKey, key)) => {
                drop(Zeroizing::new(key));
                return Err(TlsRefusal::PrivateKey(path.to_owned()));
            }
            Ok(_) => {}
            Err(_) => return Err(TlsRefusal::Garbled(path.to_owned(), certificates.len() + 1)),
        }
    }
    match (certificates.is_empty(), pem) {
        (false, _) => Ok(certificates),
        // A DER sequence whose length takes two bytes. Every certificate begins like this.
        (true, [0x30, 0x82, ..]) => Err(TlsRefusal::Der(path.to_owned())),
        (true, _) => Err(TlsRefusal::NoCertificate(path.to_owned())),
    }
}
