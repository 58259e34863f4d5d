//! The statements about signing keys.

use database::{MapDbErr, Tx};
use entity::signing_keys;
use kernel::{Result, Timestamp};
use sea_orm::{Condition, EntityTrait, QueryFilter, QueryOrder, Set};

use super::model::SealedKey;

/// The keys that sign or still verify, newest first.
pub(crate) async fn list(tx: &Tx) -> Result<Vec<SealedKey>> {
    let in_use = Condition::any()
        .add(signing_keys::COLUMN.retires_at.is_null())
        .add(signing_keys::COLUMN.retires_at.gt(tx.now()));
    signing_keys::Entity::find()
        .filter(in_use)
        .order_by_desc(signing_keys::Column::ActivatesAt)
        .order_by_asc(signing_keys::Column::Kid)
        .into_partial_model()
        .all(tx)
        .await
        .map_db_err()
}

pub(crate) async fn insert(tx: &Tx, key: SealedKey) -> Result<()> {
    let key = signing_keys::ActiveModel {
        kid: Set(key.kid),
        public_key: Set(key.public_key),
        sealed_private_key: Set(key.sealed_private_key),
        created_at: Set(tx.now()),
        activates_at: Set(key.activates_at),
        retires_at: Set(key.retires_at),
    };
    let insert = signing_keys::Entity::insert(key);
    insert.exec_without_returning(tx).await.map(drop).map_db_err()
}

/// Lets every key retire at this time that has no such time yet.
pub(crate) async fn retire_all(tx: &Tx, at: Timestamp) -> Result<()> {
    signing_keys::Entity::update_many()
        .set(signing_keys::ActiveModel { retires_at: Set(Some(at)), ..Default::default() })
        .filter(signing_keys::COLUMN.retires_at.is_null())
        .exec(tx)
        .await
        .map(drop)
        .map_db_err()
}
