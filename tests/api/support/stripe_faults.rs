//! Faults that the tests inject into the Stripe double.

use crate::support::{Fault, StripeApp};

pub const SESSIONS: &str = "POST /v1/checkout/sessions";

pub const REFUNDS: &str = "POST /v1/refunds";

/// Makes all attempts of the next call fail, the first with this fault.
pub fn fail_next_calls(app: &StripeApp, call: &str, fault: Fault) {
    app.stripe.fail(call, 1, fault);
    // A malformed response and a refusal are not retried.
    if !matches!(fault, Fault::Garbage | Fault::Forbidden) {
        app.stripe.fail(call, 2, Fault::Status(503));
    }
}
