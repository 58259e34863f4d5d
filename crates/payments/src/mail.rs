//! The mail to a buyer whose money goes back by itself.

use database::{Db, Pool};
use kernel::{
    Actor, Money, PaymentId, Result,
    mail::{Mailer, Message},
};

use crate::{
    offer::Withdrawal,
    payment::{self, Payment},
};

/// Tells the buyer of a payment that bought nothing that their money goes back, and why.
///
/// # Errors
/// What the database and the mailer answer; the worker tries again.
pub async fn deliver(db: &Db, mailer: &dyn Mailer, app_url: &str, id: PaymentId) -> Result<()> {
    let find = move |tx| async move { payment::store::find(&tx, id).await };
    let Some(payment) = db.read_in(Pool::Worker, Actor::System, find).await? else {
        return Ok(());
    };
    let Some(withdrawal) = payment.failure_code.as_deref().and_then(Withdrawal::from_code) else {
        return Ok(());
    };
    let Some(recipient) = identity::mail::recipient(db, payment.user_id).await? else {
        return Ok(());
    };
    let text = text(&payment, withdrawal, app_url.trim_end_matches('/'))?;
    mailer
        .send(Message {
            to: recipient.address,
            subject: "Your payment goes back to you".to_owned(),
            text: format!("{}\n\n{text}\n", recipient.greeting),
            unsubscribe: None,
        })
        .await
}

fn text(payment: &Payment, withdrawal: Withdrawal, app_url: &str) -> Result<String> {
    let amount = Money { amount: payment.amount, currency: payment.currency()? };
    let Payment { id, course_title, .. } = payment;
    Ok(format!(
        "your payment of {amount} for \"{course_title}\" goes back to you in full. {}\n\n\
         You have nothing to do; banks take up to ten days.\n\n{app_url}/payments/{id}",
        withdrawal.sentence()
    ))
}
