//! Payment customers: created at a provider when a user first pays there.

mod model;
mod store;

use database::{Db, Pool, Tx};
use entity::enums::ProviderName;
use kernel::{Actor, Cursor, Error, Limit, Page, Result};

pub use self::model::Customer;
use crate::provider::Provider;

/// The caller's customers, one for each account and mode of a provider that they paid through, newest first.
///
/// # Errors
/// [`kernel::Code::Unauthenticated`] where nobody has logged in.
pub async fn list_customers(tx: &Tx, after: Option<Cursor>, limit: Limit) -> Result<Page<Customer>> {
    let rows = store::list(tx, tx.user_id()?, after, limit).await?;
    Ok(Page::cut(rows, limit, |row| Cursor::at(row.created_at, row.id)))
}

/// The provider's id of the caller, who is created there when they first pay, and in place of a `replaced` one that the provider does
/// not know any more.
pub(crate) async fn provider_customer_id(
    db: &Db,
    actor: Actor,
    provider: &dyn Provider,
    replaced: Option<&str>,
) -> Result<String> {
    let (name, place) = (provider.name(), provider.account().await?);
    let known_at = place.clone();
    let find = move |tx: Tx| async move { find(&tx, name, &known_at).await };
    let known = db.read(actor, find).await?.filter(|known| Some(known.as_str()) != replaced);
    if let Some(known) = known {
        return Ok(known);
    }
    let account = db.read(actor, |tx| async move { identity::account(&tx).await }).await?;
    let created =
        provider.create_customer(account.id, &account.email, account.name.as_deref(), replaced).await?;
    let replaced = replaced.map(ToOwned::to_owned);
    let keep = move |tx: Tx| async move { keep(&tx, name, place, created, replaced).await };
    db.run_in(Pool::Worker, actor, keep).await
}

/// The caller's id in this account and mode. Ids that were kept before accounts were are tried as well.
async fn find(tx: &Tx, provider: ProviderName, account: &str) -> Result<Option<String>> {
    let known = store::list_of_provider(tx, tx.user_id()?, provider).await?;
    let of = |account: &str| known.iter().find(|customer| customer.provider_account == account);
    Ok(of(account).or_else(|| of("")).map(|customer| customer.provider_customer_id.clone()))
}

/// Keeps the caller's id at a provider. Answers with the one that stays where two requests created one at once.
async fn keep(
    tx: &Tx,
    provider: ProviderName,
    provider_account: String,
    provider_customer_id: String,
    replaced: Option<String>,
) -> Result<String> {
    let user_id = tx.user_id()?;
    let customer = Customer {
        id: tx.new_id(),
        user_id,
        provider,
        provider_account,
        provider_customer_id,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    if let Some(replaced) = replaced {
        store::replace(tx, &customer, &replaced).await?;
    }
    let account = customer.provider_account.clone();
    store::insert(tx, customer).await?;
    find(tx, provider, &account).await?.ok_or_else(|| Error::internal("a customer was not written"))
}
