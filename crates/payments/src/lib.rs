#![doc = include_str!("../README.md")]

mod provider;

pub use provider::{
    Charge, DisputeStatus, Event, Fact, Method, Provider, ProviderName, Reference, RefundOrder, RefundStatus,
    Started, Told,
};
