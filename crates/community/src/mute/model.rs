//! Mutes.

use entity::mutes;
use identity::Person;
use kernel::{CourseId, MuteId, Timestamp, UserId};
use sea_orm::{DerivePartialModel, EntityTrait};

/// A mute: somebody who may not write in a course, or anywhere.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "mutes::Entity", into_active_model)]
pub struct Mute {
    /// The mute's id.
    pub id: MuteId,
    /// Who is muted.
    pub user_id: UserId,
    /// The course; `None` for everywhere.
    pub course_id: Option<CourseId>,
    /// The moderator's reason.
    pub reason: Option<String>,
    /// When the mute ends; `None` for a mute without end.
    pub ends_at: Option<Timestamp>,
    /// Who imposed the mute; `None` where that was the system.
    pub imposed_by: Option<UserId>,
    /// When the mute was imposed.
    pub created_at: Timestamp,
}

/// A mute with the person whom it is about, for moderators.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "mutes::Entity")]
pub struct MutedPerson {
    /// The mute's id.
    pub id: MuteId,
    /// Who is muted.
    #[sea_orm(nested)]
    pub user: Person,
    /// The course; `None` for everywhere.
    pub course_id: Option<CourseId>,
    /// The moderator's reason.
    pub reason: Option<String>,
    /// When the mute ends; `None` for a mute without end.
    pub ends_at: Option<Timestamp>,
    /// Who imposed the mute; `None` where that was the system.
    pub imposed_by: Option<UserId>,
    /// When the mute was imposed.
    pub created_at: Timestamp,
}

/// Which mutes a list shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct MuteFilter {
    /// Only mutes of this course.
    pub course_id: Option<CourseId>,
    /// Only mutes of this account.
    pub user_id: Option<UserId>,
}
