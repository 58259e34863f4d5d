//! A checkout: what a buyer asks for, and what they get to pay with.

use entity::enums::PaymentMethod;
use kernel::CourseId;
use serde::{Deserialize, Serialize};

use crate::{payment::Payment, provider::PaymentSession};

/// What a buyer asks for.
#[derive(Clone, Debug)]
pub struct CheckoutRequest {
    /// The course to buy.
    pub course_id: CourseId,
    /// The code of a coupon.
    pub coupon_code: Option<String>,
    /// How the buyer wants to pay.
    pub method: PaymentMethod,
    /// Where the provider's page sends a buyer who has paid; `{paymentId}` in it is replaced. A checkout that continues keeps the
    /// addresses it began with.
    pub success_url: String,
    /// Where the provider's page sends a buyer who has not paid.
    pub cancel_url: String,
}

/// A checkout that has begun, or is complete already where there was nothing to pay.
#[derive(Clone, Debug)]
pub struct Checkout {
    /// The payment.
    pub payment: Payment,
    /// Where and how the buyer pays; `None` where there is nothing to pay.
    pub session: Option<PaymentSession>,
}

/// Where the provider's page sends the buyer afterwards.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ReturnUrls {
    pub(super) success_url: String,
    pub(super) cancel_url: String,
}

/// What is kept with a payment, sealed: the addresses that its first request named and, as soon as the provider has created a
/// session, how the buyer pays. So every request asks the provider for the same, and of many at once, or after a lost answer, there
/// is one session.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Handover {
    Ready {
        session: PaymentSession,
        /// For another session, where the provider does not know this one any more.
        urls: ReturnUrls,
    },
    Requested(ReturnUrls),
    /// Kept by versions that forgot the addresses with the session.
    ReadyWithoutUrls(PaymentSession),
}

impl Handover {
    pub(super) fn session(&self) -> Option<&PaymentSession> {
        match self {
            Self::Ready { session, .. } | Self::ReadyWithoutUrls(session) => Some(session),
            Self::Requested(_) => None,
        }
    }

    pub(super) fn into_urls(self) -> Option<ReturnUrls> {
        match self {
            Self::Ready { urls, .. } | Self::Requested(urls) => Some(urls),
            Self::ReadyWithoutUrls(_) => None,
        }
    }

    pub(super) fn urls(&self) -> Option<&ReturnUrls> {
        match self {
            Self::Ready { urls, .. } | Self::Requested(urls) => Some(urls),
            Self::ReadyWithoutUrls(_) => None,
        }
    }
}
