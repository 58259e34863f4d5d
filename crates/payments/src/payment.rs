use database::Tx;
use kernel::{
    Code, CouponId, CourseId, Cursor, CustomerId, DisputeId, Limit, Page, PaymentId, PurchaseId, RefundId,
    Result, Timestamp, UserId,
};
use sea_orm::{DeriveActiveEnum, EnumIter, FromQueryResult};
use serde::{Deserialize, Serialize};

use crate::{DisputeStatus, Method, ProviderName, RefundStatus, provider::Reference, store};

/// How a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PaymentStatus {
    /// It waits for its buyer, or for the provider's word.
    Pending,
    /// The money is here.
    Completed,
    /// It was not paid in time, cancelled, or another took its place.
    Failed,
    /// The money has gone back, all of it.
    Refunded,
}

/// One try to buy one course. Amounts are minor units of `currency`, frozen when the checkout began.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Payment {
    /// The payment's id.
    pub id: PaymentId,
    /// Who buys.
    pub user_id: UserId,
    /// What.
    pub course_id: CourseId,
    /// Who sells: the course's owner.
    pub author_id: UserId,
    /// The course's title then.
    pub course_title: String,
    /// How it stands.
    pub status: PaymentStatus,
    /// Who takes the money.
    pub provider: ProviderName,
    /// How the buyer pays.
    pub method: Method,
    /// ISO 4217.
    pub currency: String,
    /// The list price.
    pub base_amount: i64,
    /// What the course's own discount takes off.
    pub discount_amount: i64,
    /// The coupon, if there is one.
    pub coupon_id: Option<CouponId>,
    /// What the coupon takes off.
    pub coupon_amount: i64,
    /// What is to be paid.
    pub amount: i64,
    /// What has gone back.
    pub refunded_amount: i64,
    /// What is on its way back.
    pub refunding_amount: i64,
    /// The provider's name of its page's session.
    pub provider_session_id: Option<String>,
    /// The provider's name of the payment.
    pub provider_payment_id: Option<String>,
    /// Why it failed, or why the last try did.
    pub failure_code: Option<String>,
    /// Until when it waits for its buyer.
    pub expires_at: Timestamp,
    /// When the money came.
    pub completed_at: Option<Timestamp>,
    /// When it failed.
    pub failed_at: Option<Timestamp>,
    /// When all of it had gone back.
    pub refunded_at: Option<Timestamp>,
    /// When the checkout began.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Payment {
    /// What could still be given back.
    #[must_use]
    pub fn refundable(&self) -> i64 {
        match self.status {
            PaymentStatus::Completed => self.amount - self.refunded_amount - self.refunding_amount,
            _ => 0,
        }
    }

    pub(crate) fn reference(&self) -> Reference {
        Reference {
            payment_id: self.id,
            session_id: self.provider_session_id.clone(),
            provider_payment_id: self.provider_payment_id.clone(),
        }
    }
}

/// Money that goes back.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Refund {
    /// The refund's id.
    pub id: RefundId,
    /// Of which payment.
    pub payment_id: PaymentId,
    /// How much, in minor units.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
    /// How far it is.
    pub status: RefundStatus,
    /// `REQUESTED_BY_CUSTOMER`, `DUPLICATE`, `FRAUDULENT` or `OTHER`.
    pub reason: String,
    /// For people.
    pub note: Option<String>,
    /// Whether the course goes with the money, however little it is.
    pub ends_access: bool,
    /// Who asked for it; `None` where it was made at the provider, or by Palestra itself.
    pub requested_by: Option<UserId>,
    /// The provider's name of it.
    pub provider_refund_id: Option<String>,
    /// Why it failed.
    pub failure_code: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A buyer's bank wants the money back.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Dispute {
    /// The dispute's id.
    pub id: DisputeId,
    /// Of which payment.
    pub payment_id: PaymentId,
    /// The provider's name of it.
    pub provider_dispute_id: String,
    /// About how much, in minor units.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
    /// How it stands.
    pub status: DisputeStatus,
    /// The provider's code of the reason.
    pub reason: Option<String>,
    /// When it was first heard of.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A payment with what came of it.
#[derive(Clone, Debug)]
pub struct PaymentDetail {
    /// The payment.
    pub payment: Payment,
    /// Money that went back, oldest first.
    pub refunds: Vec<Refund>,
    /// What the buyer's bank said, oldest first.
    pub disputes: Vec<Dispute>,
}

/// What somebody owns because they bought it, or owned until it was refunded.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Purchase {
    /// The purchase's id.
    pub id: PurchaseId,
    /// Who bought.
    pub user_id: UserId,
    /// What.
    pub course_id: CourseId,
    /// By which payment.
    pub payment_id: PaymentId,
    /// When.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Since when it is theirs no more.
    pub ended_at: Option<Timestamp>,
}

/// Who the caller is at a provider.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Customer {
    /// The customer's id.
    pub id: CustomerId,
    /// Whose it is.
    pub user_id: UserId,
    /// At which provider.
    pub provider: ProviderName,
    /// The provider's name for them.
    pub provider_customer_id: String,
    /// Since when.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A payment, for its buyer, its seller and admins.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn payment(tx: &Tx, id: PaymentId) -> Result<PaymentDetail> {
    let payment = visible(tx, id).await?;
    let refunds = store::refund::of_payment(tx, id).await?;
    let disputes = store::dispute::of_payment(tx, id).await?;
    Ok(PaymentDetail {
        payment,
        refunds,
        disputes,
    })
}

/// A payment that the caller may look at.
pub(crate) async fn visible(tx: &Tx, id: PaymentId) -> Result<Payment> {
    let payment = store::payment::find(tx, id).await?.ok_or(Code::NotFound)?;
    let actor = tx.actor();
    if actor.manages(payment.author_id) || actor.user_id() == Some(payment.user_id) {
        Ok(payment)
    } else {
        Err(Code::NotFound.into())
    }
}

/// The caller's own payments, newest first.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn list_payments(tx: &Tx, after: Option<Cursor>, limit: Limit) -> Result<Page<Payment>> {
    let rows = store::payment::of_user(tx, tx.user_id()?, after, limit).await?;
    Ok(Page::cut(rows, limit, |row| Cursor::at(row.created_at, row.id)))
}

/// What the caller bought, newest first; what was refunded with them.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn list_purchases(tx: &Tx, after: Option<Cursor>, limit: Limit) -> Result<Page<Purchase>> {
    let rows = store::purchase::of_user(tx, tx.user_id()?, after, limit).await?;
    Ok(Page::cut(rows, limit, |row| Cursor::at(row.created_at, row.id)))
}

/// Who the caller is at each provider they paid through, newest first.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn list_customers(tx: &Tx, after: Option<Cursor>, limit: Limit) -> Result<Page<Customer>> {
    let rows = store::customer::of_user(tx, tx.user_id()?, after, limit).await?;
    Ok(Page::cut(rows, limit, |row| Cursor::at(row.created_at, row.id)))
}
