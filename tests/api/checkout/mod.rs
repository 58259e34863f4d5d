//! `/checkout`: buying a course.

mod amounts;
mod coupons;
mod free;
mod sandbox;
mod stripe;
mod stripe_failures;
mod stripe_forgets;
mod withdrawn;
mod withdrawn_at_stripe;
