//! What the documents of several nouns share: money, pages, texts with bounds, states.

mod enums;
mod money;
mod page;
mod person;
pub(in crate::routes) mod prelude;
mod text;
mod warning;

pub(in crate::routes) use enums::schema;
pub(in crate::routes) use money::Money;
pub(in crate::routes) use page::page;
pub(in crate::routes) use person::Person;
pub(in crate::routes) use text::{Email, HttpsUrl, Minutes, NewPassword, RichText, Summary, Title, bounded};
pub(in crate::routes) use warning::{TextWarning, warned};

/// Links to social media, such as `{"instagram": "https://instagram.com/…"}`.
pub type Links = serde_json::Map<String, serde_json::Value>;

/// Links as they stand in the database.
pub(in crate::routes) fn links(stored: &serde_json::Value) -> Links {
    stored.as_object().cloned().unwrap_or_default()
}
