//! All SQL of this crate, one file a noun.

pub(crate) mod announcement;
pub(crate) mod moderation;
pub(crate) mod notification;
pub(crate) mod preference;
pub(crate) mod report;
