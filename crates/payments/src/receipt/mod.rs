//! Receipts: issued when the money arrives, and never changed.

mod model;
mod store;

use chrono::Datelike;
use database::Tx;
use kernel::{Code, PaymentId, Result, UserId, hash_token, hex};

pub use self::model::Receipt;
use crate::payment::{self, Payment};

/// The receipt of a payment, together with the payment, for its buyer, its seller and admins.
///
/// # Errors
/// [`Code::NotFound`], also where no money has arrived yet.
pub async fn receipt(tx: &Tx, payment_id: PaymentId) -> Result<(Receipt, Payment)> {
    let payment = payment::find_visible(tx, payment_id).await?;
    let mut receipt = store::find_by_payment(tx, payment_id).await?.ok_or(Code::NotFound)?;
    // Receipts of versions that knew no other name than the one that somebody gave.
    if receipt.issuer_name.is_empty() || receipt.buyer_name.is_empty() {
        let [issuer_name, buyer_name] = names(tx, &payment).await?;
        let or = |kept: String, known: String| if kept.is_empty() { known } else { kept };
        receipt.issuer_name = or(receipt.issuer_name, issuer_name);
        receipt.buyer_name = or(receipt.buyer_name, buyer_name);
    }
    Ok((receipt, payment))
}

/// Issues the receipt of a payment, in the transaction that completes it.
pub(crate) async fn issue(tx: &Tx, payment: &Payment) -> Result<()> {
    let year = i64::from(tx.now().year());
    let number = store::next_number(tx, payment.author_id, year).await?;
    let [issuer_name, buyer_name] = names(tx, payment).await?;
    let receipt = Receipt {
        id: tx.new_id(),
        payment_id: payment.id,
        issuer_id: payment.author_id,
        year,
        number,
        issuer_name,
        buyer_name,
        created_at: tx.now(),
    };
    store::insert(tx, receipt, payment.user_id).await
}

/// What the seller and the buyer are called on a receipt: their name, or else their username, or else a number that tells them apart.
/// Their addresses are no business of each other's.
async fn names(tx: &Tx, payment: &Payment) -> Result<[String; 2]> {
    let people = identity::people(tx, &[payment.author_id, payment.user_id]).await?;
    let name = |id: UserId, role: &str| {
        let person = people.iter().find(|person| person.id == id);
        let known = person.map(identity::Person::display_name).unwrap_or_default();
        if known.is_empty() { nameless(id, role) } else { known }
    };
    Ok([name(payment.author_id, "Seller"), name(payment.user_id, "Customer")])
}

/// Somebody without a name: `Customer 7K3F-9Q2M`, the same on each of their receipts.
fn nameless(id: UserId, role: &str) -> String {
    let digest = hex(&hash_token(id.0.as_bytes())).to_ascii_uppercase();
    let (first, second) = (digest.get(..4).unwrap_or_default(), digest.get(4..8).unwrap_or_default());
    format!("{role} {first}-{second}")
}
