//! Signing keys: made, rotated and retired without logging anybody out.

mod model;
mod store;

use std::time::Duration;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use database::Tx;
use kernel::{Code, Error, Result, Timestamp, hash_token, hex};

pub use self::model::PublicKey;
use self::model::SealedKey;
pub(crate) use self::model::SigningKey;

/// Names the key that encrypts the private halves.
const SEALING_KEY: &str = "signing keys";
/// How long a new key is published before it signs, so that everybody who caches the key set has it by then.
const PUBLISHED_BEFORE: Duration = Duration::from_secs(600);

/// Makes the first signing key where there is none; answers whether it did.
///
/// # Errors
/// What the database answers.
pub async fn ensure_signing_key(tx: &Tx) -> Result<bool> {
    if !store::list(tx).await?.is_empty() {
        return Ok(false);
    }
    create(tx, tx.now()).await?;
    Ok(true)
}

/// Makes a new key and lets the others retire once no token that they signed can be valid; answers the new key's id. Nobody is logged out: the new
/// key is published ten minutes before it signs, and the old ones verify until the last token they signed has expired.
///
/// # Errors
/// What the database answers.
pub async fn rotate_signing_key(tx: &Tx, token_lifetime: Duration) -> Result<String> {
    let activates_at = tx.now() + PUBLISHED_BEFORE;
    store::retire_all(tx, activates_at + token_lifetime + Duration::from_secs(60)).await?;
    create(tx, activates_at).await
}

/// Whether the newest key is older than this, so that it is time for another.
///
/// # Errors
/// What the database answers.
pub async fn signing_key_is_older(tx: &Tx, age: Duration) -> Result<bool> {
    let keys = store::list(tx).await?;
    Ok(keys.first().is_some_and(|key| key.activates_at + age <= tx.now()))
}

async fn create(tx: &Tx, activates_at: Timestamp) -> Result<String> {
    let pkcs8 =
        Ed25519KeyPair::generate_pkcs8(&aws_lc_rs::rand::SystemRandom::new()).map_err(Error::internal)?;
    let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).map_err(Error::internal)?;
    let public = pair.public_key().as_ref().to_vec();
    let kid: String = hex(&hash_token(&public)).chars().take(16).collect();
    let key = SealedKey {
        kid: kid.clone(),
        public_key: public,
        sealed_private_key: tx.keyring().seal(SEALING_KEY, pkcs8.as_ref()),
        activates_at,
        retires_at: None,
    };
    store::insert(tx, key).await?;
    Ok(kid)
}

/// Every key that signs or still verifies, newest first.
pub(crate) async fn load(tx: &Tx) -> Result<Vec<SigningKey>> {
    let mut keys = Vec::new();
    for row in store::list(tx).await? {
        let pkcs8 = tx.keyring().open(SEALING_KEY, &row.sealed_private_key).ok_or_else(|| {
            Error::new(Code::Internal).detail(
                "the signing keys of this database were sealed with another master key: set PALESTRA_MASTER_KEY (or the \
                 file master.key in the data folder) to the one this installation began with",
            )
        })?;
        keys.push(SigningKey {
            public: PublicKey { kid: row.kid, bytes: row.public_key },
            pkcs8,
            activates_at: row.activates_at,
            retires_at: row.retires_at,
        });
    }
    Ok(keys)
}
