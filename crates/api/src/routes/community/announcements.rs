use actix_web::web::Data;
use chrono::{DateTime, Utc};
use community::NewAnnouncement;
use database::{Pool, Tx};
use kernel::{AnnouncementId, CourseId, Result, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::{
    super::shared::{PageQuery, page},
    Person, person,
};
use crate::{
    http::{
        extract::{Confirmed, Idempotency, Json, Member, Path, Query},
        problem::Problem,
        reply::Reply,
        routing::{Operations, operations},
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(config, list_announcements, create_announcement);
}

/// What a trainer told the learners of a course.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Announcement {
    /// The announcement's id.
    id: AnnouncementId,
    /// The course.
    course_id: CourseId,
    /// Who told it.
    author: Person,
    /// What it is about.
    #[schema(example = "A new week is online")]
    title: String,
    /// Sanitised HTML.
    #[schema(example = "<p>Week 5 is about pulling. Enjoy!</p>")]
    body: String,
    /// How many learners were told so far; null for learners.
    #[schema(minimum = 0, example = 412)]
    told_count: Option<i64>,
    /// When all of them were told; null before, and for learners.
    finished_at: Option<DateTime<Utc>>,
    /// When it was written.
    created_at: DateTime<Utc>,
}

impl From<community::Announcement> for Announcement {
    fn from(announcement: community::Announcement) -> Self {
        let community::Announcement {
            id,
            course_id,
            author_id,
            author_username,
            author_name,
            author_avatar_url,
            title,
            body,
            told_count,
            finished_at,
            created_at,
        } = announcement;
        Self {
            id,
            course_id,
            author: person(author_id, author_username, author_name, author_avatar_url),
            title,
            body,
            told_count,
            finished_at,
            created_at,
        }
    }
}

page! {
    /// A page of announcements.
    AnnouncementPage of Announcement
}

/// What is to be told.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CreateAnnouncement {
    /// What it is about.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$",
        example = "A new week is online"
    )]
    title: String,
    /// HTML; what is not allowed in it is taken out.
    #[schema(
        min_length = 1,
        max_length = 10000,
        example = "<p>Week 5 is about pulling. Enjoy!</p>"
    )]
    body: String,
}

/// The announcements of a course
///
/// Newest first, for whoever has the course now. Whoever teaches it also sees how many were told.
#[utoipa::path(get, path = "/courses/{course_id}/announcements",
    tag = "announcements", operation_id = "listCourseAnnouncements", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id."), PageQuery),
    extensions(("x-problem-codes" = json!(["not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended"]))),
    responses((status = 200, description = "A page of announcements.", body = AnnouncementPage)))]
async fn list_announcements(
    state: Data<State>,
    Member(actor): Member,
    Path(course_id): Path<CourseId>,
    Query(query): Query<PageQuery>,
) -> Result<Reply<AnnouncementPage>, Problem> {
    let (after, limit) = query.position();
    let work = move |tx| async move { community::list_announcements(&tx, course_id, after, limit).await };
    let page = state.db.read(actor, work).await?;
    Ok(Reply::ok(&AnnouncementPage::from(page))?)
}

/// Tell the learners of a course something
///
/// All who have the course now, by a notification and, as they prefer, by mail. Whoever teaches the course; at most five in 24
/// hours. It is told in the background: `toldCount` grows, and `finishedAt` says when everybody was. Written to the audit trail.
#[utoipa::path(post, path = "/courses/{course_id}/announcements",
    tag = "announcements", operation_id = "createAnnouncement", security(("bearer" = [])),
    request_body = CreateAnnouncement,
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "too_many_announcements"]))),
    responses((status = 201, description = "The announcement.", body = Announcement)))]
async fn create_announcement(
    state: Data<State>,
    Confirmed(actor): Confirmed,
    Path(course_id): Path<CourseId>,
    key: Idempotency,
    body: Json<CreateAnnouncement>,
) -> Result<Reply<Announcement>, Problem> {
    let CreateAnnouncement { title, body: text } = body.value;
    let new = NewAnnouncement { title, body: text };
    let work = move |tx: Tx| async move {
        let announcement = community::create_announcement(&tx, course_id, new).await?;
        let location = format!("/courses/{course_id}/announcements");
        Ok(Reply::created(&location, &Announcement::from(announcement))?.content())
    };
    let reply = key
        .run(
            &state.db,
            (Pool::App, actor),
            "createAnnouncement",
            &body.raw,
            work,
        )
        .await?;
    state.wake_worker.notify_one();
    Ok(reply)
}
