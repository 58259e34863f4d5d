//! The keys that sign access tokens.

use kernel::Timestamp;
use sea_orm::DerivePartialModel;

/// The public half of a signing key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// The key's id, as it stands in a token's header.
    pub kid: String,
    /// The 32 bytes of the Ed25519 key.
    pub bytes: Vec<u8>,
}

/// A key as it is kept in memory.
pub(crate) struct SigningKey {
    pub(crate) public: PublicKey,
    pub(crate) pkcs8: Vec<u8>,
    /// From when on it signs.
    pub(crate) activates_at: Timestamp,
    /// Until when it verifies; `None` where no successor was made yet.
    pub(crate) retires_at: Option<Timestamp>,
}

/// A key as it is stored: the private half is encrypted with the master key.
#[derive(DerivePartialModel)]
#[sea_orm(entity = "entity::signing_keys::Entity")]
pub(crate) struct SealedKey {
    pub(crate) kid: String,
    pub(crate) public_key: Vec<u8>,
    pub(crate) sealed_private_key: Vec<u8>,
    pub(crate) activates_at: Timestamp,
    pub(crate) retires_at: Option<Timestamp>,
}
