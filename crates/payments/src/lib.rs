#![doc = include_str!("../README.md")]

mod provider;
mod stripe;

pub use provider::{
    Charge, DisputeStatus, Event, Fact, Method, Provider, ProviderName, Reference, RefundOrder, RefundStatus,
    Started, Told,
};
pub use stripe::{Stripe, StripeSettings};
