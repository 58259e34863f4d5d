//! The statements about credentials.

use database::{MapDbErr, Tx, values};
use entity::{credentials, users};
use kernel::{Result, UserId};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, IntoSimpleExpr, QueryFilter, QuerySelect, Select, Set,
    sea_query::{Expr, Func},
};

use super::model::{EmailAddress, LoginTarget, StoredPassword};
use crate::client::Client;

pub(crate) async fn insert(tx: &Tx, row: credentials::ActiveModel) -> Result<(), DbErr> {
    let insert = credentials::Entity::insert(row);
    insert.exec_without_returning(tx).await.map(drop)
}

/// The join that [`StoredPassword`] and [`EmailAddress`] are read from.
fn with_user() -> Select<credentials::Entity> {
    credentials::Entity::find().inner_join(users::Entity)
}

/// The password of the account with this address, which is in the form of [`super::model::normalize_email`].
pub(crate) async fn find_by_email(tx: &Tx, email: &str) -> Result<Option<StoredPassword>> {
    let found = with_user().filter(credentials::COLUMN.email.eq(email));
    found.into_partial_model().one(tx).await.map_db_err()
}

/// What a login with this address, which is in the form of [`super::model::normalize_email`], is verified against. It is text because it
/// also asks for the sessions.
pub(crate) async fn find_for_login(tx: &Tx, email: &str, client: &Client) -> Result<Option<LoginTarget>> {
    let sql = "SELECT c.user_id, c.password_hash, u.status, c.email_verified_at, \
               EXISTS (SELECT 1 FROM sessions s WHERE s.user_id = c.user_id AND s.ip_address = :ip_address \
               AND coalesce(s.user_agent, '') = :user_agent) AS is_known_device \
               FROM credentials c JOIN users u ON u.id = c.user_id WHERE c.email = :email";
    let values = values! {
        email,
        ip_address: client.ip_address.clone().unwrap_or_default(),
        user_agent: client.user_agent.clone().unwrap_or_default(),
    };
    tx.fetch_optional(sql, values).await
}

pub(crate) async fn find_password(tx: &Tx, user_id: UserId) -> Result<Option<StoredPassword>> {
    let found = with_user().filter(credentials::COLUMN.user_id.eq(user_id));
    found.into_partial_model().one(tx).await.map_db_err()
}

/// The same, with both rows locked until the end of the transaction.
pub(crate) async fn lock_password(tx: &Tx, user_id: UserId) -> Result<Option<StoredPassword>> {
    let found = with_user().filter(credentials::COLUMN.user_id.eq(user_id));
    let locked = found.lock_exclusive();
    locked.into_partial_model().one(tx).await.map_db_err()
}

pub(crate) async fn find_address(tx: &Tx, user_id: UserId) -> Result<Option<EmailAddress>> {
    let found = with_user().filter(credentials::COLUMN.user_id.eq(user_id));
    found.into_partial_model().one(tx).await.map_db_err()
}

/// The addresses of these accounts, as the people wrote them.
pub(crate) async fn find_addresses(tx: &Tx, users: &[UserId]) -> Result<Vec<(UserId, String)>> {
    credentials::Entity::find()
        .select_only()
        .columns([credentials::Column::UserId, credentials::Column::EmailDisplay])
        .filter(credentials::COLUMN.user_id.is_in(users.iter().copied()))
        .into_tuple()
        .all(tx)
        .await
        .map_db_err()
}

pub(crate) async fn set_password(tx: &Tx, user_id: UserId, password_hash: String) -> Result<()> {
    credentials::Entity::update_many()
        .set(credentials::ActiveModel {
            password_hash: Set(password_hash),
            updated_at: Set(tx.now()),
            ..Default::default()
        })
        .filter(credentials::COLUMN.user_id.eq(user_id))
        .exec(tx)
        .await
        .map(drop)
        .map_db_err()
}

/// Marks the address as verified, if the account still has this one. The first time stays.
pub(crate) async fn set_verified(tx: &Tx, user_id: UserId, email: &str) -> Result<()> {
    let verified_at = credentials::Column::EmailVerifiedAt;
    let first = Func::coalesce([verified_at.into_simple_expr(), Expr::val(tx.now())]);
    credentials::Entity::update_many()
        .col_expr(verified_at, first.into())
        .col_expr(credentials::Column::UpdatedAt, Expr::val(tx.now()))
        .filter(credentials::COLUMN.user_id.eq(user_id))
        .filter(credentials::COLUMN.email.eq(email))
        .exec(tx)
        .await
        .map(drop)
        .map_db_err()
}
