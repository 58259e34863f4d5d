//! `/checkout`: buying a course.

mod coupons;
mod free;
mod sandbox;
mod stripe;
mod stripe_failures;
