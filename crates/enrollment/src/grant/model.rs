//! Grants of access, and their changes.

#![expect(
    clippy::needless_update,
    reason = "the derived conversion into an active model ends in `..Default::default()`, whatever columns it has"
)]

use chrono::DateTime;
use entity::enums::{GrantSource, GrantStatus};
use kernel::{CourseId, GrantEventId, GrantId, Timestamp, UserId};
use sea_orm::{DerivePartialModel, EntityTrait};
use serde::Deserialize;

/// A row of the ledger: why, from when and until when somebody may see a course.
#[derive(Clone, Debug, Deserialize, DerivePartialModel)]
#[sea_orm(entity = "entity::grants::Entity", into_active_model)]
pub struct Grant {
    /// The grant's id.
    pub id: GrantId,
    /// Who may see the course.
    pub user_id: UserId,
    /// The course.
    pub course_id: CourseId,
    /// What it follows from.
    pub source: GrantSource,
    /// Which one of its source it follows from: the payment's id for a purchase. With the source it is unique for each user and
    /// course.
    pub source_id: String,
    /// Its state, apart from its start and end.
    pub status: GrantStatus,
    /// When its access begins.
    pub starts_at: Timestamp,
    /// When its access ends; `None` is without end.
    pub ends_at: Option<Timestamp>,
    /// Why it has this status, in words; `None` where nobody said so.
    pub status_reason: Option<String>,
    /// When it got this status.
    pub status_changed_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Grant {
    /// Whether it gives access at this instant.
    #[must_use]
    pub fn is_active(&self, at: Timestamp) -> bool {
        self.status == GrantStatus::Active && self.starts_at <= at && self.ends_at.is_none_or(|end| end > at)
    }

    /// When it stopped giving access; `None` while it gives access, or will.
    #[must_use]
    pub fn ended_at(&self, at: Timestamp) -> Option<Timestamp> {
        if self.status == GrantStatus::Active {
            self.ends_at.filter(|end| *end <= at)
        } else {
            Some(self.status_changed_at)
        }
    }
}

/// A change of a grant: what it has been since then.
#[derive(Clone, Debug)]
pub struct GrantEvent {
    /// The event's id.
    pub id: GrantEventId,
    /// The grant's status from then on.
    pub status: GrantStatus,
    /// When its access begins.
    pub starts_at: Timestamp,
    /// When its access ends; `None` is without end.
    pub ends_at: Option<Timestamp>,
    /// Why it has this status, in words; `None` where nobody said so.
    pub reason: Option<String>,
    /// Who changed it; `None` is Palestra itself, such as after a notice of a payment provider.
    pub actor_id: Option<UserId>,
    /// When it was changed.
    pub created_at: Timestamp,
}

/// A grant and all its changes.
#[derive(Clone, Debug)]
pub struct GrantHistory {
    /// The grant, as the last of the events left it.
    pub grant: Grant,
    /// Its changes, oldest first.
    pub events: Vec<GrantEvent>,
}

impl GrantHistory {
    /// Applies the next change.
    pub(crate) fn apply(&mut self, event: GrantEvent) {
        if self.grant.status != event.status {
            self.grant.status = event.status;
            self.grant.status_changed_at = event.created_at;
        }
        self.grant.starts_at = event.starts_at;
        self.grant.ends_at = event.ends_at;
        self.grant.status_reason.clone_from(&event.reason);
        self.events.push(event);
    }
}

/// Who holds a grant, as everybody may see them.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "entity::users::Entity")]
pub struct Learner {
    /// The account's id.
    pub id: UserId,
    /// The unique name; `None` where they chose none.
    pub username: Option<String>,
    /// The name to show; `None` where they gave none.
    pub name: Option<String>,
    /// The address of their picture; `None` where they have none.
    pub avatar_url: Option<String>,
}

/// Which grants of a course are listed.
#[derive(Clone, Debug, Default)]
pub struct GrantFilter {
    /// Only this status.
    pub status: Option<GrantStatus>,
    /// Only this learner's.
    pub user_id: Option<UserId>,
    /// Only those that give access now, or only the others.
    pub is_active: Option<bool>,
}

/// A grant to be made.
#[derive(Clone, Debug)]
pub(crate) struct NewGrant<'a> {
    pub(crate) id: GrantId,
    pub(crate) user_id: UserId,
    pub(crate) course_id: CourseId,
    pub(crate) source: GrantSource,
    pub(crate) source_id: String,
    pub(crate) status: GrantStatus,
    pub(crate) starts_at: Timestamp,
    pub(crate) ends_at: Option<Timestamp>,
    pub(crate) reason: Option<&'a str>,
}

/// An instant as both databases can store and compare it: cut to microseconds, from 1970 to 9999.
pub(crate) fn storable(instant: Timestamp) -> Timestamp {
    const YEAR_9999: i64 = 253_402_300_799_000_000;
    DateTime::from_timestamp_micros(instant.timestamp_micros().clamp(0, YEAR_9999)).unwrap_or(instant)
}
