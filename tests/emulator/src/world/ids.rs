//! Ids, client secrets and request ids. They are random without a dependency, and not safe for real
//! secrets.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// A source of identifiers.
#[derive(Debug)]
pub(crate) struct Ids {
    state: u64,
}

impl Ids {
    /// Seeds it with the standard library's randomness, so that two emulators never share an id.
    pub(crate) fn new() -> Self {
        Self { state: RandomState::new().build_hasher().finish() }
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A version 4 UUID, which the server uses nearly everywhere.
    pub(crate) fn uuid(&mut self) -> String {
        let high = self.next();
        let low = (self.next() & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000;
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            low >> 48,
            low & 0xffff_ffff_ffff
        )
    }

    /// 64 hexadecimal digits, as a client secret has.
    pub(crate) fn hex64(&mut self) -> String {
        (0..4).map(|_| format!("{:016x}", self.next())).collect()
    }

    /// A nonce of twelve bytes that is never used twice.
    pub(crate) fn nonce(&mut self) -> [u8; 12] {
        let mut nonce = [0; 12];
        let bytes = self.next().to_be_bytes().into_iter().chain(self.next().to_be_bytes());
        nonce.iter_mut().zip(bytes).for_each(|(into, byte)| *into = byte);
        nonce
    }

    /// `length` letters of base64url, as the id of a shared value has.
    pub(crate) fn url_safe(&mut self, length: usize) -> String {
        let bytes: Vec<u8> = (0..length).flat_map(|_| self.next().to_be_bytes()).collect();
        URL_SAFE_NO_PAD.encode(bytes).chars().take(length).collect()
    }

    /// `length` letters and digits, as in a `reqId` or an approval's slug.
    pub(crate) fn alphanumeric(&mut self, length: usize) -> String {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let count = ALPHABET.len() as u64;
        (0..length)
            .filter_map(|_| {
                let index = usize::try_from(self.next() % count).ok()?;
                ALPHABET.get(index).map(|letter| char::from(*letter))
            })
            .collect()
    }
}

/// True for a UUID of any version.
pub(crate) fn is_uuid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::Ids;

    #[test]
    fn uuids_have_the_shape_of_version_four() {
        let mut ids = Ids::new();
        for _ in 0..100 {
            let uuid = ids.uuid();
            let parts: Vec<&str> = uuid.split('-').collect();
            assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{uuid}");
            assert!(parts[2].starts_with('4') && parts[3].starts_with(['8', '9', 'a', 'b']), "{uuid}");
        }
    }
}
