//! What can be charged at all: the limits of payment providers, by currency.
//!
//! They are those that Stripe documents (<https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts>); the same hold
//! in the sandbox, so that nothing is sold in a trial that could not be sold afterwards. Amounts are in the minor units of ISO 4217.
//! HUF and TWD have whole amounts in payouts alone, and are charged with their decimals.

use crate::{Currency, FieldError, Money};

/// Currencies of ISO 4217 in which Stripe charges nobody.
const NOT_CHARGED: &str = "BTN CUP ERN IQD IRR KPW LYD SDG SSP SYP TMT VED VES ZWG";

/// The greatest amount in Stripe's own units.
const MAX_AMOUNT: i64 = 99_999_999;

impl Currency {
    /// The smallest amount that can be charged. Where none is documented, the provider converts and decides itself.
    #[must_use]
    pub fn min_charge(self) -> Money {
        let amount = match self.as_str() {
            "USD" | "ARS" | "AUD" | "BRL" | "CAD" | "CHF" | "COP" | "EUR" | "IDR" | "ILS" | "INR" | "JPY"
            | "KRW" | "NZD" | "PHP" | "RUB" | "SGD" | "ZAR" => 50,
            "GBP" => 30,
            "BGN" => 100,
            "AED" | "MYR" | "PLN" | "RON" => 200,
            "DKK" => 250,
            "NOK" | "SEK" => 300,
            "HKD" => 400,
            "MXN" | "THB" => 1000,
            "CZK" => 1500,
            "HUF" => 17_500,
            _ => self.charge_step(),
        };
        Money { amount, currency: self }
    }

    /// The greatest amount that can be charged.
    #[must_use]
    pub fn max_charge(self) -> Money {
        let amount = match self.as_str() {
            // Stripe counts hundredths of them.
            "ISK" | "UGX" => MAX_AMOUNT / 100,
            // Stripe counts whole ones.
            "MGA" => MAX_AMOUNT * 100,
            _ => MAX_AMOUNT - MAX_AMOUNT % self.charge_step(),
        };
        Money { amount, currency: self }
    }

    /// The smallest difference between two amounts that can be charged: card networks know no last digit of thousandths, and no
    /// hundredths of an ariary.
    #[must_use]
    pub fn charge_step(self) -> i64 {
        match self.as_str() {
            "BHD" | "JOD" | "KWD" | "OMR" | "TND" => 10,
            "MGA" => 100,
            _ => 1,
        }
    }

    fn is_charged(self) -> bool {
        !NOT_CHARGED.split_ascii_whitespace().any(|code| code == self.as_str())
    }
}

impl Money {
    /// Why a provider would not charge this amount, told at `pointer`; `None` where it would, or there is nothing to charge.
    #[must_use]
    pub fn charge_refusal(self, pointer: &str) -> Option<FieldError> {
        let (minimum, maximum) = (self.currency.min_charge(), self.currency.max_charge());
        let at_amount =
            |code, detail: String| Some(FieldError::new(format!("{pointer}/amount"), code, detail));
        if self.amount == 0 {
            None
        } else if !self.currency.is_charged() {
            let detail = format!("Payments in {} cannot be taken.", self.currency);
            Some(FieldError::new(format!("{pointer}/currency"), "unsupported_currency", detail))
        } else if self.amount < minimum.amount {
            at_amount(
                "below_minimum",
                format!("The least that can be charged is {minimum} ({}).", minimum.amount),
            )
        } else if self.amount > maximum.amount {
            at_amount(
                "above_maximum",
                format!("The most that can be charged is {maximum} ({}).", maximum.amount),
            )
        } else {
            self.step_refusal(pointer)
        }
    }

    /// Why no amount with these decimals can be charged or given back, told at `pointer`.
    #[must_use]
    pub fn step_refusal(self, pointer: &str) -> Option<FieldError> {
        let step = self.currency.charge_step();
        (self.amount % step != 0).then(|| {
            let detail = format!("Amounts in {} have to be multiples of {step}.", self.currency);
            FieldError::new(format!("{pointer}/amount"), "too_many_decimals", detail)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(amount: i64, currency: &str) -> Option<String> {
        let money = Money { amount, currency: currency.parse().unwrap() };
        money.charge_refusal("/price").map(|reason| format!("{} {}", reason.pointer, reason.code))
    }

    #[test]
    fn the_edges_of_what_can_be_charged() {
        for (currency, amount) in [
            ("USD", 50),
            ("GBP", 30),
            ("HUF", 17_500),
            ("HUF", 17_545),
            ("TWD", 45),
            ("JPY", 50),
            ("KWD", 10),
            ("KWD", 99_999_990),
            ("MGA", 100),
            ("ISK", 999_999),
            ("UGX", 1),
            ("USD", 99_999_999),
            ("CUP", 0),
        ] {
            assert_eq!(refusal(amount, currency), None, "{amount} {currency}");
        }
        for (currency, amount, reason) in [
            ("USD", 49, "/price/amount below_minimum"),
            ("GBP", 29, "/price/amount below_minimum"),
            ("HUF", 17_499, "/price/amount below_minimum"),
            ("JPY", 49, "/price/amount below_minimum"),
            ("KWD", 5, "/price/amount below_minimum"),
            ("KWD", 5124, "/price/amount too_many_decimals"),
            ("MGA", 1250, "/price/amount too_many_decimals"),
            ("ISK", 1_000_000, "/price/amount above_maximum"),
            ("USD", 100_000_000, "/price/amount above_maximum"),
            ("CUP", 4900, "/price/currency unsupported_currency"),
        ] {
            assert_eq!(refusal(amount, currency).as_deref(), Some(reason), "{amount} {currency}");
        }
    }

    #[test]
    fn a_refusal_names_the_minimum() {
        let money = Money { amount: 100, currency: "CZK".parse().unwrap() };
        let reason = money.charge_refusal("/price").unwrap();
        assert_eq!(reason.detail, "The least that can be charged is 15.00 CZK (1500).");
    }
}
