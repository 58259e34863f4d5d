//! What the handlers of nearly every noun take and give: `use crate::http::prelude::*;`.

pub(crate) use actix_web::web::Data;

pub(crate) use super::{
    extract::{
        Admin, Caller, Idempotency, IfMatch, Json, List, Member, PageQuery, Path, Prose, Query, Trainer,
    },
    problem::Problem,
    reply::{Answer, Nothing, Reply},
    routing::{Operations, operations},
};
pub(crate) use crate::state::State;
