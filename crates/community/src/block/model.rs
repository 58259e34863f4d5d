//! Blocks.

use entity::blocks;
use identity::Person;
use kernel::Timestamp;
use sea_orm::DerivePartialModel;

/// A person whom the caller has blocked.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "blocks::Entity")]
pub struct Block {
    /// Who is blocked.
    #[sea_orm(nested)]
    pub person: Person,
    /// When the caller blocked the person.
    pub created_at: Timestamp,
}
