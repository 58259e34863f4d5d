use std::time::Duration;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use database::{MapDbErr, Tx};
use kernel::{Code, Error, Result, Timestamp, hash_token, hex};

use crate::store;

const PURPOSE: &str = "signing keys";

/// How long a new key is published before it signs, so that everybody who keeps the key set has it by then.
const ANNOUNCED: Duration = Duration::from_secs(600);

/// The public half of a signing key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// Its name in a token's header.
    pub kid: String,
    /// 32 bytes.
    pub bytes: Vec<u8>,
}

/// A key as it is kept in memory.
pub(crate) struct SigningKey {
    pub(crate) public: PublicKey,
    pub(crate) pkcs8: Vec<u8>,
    pub(crate) activates_at: Timestamp,
    pub(crate) retires_at: Option<Timestamp>,
}

/// Makes the first signing key; answers whether it had to.
///
/// # Errors
/// What the database answers.
pub async fn ensure_signing_key(tx: &Tx) -> Result<bool> {
    if !store::signing_keys(tx).await?.is_empty() {
        return Ok(false);
    }
    make(tx, tx.now()).await?;
    Ok(true)
}

/// Makes a new key and lets the others retire once no token of theirs can be alive. Nobody is logged out: the new
/// key is published ten minutes before it signs, and the old ones verify until the last token they signed has expired.
///
/// # Errors
/// What the database answers.
pub async fn rotate_signing_key(tx: &Tx, token_lifetime: Duration) -> Result<String> {
    let activates_at = tx.now() + ANNOUNCED;
    store::retire_signing_keys(tx, activates_at + token_lifetime + Duration::from_secs(60)).await?;
    make(tx, activates_at).await
}

/// Whether the newest key is older than this, so that it is time for another.
///
/// # Errors
/// What the database answers.
pub async fn signing_key_is_older(tx: &Tx, age: Duration) -> Result<bool> {
    let keys = store::signing_keys(tx).await?;
    Ok(keys.first().is_some_and(|key| key.activates_at + age <= tx.now()))
}

async fn make(tx: &Tx, activates_at: Timestamp) -> Result<String> {
    let pkcs8 =
        Ed25519KeyPair::generate_pkcs8(&aws_lc_rs::rand::SystemRandom::new()).map_err(Error::internal)?;
    let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).map_err(Error::internal)?;
    let public = pair.public_key().as_ref().to_vec();
    let kid: String = hex(&hash_token(&public)).chars().take(16).collect();
    let sealed = tx.keyring().seal(PURPOSE, pkcs8.as_ref());
    store::insert_signing_key(tx, &kid, public, sealed, activates_at)
        .await
        .map_db_err()?;
    Ok(kid)
}

/// Every key that signs or still verifies, newest first.
pub(crate) async fn load(tx: &Tx) -> Result<Vec<SigningKey>> {
    let mut keys = Vec::new();
    for row in store::signing_keys(tx).await? {
        let pkcs8 = tx.keyring().open(PURPOSE, &row.sealed_private_key).ok_or_else(|| {
            Error::new(Code::Internal).detail(
                "the signing keys of this database were sealed with another master key: set PALESTRA_MASTER_KEY (or the \
                 file master.key in the data folder) to the one this installation began with",
            )
        })?;
        keys.push(SigningKey {
            public: PublicKey {
                kid: row.kid,
                bytes: row.public_key,
            },
            pkcs8,
            activates_at: row.activates_at,
            retires_at: row.retires_at,
        });
    }
    Ok(keys)
}
