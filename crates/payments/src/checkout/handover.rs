//! The handover of a payment to its buyer, sealed with the installation's key.

use database::Tx;
use entity::enums::PaymentStatus;
use kernel::{Code, Error, PaymentId, Result, Timestamp};

use super::{
    model::{CheckoutRequest, Handover, ReturnUrls},
    store,
};
use crate::{
    payment::Payment,
    provider::{Fact, PaymentSession, ProviderUpdate},
    settlement,
};

/// What the key is derived for. It never changes: what is sealed would not open any more.
const PURPOSE: &str = "payment handover";

pub(super) async fn find(tx: &Tx, id: PaymentId) -> Result<Option<Handover>> {
    let Some(sealed) = store::find_sealed_handover(tx, id).await? else {
        return Ok(None);
    };
    let plain = tx
        .keyring()
        .open(PURPOSE, &sealed)
        .ok_or_else(|| Error::internal("a sealed handover does not open"))?;
    serde_json::from_slice(&plain).map(Some).map_err(Error::internal)
}

fn seal(tx: &Tx, handover: &Handover) -> Result<Vec<u8>> {
    let plain = serde_json::to_vec(handover).map_err(Error::internal)?;
    Ok(tx.keyring().seal(PURPOSE, &plain))
}

/// Keeps the addresses that the first request of a payment named.
pub(super) async fn keep_return_urls(tx: &Tx, id: PaymentId, request: &CheckoutRequest) -> Result<()> {
    let urls =
        ReturnUrls { success_url: request.success_url.clone(), cancel_url: request.cancel_url.clone() };
    store::set_sealed_handover(tx, id, seal(tx, &Handover::Requested(urls))?).await
}

/// Keeps the session that the provider created until `expires_at`, in place of one that it does not know any more. Answers with the
/// payment: it may have been closed or paid meanwhile.
pub(super) async fn keep_session(
    tx: &Tx,
    id: PaymentId,
    session: PaymentSession,
    before: Handover,
    expires_at: Timestamp,
) -> Result<Payment> {
    let payment = settlement::lock_payment(tx, id).await?.ok_or(Code::NotFound)?;
    let gone = before.session().and_then(|gone| gone.provider_payment_id.clone());
    // A webhook may have reported the provider's id of the payment already.
    let known = payment.provider_payment_id.clone().filter(|known| Some(known) != gone.as_ref());
    let stored = PaymentSession {
        provider_payment_id: known.or_else(|| session.provider_payment_id.clone()),
        ..session.clone()
    };
    let urls = before.into_urls().ok_or(Code::CheckoutSuperseded)?;
    let sealed = seal(tx, &Handover::Ready { session, urls })?;
    store::set_session(tx, id, &stored, sealed, expires_at).await?;
    Ok(payment)
}

/// After the provider has created no session in place of the `replaced` one: the one that another request got meanwhile. Without one,
/// a payment that the provider refused is closed.
pub(super) async fn session_of_another_request(
    tx: &Tx,
    id: PaymentId,
    replaced: Option<&PaymentSession>,
    is_refused: bool,
) -> Result<Option<PaymentSession>> {
    let payment = settlement::lock_payment(tx, id).await?;
    let is_open = payment.is_some_and(|payment| payment.status != PaymentStatus::Failed);
    let handover = find(tx, id).await?;
    let session = handover.as_ref().and_then(Handover::session);
    if let Some(session) = session.filter(|session| is_open && Some(*session) != replaced) {
        return Ok(Some(session.clone()));
    }
    if is_refused {
        settlement::settle(tx, &ProviderUpdate::of(id, Fact::closed("refused"))).await?;
    }
    Ok(None)
}
