//! What several areas take and give.

use std::collections::BTreeMap;

use kernel::{Cursor, Error, FieldError, Limit, Result};
use serde::{Deserialize, Serialize, Serializer};
use utoipa::{IntoParams, ToSchema};

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
        let bytes = text
            .as_bytes()
            .try_into()
            .map_err(|_| serde::de::Error::custom("three letters"))?;
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
            let reason = FieldError::new(
                format!("{pointer}/currency"),
                "unknown_currency",
                "No ISO 4217 currency.",
            );
            Error::invalid(vec![reason])
        })?;
        Ok(kernel::Money {
            amount: self.amount,
            currency,
        })
    }
}

/// The code of ISO 4217 for where there is none: an X for each letter.
const NO_CURRENCY: [u8; 3] = [b'X'; 3];

impl Money {
    /// An amount as it stands in the database.
    #[must_use]
    pub fn stored(amount: i64, currency: &str) -> Self {
        let code = currency.as_bytes().try_into().unwrap_or(NO_CURRENCY);
        Self {
            amount,
            currency: CurrencyCode(code),
        }
    }
}

impl From<kernel::Money> for Money {
    fn from(money: kernel::Money) -> Self {
        let kernel::Money { amount, currency } = money;
        let mut code = *b"USD";
        code.copy_from_slice(currency.as_str().as_bytes());
        Self {
            amount,
            currency: CurrencyCode(code),
        }
    }
}

/// How experienced somebody is, or has to be.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// Starting out.
    Beginner,
    /// Some months of practice.
    Intermediate,
    /// Years of practice.
    Advanced,
    /// Competing or teaching.
    Expert,
}

impl Level {
    /// The name in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Beginner => "BEGINNER",
            Self::Intermediate => "INTERMEDIATE",
            Self::Advanced => "ADVANCED",
            Self::Expert => "EXPERT",
        }
    }
}

/// Which page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// How many rows.
    #[serde(default = "twenty")]
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: u64,
    /// Where to go on: `nextCursor` of the page before.
    #[param(
        pattern = "^[A-Za-z0-9_-]{32}$",
        nullable = false,
        example = "AAY8Qm3Vn0ABmMDeAABwAIAAAAAAAAAB"
    )]
    pub cursor: Option<String>,
}

pub(super) fn twenty() -> u64 {
    20
}

impl PageQuery {
    /// The kernel's names for it.
    #[must_use]
    pub fn position(&self) -> (Option<Cursor>, Limit) {
        (
            self.cursor.as_deref().and_then(Cursor::decode),
            Limit::new(self.limit),
        )
    }
}

/// A page of one kind of row. No generic type: a client generator makes a good name of `CoursePage` only.
macro_rules! page {
    ($(#[$doc:meta])* $name:ident of $row:ty) => {
        $(#[$doc])*
        #[derive(serde::Serialize, utoipa::ToSchema)]
        #[serde(rename_all = "camelCase")]
        pub(super) struct $name {
            /// The rows.
            data: Vec<$row>,
            /// Whether there is a next page.
            has_more: bool,
            /// Where the next page begins; null on the last.
            #[schema(pattern = "^[A-Za-z0-9_-]{32}$", example = "AAY8Qm3Vn0ABmMDeAABwAIAAAAAAAAAB")]
            next_cursor: Option<String>,
        }

        impl<T: Into<$row>> From<kernel::Page<T>> for $name {
            fn from(page: kernel::Page<T>) -> Self {
                let kernel::Page { data, next } = page;
                Self {
                    data: data.into_iter().map(Into::into).collect(),
                    has_more: next.is_some(),
                    next_cursor: next.map(|cursor| cursor.encode()),
                }
            }
        }
    };
}
pub(super) use page;

/// Network to address, such as `{"instagram": "https://instagram.com/…"}`.
pub type Links = BTreeMap<String, String>;

/// Links as they stand in the database.
pub(super) fn links(stored: &serde_json::Value) -> Links {
    serde_json::from_value(stored.clone()).unwrap_or_default()
}
