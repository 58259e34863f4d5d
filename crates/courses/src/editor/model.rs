//! Who teaches a course.

use kernel::{Actor, Timestamp, UserId};
use sea_orm::{DeriveActiveEnum, EnumIter, FromQueryResult};
use serde::Serialize;

/// What somebody is to a course that they teach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, EnumIter, DeriveActiveEnum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TrainerRole {
    /// Its author.
    Owner,
    /// A trainer whom the owner lets edit it.
    Editor,
}

/// Somebody who teaches a course.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Trainer {
    /// The account's id.
    pub id: UserId,
    /// The username, which no other account has.
    pub username: Option<String>,
    /// The name to show.
    pub name: Option<String>,
    /// The address of a picture.
    pub avatar_url: Option<String>,
    /// Whether they own the course or edit it.
    pub role: TrainerRole,
    /// When they became its owner or editor.
    pub since: Timestamp,
}

/// Whether somebody may edit a course: its author or an editor, who have to be trainers now, or an admin.
pub(crate) fn can_edit(actor: Actor, author_id: UserId, is_editor: bool) -> bool {
    actor.manages(author_id) || (actor.is_trainer() && is_editor)
}
