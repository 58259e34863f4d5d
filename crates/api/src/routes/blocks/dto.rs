//! Blocks in answers.

use chrono::{DateTime, Utc};
use dto::Dto;
use serde::Serialize;
use utoipa::ToSchema;

use crate::routes::shared::{Person, page};

/// A block of a person by the caller.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = community::block::Block, used(person))]
pub(super) struct Block {
    /// Who is blocked.
    #[dto(with = person.into())]
    user: Person,
    /// When the caller blocked the person.
    created_at: DateTime<Utc>,
}

page! {
    /// A page of blocks.
    BlockPage of Block
}
