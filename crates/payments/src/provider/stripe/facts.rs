//! What Stripe's objects report, as facts.

use entity::enums::{DisputeStatus, RefundStatus};

use super::{
    amount::from_stripe,
    objects::{Dispute, Expandable, Identified, Intent, REFUND_ID, Refund, Session},
};
use crate::provider::Fact;

/// The fact of an intent. One that waits for its buyer has none.
pub(super) fn of_intent(intent: &Intent) -> Option<Fact> {
    match intent.status.as_deref()? {
        "succeeded" => {
            let amount = intent.amount_received.or(intent.amount)?;
            let (amount, currency) = from_stripe(amount, intent.currency.as_deref()?);
            Some(Fact::Captured { provider_payment_id: intent.id.clone(), amount, currency })
        }
        "processing" => Some(Fact::Processing),
        "canceled" => Some(Fact::closed(intent.cancellation_reason.as_deref().unwrap_or("canceled"))),
        "requires_payment_method" => of_declined_intent(intent),
        _ => None,
    }
}

/// The last attempt failed; the buyer may try again.
pub(super) fn of_declined_intent(intent: &Intent) -> Option<Fact> {
    let error = intent.last_payment_error.as_ref()?;
    Some(Fact::Declined { code: error.code_or_kind().to_owned() })
}

/// The fact of a session. One that is complete but not paid waits for money that may take days.
pub(super) fn of_session(session: &Session) -> Option<Fact> {
    match (session.payment_status.as_deref(), session.status.as_deref()) {
        (Some("paid" | "no_payment_required"), _) => {
            let (amount, currency) = from_stripe(session.amount_total?, session.currency.as_deref()?);
            Some(Fact::Captured {
                // Where nothing was to be paid there is no intent.
                provider_payment_id: session.intent_id().unwrap_or_else(|| session.id.clone()),
                amount,
                currency,
            })
        }
        (_, Some("expired")) => Some(Fact::closed("expired")),
        // A bank refused after days: the session cannot be paid a second time.
        (_, Some("complete")) => {
            let intent = session.payment_intent.as_ref().and_then(Expandable::object);
            let is_refused =
                intent.is_some_and(|intent| intent.status.as_deref() == Some("requires_payment_method"));
            Some(if is_refused { Fact::closed("async_payment_failed") } else { Fact::Processing })
        }
        _ => None,
    }
}

pub(super) fn of_refund(refund: &Refund) -> Fact {
    let (status, code) = match refund.status.as_deref() {
        Some("succeeded") => (RefundStatus::Succeeded, None),
        Some("failed") => (RefundStatus::Failed, refund.failure_reason.clone()),
        Some("canceled") => (RefundStatus::Failed, Some("canceled".to_owned())),
        // `pending`, `requires_action`, and what Stripe may add one day.
        _ => (RefundStatus::Pending, None),
    };
    Fact::Refund {
        id: refund.id.clone(),
        refund_id: refund.metadata.id(REFUND_ID),
        amount: from_stripe(refund.amount, refund.currency.as_deref().unwrap_or_default()).0,
        status,
        code,
    }
}

/// The fact of a dispute. An inquiry (`warning_…`) and a dispute that was prevented moved no money, and have none.
pub(super) fn of_dispute(dispute: &Dispute) -> Option<Fact> {
    let status = match dispute.status.as_deref()? {
        "needs_response" | "under_review" | "appeal_needs_response" | "appeal_under_review" => {
            DisputeStatus::Open
        }
        "won" => DisputeStatus::Won,
        "lost" => DisputeStatus::Lost,
        _ => return None,
    };
    Some(Fact::Dispute {
        id: dispute.id.clone(),
        amount: from_stripe(dispute.amount, dispute.currency.as_deref().unwrap_or_default()).0,
        status,
        reason: dispute.reason.clone(),
    })
}

/// The id of the intent that an object belongs to.
pub(super) fn intent_id(payment_intent: Option<&Expandable<Identified>>) -> Option<String> {
    match payment_intent? {
        Expandable::Id(id) => Some(id.clone()),
        Expandable::Object(intent) => Some(intent.id.clone()),
    }
}
