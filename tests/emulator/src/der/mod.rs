//! The parts of DER that public keys and certificates need.

mod certificate;

pub(crate) use certificate::Certificate;

use crate::auth::federated::jws::Key;

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OBJECT: u8 = 0x06;

const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];

/// A sequence of elements.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'d>(&'d [u8]);

/// An element.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Element<'d> {
    pub(crate) tag: u8,
    pub(crate) content: &'d [u8],
    /// The whole encoding, with tag and length.
    pub(crate) whole: &'d [u8],
}

impl<'d> Reader<'d> {
    pub(crate) fn new(bytes: &'d [u8]) -> Self {
        Self(bytes)
    }

    /// The next element of any kind.
    pub(crate) fn next(&mut self) -> Option<Element<'d>> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, mut rest) = rest.split_first()?;
        let mut length = usize::from(first);
        if first >= 0x80 {
            let (bytes, after) = rest.split_at_checked(usize::from(first & 0x7f))?;
            if bytes.is_empty() || bytes.len() > 4 {
                return None;
            }
            length = bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
            rest = after;
        }
        let (content, after) = rest.split_at_checked(length)?;
        let whole = self.0.get(..self.0.len() - after.len())?;
        self.0 = after;
        Some(Element { tag, content, whole })
    }

    /// The next element, if it has this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Option<Element<'d>> {
        self.next().filter(|element| element.tag == tag)
    }

    /// The content of the next element, which must be a sequence.
    pub(crate) fn sequence(&mut self) -> Option<Self> {
        self.expect(SEQUENCE).map(|element| Self(element.content))
    }
}

/// An integer without the leading zero of its sign.
fn unsigned(element: Element<'_>) -> Vec<u8> {
    element.content.strip_prefix(&[0]).unwrap_or(element.content).to_vec()
}

/// The bytes of a bit string that consists of whole bytes.
pub(crate) fn bits(element: Element<'_>) -> Option<&[u8]> {
    element.content.strip_prefix(&[0])
}

/// A `SubjectPublicKeyInfo` of an RSA key or a P-256 key.
pub(crate) fn public_key(info: &[u8]) -> Option<Key> {
    let mut info = Reader::new(info).sequence()?;
    let algorithm = info.sequence()?.expect(OBJECT)?.content;
    let key = bits(info.expect(BIT_STRING)?)?;
    if algorithm == EC_PUBLIC_KEY {
        return (key.len() == 65).then(|| Key::P256(key.to_vec()));
    }
    if algorithm != RSA_ENCRYPTION {
        return None;
    }
    let mut numbers = Reader::new(key).sequence()?;
    let (modulus, exponent) = (unsigned(numbers.expect(INTEGER)?), unsigned(numbers.expect(INTEGER)?));
    Some(Key::Rsa { modulus, exponent })
}
