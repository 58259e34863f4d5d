//! The statements about link tokens. Only the hash of a token is stored.

use database::{MapDbErr, Tx, values};
use entity::{enums::LinkPurpose, link_tokens};
use kernel::{Result, Timestamp, UserId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};

use super::model::LinkToken;

pub(crate) async fn insert(
    tx: &Tx,
    token_hash: Vec<u8>,
    link: LinkToken,
    purpose: LinkPurpose,
    expires_at: Timestamp,
) -> Result<()> {
    let token = link_tokens::ActiveModel {
        token_hash: Set(token_hash),
        user_id: Set(link.user_id),
        purpose: Set(purpose),
        email: Set(link.email),
        created_at: Set(tx.now()),
        expires_at: Set(expires_at),
        ..Default::default()
    };
    let insert = link_tokens::Entity::insert(token);
    insert.exec_without_returning(tx).await.map(drop).map_db_err()
}

pub(crate) async fn find(tx: &Tx, token_hash: &[u8], purpose: LinkPurpose) -> Result<Option<LinkToken>> {
    link_tokens::Entity::find()
        .filter(link_tokens::COLUMN.token_hash.eq(token_hash.to_vec()))
        .filter(link_tokens::COLUMN.purpose.eq(purpose))
        .into_partial_model()
        .one(tx)
        .await
        .map_db_err()
}

/// Looks at a token without using it.
pub(crate) async fn find_valid(
    tx: &Tx,
    token_hash: &[u8],
    purpose: LinkPurpose,
) -> Result<Option<LinkToken>> {
    link_tokens::Entity::find()
        .filter(link_tokens::COLUMN.token_hash.eq(token_hash.to_vec()))
        .filter(link_tokens::COLUMN.purpose.eq(purpose))
        .filter(link_tokens::COLUMN.used_at.is_null())
        .filter(link_tokens::COLUMN.expires_at.gt(tx.now()))
        .into_partial_model()
        .one(tx)
        .await
        .map_db_err()
}

/// Uses a token: of two at once, one finds it.
pub(crate) async fn consume(tx: &Tx, token_hash: &[u8], purpose: LinkPurpose) -> Result<Option<LinkToken>> {
    // Text, because the builder returns every column of an updated row.
    let sql = "UPDATE link_tokens SET used_at = :now \
               WHERE token_hash = :token_hash AND purpose = :purpose AND used_at IS NULL AND expires_at > :now \
               RETURNING user_id, email";
    let values = values! { token_hash: token_hash.to_vec(), purpose, now: tx.now() };
    tx.fetch_optional(sql, values).await
}

/// Makes every other token of this user and purpose useless.
pub(crate) async fn invalidate_all(tx: &Tx, user_id: UserId, purpose: LinkPurpose) -> Result<()> {
    link_tokens::Entity::update_many()
        .set(link_tokens::ActiveModel { used_at: Set(Some(tx.now())), ..Default::default() })
        .filter(link_tokens::COLUMN.user_id.eq(user_id))
        .filter(link_tokens::COLUMN.purpose.eq(purpose))
        .filter(link_tokens::COLUMN.used_at.is_null())
        .exec(tx)
        .await
        .map(drop)
        .map_db_err()
}
