//! What every room of the house speaks: the time and the ids, the caller, money, pages and errors.
//!
//! The kernel knows no HTTP and no SQL driver. Whatever is not deterministic (the clock, the random numbers)
//! enters through [`Ambient`], so that a test can stand at any instant.

mod actor;
mod ambient;
mod error;
mod keyring;
pub mod mail;
mod money;
mod page;
mod text;

pub use actor::{Actor, Role};
pub use ambient::{Ambient, Clock, SystemClock, Timestamp};
pub use error::{Code, Error, FieldError, Result};
pub use keyring::{Keyring, from_base64url, hash_token, hex, to_base64url};
pub use money::{Currency, Money};
pub use page::{Cursor, Limit, Page};
pub use text::{legible, one_line};
pub use uuid::Uuid;
