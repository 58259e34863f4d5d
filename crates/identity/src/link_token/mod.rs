//! Tokens of the links in mails. Each can be used once.

pub(crate) mod model;
pub(crate) mod store;

use database::Tx;
use entity::enums::LinkPurpose;
use kernel::{Code, Result, UserId, hash_token, to_base64url};

use self::model::{LinkToken, lifetime};

/// Makes a token for a link to this address, of which only the hash is stored.
pub(crate) async fn create(tx: &Tx, user_id: UserId, purpose: LinkPurpose, email: &str) -> Result<String> {
    let token = to_base64url(&tx.secret());
    let email = email.to_owned();
    let expires_at = tx.now() + lifetime(purpose);
    let hash = hash_token(token.as_bytes());
    store::insert(tx, hash, LinkToken { user_id, email }, purpose, expires_at).await?;
    Ok(token)
}

/// Refuses a token that cannot be used, without using it.
///
/// # Errors
/// [`Code::LinkInvalid`].
pub(crate) async fn require_valid(tx: &Tx, token: &str, purpose: LinkPurpose) -> Result<()> {
    let found = store::find_valid(tx, &hash_token(token.as_bytes()), purpose).await?;
    found.map(drop).ok_or_else(|| Code::LinkInvalid.into())
}

/// Uses a token; `None` where it cannot be used.
pub(crate) async fn consume(tx: &Tx, token: &str, purpose: LinkPurpose) -> Result<Option<LinkToken>> {
    store::consume(tx, &hash_token(token.as_bytes()), purpose).await
}

/// Whom a token was for, whether it can still be used or not.
pub(crate) async fn find(tx: &Tx, token: &str, purpose: LinkPurpose) -> Result<Option<LinkToken>> {
    store::find(tx, &hash_token(token.as_bytes()), purpose).await
}
