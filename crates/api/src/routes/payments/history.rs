use crate::http::routing::{Operations, operations};
use actix_web::web::Data;
use chrono::{DateTime, Utc};
use kernel::{CourseId, CustomerId, PaymentId, PurchaseId, ReceiptId, Result, UserId, Uuid};
use payments::ProviderName;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Payment, PaymentDetail};
use crate::{
    http::{
        extract::{Member, Path, Query},
        problem::Problem,
        reply::Reply,
    },
    routes::shared::{Money, PageQuery, page},
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(
        config,
        list_payments,
        list_purchases,
        list_customers,
        get_payment,
        get_receipt
    );
}

/// What somebody bought.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Purchase {
    /// The purchase's id.
    id: PurchaseId,
    /// Who bought.
    user_id: UserId,
    /// What.
    course_id: CourseId,
    /// By which payment.
    payment_id: PaymentId,
    /// When.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
    /// Since when it is theirs no more: refunded, or lost in a dispute. Then it may be bought again.
    ended_at: Option<DateTime<Utc>>,
}

impl From<payments::Purchase> for Purchase {
    fn from(purchase: payments::Purchase) -> Self {
        let payments::Purchase {
            id,
            user_id,
            course_id,
            payment_id,
            created_at,
            updated_at,
            ended_at,
        } = purchase;
        Self {
            id,
            user_id,
            course_id,
            payment_id,
            created_at,
            updated_at,
            ended_at,
        }
    }
}

/// Who the caller is at a payment provider.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Customer {
    /// The customer's id.
    id: CustomerId,
    /// Whose it is.
    user_id: UserId,
    /// At which provider: `STRIPE` or `SANDBOX`; more may be added.
    #[schema(value_type = String, example = "STRIPE")]
    provider: ProviderName,
    /// The provider's name for them.
    #[schema(example = "cus_QhTz1eY7xYzABc")]
    provider_customer_id: String,
    /// Since when.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

impl From<payments::Customer> for Customer {
    fn from(customer: payments::Customer) -> Self {
        let payments::Customer {
            id,
            user_id,
            provider,
            provider_customer_id,
            created_at,
            updated_at,
        } = customer;
        Self {
            id,
            user_id,
            provider,
            provider_customer_id,
            created_at,
            updated_at,
        }
    }
}

/// A numbered receipt. Its issuer counts through the year (UTC) without a gap.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Receipt {
    /// The receipt's id.
    id: ReceiptId,
    /// The year and the number in it.
    #[schema(example = "2026-000042")]
    number: String,
    /// For which payment.
    payment_id: PaymentId,
    /// Who gave it: the seller.
    issuer_id: UserId,
    /// The seller's name then.
    #[schema(example = "Tara Trainer")]
    issuer_name: String,
    /// Who paid.
    buyer_id: UserId,
    /// The buyer's name then.
    #[schema(example = "Ada")]
    buyer_name: String,
    /// What was bought.
    course_id: CourseId,
    /// Its title then.
    #[schema(example = "Strong back in six weeks")]
    course_title: String,
    /// The list price.
    base_price: Money,
    /// What the course's own discount took off.
    discount: Money,
    /// What a coupon took off.
    coupon_discount: Money,
    /// What was paid.
    amount: Money,
    /// What of it has gone back since.
    refunded: Money,
    /// When it was given.
    issued_at: DateTime<Utc>,
}

impl From<(payments::Receipt, payments::Payment)> for Receipt {
    fn from((receipt, payment): (payments::Receipt, payments::Payment)) -> Self {
        let payments::Receipt {
            id,
            payment_id,
            issuer_id,
            year,
            number,
            issuer_name,
            buyer_name,
            created_at,
        } = receipt;
        let money = |amount| Money::stored(amount, &payment.currency);
        Self {
            id,
            number: format!("{year}-{number:06}"),
            payment_id,
            issuer_id,
            issuer_name,
            buyer_id: payment.user_id,
            buyer_name,
            course_id: payment.course_id,
            base_price: money(payment.base_amount),
            discount: money(payment.discount_amount),
            coupon_discount: money(payment.coupon_amount),
            amount: money(payment.amount),
            refunded: money(payment.refunded_amount),
            course_title: payment.course_title.clone(),
            issued_at: created_at,
        }
    }
}

page! {
    /// A page of payments.
    PaymentPage of Payment
}

page! {
    /// A page of purchases.
    PurchasePage of Purchase
}

page! {
    /// A page of customers.
    CustomerPage of Customer
}

/// My payments
///
/// Newest first, those that failed too.
#[utoipa::path(get, path = "/me/payments",
    tag = "payments", operation_id = "listMyPayments", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, description = "A page of payments.", body = PaymentPage)))]
async fn list_payments(
    state: Data<State>,
    Member(actor): Member,
    Query(page): Query<PageQuery>,
) -> Result<Reply<PaymentPage>, Problem> {
    let (after, limit) = page.position();
    let work = move |tx| async move { payments::list_payments(&tx, after, limit).await };
    Ok(Reply::ok(&PaymentPage::from(state.db.read(actor, work).await?))?)
}

/// My purchases
///
/// Newest first; those that were refunded too, with `endedAt`.
#[utoipa::path(get, path = "/me/purchases",
    tag = "payments", operation_id = "listMyPurchases", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, description = "A page of purchases.", body = PurchasePage)))]
async fn list_purchases(
    state: Data<State>,
    Member(actor): Member,
    Query(page): Query<PageQuery>,
) -> Result<Reply<PurchasePage>, Problem> {
    let (after, limit) = page.position();
    let work = move |tx| async move { payments::list_purchases(&tx, after, limit).await };
    Ok(Reply::ok(&PurchasePage::from(state.db.read(actor, work).await?))?)
}

/// Who I am at payment providers
///
/// One row for each provider that the caller paid through, newest first.
#[utoipa::path(get, path = "/me/customers",
    tag = "payments", operation_id = "listMyCustomers", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, description = "A page of customers.", body = CustomerPage)))]
async fn list_customers(
    state: Data<State>,
    Member(actor): Member,
    Query(page): Query<PageQuery>,
) -> Result<Reply<CustomerPage>, Problem> {
    let (after, limit) = page.position();
    let work = move |tx| async move { payments::list_customers(&tx, after, limit).await };
    Ok(Reply::ok(&CustomerPage::from(state.db.read(actor, work).await?))?)
}

/// A payment
///
/// With its refunds and disputes: for its buyer, the owner of the course, and admins.
#[utoipa::path(get, path = "/payments/{payment_id}",
    tag = "payments", operation_id = "getPayment", security(("bearer" = [])),
    params(("payment_id" = Uuid, Path, description = "The payment's id.")),
    responses((status = 200, description = "The payment.", body = PaymentDetail)))]
async fn get_payment(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<PaymentId>,
) -> Result<Reply<PaymentDetail>, Problem> {
    let work = move |tx| async move { payments::payment(&tx, id).await };
    Ok(Reply::ok(&PaymentDetail::from(
        state.db.read(actor, work).await?,
    ))?)
}

/// The receipt of a payment
///
/// From when the money came: for its buyer, the owner of the course, and admins. Its number, its names and its amount never change.
#[utoipa::path(get, path = "/payments/{payment_id}/receipt",
    tag = "payments", operation_id = "getReceipt", security(("bearer" = [])),
    params(("payment_id" = Uuid, Path, description = "The payment's id.")),
    responses((status = 200, description = "The receipt.", body = Receipt)))]
async fn get_receipt(
    state: Data<State>,
    Member(actor): Member,
    Path(id): Path<PaymentId>,
) -> Result<Reply<Receipt>, Problem> {
    let work = move |tx| async move { payments::receipt(&tx, id).await };
    Ok(Reply::ok(&Receipt::from(state.db.read(actor, work).await?))?)
}
