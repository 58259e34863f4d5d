#![doc = include_str!("../README.md")]

mod checkout;
mod coupon;
mod outbox;
mod payment;
mod payments;
mod provider;
mod quote;
mod receipt;
mod refund;
mod sales;
mod sandbox;
mod settle;
mod standing;
mod store;
mod stripe;

pub use checkout::{Checkout, CheckoutRequest, SandboxAct};
pub use coupon::{
    Coupon, CouponChange, Discount, NewCoupon, Scope, change_coupon, coupon, create_coupon, delete_coupon,
    list_coupons,
};
pub use payment::{
    Customer, Dispute, Payment, PaymentDetail, PaymentStatus, Purchase, Refund, list_customers,
    list_payments, list_purchases, payment,
};
pub use payments::{Payments, note_event};
pub use provider::{
    Charge, DisputeStatus, Event, Fact, Method, Provider, ProviderName, Reference, RefundOrder, RefundStatus,
    Started, Told,
};
pub use quote::{Quote, quote};
pub use receipt::{Receipt, receipt};
pub use refund::{NewRefund, create_refund};
pub use sales::{Of, Sale, Takings, list_sales, takings};
pub use sandbox::Sandbox;
pub use stripe::{Stripe, StripeSettings};
