use courses::CourseRef;
use database::{Db, Pool, Tx, audit, outbox};
use kernel::{Actor, AnnouncementId, Code, CourseId, Cursor, Error, Limit, Page, Result, Timestamp, UserId};
use sea_orm::FromQueryResult;
use serde_json::json;

use crate::{
    notification::{Kind, New, batch},
    store, text,
};

/// Characters of its text, cleaned.
const LONGEST: usize = 10_000;
/// The outbox message that has the worker tell the learners.
pub(crate) const CREATED: &str = "announcement.created";
/// How many announcements a course may have in [`WINDOW`].
const MOST: u64 = 5;
/// The time in which they are counted.
const WINDOW: chrono::Duration = chrono::Duration::hours(24);
/// How many learners are told in one transaction.
const BATCH: u64 = 200;
/// How many batches one message is worth: it ends long before its lease does, and the next one goes on.
const BATCHES: u32 = 10;

/// What a trainer told the learners of a course.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Announcement {
    /// The announcement's id.
    pub id: AnnouncementId,
    /// The course.
    pub course_id: CourseId,
    /// Who told it.
    pub author_id: UserId,
    /// Their username.
    pub author_username: Option<String>,
    /// Their name.
    pub author_name: Option<String>,
    /// A picture of them.
    pub author_avatar_url: Option<String>,
    /// What it is about.
    pub title: String,
    /// Sanitised HTML.
    pub body: String,
    /// How many learners were told; for whoever teaches the course.
    pub told_count: Option<i64>,
    /// When all of them were told; for whoever teaches the course.
    pub finished_at: Option<Timestamp>,
    /// When it was written.
    pub created_at: Timestamp,
}

/// What is to be told.
#[derive(Clone, Debug)]
pub struct NewAnnouncement {
    /// What it is about.
    pub title: String,
    /// HTML.
    pub body: String,
}

/// Has the learners who have the course now told something. Its editors.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::ValidationFailed`] for a text that is empty without its markup,
/// [`Code::TooManyAnnouncements`] where the course has had its share of a day.
pub async fn create_announcement(tx: &Tx, course_id: CourseId, new: NewAnnouncement) -> Result<Announcement> {
    let course = editor_of(tx, course_id).await?;
    let (title, body) = (text::title(&new.title)?, text::rich(new.body, LONGEST, "/body")?);
    if text::is_blank(&body) {
        return Err(text::blank("/body"));
    }
    // Of many at once, each counts those before it.
    tx.advisory_lock(&format!("announcements {course_id}")).await?;
    let since = tx.now() - WINDOW;
    if let Some(first) = store::announcement::nth_since(tx, course_id, MOST, since).await? {
        let wait = (first + WINDOW - tx.now()).to_std().unwrap_or_default();
        return Err(Error::new(Code::TooManyAnnouncements)
            .detail(format!("A course has at most {MOST} announcements in 24 hours."))
            .retry_after(wait));
    }
    let id = tx.new_id();
    store::announcement::insert(tx, id, course.id, tx.user_id()?, &title, &body).await?;
    outbox::send(tx, CREATED, json!({ "announcementId": id })).await?;
    audit::record(tx, "announcement.created", id, json!({ "courseId": course_id })).await?;
    let found = store::announcement::one(tx, id).await?;
    found.ok_or_else(|| Error::internal("an announcement that was just written is not there"))
}

async fn editor_of(tx: &Tx, course_id: CourseId) -> Result<CourseRef> {
    let course = courses::course_ref(tx, course_id).await?;
    if course.staff {
        Ok(course)
    } else {
        Err(Code::Forbidden.into())
    }
}

/// The announcements of a course, newest first, for whoever has it now; its editors also see whom they have reached.
///
/// # Errors
/// [`Code::NotFound`], and what [`enrollment::course_access`] answers.
pub async fn list_announcements(
    tx: &Tx,
    course_id: CourseId,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Announcement>> {
    let staff = enrollment::course_access(tx, course_id).await? == enrollment::Access::Staff;
    let rows = store::announcement::page(tx, course_id, after, limit).await?;
    let page = Page::cut(rows, limit, |row| Cursor::at(row.created_at, row.id));
    Ok(page.map(|row| Announcement {
        told_count: row.told_count.filter(|_| staff),
        finished_at: row.finished_at.filter(|_| staff),
        ..row
    }))
}

/// Goes on telling an announcement: ten times a batch, behind those who were told before. A batch and how far it came are one
/// transaction, so that whoever is interrupted loses nothing and tells nobody twice. For the worker.
///
/// # Errors
/// What the database answers.
pub(crate) async fn work_on(db: &Db, id: AnnouncementId) -> Result<()> {
    for _ in 0..BATCHES {
        let next = move |tx: Tx| async move { tell_some(&tx, id).await };
        if !db.run_in(Pool::Worker, Actor::System, next).await? {
            return Ok(());
        }
    }
    let payload = json!({ "announcementId": id });
    let again = |tx: Tx| async move { outbox::send(&tx, CREATED, payload).await };
    db.run_in(Pool::Worker, Actor::System, again).await
}

/// Tells the next ones; answers whether there may be more.
async fn tell_some(tx: &Tx, id: AnnouncementId) -> Result<bool> {
    let Some(work) = store::announcement::lock(tx, id).await? else {
        return Ok(false);
    };
    let learners = enrollment::holders(tx, work.course_id, work.reached_id, BATCH).await?;
    let new = |user_id: &UserId| New {
        actor_id: Some(work.author_id),
        course_id: Some(work.course_id),
        announcement_id: Some(id),
        ..New::of(*user_id, Kind::Announcement, format!("announcement:{id}"))
    };
    let others = learners.iter().filter(|user_id| **user_id != work.author_id);
    let told = batch(tx, others.map(new).collect()).await?;
    let more = u64::try_from(learners.len()).unwrap_or(0) == BATCH;
    store::announcement::reach(tx, id, learners.last().copied(), told, !more).await?;
    Ok(more)
}
