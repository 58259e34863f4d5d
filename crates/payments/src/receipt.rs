use chrono::Datelike;
use database::Tx;
use kernel::{Code, PaymentId, ReceiptId, Result, Timestamp, UserId};
use sea_orm::FromQueryResult;

use crate::{Payment, payment, store};

/// A numbered receipt. Who gave it counts through the year (UTC) without a gap.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Receipt {
    /// The receipt's id.
    pub id: ReceiptId,
    /// For which payment.
    pub payment_id: PaymentId,
    /// Who gave it.
    pub issuer_id: UserId,
    /// In which year.
    pub year: i64,
    /// Which in that year.
    pub number: i64,
    /// The seller's name then.
    pub issuer_name: String,
    /// The buyer's name then.
    pub buyer_name: String,
    /// When.
    pub created_at: Timestamp,
}

/// The receipt of a payment with the payment, for its buyer, its seller and admins.
///
/// # Errors
/// [`Code::NotFound`], also where nothing was paid yet.
pub async fn receipt(tx: &Tx, payment_id: PaymentId) -> Result<(Receipt, Payment)> {
    let payment = payment::visible(tx, payment_id).await?;
    let receipt = store::receipt::of_payment(tx, payment_id).await?;
    Ok((receipt.ok_or(Code::NotFound)?, payment))
}

/// Gives the next number of this year in the transaction of the payment: what is rolled back takes no number.
pub(crate) async fn issue(tx: &Tx, payment: &Payment) -> Result<()> {
    let year = i64::from(tx.now().year());
    let number = store::receipt::next_number(tx, payment.author_id, year).await?;
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
    store::receipt::insert(tx, &receipt, payment.user_id).await
}
