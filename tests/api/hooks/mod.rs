//! `/hooks`: webhooks of Mux and Stripe.

mod mux;
mod stripe;
mod stripe_signatures;
