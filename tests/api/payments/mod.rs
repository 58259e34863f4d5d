//! `/payments`: refunds, disputes, receipts.

mod disputes;
mod receipt;
mod refunds;
mod stripe_refunds;
