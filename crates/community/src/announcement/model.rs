//! Announcements.

use entity::announcements;
use identity::Person;
use kernel::{AnnouncementId, CourseId, Timestamp, UserId};
use sea_orm::DerivePartialModel;

/// What a trainer announced to the learners of a course.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "announcements::Entity")]
pub struct Announcement {
    /// The announcement's id.
    pub id: AnnouncementId,
    /// The course.
    pub course_id: CourseId,
    /// Who wrote the announcement.
    #[sea_orm(nested)]
    pub author: Person,
    /// The title.
    pub title: String,
    /// The text as sanitised HTML.
    pub body: String,
    /// How many learners were notified so far; `None` for readers who do not edit the course.
    pub told_count: Option<i64>,
    /// When all learners were notified; `None` until then, and for readers who do not edit the course.
    pub finished_at: Option<Timestamp>,
    /// When the announcement was written.
    pub created_at: Timestamp,
}

/// An announcement to be made.
#[derive(Clone, Debug)]
pub struct NewAnnouncement {
    /// The title.
    pub title: String,
    /// The text as HTML, which is sanitised here.
    pub body: String,
}

/// How far the notifications of an announcement have got.
#[derive(DerivePartialModel)]
#[sea_orm(entity = "announcements::Entity")]
pub(crate) struct Progress {
    pub(crate) course_id: CourseId,
    pub(crate) author_id: UserId,
    /// The last learner who was notified: learners are taken in the order of their ids.
    pub(crate) reached_id: Option<UserId>,
}
