use database::{MapDbErr, Tx};
use kernel::{Cursor, CustomerId, Error, Limit, Result, UserId};
use sea_orm::{ActiveEnum, ConnectionTrait};

use super::newest_first;
use crate::{Customer, ProviderName};

pub(crate) async fn find(tx: &Tx, user_id: UserId, provider: ProviderName) -> Result<Option<String>> {
    let sql = "SELECT provider_customer_id FROM customers WHERE user_id = ? AND provider = ?";
    let values = [user_id.into(), provider.to_value().into()];
    let row = tx.query_one_raw(tx.statement(sql, values)).await.map_db_err()?;
    row.map(|row| row.try_get("", "provider_customer_id").map_db_err())
        .transpose()
}

/// Answers with the one that stands: of two made at once, the first. The provider may have given both the same name.
pub(crate) async fn insert(tx: &Tx, user_id: UserId, provider: ProviderName, name: &str) -> Result<String> {
    let sql = "INSERT INTO customers (id, user_id, provider, provider_customer_id, created_at, updated_at) \
               VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
    let values = [
        tx.new_id::<CustomerId>().into(),
        user_id.into(),
        provider.to_value().into(),
        name.into(),
        tx.now().into(),
        tx.now().into(),
    ];
    tx.change(sql, values).await?;
    find(tx, user_id, provider)
        .await?
        .ok_or_else(|| Error::internal("a customer was not written"))
}

pub(crate) async fn of_user(
    tx: &Tx,
    user_id: UserId,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Customer>> {
    let mut sql =
        "SELECT id, user_id, provider, provider_customer_id, created_at, updated_at FROM customers WHERE user_id = ?"
            .to_owned();
    let mut values = vec![user_id.into()];
    newest_first(&mut sql, &mut values, "created_at", after, limit);
    tx.all(&sql, values).await
}
