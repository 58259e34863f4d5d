//! Receipts: issued when the money arrives, and never changed.

mod model;
mod store;

use chrono::Datelike;
use database::Tx;
use kernel::{Code, PaymentId, Result, UserId};

pub use self::model::Receipt;
use crate::payment::{self, Payment};

/// The receipt of a payment, together with the payment, for its buyer, its seller and admins.
///
/// # Errors
/// [`Code::NotFound`], also where no money has arrived yet.
pub async fn receipt(tx: &Tx, payment_id: PaymentId) -> Result<(Receipt, Payment)> {
    let payment = payment::find_visible(tx, payment_id).await?;
    let receipt = store::find_by_payment(tx, payment_id).await?;
    Ok((receipt.ok_or(Code::NotFound)?, payment))
}

/// Issues the receipt of a payment, in the transaction that completes it.
pub(crate) async fn issue(tx: &Tx, payment: &Payment) -> Result<()> {
    let year = i64::from(tx.now().year());
    let number = store::next_number(tx, payment.author_id, year).await?;
    let people = identity::people(tx, &[payment.author_id, payment.user_id]).await?;
    let name = |id: UserId| {
        let person = people.iter().find(|person| person.id == id);
        person.map(identity::Person::display_name).unwrap_or_default()
    };
    let receipt = Receipt {
        id: tx.new_id(),
        payment_id: payment.id,
        issuer_id: payment.author_id,
        year,
        number,
        issuer_name: name(payment.author_id),
        buyer_name: name(payment.user_id),
        created_at: tx.now(),
    };
    store::insert(tx, receipt, payment.user_id).await
}
