//! A payment customer: an account as a payment provider knows it.

#![expect(
    clippy::needless_update,
    reason = "the derived conversion into an active model ends in `..Default::default()`, whatever columns it has"
)]

use entity::enums::ProviderName;
use kernel::{CustomerId, Timestamp, UserId};
use sea_orm::{DerivePartialModel, EntityTrait};

/// An account as a payment provider knows it.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "entity::customers::Entity", into_active_model)]
pub struct Customer {
    /// The customer's id.
    pub id: CustomerId,
    /// The account.
    pub user_id: UserId,
    /// The provider.
    pub provider: ProviderName,
    /// The account and mode at the provider in which the id holds; empty where it is not known.
    pub provider_account: String,
    /// The provider's id of the customer.
    pub provider_customer_id: String,
    /// When the customer was created at the provider.
    pub created_at: Timestamp,
    /// When the customer last changed.
    pub updated_at: Timestamp,
}
