//! The mail to a buyer whose money goes back by itself.

use database::{Db, Pool, Tx};
use kernel::{
    Actor, Money, RefundId, Result,
    mail::{Mailer, Message},
};

use crate::{
    offer::Withdrawal,
    payment::{self, Payment},
    refund::{self, Refund},
};

/// Tells the buyer of a payment that bought nothing that this refund of it is on its way, and why.
///
/// # Errors
/// What the database and the mailer answer; the worker tries again.
pub async fn deliver(db: &Db, mailer: &dyn Mailer, app_url: &str, id: RefundId) -> Result<()> {
    let find = move |tx: Tx| async move {
        let Some(refund) = refund::store::find(&tx, id).await? else {
            return Ok(None);
        };
        Ok(payment::store::find(&tx, refund.payment_id).await?.map(|payment| (refund, payment)))
    };
    let Some((refund, payment)) = db.read_in(Pool::Worker, Actor::System, find).await? else {
        return Ok(());
    };
    let Some(withdrawal) = payment.failure_code.as_deref().and_then(Withdrawal::from_code) else {
        return Ok(());
    };
    let Some(recipient) = identity::mail::recipient(db, payment.user_id).await? else {
        return Ok(());
    };
    let text = text(&payment, &refund, withdrawal, app_url.trim_end_matches('/'))?;
    mailer
        .send(Message {
            to: recipient.address,
            subject: "Your payment goes back to you".to_owned(),
            text: format!("{}\n\n{text}\n", recipient.greeting),
            unsubscribe: None,
        })
        .await
}

fn text(payment: &Payment, refund: &Refund, withdrawal: Withdrawal, app_url: &str) -> Result<String> {
    let amount = Money { amount: refund.amount, currency: payment.currency()? };
    let Payment { id, course_title, .. } = payment;
    Ok(format!(
        "your payment of {amount} for \"{course_title}\" goes back to you. {}\n\n\
         You have nothing to do; banks take up to ten days.\n\n{app_url}/payments/{id}",
        withdrawal.sentence()
    ))
}
