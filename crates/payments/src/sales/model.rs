//! Sales: payments from the seller's side, and what they add up to.

use identity::Person;
use kernel::CourseId;
use sea_orm::FromQueryResult;

use crate::payment::Payment;

/// A payment that was completed, as its seller sees it.
#[derive(Clone, Debug)]
pub struct Sale {
    /// The payment.
    pub payment: Payment,
    /// The buyer.
    pub buyer: Option<Person>,
    /// What the buyer's bank took back by disputes that were lost, in minor units.
    pub lost: i64,
}

/// The revenue in one currency, in its minor units. Currencies are never added up.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Revenue {
    /// The ISO 4217 code of the currency.
    pub currency: String,
    /// How many payments were completed.
    pub sales: i64,
    /// The sum of what was paid.
    pub gross: i64,
    /// How much of it was refunded.
    pub refunded: i64,
    /// How much of it was lost in disputes.
    pub lost: i64,
}

/// The sales that are asked for.
#[derive(Clone, Copy, Debug)]
pub enum SalesScope {
    /// The sales of this course: for its owner and admins.
    Course(CourseId),
    /// Everything that the caller sold.
    Own,
}
