//! The operations below `/courses/{course_id}/announcements`.

use community::NewAnnouncement;
use database::Tx;
use kernel::CourseId;

use super::dto::{Announcement, AnnouncementPage, CreateAnnouncement};
use crate::http::prelude::*;

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, list_announcements, create_announcement);
}

/// List the announcements of a course
///
/// The newest first, for everybody who has the course now. Its editors also see how many learners were notified.
#[utoipa::path(get, path = "/courses/{course_id}/announcements",
    tag = "announcements", operation_id = "listCourseAnnouncements", security(("bearer" = [])),
    params(("course_id" = Uuid, Path, description = "The course's id."), PageQuery),
    extensions(("x-problem-codes" = json!(["not_granted", "grant_expired", "grant_refunded", "grant_revoked", "grant_suspended"]))),
    responses((status = 200, description = "A page of announcements.", body = AnnouncementPage)))]
async fn list_announcements(
    caller: Member,
    Path(course_id): Path<CourseId>,
    list: List,
) -> Answer<AnnouncementPage> {
    let List { after, limit, list_id, .. } = list;
    let work = async move |tx| community::list_announcements(&tx, course_id, after, limit).await;
    let page = caller.read(work).await?;
    Ok(Reply::ok(&AnnouncementPage::of(list_id, page))?)
}

/// Create an announcement
///
/// All learners who have the course now are notified, and get a mail if they want it. For editors of the course, at most five times in 24
/// hours. The learners are notified in the background: `toldCount` grows, and `finishedAt` says when all of them were. The announcement is
/// written to the audit log.
#[utoipa::path(post, path = "/courses/{course_id}/announcements",
    tag = "announcements", operation_id = "createAnnouncement", security(("bearer" = [])),
    request_body = CreateAnnouncement,
    params(("course_id" = Uuid, Path, description = "The course's id.")),
    extensions(("x-problem-codes" = json!(["forbidden", "too_many_announcements"]))),
    responses((status = 201, description = "The announcement.", body = Announcement)))]
async fn create_announcement(
    caller: Member,
    Path(course_id): Path<CourseId>,
    key: Idempotency,
    Prose(body): Prose<CreateAnnouncement>,
) -> Answer<Announcement> {
    let new = NewAnnouncement::from(body.value);
    let work = async move |tx: Tx| {
        let announcement = community::create_announcement(&tx, course_id, new).await?;
        let location = format!("/courses/{course_id}/announcements");
        Ok(Reply::created(&location, &Announcement::from(announcement))?.content())
    };
    let reply = key.run(&caller, "createAnnouncement", &body.raw, work).await?;
    caller.state.wake_worker.notify_one();
    Ok(reply)
}
