//! The keys that are derived from the installation's master key, and sealing with them.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    digest::{SHA256, digest},
    hkdf, hmac,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::environment::random;

/// The installation's one master secret, from which every other secret is derived, each for one purpose.
///
/// It seals what must rest in the database but never be readable in a copy of it (signing keys, kept answers),
/// and it derives the passwords of PostgreSQL's runtime roles.
#[derive(Clone)]
pub struct Keyring {
    master: [u8; 32],
}

impl Keyring {
    /// From 256 random bits.
    #[must_use]
    pub fn new(master: [u8; 32]) -> Self {
        Self { master }
    }

    /// A key for `purpose` alone: HKDF-SHA-256 of the master secret.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        let mut key = [0; 32];
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"palestra");
        let prk = salt.extract(&self.master);
        let filled = prk.expand(&[purpose.as_bytes()], hkdf::HKDF_SHA256).and_then(|okm| okm.fill(&mut key));
        if filled.is_err() {
            // Only a wrong length fails, and the length is fixed above.
            std::process::abort();
        }
        key
    }

    /// HMAC-SHA-256 of `message` under the key for `purpose`.
    #[must_use]
    pub fn mac(&self, purpose: &str, message: &[u8]) -> [u8; 32] {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.derive(purpose)), message);
        let mut out = [0; 32];
        out.copy_from_slice(tag.as_ref());
        out
    }

    /// Encrypts with AES-256-GCM under the key for `purpose`; the random nonce stands before the ciphertext.
    #[must_use]
    pub fn seal(&self, purpose: &str, plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_LEN] = random();
        let mut body = plain.to_vec();
        let sealed = self.aead(purpose).is_some_and(|key| {
            key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut body).is_ok()
        });
        if !sealed {
            // Never write plain text where sealed text was asked for.
            std::process::abort();
        }
        [nonce.as_slice(), &body].concat()
    }

    /// Decrypts what [`Keyring::seal`] wrote; `None` where another key sealed it or it was altered.
    #[must_use]
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, body) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut body = body.to_vec();
        let plain = self.aead(purpose)?.open_in_place(nonce, Aad::empty(), &mut body).ok()?;
        Some(plain.to_vec())
    }

    fn aead(&self, purpose: &str) -> Option<LessSafeKey> {
        UnboundKey::new(&AES_256_GCM, &self.derive(purpose)).ok().map(LessSafeKey::new)
    }
}

/// SHA-256 of a token: what the database keeps in its place.
#[must_use]
pub fn hash_token(token: &[u8]) -> Vec<u8> {
    digest(&SHA256, token).as_ref().to_vec()
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// base64url without padding.
#[must_use]
pub fn to_base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads what [`to_base64url`] wrote; `None` for anything else.
#[must_use]
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_text_opens_only_with_its_key_purpose_and_bytes() {
        let ring = Keyring::new([7; 32]);
        let mut sealed = ring.seal("answers", b"secret");
        assert_eq!(ring.open("answers", &sealed).as_deref(), Some(b"secret".as_slice()));
        assert_eq!(ring.open("keys", &sealed), None);
        assert_eq!(Keyring::new([8; 32]).open("answers", &sealed), None);
        sealed[20] ^= 1;
        assert_eq!(ring.open("answers", &sealed), None);
        assert_eq!(ring.open("answers", b"short"), None);
    }
}
