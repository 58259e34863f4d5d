//! Announcements: trainers announce something to the learners of a course, whom the worker notifies in batches.

mod model;
mod store;

use courses::CourseRef;
use database::{Db, Pool, Tx, audit, outbox};
use entity::enums::NotificationKind;
use kernel::{
    Actor, AnnouncementId, Code, CourseId, Cursor, Error, Limit, Page, Result, UserId, Written, visible_line,
};
use serde_json::json;

pub use model::{Announcement, NewAnnouncement};

use crate::{
    notification::{deliver, model::NewNotification},
    text,
};

/// The longest text of an announcement, in characters of sanitised HTML.
const MAX_BODY_LENGTH: usize = 10_000;
/// The outbox message by which the worker notifies the learners.
pub(crate) const CREATED: &str = "announcement.created";
/// How many announcements a course may have within [`WINDOW`].
const MAX_ANNOUNCEMENTS: u64 = 5;
/// The time within which announcements are counted.
const WINDOW: chrono::Duration = chrono::Duration::hours(24);
/// How many learners are notified in one transaction.
const BATCH_SIZE: u64 = 200;
/// How many batches one outbox message is worth: it is done long before its lease ends, and the next message goes on.
const MAX_BATCHES: u32 = 10;

/// Announces something to the learners who have the course now. For editors of the course.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::ValidationFailed`] for a text without content, [`Code::TooManyAnnouncements`]
/// beyond five announcements of the course in 24 hours.
pub async fn create_announcement(
    tx: &Tx,
    course_id: CourseId,
    new: NewAnnouncement,
) -> Result<Written<Announcement>> {
    let course = require_editor(tx, course_id).await?;
    let body = text::required_rich(tx, &new.body, MAX_BODY_LENGTH, "/body");
    let (title, Written { value: body, warnings }) = Error::join(visible_line(&new.title, "/title"), body)?;
    // Of several announcements at once, each counts those before it.
    tx.advisory_lock(&format!("announcements {course_id}")).await?;
    let since = tx.now() - WINDOW;
    if let Some(first) = store::nth_since(tx, course_id, MAX_ANNOUNCEMENTS, since).await? {
        let wait = (first + WINDOW - tx.now()).to_std().unwrap_or_default();
        return Err(Error::new(Code::TooManyAnnouncements)
            .detail(format!("A course has at most {MAX_ANNOUNCEMENTS} announcements in 24 hours."))
            .retry_after(wait));
    }
    let id = tx.new_id();
    store::insert(tx, id, course.id, tx.user_id()?, title, body).await?;
    outbox::send(tx, CREATED, json!({ "announcementId": id })).await?;
    audit::record(tx, "announcement.created", id, json!({ "courseId": course_id })).await?;
    let found = store::find(tx, id).await?;
    let value = found.ok_or_else(|| Error::internal("an announcement that was just inserted is missing"))?;
    Ok(Written { value, warnings })
}

async fn require_editor(tx: &Tx, course_id: CourseId) -> Result<CourseRef> {
    let course = courses::course_ref(tx, course_id).await?;
    if course.staff { Ok(course) } else { Err(Code::Forbidden.into()) }
}

/// The announcements of a course, newest first, for everybody who has it now. Its editors also see how many learners were notified.
///
/// # Errors
/// [`Code::NotFound`], and see [`enrollment::course_access`].
pub async fn list_announcements(
    tx: &Tx,
    course_id: CourseId,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Announcement>> {
    let is_editor = enrollment::course_access(tx, course_id).await? == enrollment::Access::Staff;
    let rows = store::list(tx, course_id, after, limit).await?;
    let page = Page::cut(rows, limit, |row| Cursor::at(row.created_at, row.id));
    Ok(page.map(|row| Announcement {
        told_count: row.told_count.filter(|_| is_editor),
        finished_at: row.finished_at.filter(|_| is_editor),
        ..row
    }))
}

/// Notifies the next learners of an announcement, up to ten batches. A batch and how far it got are one transaction, so that an
/// interruption loses nothing and nobody is notified twice. For the worker.
///
/// # Errors
/// What the database answers.
pub(crate) async fn notify_learners(db: &Db, id: AnnouncementId) -> Result<()> {
    for _ in 0..MAX_BATCHES {
        let next = move |tx: Tx| async move { notify_batch(&tx, id).await };
        if !db.run_in(Pool::Worker, Actor::System, next).await? {
            return Ok(());
        }
    }
    let payload = json!({ "announcementId": id });
    let continuation = |tx: Tx| async move { outbox::send(&tx, CREATED, payload).await };
    db.run_in(Pool::Worker, Actor::System, continuation).await
}

/// Notifies one batch; answers whether there may be more learners.
async fn notify_batch(tx: &Tx, id: AnnouncementId) -> Result<bool> {
    let Some(progress) = store::lock_unfinished(tx, id).await? else {
        return Ok(false);
    };
    let learners = enrollment::holders(tx, progress.course_id, progress.reached_id, BATCH_SIZE).await?;
    let notification = |user_id: &UserId| NewNotification {
        actor_id: Some(progress.author_id),
        course_id: Some(progress.course_id),
        announcement_id: Some(id),
        ..NewNotification::new(*user_id, NotificationKind::Announcement, format!("announcement:{id}"))
    };
    let recipients = learners.iter().filter(|user_id| **user_id != progress.author_id);
    let notified = deliver::write(tx, recipients.map(notification).collect()).await?;
    let notified = i64::try_from(notified).unwrap_or(i64::MAX);
    let has_more = u64::try_from(learners.len()).unwrap_or(0) == BATCH_SIZE;
    store::advance(tx, id, learners.last().copied(), notified, !has_more).await?;
    Ok(has_more)
}
