//! `/admin`.

mod users;
