//! The operations on payments, purchases, customers, receipts and refunds.

use actix_web::web::Data;
use database::Pool;
use kernel::{PaymentId, Result};

use super::dto::{CreateRefund, CustomerPage, PaymentDetail, PaymentPage, PurchasePage, Receipt, Refund};
use crate::{
    http::{
        extract::{Confirmed, Json, Member, MoneyKey, Path, Query},
        problem::Problem,
        reply::Reply,
        routing::{Operations, operations},
    },
    routes::shared::PageQuery,
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(
        config,
        list_payments,
        list_purchases,
        list_customers,
        get_payment,
        get_receipt,
        create_refund
    );
}

/// List my payments
///
/// Lists the caller's payments, newest first, including those that failed.
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

/// List my purchases
///
/// Lists the caller's purchases, newest first. Those that have ended, by a refund or a lost dispute, have an `endedAt`.
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

/// List my payment customers
///
/// Lists the ids under which payment providers know the caller, newest first: one for each account and mode of a provider that they
/// paid through.
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

/// Get a payment
///
/// Gives the payment with its refunds and disputes, to its buyer, the owner of the course, and admins.
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
    let payment = state.db.read(actor, work).await?;
    Ok(Reply::ok(&PaymentDetail::from(payment))?)
}

/// Get the receipt of a payment
///
/// Gives the receipt to the buyer, the owner of the course, and admins. There is one as soon as the money has arrived; its number, names and
/// amount never change.
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

/// Refund a payment
///
/// Gives back all of the money or a part of it, for the owner of the course or an admin. The answer is a refund that is `PENDING`; it
/// has `SUCCEEDED` when the provider says so, usually within seconds. When all of the money has been given back, the payment is `REFUNDED`
/// and the access bought with it ends. A part of the money leaves the access, unless `endsAccess` is true. While the buyer's bank holds the
/// money, and where it has taken it back, nothing is given back (409 `payment_disputed`): the money would leave twice.
#[utoipa::path(post, path = "/payments/{payment_id}/refunds",
    tag = "payments", operation_id = "createRefund", security(("bearer" = [])), request_body = CreateRefund,
    params(("payment_id" = Uuid, Path, description = "The payment's id.")),
    extensions(("x-moves-money" = json!(true)),
        ("x-problem-codes" = json!(["session_revoked", "payment_not_refundable", "payment_disputed", "refund_too_large"]))),
    responses((status = 201, description = "The refund.", body = Refund)))]
async fn create_refund(
    state: Data<State>,
    Confirmed(actor): Confirmed,
    Path(payment_id): Path<PaymentId>,
    MoneyKey(key): MoneyKey,
    body: Json<CreateRefund>,
) -> Result<Reply<Refund>, Problem> {
    let new = body.value.into();
    let work = move |tx| async move {
        let refund = payments::create_refund(&tx, payment_id, new).await?;
        let location = format!("/payments/{payment_id}");
        Ok(Reply::created(&location, &Refund::from(refund))?.content())
    };
    let whose = (Pool::Worker, actor);
    let reply = key.run(&state.db, whose, "createRefund", &body.raw, work).await?;
    state.wake_worker.notify_one();
    Ok(reply)
}
