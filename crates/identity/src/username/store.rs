//! The statements about usernames that were given up.

use database::{MapDbErr, Tx};
use entity::{enums::UserStatus, former_usernames, users};
use kernel::{Result, Timestamp, UserId};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select, Set,
    sea_query::OnConflict,
};

/// The accounts for which a name is kept now.
fn keepers(tx: &Tx, usernames: &[&str]) -> Select<former_usernames::Entity> {
    former_usernames::Entity::find()
        .select_only()
        .column(former_usernames::Column::UserId)
        .filter(former_usernames::COLUMN.username.is_in(usernames.iter().copied()))
        .filter(former_usernames::COLUMN.reserved_until.gt(tx.now()))
}

/// For whom a name is kept: the account that gave it up not long ago.
pub(crate) async fn keeper(tx: &Tx, username: &str) -> Result<Option<UserId>> {
    keepers(tx, &[username]).into_tuple().one(tx).await.map_db_err()
}

pub(super) async fn keep(tx: &Tx, user_id: UserId, username: &str, until: Timestamp) -> Result<()> {
    use former_usernames::Column;
    let row = former_usernames::ActiveModel {
        username: Set(username.to_owned()),
        user_id: Set(user_id),
        given_up_at: Set(tx.now()),
        reserved_until: Set(until),
    };
    let again = OnConflict::columns([Column::Username, Column::UserId])
        .update_columns([Column::GivenUpAt, Column::ReservedUntil])
        .to_owned();
    let insert = former_usernames::Entity::insert(row).on_conflict(again);
    insert.exec_without_returning(tx).await.map(drop).map_db_err()
}

pub(super) async fn take_back(tx: &Tx, user_id: UserId, username: &str) -> Result<()> {
    former_usernames::Entity::delete_many()
        .filter(former_usernames::COLUMN.username.eq(username))
        .filter(former_usernames::COLUMN.user_id.eq(user_id))
        .exec(tx)
        .await
        .map(drop)
        .map_db_err()
}

/// The names that are kept for an account, the last one first.
pub(super) async fn kept(tx: &Tx, user_id: UserId) -> Result<Vec<String>> {
    former_usernames::Entity::find()
        .select_only()
        .column(former_usernames::Column::Username)
        .filter(former_usernames::COLUMN.user_id.eq(user_id))
        .order_by_desc(former_usernames::Column::GivenUpAt)
        .order_by_asc(former_usernames::Column::Username)
        .into_tuple()
        .all(tx)
        .await
        .map_db_err()
}

pub(super) async fn called(tx: &Tx, usernames: &[String]) -> Result<Vec<UserId>> {
    let usernames: Vec<&str> = usernames.iter().map(String::as_str).collect();
    let formerly = keepers(tx, &usernames).into_query();
    let called = Condition::any()
        .add(users::COLUMN.username.is_in(usernames))
        .add(users::COLUMN.id.in_subquery(formerly));
    users::Entity::find()
        .select_only()
        .column(users::Column::Id)
        .filter(called)
        .filter(users::COLUMN.status.eq(UserStatus::Active))
        .into_tuple()
        .all(tx)
        .await
        .map_db_err()
}

/// Deletes the names that are kept for nobody any more; answers how many.
pub(crate) async fn delete_expired(tx: &Tx) -> Result<u64> {
    let delete =
        former_usernames::Entity::delete_many().filter(former_usernames::COLUMN.reserved_until.lte(tx.now()));
    Ok(delete.exec(tx).await.map_db_err()?.rows_affected)
}
