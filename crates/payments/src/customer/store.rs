//! Statements about payment customers.

use database::{MapDbErr, NewestFirst, Tx};
use entity::{customers, enums::ProviderName};
use kernel::{Cursor, Limit, Result, UserId};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, Set, sea_query::OnConflict};

use super::model::Customer;

/// The customers of a user at a provider, in each of its accounts and modes.
pub(crate) async fn list_of_provider(
    tx: &Tx,
    user_id: UserId,
    provider: ProviderName,
) -> Result<Vec<Customer>> {
    customers::Entity::find()
        .filter(customers::COLUMN.user_id.eq(user_id))
        .filter(customers::COLUMN.provider.eq(provider))
        .into_partial_model()
        .all(tx)
        .await
        .map_db_err()
}

/// Gives a customer the new id in the place of one that the provider does not know any more, unless another request was faster.
pub(crate) async fn replace(tx: &Tx, customer: &Customer, replaced: &str) -> Result<()> {
    customers::Entity::update_many()
        .set(customers::ActiveModel {
            provider_customer_id: Set(customer.provider_customer_id.clone()),
            updated_at: Set(tx.now()),
            ..Default::default()
        })
        .filter(customers::COLUMN.user_id.eq(customer.user_id))
        .filter(customers::COLUMN.provider.eq(customer.provider))
        .filter(customers::COLUMN.provider_account.eq(customer.provider_account.as_str()))
        .filter(customers::COLUMN.provider_customer_id.eq(replaced))
        .exec(tx)
        .await
        .map_db_err()
        .map(drop)
}

/// Writes a customer, unless there is one already: of two that were created at once, the first stays.
pub(crate) async fn insert(tx: &Tx, customer: Customer) -> Result<()> {
    customers::Entity::insert(customer.into_active_model())
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(tx)
        .await
        .map_db_err()
        .map(drop)
}

/// The customers of a user, newest first.
pub(crate) async fn list(
    tx: &Tx,
    user_id: UserId,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Customer>> {
    customers::Entity::find()
        .filter(customers::COLUMN.user_id.eq(user_id))
        .newest_first(customers::Column::CreatedAt, customers::Column::Id, after, limit)
        .into_partial_model()
        .all(tx)
        .await
        .map_db_err()
}
