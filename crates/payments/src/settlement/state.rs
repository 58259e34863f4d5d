//! The state of a payment, and of the access bought with it: a pure function of what is known.
//!
//! What is known only grows, in whatever order. So every delivery of the same facts ends in the same state.

use enrollment::PurchaseState as Access;
use entity::enums::{DisputeStatus, PaymentStatus, RefundStatus};

/// A refund, as far as the state depends on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RefundFacts {
    pub(crate) status: RefundStatus,
    pub(crate) amount: i64,
    /// Whether the access ends with this refund, even where it is a part of the money.
    pub(crate) ends_access: bool,
}

/// What is known about a payment.
#[derive(Clone, Debug, Default)]
pub(crate) struct PaymentFacts {
    /// What was to be paid, in minor units.
    pub(crate) amount: i64,
    /// Whether the money has arrived.
    pub(crate) is_captured: bool,
    /// Whether the payment is not waited for any more.
    pub(crate) is_closed: bool,
    pub(crate) refunds: Vec<RefundFacts>,
    pub(crate) disputes: Vec<DisputeStatus>,
}

/// What follows from the facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PaymentState {
    pub(crate) status: PaymentStatus,
    /// `None` where nothing was bought.
    pub(crate) access: Option<Access>,
    /// The sum of the refunds that succeeded. Together with `refunding_amount` never more than what was paid.
    pub(crate) refunded_amount: i64,
    /// The sum of the refunds that are pending.
    pub(crate) refunding_amount: i64,
}

impl PaymentFacts {
    pub(crate) fn state(&self) -> PaymentState {
        let refunded_amount = self.sum(RefundStatus::Succeeded).min(self.amount);
        let refunding_amount = self.sum(RefundStatus::Pending).min(self.amount - refunded_amount);
        let is_refunded =
            refunded_amount == self.amount && self.with_status(RefundStatus::Succeeded).count() > 0;
        let status = match (self.is_captured, self.is_closed) {
            (true, _) if is_refunded => PaymentStatus::Refunded,
            (true, _) => PaymentStatus::Completed,
            (false, true) => PaymentStatus::Failed,
            (false, false) => PaymentStatus::Pending,
        };
        PaymentState {
            status,
            access: self.is_captured.then(|| self.access(is_refunded)),
            refunded_amount,
            refunding_amount,
        }
    }

    fn access(&self, is_refunded: bool) -> Access {
        let mut succeeded = self.with_status(RefundStatus::Succeeded);
        if is_refunded || succeeded.any(|refund| refund.ends_access) {
            Access::Refunded
        } else if self.disputes.contains(&DisputeStatus::Lost) {
            Access::Ended
        } else if self.disputes.contains(&DisputeStatus::Open) {
            Access::Suspended
        } else {
            Access::Active
        }
    }

    fn with_status(&self, status: RefundStatus) -> impl Iterator<Item = &RefundFacts> {
        self.refunds.iter().filter(move |refund| refund.status == status)
    }

    fn sum(&self, status: RefundStatus) -> i64 {
        self.with_status(status).fold(0, |sum, refund| sum.saturating_add(refund.amount))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refund(status: RefundStatus, amount: i64, ends_access: bool) -> RefundFacts {
        RefundFacts { status, amount, ends_access }
    }

    /// The state of a payment of 4900 that was captured.
    fn paid(refunds: &[RefundFacts], disputes: &[DisputeStatus]) -> PaymentState {
        PaymentFacts {
            amount: 4900,
            is_captured: true,
            is_closed: true,
            refunds: refunds.to_vec(),
            disputes: disputes.to_vec(),
        }
        .state()
    }

    #[test]
    fn a_captured_payment_never_fails() {
        let closed = PaymentFacts { is_closed: true, ..PaymentFacts::default() };
        assert_eq!(closed.state().status, PaymentStatus::Failed);
        assert_eq!(closed.state().access, None);
        assert_eq!(paid(&[], &[]).status, PaymentStatus::Completed);
        assert_eq!(paid(&[], &[]).access, Some(Access::Active));
    }

    #[test]
    fn a_part_of_the_money_leaves_the_access() {
        use RefundStatus::{Failed, Pending, Succeeded};
        let state = paid(
            &[refund(Succeeded, 900, false), refund(Failed, 4000, true), refund(Pending, 5000, true)],
            &[],
        );
        assert_eq!(state.status, PaymentStatus::Completed);
        assert_eq!(state.access, Some(Access::Active));
        assert_eq!((state.refunded_amount, state.refunding_amount), (900, 4000));
    }

    #[test]
    fn the_access_ends_with_all_of_the_money_or_where_a_refund_says_so() {
        use RefundStatus::Succeeded;
        let part = paid(&[refund(Succeeded, 900, true)], &[]);
        assert_eq!(part.access, Some(Access::Refunded));
        let all = paid(&[refund(Succeeded, 900, false), refund(Succeeded, 4000, false)], &[]);
        assert_eq!(all.status, PaymentStatus::Refunded);
        assert_eq!(all.access, Some(Access::Refunded));
    }

    #[test]
    fn no_more_is_refunded_than_was_paid() {
        let too_much =
            [refund(RefundStatus::Succeeded, i64::MAX, false), refund(RefundStatus::Succeeded, 1, false)];
        assert_eq!(paid(&too_much, &[]).refunded_amount, 4900);
    }

    #[test]
    fn a_dispute_suspends_until_it_is_decided() {
        use DisputeStatus::{Lost, Open, Won};
        assert_eq!(paid(&[], &[Open]).access, Some(Access::Suspended));
        assert_eq!(paid(&[], &[Won]).access, Some(Access::Active));
        assert_eq!(paid(&[], &[Won, Open, Lost]).access, Some(Access::Ended));
        let all = refund(RefundStatus::Succeeded, 4900, false);
        assert_eq!(paid(&[all], &[Open]).access, Some(Access::Refunded));
    }
}
