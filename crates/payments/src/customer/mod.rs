//! Payment customers: created at a provider when a user first pays there.

mod model;
mod store;

use database::{Db, Pool, Tx};
use entity::enums::ProviderName;
use kernel::{Actor, Cursor, Error, Limit, Page, Result};

pub use self::model::Customer;
use crate::provider::Provider;

/// The caller's customers, one for each provider that they paid through, newest first.
///
/// # Errors
/// [`kernel::Code::Unauthenticated`] where nobody has logged in.
pub async fn list_customers(tx: &Tx, after: Option<Cursor>, limit: Limit) -> Result<Page<Customer>> {
    let rows = store::list(tx, tx.user_id()?, after, limit).await?;
    Ok(Page::cut(rows, limit, |row| Cursor::at(row.created_at, row.id)))
}

/// The provider's id of the caller, who is created there when they first pay.
pub(crate) async fn provider_customer_id(db: &Db, actor: Actor, provider: &dyn Provider) -> Result<String> {
    let name = provider.name();
    let find = move |tx: Tx| async move { store::find_provider_id(&tx, tx.user_id()?, name).await };
    if let Some(known) = db.read(actor, find).await? {
        return Ok(known);
    }
    let account = db.read(actor, |tx| async move { identity::account(&tx).await }).await?;
    let created = provider.create_customer(account.id, &account.email, account.name.as_deref()).await?;
    db.run_in(Pool::Worker, actor, move |tx| async move { keep(&tx, name, created).await }).await
}

/// Keeps the caller's id at a provider. Answers with the one that stays where two requests created one at once.
async fn keep(tx: &Tx, provider: ProviderName, provider_customer_id: String) -> Result<String> {
    let user_id = tx.user_id()?;
    let customer = Customer {
        id: tx.new_id(),
        user_id,
        provider,
        provider_customer_id,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    store::insert(tx, customer).await?;
    store::find_provider_id(tx, user_id, provider)
        .await?
        .ok_or_else(|| Error::internal("a customer was not written"))
}
