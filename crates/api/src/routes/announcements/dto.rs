//! Announcements in requests and answers.

use community::NewAnnouncement;
use kernel::{AnnouncementId, CourseId, Written};

use crate::routes::shared::prelude::*;

/// An announcement to the learners of a course.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = community::Announcement)]
pub(super) struct Announcement {
    /// The announcement's id.
    id: AnnouncementId,
    /// The course.
    course_id: CourseId,
    /// The trainer who wrote the announcement.
    author: Person,
    /// The title.
    #[schema(example = "A new week is online")]
    title: String,
    /// The text as sanitised HTML.
    #[schema(example = "<p>Week 5 is about pulling. Enjoy!</p>")]
    body: String,
    /// How many learners were notified so far; null for learners.
    #[schema(minimum = 0, example = 412)]
    told_count: Option<i64>,
    /// When all learners were notified; null until then, and for learners.
    finished_at: Option<DateTime<Utc>>,
    /// When the announcement was written.
    created_at: DateTime<Utc>,
    /// What of the text is different from what was sent; missing where nothing is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    #[dto(with = Vec::new())]
    warnings: Vec<TextWarning>,
}

impl From<Written<community::Announcement>> for Announcement {
    fn from(written: Written<community::Announcement>) -> Self {
        Self { warnings: warned(written.warnings), ..written.value.into() }
    }
}

page! {
    /// A page of announcements.
    AnnouncementPage of Announcement
}

/// An announcement to be made.
#[derive(Deserialize, ToSchema, Validate, Dto)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[dto(into = NewAnnouncement)]
pub(super) struct CreateAnnouncement {
    /// The title.
    title: Title,
    /// The text as HTML, up to 10,000 characters once it is sanitised.
    #[schema(min_length = 1, max_length = 200000, example = "<p>Week 5 is about pulling. Enjoy!</p>")]
    body: String,
}
