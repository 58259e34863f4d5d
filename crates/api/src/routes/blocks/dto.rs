//! Blocks in answers.

use crate::routes::shared::prelude::*;

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
