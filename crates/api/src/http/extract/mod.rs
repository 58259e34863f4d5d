//! What a handler takes: everything is read, bounded and refused here, so that handlers only see good values.

mod auth;
mod conditions;
mod idempotency;
mod json;
mod list;
mod members;
mod path;
mod query;
mod raw;
mod rules;
mod schema;

use actix_web::{HttpRequest, web::Data};

pub use auth::{Admin, Caller, Member, RateState, Trainer, address_of, client_of};
pub use conditions::IfMatch;
pub(crate) use conditions::none_match;
pub use idempotency::{Idempotency, MoneyKey, Outcome};
pub use json::{Document, Json, Judged, Large, MAX_REASONS_OF_DOCUMENT, Prose, merge};
pub use list::{Filter, List, PageQuery};
pub use path::Path;
pub use query::Query;
pub use raw::Raw;
pub use rules::broken;
pub use schema::Schemas;

use crate::{http::problem::Problem, state::State};

/// The application's state; every application of ours has it.
pub(crate) fn state(request: &HttpRequest) -> Result<Data<State>, Problem> {
    request.app_data::<Data<State>>().cloned().ok_or_else(|| kernel::Error::internal("no state").into())
}
