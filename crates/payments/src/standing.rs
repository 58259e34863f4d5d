//! How a payment stands, and the access bought with it: a pure function of what is known. Since what is known only grows,
//! and in whatever order, so does every delivery of the same facts end alike.

use crate::{DisputeStatus, PaymentStatus, RefundStatus};
use enrollment::PurchaseState as Access;

/// What is known of a payment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// What was to be paid, in minor units.
    pub(crate) amount: i64,
    /// The money came.
    pub(crate) captured: bool,
    /// It will not come any more.
    pub(crate) over: bool,
    /// Refunds: how far, how much, and whether the course goes with the money.
    pub(crate) refunds: Vec<(RefundStatus, i64, bool)>,
    /// Disputes.
    pub(crate) disputes: Vec<DisputeStatus>,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) status: PaymentStatus,
    /// `None` where nothing was bought.
    pub(crate) access: Option<Access>,
    /// Gone back, and on its way back: together never more than was paid.
    pub(crate) refunded: i64,
    pub(crate) refunding: i64,
}

impl Known {
    pub(crate) fn standing(&self) -> Standing {
        let sum = |wanted| {
            let of_these = self.refunds.iter().filter(|(status, ..)| *status == wanted);
            of_these.fold(0_i64, |sum, (_, amount, _)| sum.saturating_add(*amount))
        };
        let refunded = sum(RefundStatus::Succeeded).min(self.amount);
        let refunding = sum(RefundStatus::Pending).min(self.amount - refunded);
        let came_back = |(status, ..): &&(RefundStatus, i64, bool)| *status == RefundStatus::Succeeded;
        let in_full = refunded == self.amount && self.refunds.iter().any(|refund| came_back(&refund));
        let with_access = self
            .refunds
            .iter()
            .filter(came_back)
            .any(|(.., ends_access)| *ends_access);
        let status = match (self.captured, self.over) {
            (true, _) if in_full => PaymentStatus::Refunded,
            (true, _) => PaymentStatus::Completed,
            (false, true) => PaymentStatus::Failed,
            (false, false) => PaymentStatus::Pending,
        };
        let access = if in_full || with_access {
            Access::Refunded
        } else if self.disputes.contains(&DisputeStatus::Lost) {
            Access::Ended
        } else if self.disputes.contains(&DisputeStatus::Open) {
            Access::Suspended
        } else {
            Access::Active
        };
        Standing {
            status,
            access: self.captured.then_some(access),
            refunded,
            refunding,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paid(refunds: &[(RefundStatus, i64, bool)], disputes: &[DisputeStatus]) -> Standing {
        Known {
            amount: 4900,
            captured: true,
            over: true,
            refunds: refunds.to_vec(),
            disputes: disputes.to_vec(),
        }
        .standing()
    }

    #[test]
    fn money_that_came_is_never_a_failure() {
        let over = Known {
            over: true,
            ..Known::default()
        };
        assert_eq!(
            (over.standing().status, over.standing().access),
            (PaymentStatus::Failed, None)
        );
        assert_eq!(paid(&[], &[]).status, PaymentStatus::Completed);
        assert_eq!(paid(&[], &[]).access, Some(Access::Active));
    }

    #[test]
    fn access_goes_with_all_the_money_or_where_it_was_said_so() {
        use RefundStatus::{Failed, Pending, Succeeded};
        let part = paid(
            &[
                (Succeeded, 900, false),
                (Failed, 4000, true),
                (Pending, 5000, true),
            ],
            &[],
        );
        assert_eq!(
            (part.status, part.access),
            (PaymentStatus::Completed, Some(Access::Active))
        );
        assert_eq!((part.refunded, part.refunding), (900, 4000));
        assert_eq!(
            paid(&[(Succeeded, 900, true)], &[]).access,
            Some(Access::Refunded)
        );
        let all = paid(&[(Succeeded, 900, false), (Succeeded, 4000, false)], &[]);
        assert_eq!(
            (all.status, all.access),
            (PaymentStatus::Refunded, Some(Access::Refunded))
        );
        // More than was paid is a provider's mistake, and not ours to repeat.
        assert_eq!(
            paid(&[(Succeeded, i64::MAX, false), (Succeeded, 1, false)], &[]).refunded,
            4900
        );
    }

    #[test]
    fn a_dispute_suspends_until_it_is_decided() {
        use DisputeStatus::{Lost, Open, Won};
        assert_eq!(paid(&[], &[Open]).access, Some(Access::Suspended));
        assert_eq!(paid(&[], &[Won]).access, Some(Access::Active));
        assert_eq!(paid(&[], &[Won, Open, Lost]).access, Some(Access::Ended));
        assert_eq!(
            paid(&[(RefundStatus::Succeeded, 4900, false)], &[Open]).access,
            Some(Access::Refunded)
        );
    }
}
