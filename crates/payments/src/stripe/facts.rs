//! From Stripe's objects to facts.

use super::{
    amount::from_stripe,
    shape::{Dispute, Expandable, Intent, Named, REFUND, Refund, Session},
};
use crate::{DisputeStatus, Fact, RefundStatus};

/// What an intent tells. One that waits, or is being worked on, tells nothing.
pub(super) fn of_intent(intent: &Intent) -> Option<Fact> {
    match intent.status.as_deref()? {
        "succeeded" => {
            let amount = intent.amount_received.or(intent.amount)?;
            let (amount, currency) = from_stripe(amount, intent.currency.as_deref()?);
            Some(Fact::Captured {
                provider_payment_id: intent.id.clone(),
                amount,
                currency,
            })
        }
        "canceled" => Some(Fact::Over {
            code: intent
                .cancellation_reason
                .clone()
                .unwrap_or_else(|| "canceled".to_owned()),
        }),
        "requires_payment_method" => declined(intent),
        _ => None,
    }
}

/// The last try failed: the buyer may try again.
pub(super) fn declined(intent: &Intent) -> Option<Fact> {
    let code = intent.last_payment_error.as_ref()?.word().to_owned();
    Some(Fact::Declined { code })
}

/// What a session tells. One that was completed but is not paid tells nothing: the money may be on its way for days.
pub(super) fn of_session(session: &Session) -> Option<Fact> {
    match (session.payment_status.as_deref(), session.status.as_deref()) {
        (Some("paid" | "no_payment_required"), _) => {
            let (amount, currency) = from_stripe(session.amount_total?, session.currency.as_deref()?);
            Some(Fact::Captured {
                // Where nothing was to be paid there is no payment, but the session.
                provider_payment_id: session.intent_name().unwrap_or_else(|| session.id.clone()),
                amount,
                currency,
            })
        }
        (_, Some("expired")) => Some(over("expired")),
        // A bank that said no after days: the session cannot be paid a second time.
        (_, Some("complete")) => session
            .payment_intent
            .as_ref()
            .and_then(Expandable::whole)
            .filter(|intent| intent.status.as_deref() == Some("requires_payment_method"))
            .map(|_| over("async_payment_failed")),
        _ => None,
    }
}

pub(super) fn over(code: &str) -> Fact {
    Fact::Over {
        code: code.to_owned(),
    }
}

/// How far a refund is.
pub(super) fn of_refund(refund: &Refund) -> Fact {
    let (status, code) = match refund.status.as_deref() {
        Some("succeeded") => (RefundStatus::Succeeded, None),
        Some("failed") => (RefundStatus::Failed, refund.failure_reason.clone()),
        Some("canceled") => (RefundStatus::Failed, Some("canceled".to_owned())),
        // `pending`, `requires_action`, and what Stripe may think of one day.
        _ => (RefundStatus::Pending, None),
    };
    Fact::Refund {
        id: refund.id.clone(),
        ours: refund.metadata.id(REFUND),
        amount: from_stripe(refund.amount, refund.currency.as_deref().unwrap_or_default()).0,
        status,
        code,
    }
}

/// How a dispute stands. An inquiry (`warning_…`) and one that was prevented moved no money, and are none.
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

/// The payment that something belongs to.
pub(super) fn name_of(payment_intent: Option<&Expandable<Named>>) -> Option<String> {
    match payment_intent? {
        Expandable::Name(name) => Some(name.clone()),
        Expandable::Whole(named) => Some(named.id.clone()),
    }
}
