//! Money in requests and answers.

use kernel::{Error, FieldError, Result};
use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;

/// An amount of money.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Money {
    /// Minor units: cents for USD, yen for JPY.
    #[schema(minimum = 0, maximum = 100_000_000, example = 4900)]
    pub amount: i64,
    /// An ISO 4217 code.
    #[schema(value_type = String, pattern = "^[A-Z]{3}$", example = "USD")]
    pub currency: CurrencyCode,
}

/// Three letters; whether they are a currency is decided when they become one.
#[derive(Clone, Copy, Debug)]
pub struct CurrencyCode([u8; 3]);

impl Serialize for CurrencyCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(std::str::from_utf8(&self.0).unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for CurrencyCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = text.as_bytes().try_into().map_err(|_| serde::de::Error::custom("three letters"))?;
        Ok(Self(bytes))
    }
}

impl Money {
    /// The kernel's money, if the currency exists.
    ///
    /// # Errors
    /// [`kernel::Code::ValidationFailed`] at `pointer`.
    pub fn into_kernel(self, pointer: &str) -> Result<kernel::Money> {
        let code = std::str::from_utf8(&self.currency.0).unwrap_or_default();
        let currency = code.parse().map_err(|()| {
            let reason =
                FieldError::new(format!("{pointer}/currency"), "unknown_currency", "No ISO 4217 currency.");
            Error::invalid(vec![reason])
        })?;
        Ok(kernel::Money { amount: self.amount, currency })
    }
}

/// The code of ISO 4217 for where there is none: an X for each letter.
const NO_CURRENCY: [u8; 3] = [b'X'; 3];

impl Money {
    /// An amount as it stands in the database.
    #[must_use]
    pub fn stored(amount: i64, currency: &str) -> Self {
        let code = currency.as_bytes().try_into().unwrap_or(NO_CURRENCY);
        Self { amount, currency: CurrencyCode(code) }
    }
}

impl From<kernel::Money> for Money {
    fn from(money: kernel::Money) -> Self {
        let kernel::Money { amount, currency } = money;
        let mut code = *b"USD";
        code.copy_from_slice(currency.as_str().as_bytes());
        Self { amount, currency: CurrencyCode(code) }
    }
}
