//! Payments: checkouts, what was paid and given back, sales, coupons, and the sandbox.

mod checkout;
mod coupons;
mod dto;
mod handlers;
mod sales;
mod sandbox;

use crate::http::routing::Operations;

pub(super) fn configure(config: &mut impl Operations) {
    config
        .configure(checkout::configure)
        .configure(handlers::configure)
        .configure(sales::configure)
        .configure(coupons::configure)
        .configure(sandbox::configure);
}
