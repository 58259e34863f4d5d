//! Sales and revenue in requests and answers.

use kernel::UserId;

use crate::routes::{payments::dto::Payment, shared::prelude::*};

/// A buyer or a seller.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = identity::Person, ignore(avatar_url))]
pub(super) struct Party {
    /// The account's id.
    id: UserId,
    /// The account's unique name; null where it has none.
    #[schema(example = "ada_lifts")]
    username: Option<String>,
    /// The name to show; null where it has none.
    #[schema(example = "Ada")]
    name: Option<String>,
}

/// A payment that was completed, as its seller sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sale {
    /// The payment.
    payment: Payment,
    /// The buyer; null where the account is gone.
    buyer: Option<Party>,
    /// What the buyer's bank took back by disputes that were lost.
    lost: Money,
}

impl From<payments::Sale> for Sale {
    fn from(sale: payments::Sale) -> Self {
        let payments::Sale { payment, buyer, lost } = sale;
        Self {
            lost: Money::stored(lost, &payment.currency),
            payment: payment.into(),
            buyer: buyer.map(Into::into),
        }
    }
}

/// The revenue in one currency, in its minor units.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = payments::Revenue)]
pub(super) struct Revenue {
    /// The ISO 4217 code of the currency.
    #[schema(pattern = "^[A-Z]{3}$", example = "USD")]
    currency: String,
    /// How many payments were completed.
    #[schema(minimum = 0, example = 12)]
    sales: i64,
    /// The sum of what was paid.
    #[schema(minimum = 0, example = 58800)]
    gross: i64,
    /// How much of it was refunded.
    #[schema(minimum = 0, example = 4900)]
    refunded: i64,
    /// How much of it was lost in disputes.
    #[schema(minimum = 0, example = 0)]
    lost: i64,
    /// What is left: `gross` less `refunded` less `lost`. Open disputes are not subtracted, nor the provider's fees, which are not known
    /// here. Below zero where money left twice: by a refund, and by a dispute that was lost all the same.
    #[schema(example = 53900)]
    #[dto(with = gross - refunded - lost)]
    net: i64,
}

/// The revenue by currency. Currencies are never added up.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RevenueByCurrency {
    /// One row for each currency.
    currencies: Vec<Revenue>,
}

impl From<Vec<payments::Revenue>> for RevenueByCurrency {
    fn from(rows: Vec<payments::Revenue>) -> Self {
        Self { currencies: rows.into_iter().map(Into::into).collect() }
    }
}

/// The period of the revenue.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RevenueQuery {
    /// Only payments that were completed at this instant or later.
    #[param(nullable = false, example = "2026-01-01T00:00:00Z")]
    pub(super) from: Option<DateTime<Utc>>,
    /// Only payments that were completed before this instant.
    #[param(nullable = false, example = "2027-01-01T00:00:00Z")]
    pub(super) to: Option<DateTime<Utc>>,
}

page! {
    /// A page of sales.
    SalePage of Sale
}
