//! Certificates: their subject, issuer and validity.

use ring::signature::{ECDSA_P256_SHA256_ASN1, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey};

use crate::auth::federated::jws::Key;
use crate::world::clock::{Millis, from_iso};

use super::{BIT_STRING, Element, OBJECT, Reader, SEQUENCE, bits, public_key};

const BOOLEAN: u8 = 0x01;
const OCTET_STRING: u8 = 0x04;
const SET: u8 = 0x31;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;

const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
const RSA_WITH_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
const ECDSA_WITH_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];

/// A certificate.
#[derive(Debug)]
pub(crate) struct Certificate<'d> {
    signed: &'d [u8],
    algorithm: &'d [u8],
    signature: &'d [u8],
    issuer: &'d [u8],
    subject: &'d [u8],
    key: Option<Key>,
    valid: (Millis, Millis),
    pub(crate) common_name: Option<&'d str>,
    /// True if it may sign other certificates.
    pub(crate) is_authority: bool,
}

impl<'d> Certificate<'d> {
    pub(crate) fn parse(bytes: &'d [u8]) -> Option<Self> {
        let mut outer = Reader::new(bytes).sequence()?;
        let signed = outer.expect(SEQUENCE)?;
        let algorithm = outer.sequence()?.expect(OBJECT)?.content;
        let signature = bits(outer.expect(BIT_STRING)?)?;
        let mut inner = Reader::new(signed.content);
        // The oldest certificates have no version, so this may be the serial number.
        if inner.next()?.tag == VERSION {
            inner.next()?;
        }
        inner.next()?;
        let issuer = inner.expect(SEQUENCE)?;
        let mut validity = inner.sequence()?;
        let valid = (time(validity.next()?)?, time(validity.next()?)?);
        let subject = inner.expect(SEQUENCE)?;
        let key = public_key(inner.expect(SEQUENCE)?.whole);
        let mut is_authority = false;
        while let Some(element) = inner.next() {
            if element.tag == EXTENSIONS {
                is_authority = may_sign(element).unwrap_or(false);
            }
        }
        Some(Self {
            signed: signed.whole,
            algorithm,
            signature,
            issuer: issuer.whole,
            subject: subject.whole,
            key,
            valid,
            common_name: common_name(subject),
            is_authority,
        })
    }

    /// True if the other certificate signed this one.
    pub(crate) fn is_issued_by(&self, authority: &Certificate<'_>) -> bool {
        self.issuer == authority.subject
            && match (&authority.key, self.algorithm) {
                (Some(Key::Rsa { modulus, exponent }), RSA_WITH_SHA256) => {
                    RsaPublicKeyComponents { n: modulus, e: exponent }
                        .verify(&RSA_PKCS1_2048_8192_SHA256, self.signed, self.signature)
                        .is_ok()
                }
                (Some(Key::P256(point)), ECDSA_WITH_SHA256) => {
                    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(self.signed, self.signature).is_ok()
                }
                _ => false,
            }
    }

    pub(crate) fn is_valid_at(&self, now: Millis) -> bool {
        (self.valid.0..=self.valid.1).contains(&now)
    }
}

fn common_name(subject: Element<'_>) -> Option<&str> {
    let mut parts = Reader::new(subject.content);
    while let Some(part) = parts.expect(SET) {
        let mut pair = Reader::new(part.content).sequence()?;
        if pair.expect(OBJECT)?.content == COMMON_NAME {
            return std::str::from_utf8(pair.next()?.content).ok();
        }
    }
    None
}

/// True if the basic constraints mark an authority.
fn may_sign(extensions: Element<'_>) -> Option<bool> {
    let mut extensions = Reader::new(extensions.content).sequence()?;
    while let Some(mut extension) = extensions.sequence() {
        if extension.expect(OBJECT)?.content != BASIC_CONSTRAINTS {
            continue;
        }
        let mut value = extension.next()?;
        if value.tag == BOOLEAN {
            value = extension.next()?;
        }
        if value.tag != OCTET_STRING {
            return None;
        }
        let first = Reader::new(value.content).sequence()?.next();
        return Some(first.is_some_and(|first| first.tag == BOOLEAN && first.content != [0]));
    }
    None
}

/// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`.
fn time(element: Element<'_>) -> Option<Millis> {
    let text = std::str::from_utf8(element.content).ok()?;
    let text = match element.tag {
        UTC_TIME if text.get(..2)?.parse::<u8>().ok()? < 50 => format!("20{text}"),
        UTC_TIME => format!("19{text}"),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    let part = |from: usize, to: usize| text.get(from..to);
    let (date, clock) = (
        format!("{}-{}-{}", part(0, 4)?, part(4, 6)?, part(6, 8)?),
        format!("{}:{}:{}", part(8, 10)?, part(10, 12)?, part(12, 14)?),
    );
    from_iso(&format!("{date}T{clock}Z"))
}
