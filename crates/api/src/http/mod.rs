//! HTTP: what surrounds the routes. [`middleware`] is the way in and out of every request, [`extract`] hands handlers checked
//! values, [`reply`] and [`problem`] are their answers, [`routing`] finds the operation, [`mod@openapi`] is the document.

mod compression;
pub(crate) mod connections;
pub(crate) mod docs;
pub(crate) mod event_stream;
pub(crate) mod examples;
pub(crate) mod extract;
pub(crate) mod middleware;
pub mod openapi;
pub(crate) mod origins;
pub(crate) mod prelude;
pub(crate) mod problem;
pub(crate) mod rate_limits;
pub(crate) mod reply;
pub(crate) mod response_cache;
pub(crate) mod routing;
