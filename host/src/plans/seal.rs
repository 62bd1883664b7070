//! Encrypts a plan's values, so that only those who can write them anyway can read them.
//!
//! All keys are derived from the write identity's secret (HKDF-SHA256, RFC 5869), so anyone who can
//! read a pending value already holds the right to write it. Each plan is sealed under its own key
//! (ChaCha20-Poly1305, RFC 8439), with its card as associated data: a changed card doesn't open.
//! Digests and approvals are HMAC-SHA256.

use crate::base::hex::to_hex;
use crate::base::random::{NoRandomness, fill_random};
use crate::model::people::ApprovedBy;
use infisical_skill_policy::plan::{PlanDigest, PlanId};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Prk, Salt};
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use zeroize::Zeroizing;

/// The keys that seal, digest and approve plans.
#[derive(Clone)]
pub(crate) struct PlanKeys {
    secret: SecretString,
    context: String,
}

impl PlanKeys {
    /// Keys from an identity's secret, for one server and identity. `context` tells them apart.
    pub(crate) fn new(secret: SecretString, context: String) -> Self {
        Self { secret, context }
    }

    /// Keys that end with this process, for an identity whose secret isn't known here.
    pub(crate) fn for_this_process() -> Result<Self, NoRandomness> {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        fill_random(bytes.as_mut())?;
        let hex: Zeroizing<String> = Zeroizing::new(to_hex(bytes.as_ref()));
        Ok(Self { secret: SecretString::from(hex.as_str()), context: "this process".to_owned() })
    }

    fn root(&self) -> Prk {
        let salt = Salt::new(HKDF_SHA256, b"infisical-skill plans v1");
        salt.extract(self.secret.expose_secret().as_bytes())
    }

    fn mac(&self, purpose: &str) -> Option<hmac::Key> {
        let info = [purpose.as_bytes(), &[0], self.context.as_bytes()];
        self.root().expand(&info, hmac::HMAC_SHA256).ok().map(hmac::Key::from)
    }

    fn seal_key(&self, id: &PlanId) -> Option<LessSafeKey> {
        let info = [b"seal".as_slice(), &[0], self.context.as_bytes(), &[0], id.as_str().as_bytes()];
        let root = self.root();
        let key = root.expand(&info, &CHACHA20_POLY1305).ok()?;
        Some(LessSafeKey::new(UnboundKey::from(key)))
    }

    /// Seals a plan's content. The result is the nonce, the ciphertext and the tag.
    pub(crate) fn seal(&self, id: &PlanId, card: &[u8], content: &[u8]) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        fill_random(&mut nonce).ok()?;
        // Encrypts in place, in a buffer with room for the tag, so that no plaintext stays behind.
        let mut sealed = Vec::with_capacity(content.len() + CHACHA20_POLY1305.tag_len());
        sealed.extend_from_slice(content);
        let nonce_bytes = nonce;
        let key = self.seal_key(id)?;
        if key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(card), &mut sealed).is_err() {
            zeroize::Zeroize::zeroize(&mut sealed);
            return None;
        }
        Some([nonce_bytes.as_slice(), &sealed].concat())
    }

    /// Opens what [`Self::seal`] sealed for this plan and card. `None`: it was sealed under another
    /// key, or changed since.
    pub(crate) fn open(&self, id: &PlanId, card: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut content = Zeroizing::new(sealed.to_vec());
        let length = self.seal_key(id)?.open_in_place(nonce, Aad::from(card), content.as_mut_slice()).ok()?.len();
        content.truncate(length);
        Some(content)
    }

    /// The keyed digest of parts, each preceded by its length.
    pub(crate) fn digest<'a>(&self, parts: impl IntoIterator<Item = &'a [u8]>) -> Option<PlanDigest> {
        let mut context = hmac::Context::with_key(&self.mac("digest")?);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        context.sign().as_ref().try_into().ok().map(PlanDigest)
    }

    /// The proof that a person approved the plan with this digest. `by` says who and how. The
    /// result is the code, then `by`.
    pub(crate) fn approve(&self, id: &PlanId, digest: &PlanDigest, by: &[u8]) -> Option<Vec<u8>> {
        let code = hmac::sign(&self.mac("approve")?, &approved(id, digest, by));
        Some([code.as_ref(), by].concat())
    }

    /// Who approved and how, if the proof is genuine. The check takes constant time.
    pub(crate) fn approval<'a>(&self, id: &PlanId, digest: &PlanDigest, approval: &'a [u8]) -> Option<&'a [u8]> {
        let (code, by) = approval.split_at_checked(hmac::HMAC_SHA256.digest_algorithm().output_len())?;
        hmac::verify(&self.mac("approve")?, &approved(id, digest, by), code).ok().map(|()| by)
    }
}

/// The last of these proofs that is genuine: who approved the item with this digest, and how.
pub(super) fn genuine(keys: &PlanKeys, id: &PlanId, digest: &PlanDigest, approvals: &[Vec<u8>]) -> Option<ApprovedBy> {
    let read = |approval: &Vec<u8>| serde_json::from_slice(keys.approval(id, digest, approval)?).ok();
    approvals.iter().rev().find_map(read)
}

/// The input of an approval's code. The digest has a fixed length, so the boundaries between the
/// parts are unambiguous.
fn approved(id: &PlanId, digest: &PlanDigest, by: &[u8]) -> Vec<u8> {
    [id.as_str().as_bytes(), &[0], &digest.0, by].concat()
}

impl fmt::Debug for PlanKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlanKeys(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(secret: &str, context: &str) -> PlanKeys {
        PlanKeys::new(secret.into(), context.to_owned())
    }

    #[test]
    fn sealed_plan_opens_only_intact_with_its_key_id_and_card() {
        let id = |text: &str| PlanId::new(text).unwrap();
        let ours = keys("secret", "a");
        let sealed = ours.seal(&id("p1"), b"card", b"canary-value").unwrap();
        assert!(!sealed.windows(6).any(|window| window == b"canary"));
        assert_eq!(ours.open(&id("p1"), b"card", &sealed).unwrap().as_slice(), b"canary-value");
        assert!(ours.open(&id("p2"), b"card", &sealed).is_none());
        assert!(ours.open(&id("p1"), b"cart", &sealed).is_none());
        assert!(keys("other", "a").open(&id("p1"), b"card", &sealed).is_none());
        assert!(keys("secret", "b").open(&id("p1"), b"card", &sealed).is_none());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(ours.open(&id("p1"), b"card", &changed).is_none(), "{at}");
            assert!(ours.open(&id("p1"), b"card", &sealed[..at]).is_none(), "{at}");
        }
        assert_ne!(ours.seal(&id("p1"), b"card", b"canary-value"), Some(sealed), "never the same twice");
    }

    #[test]
    fn approval_binds_plan_digest_and_key() {
        let (id, other) = (PlanId::new("p1").unwrap(), PlanId::new("p2").unwrap());
        let ours = keys("secret", "a");
        let digest = ours.digest([b"one".as_slice(), b"two"]).unwrap();
        let approval = ours.approve(&id, &digest, b"by alice").unwrap();
        assert_eq!(ours.approval(&id, &digest, &approval), Some(b"by alice".as_slice()));
        assert!(ours.approval(&other, &digest, &approval).is_none());
        assert!(ours.approval(&id, &ours.digest([b"onetwo".as_slice()]).unwrap(), &approval).is_none());
        assert!(keys("other", "a").approval(&id, &digest, &approval).is_none());
        assert!(ours.approval(&id, &digest, &[]).is_none());
        for at in 0..approval.len() {
            let mut changed = approval.clone();
            changed[at] ^= 1;
            assert!(ours.approval(&id, &digest, &changed).is_none(), "who and how can't be changed: {at}");
            assert!(ours.approval(&id, &digest, &approval[..at]).is_none(), "{at}");
        }
        assert_ne!(digest, ours.digest([b"onet".as_slice(), b"wo"]).unwrap(), "parts can't be moved");
        assert_ne!(Some(digest), keys("other", "a").digest([b"one".as_slice(), b"two"]), "keyed");
    }
}
