//! The statements about accounts.

use database::{MapDbErr, Tx};
use entity::{
    credentials,
    enums::{Role, UserStatus},
    users,
};
use kernel::{Result, UserId};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, JoinType, QueryFilter, QuerySelect, RelationTrait, Select, Set,
};

use super::model::{Account, search_name};

/// The join that [`Account`] is read from.
pub(crate) fn accounts() -> Select<users::Entity> {
    users::Entity::find().join(JoinType::InnerJoin, credentials::Relation::Users.def().rev())
}

pub(crate) async fn find(tx: &Tx, id: UserId) -> Result<Option<Account>> {
    let account = accounts().filter(users::COLUMN.id.eq(id));
    account.into_partial_model().one(tx).await.map_db_err()
}

pub(crate) async fn insert(tx: &Tx, user: users::ActiveModel) -> Result<(), DbErr> {
    let insert = users::Entity::insert(user);
    insert.exec_without_returning(tx).await.map(drop)
}

/// Writes the public columns, if the stored version is still the account's; answers whether it was.
pub(crate) async fn update(tx: &Tx, account: Account) -> Result<bool, DbErr> {
    let updated = users::Entity::update_many()
        .set(users::ActiveModel {
            search_name: Set(search_name(account.name.as_deref(), account.username.as_deref())),
            username: Set(account.username),
            name: Set(account.name),
            bio: Set(account.bio),
            avatar_url: Set(account.avatar_url),
            version: Set(account.version + 1),
            updated_at: Set(tx.now()),
            ..Default::default()
        })
        .filter(users::COLUMN.id.eq(account.id))
        .filter(users::COLUMN.version.eq(account.version))
        .exec(tx)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Writes role and status, if the stored version is still this one; answers whether it was. Every server asks for them anew.
pub(crate) async fn update_role_and_status(
    tx: &Tx,
    id: UserId,
    version: i64,
    role: Role,
    status: UserStatus,
) -> Result<bool> {
    tx.invalidate_account_cache(id).await?;
    let updated = users::Entity::update_many()
        .set(users::ActiveModel {
            role: Set(role),
            status: Set(status),
            version: Set(version + 1),
            updated_at: Set(tx.now()),
            ..Default::default()
        })
        .filter(users::COLUMN.id.eq(id))
        .filter(users::COLUMN.version.eq(version))
        .exec(tx)
        .await
        .map_db_err()?;
    Ok(updated.rows_affected == 1)
}
