//! All SQL of this crate, one file a noun.

pub(crate) mod block;
pub(crate) mod contact;
pub(crate) mod conversation;
pub(crate) mod live;
pub(crate) mod message;
