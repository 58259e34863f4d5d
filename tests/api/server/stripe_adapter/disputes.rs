//! The adapter for Stripe: disputes, and amounts in our units.

use kernel::Code;
use payments::{DisputeStatus, Fact, PaymentMethod, Provider, RefundRequest};

use super::{
    adapter, captured, charge, facts, facts_of, money, order, paid, received_updates, reference, refused,
    refused_refund,
};
use crate::support::StripeDouble;

#[tokio::test(flavor = "multi_thread")]
async fn disputes_are_told_where_money_moved() {
    let double = StripeDouble::start();
    let stripe = adapter(&double);
    let stands = |facts: &[Fact]| -> Vec<DisputeStatus> {
        let status = |fact: &Fact| match fact {
            Fact::Dispute { status, amount: 4900, .. } => Some(*status),
            _ => None,
        };
        facts.iter().filter_map(status).collect()
    };
    for (end, expected) in [("won", DisputeStatus::Won), ("lost", DisputeStatus::Lost)] {
        let (_, reference, intent) = paid(&double, &stripe).await;
        let dispute = double.dispute(&intent);
        assert!(
            stands(&facts(&received_updates(&double, &stripe)))
                .iter()
                .all(|status| *status == DisputeStatus::Open)
        );
        assert_eq!(stands(&facts_of(&stripe, &reference).await), [DisputeStatus::Open]);
        assert_eq!(refused_refund(&stripe, &order(&intent, 1)).await, "charge_disputed");
        double.decide(&dispute, end);
        let statuses = stands(&facts(&received_updates(&double, &stripe)));
        assert!(!statuses.is_empty() && statuses.iter().all(|status| *status == expected), "{statuses:?}");
        assert_eq!(stands(&facts_of(&stripe, &reference).await), [expected]);
    }
    // The bank only asks; then it asks no more, or takes the money after all.
    for (end, expected) in
        [("warning_closed", None), ("prevented", None), ("needs_response", Some(DisputeStatus::Open))]
    {
        let (_, reference, intent) = paid(&double, &stripe).await;
        let inquiry = double.inquire(&intent);
        assert_eq!(stands(&facts_of(&stripe, &reference).await), []);
        double.decide(&inquiry, end);
        assert!(
            stands(&facts(&received_updates(&double, &stripe)))
                .iter()
                .all(|status| Some(*status) == expected)
        );
        assert_eq!(stands(&facts_of(&stripe, &reference).await), Vec::from_iter(expected));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn amounts_are_in_our_units() {
    let double = StripeDouble::start();
    let stripe = adapter(&double);
    for (amount, currency, theirs) in
        [(500, "JPY", 500), (5000, "ISK", 500_000), (5120, "KWD", 5120), (1200, "MGA", 12)]
    {
        let charge = charge(&stripe, PaymentMethod::CheckoutSession, money(amount, currency)).await;
        let started = stripe.create_session(&charge).await.unwrap();
        assert_eq!(double.object(started.session_id.as_ref().unwrap())["amount_total"], theirs);
        let intent = double.pay(started.session_id.as_ref().unwrap());
        let facts = facts_of(&stripe, &reference(&charge, &started)).await;
        assert_eq!(facts, [captured(&intent, amount, currency)]);
        let order = RefundRequest { amount: charge.amount, ..order(&intent, 0) };
        let refund = stripe.refund(&order).await.unwrap();
        assert!(matches!(refund, Fact::Refund { amount: back, .. } if back == amount), "{refund:?}");
    }
    let odd = charge(&stripe, PaymentMethod::CheckoutSession, money(5123, "KWD")).await;
    refused(
        stripe.create_session(&odd).await,
        Code::PaymentRefused,
        "invalid_charge_amount_no_decimal_compatible",
    );
}
