#![doc = include_str!("../README.md")]

mod checkout;
mod coupon;
mod customer;
mod dispute;
pub mod mail;
mod message;
mod offer;
mod payment;
mod provider;
mod purchase;
mod quote;
mod receipt;
mod redemption;
mod refund;
mod review;
mod sales;
mod service;
mod settlement;
mod simulation;
mod worker;

pub use checkout::{Checkout, CheckoutRequest};
pub use coupon::{
    Coupon, CouponChange, Discount, NewCoupon, change_coupon, coupon, create_coupon, delete_coupon,
    list_coupons,
};
pub use customer::{Customer, list_customers};
pub use dispute::Dispute;
pub use entity::enums::{
    CouponScope, DisputeStatus, PaymentMethod, PaymentStatus, ProviderName, RefundReason, RefundStatus,
};
pub use message::MONEY_RETURNED;
pub use payment::{Payment, PaymentDetail, list_payments, payment};
pub use provider::{
    Charge, Fact, PaymentSession, Provider, ProviderReference, ProviderUpdate, RefundRequest, Sandbox,
    Stripe, StripeSettings, WebhookEvent,
};
pub use purchase::{Purchase, list_purchases};
pub use quote::{Quote, quote};
pub use receipt::{Receipt, receipt};
pub use refund::{NewRefund, Refund, create_refund};
pub use review::review_checkouts;
pub use sales::{Revenue, Sale, SalesScope, list_sales, revenue};
pub use service::{Payments, record_event};
pub use simulation::{SimulatedAction, simulate};
