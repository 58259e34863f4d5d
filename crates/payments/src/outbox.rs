//! The messages of the outbox that are about money.

/// A provider told something of a payment: carries a [`crate::Told`] and the provider.
pub(crate) const TOLD: &str = "payment.told";
/// A payment is waited for no more: its provider should not take the money.
pub(crate) const STOP: &str = "payment.stop";
/// A refund has to be made.
pub(crate) const REFUND: &str = "payment.refund";
