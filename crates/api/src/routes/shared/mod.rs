//! What the documents of several nouns share: money, pages, texts with bounds, states.

mod enums;
mod money;
mod page;
mod person;
pub(in crate::routes) mod prelude;
mod text;

use std::collections::BTreeMap;

pub(in crate::routes) use enums::schema;
pub(in crate::routes) use money::Money;
pub(in crate::routes) use page::{PageQuery, default_limit, page};
pub(in crate::routes) use person::Person;
pub(in crate::routes) use text::{Email, HttpsUrl, Minutes, NewPassword, RichText, Summary, Title, bounded};

/// Network to address, such as `{"instagram": "https://instagram.com/…"}`.
pub type Links = BTreeMap<String, String>;

/// Links as they stand in the database.
pub(in crate::routes) fn links(stored: &serde_json::Value) -> Links {
    serde_json::from_value(stored.clone()).unwrap_or_default()
}
