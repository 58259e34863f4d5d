//! The operations on payments, purchases, customers, receipts and refunds.

use database::Pool;
use kernel::PaymentId;

use super::dto::{CreateRefund, CustomerPage, PaymentDetail, PaymentPage, PurchasePage, Receipt, Refund};
use crate::http::{extract::MoneyKey, prelude::*};

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
async fn list_payments(caller: Member, list: List) -> Answer<PaymentPage> {
    let List { after, limit, list_id, .. } = list;
    let work = async move |tx| payments::list_payments(&tx, after, limit).await;
    Ok(Reply::ok(&PaymentPage::of(list_id, caller.read(work).await?))?)
}

/// List my purchases
///
/// Lists the caller's purchases, newest first. Those that have ended, by a refund or a lost dispute, have an `endedAt`.
#[utoipa::path(get, path = "/me/purchases",
    tag = "payments", operation_id = "listMyPurchases", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, description = "A page of purchases.", body = PurchasePage)))]
async fn list_purchases(caller: Member, list: List) -> Answer<PurchasePage> {
    let List { after, limit, list_id, .. } = list;
    let work = async move |tx| payments::list_purchases(&tx, after, limit).await;
    Ok(Reply::ok(&PurchasePage::of(list_id, caller.read(work).await?))?)
}

/// List my payment customers
///
/// Lists the ids under which payment providers know the caller, newest first: one for each account and mode of a provider that they
/// paid through.
#[utoipa::path(get, path = "/me/customers",
    tag = "payments", operation_id = "listMyCustomers", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, description = "A page of customers.", body = CustomerPage)))]
async fn list_customers(caller: Member, list: List) -> Answer<CustomerPage> {
    let List { after, limit, list_id, .. } = list;
    let work = async move |tx| payments::list_customers(&tx, after, limit).await;
    Ok(Reply::ok(&CustomerPage::of(list_id, caller.read(work).await?))?)
}

/// Get a payment
///
/// Gives the payment with its refunds and disputes, to its buyer, the owner of the course, and admins.
#[utoipa::path(get, path = "/payments/{payment_id}",
    tag = "payments", operation_id = "getPayment", security(("bearer" = [])),
    params(("payment_id" = Uuid, Path, description = "The payment's id.")),
    responses((status = 200, description = "The payment.", body = PaymentDetail)))]
async fn get_payment(caller: Member, Path(id): Path<PaymentId>) -> Answer<PaymentDetail> {
    let payment = caller.read(async move |tx| payments::payment(&tx, id).await).await?;
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
async fn get_receipt(caller: Member, Path(id): Path<PaymentId>) -> Answer<Receipt> {
    Ok(Reply::ok(&Receipt::from(caller.read(async move |tx| payments::receipt(&tx, id).await).await?))?)
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
        ("x-problem-codes" = json!(["payment_not_refundable", "payment_disputed", "refund_too_large"]))),
    responses((status = 201, description = "The refund.", body = Refund)))]
async fn create_refund(
    caller: Member,
    Path(payment_id): Path<PaymentId>,
    MoneyKey(key): MoneyKey,
    body: Json<CreateRefund>,
) -> Answer<Refund> {
    let new = body.value.into();
    let work = async move |tx| {
        let refund = payments::create_refund(&tx, payment_id, new).await?;
        let location = format!("/payments/{payment_id}");
        Ok(Reply::created(&location, &Refund::from(refund))?.content())
    };
    let whose = (Pool::Worker, caller.actor);
    let reply = key.run_in(&caller.state.db, whose, "createRefund", &body.raw, work).await?;
    caller.state.wake_worker.notify_one();
    Ok(reply)
}
