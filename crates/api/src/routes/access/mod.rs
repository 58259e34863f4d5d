//! Enrolling, and who may see a course, and why.

mod dto;
mod handlers;

pub(super) use dto::{EnrollmentQuery, Unlock};
pub(super) use handlers::configure;
