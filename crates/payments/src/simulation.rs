//! Simulates the buyer of a sandbox payment, and their bank.

use database::{Db, Pool, Tx};
use entity::enums::{DisputeStatus, ProviderName};
use kernel::{Actor, Code, PaymentId, Result};

use crate::{
    payment::{self, Payment},
    provider::{Fact, ProviderUpdate, sandbox},
    settlement,
};

/// What happens to a payment in the sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SimulatedAction {
    /// The buyer pays.
    Complete,
    /// The buyer's card is declined for good.
    Fail,
    /// The buyer's bank reports a dispute in this state.
    Dispute(DisputeStatus),
}

/// Simulates what happens to one of the caller's own payments in the sandbox.
///
/// # Errors
/// [`Code::NotFound`] where the payment is not the caller's, or not of the sandbox; [`Code::PaymentNotCompleted`] for a dispute about
/// money that never arrived.
pub async fn simulate(db: &Db, actor: Actor, id: PaymentId, action: SimulatedAction) -> Result<Payment> {
    let work = move |tx: Tx| async move {
        let payment = settlement::lock_payment(&tx, id)
            .await?
            .filter(|payment| payment.provider == ProviderName::Sandbox)
            .filter(|payment| actor.acts_for(payment.user_id))
            .ok_or(Code::NotFound)?;
        let fact = fact(&payment, action)?;
        settlement::settle(&tx, &ProviderUpdate::of(id, fact)).await?;
        payment::store::find(&tx, id).await?.ok_or_else(|| Code::NotFound.into())
    };
    db.run_in(Pool::Worker, actor, work).await
}

fn fact(payment: &Payment, action: SimulatedAction) -> Result<Fact> {
    let provider_payment_id = sandbox::provider_payment_id(payment.id);
    Ok(match action {
        SimulatedAction::Complete => {
            Fact::Captured { provider_payment_id, amount: payment.amount, currency: payment.currency.clone() }
        }
        SimulatedAction::Fail => Fact::closed("card_declined"),
        SimulatedAction::Dispute(_) if payment.completed_at.is_none() => {
            return Err(Code::PaymentNotCompleted.into());
        }
        SimulatedAction::Dispute(status) => Fact::Dispute {
            id: format!("{provider_payment_id}_dispute"),
            // A bank takes back what is left of the payment.
            amount: payment.amount - payment.refunded_amount,
            status,
            reason: Some("fraudulent".to_owned()),
        },
    })
}
