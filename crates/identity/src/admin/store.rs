//! The statements about everybody's accounts.

use database::{MapDbErr, NewestFirst, Tx};
use entity::{
    credentials,
    enums::{Role, UserStatus},
    users,
};
use kernel::{Cursor, Limit, Result, UserId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use super::model::UserFilter;
use crate::{
    account::{model::Account, store::accounts},
    credentials::model::normalize_email,
};

pub(crate) async fn list(
    tx: &Tx,
    filter: UserFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Account>> {
    accounts()
        .apply_if(filter.role, |select, role| select.filter(users::COLUMN.role.eq(role)))
        .apply_if(filter.status, |select, status| select.filter(users::COLUMN.status.eq(status)))
        .apply_if(filter.email, |select, email| {
            select.filter(credentials::COLUMN.email.eq(normalize_email(&email)))
        })
        .newest_first(users::Column::CreatedAt, users::Column::Id, after, limit)
        .into_partial_model()
        .all(tx)
        .await
        .map_db_err()
}

/// The active admins. They are locked until the transaction ends, so that two of them cannot demote each other.
pub(crate) async fn lock_active_admins(tx: &Tx) -> Result<Vec<UserId>> {
    users::Entity::find()
        .select_only()
        .column(users::Column::Id)
        .filter(users::COLUMN.role.eq(Role::Admin))
        .filter(users::COLUMN.status.eq(UserStatus::Active))
        .order_by_asc(users::Column::Id)
        .lock_exclusive()
        .into_tuple()
        .all(tx)
        .await
        .map_db_err()
}
