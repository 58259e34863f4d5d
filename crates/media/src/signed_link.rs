//! Signed download links.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{Code, Keyring, Result, Timestamp};
use serde::{Deserialize, Serialize};

use crate::storage::key::Key;

/// Names the key that seals download links.
const SEALING_KEY: &str = "download links";

/// What a browser does with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Disposition {
    /// Saves it as a file.
    Attachment,
    /// Shows it.
    Inline,
}

/// The right to fetch one object until it expires, whoever holds it.
///
/// Sealed, it is the last part of `GET /files/{link}`: everything about the answer stands in the link, so that serving it
/// needs no statement, and nothing of it can be altered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The object.
    pub key: Key,
    /// The file's name, as the response header says it.
    pub name: String,
    /// The file's media type, as the response header says it.
    pub content_type: String,
    /// Whether a browser saves or shows it.
    pub disposition: Disposition,
    /// When the link expires.
    pub expires_at: Timestamp,
}

impl Link {
    /// The link as an encrypted token.
    #[must_use]
    pub fn seal(&self, keyring: &Keyring) -> String {
        seal(keyring, SEALING_KEY, self)
    }

    /// Reads a token.
    ///
    /// # Errors
    /// [`Code::SignedUrlInvalid`] where it was altered, or made by somebody else, or has expired.
    pub fn open(keyring: &Keyring, token: &str, now: Timestamp) -> Result<Self> {
        let link: Self = open(keyring, SEALING_KEY, token)?;
        if link.expires_at <= now {
            return Err(Code::SignedUrlInvalid.into());
        }
        Ok(link)
    }
}

pub(crate) fn seal(keyring: &Keyring, purpose: &str, value: &impl Serialize) -> String {
    // These types are plain structs, which serde_json can always write; an empty token opens nothing.
    let plain = serde_json::to_vec(value).unwrap_or_default();
    kernel::to_base64url(&keyring.seal(purpose, &plain))
}

pub(crate) fn open<T: for<'de> Deserialize<'de>>(keyring: &Keyring, purpose: &str, token: &str) -> Result<T> {
    let sealed = URL_SAFE_NO_PAD.decode(token).ok();
    let plain = sealed.and_then(|sealed| keyring.open(purpose, &sealed));
    let value = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
    value.ok_or_else(|| Code::SignedUrlInvalid.into())
}
