//! Why an offer that a checkout froze does not stand any more.

use kernel::{Code, Error};

/// Why what a checkout froze is not sold any more. Its code is kept with the payment, so a code never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Withdrawal {
    /// The course is not published any more, is archived, or its author is suspended.
    CourseUnavailable,
    /// There is nothing to pay any more.
    CourseFree,
    /// The price, the discount or the currency is another one.
    PriceChanged,
    /// The coupon is switched off, or not for this course any more.
    CouponWithdrawn,
    /// The coupon's time is over.
    CouponExpired,
    /// The checkout's slot was released, and somebody else took the last one.
    CouponExhausted,
    /// The buyer has the course for good in another way.
    AlreadyEnrolled,
    /// The buyer has bought the course by another payment.
    AlreadyPurchased,
    /// The buyer's account is suspended.
    AccountSuspended,
}

impl Withdrawal {
    /// The code that clients see as the payment's `failureCode`.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::CourseUnavailable => "course_unavailable",
            Self::CourseFree => "course_free",
            Self::PriceChanged => "price_changed",
            Self::CouponWithdrawn => "coupon_withdrawn",
            Self::CouponExpired => "coupon_expired",
            Self::CouponExhausted => "coupon_exhausted",
            Self::AlreadyEnrolled => "already_enrolled",
            Self::AlreadyPurchased => "already_purchased",
            Self::AccountSuspended => "account_suspended",
        }
    }

    /// The withdrawal of this code; `None` for the code of another failure.
    pub(crate) fn from_code(code: &str) -> Option<Self> {
        let all = [
            Self::CourseUnavailable,
            Self::CourseFree,
            Self::PriceChanged,
            Self::CouponWithdrawn,
            Self::CouponExpired,
            Self::CouponExhausted,
            Self::AlreadyEnrolled,
            Self::AlreadyPurchased,
            Self::AccountSuspended,
        ];
        all.into_iter().find(|withdrawal| withdrawal.code() == code)
    }

    /// What the buyer reads.
    pub(crate) fn sentence(self) -> &'static str {
        match self {
            Self::CourseUnavailable => "The course was taken off sale before your payment arrived.",
            Self::CourseFree => {
                "The course became free before your payment arrived: you can enrol without paying."
            }
            Self::PriceChanged => "The price changed before your payment arrived.",
            Self::CouponWithdrawn => "The coupon was withdrawn before your payment arrived.",
            Self::CouponExpired => "The coupon had expired before your payment arrived.",
            Self::CouponExhausted => "The coupon was used up before your payment arrived.",
            Self::AlreadyEnrolled => "You had the course already when your payment arrived.",
            Self::AlreadyPurchased => "You had bought the course already when your payment arrived.",
            Self::AccountSuspended => "Your account was suspended before your payment arrived.",
        }
    }

    /// The refusal of a checkout for this reason.
    pub(crate) fn refusal(self) -> Error {
        match self {
            Self::CourseUnavailable => Code::NotFound.into(),
            Self::CourseFree => Code::CourseFree.into(),
            Self::AlreadyEnrolled => Code::AlreadyEnrolled.into(),
            Self::AlreadyPurchased => Code::AlreadyPurchased.into(),
            Self::AccountSuspended => Code::Forbidden.into(),
            Self::PriceChanged | Self::CouponWithdrawn | Self::CouponExpired | Self::CouponExhausted => {
                Error::new(Code::CheckoutSuperseded).detail(self.sentence())
            }
        }
    }
}
