//! Faults that the tests inject into the Stripe double.

use crate::support::{Fault, StripeApp};

pub const SESSIONS: &str = "POST /v1/checkout/sessions";

pub const REFUNDS: &str = "POST /v1/refunds";

/// Every try of one call fails, and the first of them so.
pub fn fail_next_calls(app: &StripeApp, call: &str, fault: Fault) {
    app.stripe.fail(call, 1, fault);
    // An answer that was read, and is none, is not asked for again.
    if !matches!(fault, Fault::Garbage | Fault::Forbidden) {
        app.stripe.fail(call, 2, Fault::Status(503));
    }
}
