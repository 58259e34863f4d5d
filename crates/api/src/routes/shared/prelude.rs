//! What the DTOs of nearly every noun are made of: `use crate::routes::shared::prelude::*;`.

pub(in crate::routes) use chrono::{DateTime, Utc};
pub(in crate::routes) use dto::Dto;
pub(in crate::routes) use serde::{Deserialize, Serialize};
pub(in crate::routes) use utoipa::{IntoParams, ToSchema};
pub(in crate::routes) use validator::{Validate, ValidationError};

pub(in crate::routes) use super::{
    HttpsUrl, Minutes, Money, Person, RichText, Summary, TextWarning, Title, bounded, page, schema, warned,
};
pub(in crate::routes) use crate::http::extract::{Filter, broken, merge};
