//! Statements about payment customers.

use database::{MapDbErr, NewestFirst, Tx};
use entity::{customers, enums::ProviderName};
use kernel::{Cursor, Limit, Result, UserId};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, sea_query::OnConflict};

use super::model::Customer;

/// The provider's id of this user.
pub(crate) async fn find_provider_id(
    tx: &Tx,
    user_id: UserId,
    provider: ProviderName,
) -> Result<Option<String>> {
    customers::Entity::find()
        .select_only()
        .column(customers::Column::ProviderCustomerId)
        .filter(customers::COLUMN.user_id.eq(user_id))
        .filter(customers::COLUMN.provider.eq(provider))
        .into_tuple()
        .one(tx)
        .await
        .map_db_err()
}

/// Writes a customer, unless there is one already: of two that were created at once, the first stays.
pub(crate) async fn insert(tx: &Tx, customer: Customer) -> Result<()> {
    // Any constraint: the provider may have given both the same id.
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
