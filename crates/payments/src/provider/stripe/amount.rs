//! Amounts: ours are in the minor units of ISO 4217, Stripe's in units of its own for a few currencies.
//!
//! | currency | ISO 4217 | Stripe | here |
//! |---|---|---|---|
//! | ISK, UGX | none | hundredths, for compatibility; always whole | × 100 |
//! | MGA | hundredths | none | ÷ 100, where it is whole |
//! | BHD, JOD, KWD, OMR, TND | thousandths | thousandths, the last digit 0 | as it is; Stripe refuses others |
//! | HUF, TWD | hundredths | hundredths; only payouts are whole | as it is |
//! | all others | | the same | as it is |

use kernel::{Code, Error, Money, Result};

/// An amount in Stripe's units.
///
/// # Errors
/// [`Code::PaymentRefused`] where Stripe knows no such amount.
pub(super) fn to_stripe(money: Money) -> Result<i64> {
    let refused = || Error::new(Code::PaymentRefused).detail("Stripe cannot take such an amount.");
    match money.currency.as_str() {
        "ISK" | "UGX" => money.amount.checked_mul(100).ok_or_else(refused),
        "MGA" if money.amount % 100 == 0 => Ok(money.amount / 100),
        "MGA" => Err(refused()),
        _ => Ok(money.amount),
    }
}

/// An amount of Stripe's in our units, and the currency in upper case.
pub(super) fn from_stripe(amount: i64, currency: &str) -> (i64, String) {
    let currency = currency.to_ascii_uppercase();
    let amount = match currency.as_str() {
        "ISK" | "UGX" => amount / 100,
        "MGA" => amount.saturating_mul(100),
        _ => amount,
    };
    (amount, currency)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_come_back_as_they_went() {
        for (currency, ours, theirs) in [
            ("USD", 4900, 4900),
            ("JPY", 500, 500),
            ("ISK", 5, 500),
            ("UGX", 7, 700),
            ("MGA", 1200, 12),
            ("KWD", 5120, 5120),
            ("HUF", 1045, 1045),
            ("TWD", 80_045, 80_045),
        ] {
            let money = Money { amount: ours, currency: currency.parse().unwrap() };
            assert_eq!(to_stripe(money).unwrap(), theirs, "{currency}");
            let back = from_stripe(theirs, &currency.to_ascii_lowercase());
            assert_eq!(back, (ours, currency.to_owned()));
        }
    }

    #[test]
    fn what_stripe_cannot_say_is_refused() {
        for (currency, amount) in [("MGA", 1250), ("ISK", i64::MAX)] {
            let currency = currency.parse().unwrap();
            let refused = to_stripe(Money { amount, currency }).unwrap_err();
            assert_eq!(refused.code(), Code::PaymentRefused);
        }
    }
}
