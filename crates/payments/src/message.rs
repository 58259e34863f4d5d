//! The kinds of the outbox messages about payments.
//!
//! A kind is stored with its message, so its text never changes: messages that wait would be lost.

/// A provider has reported something about a payment. Carries a [`crate::ProviderUpdate`].
pub(crate) const PROVIDER_UPDATE: &str = "payment.told";
/// A payment was closed: the provider must not take its money any more. Carries `paymentId`.
pub(crate) const CANCEL_AT_PROVIDER: &str = "payment.stop";
/// A refund has to be made at the provider. Carries `refundId`.
pub(crate) const REFUND_AT_PROVIDER: &str = "payment.refund";
/// A payment was completed. Carries `paymentId`, `userId` and `courseId`.
pub(crate) const COMPLETED: &str = "payment.completed";
/// A purchase that had ended is there again. Carries `userId` and `courseId`.
pub(crate) const PURCHASE_RESTORED: &str = "payment.restored";
/// A payment bought nothing and goes back: its buyer reads why. Carries `refundId` and `userId`.
pub const MONEY_RETURNED: &str = "payment.returned";
/// A coupon, or a payment by itself, may end what open checkouts froze. Carries `couponId` or `paymentId`.
pub(crate) const REVIEW: &str = "payment.review";
