use database::Tx;
use kernel::{Code, FieldError, Result, Timestamp, Uuid};
use sea_orm::FromQueryResult;

use crate::{course, publish, rich_text, store};

/// A chapter without its body.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Chapter {
    /// The chapter's id.
    pub id: Uuid,
    /// Where it belongs.
    pub course_id: Uuid,
    /// The title.
    pub title: String,
    /// Plain text.
    pub description: Option<String>,
    /// Its place among the chapters.
    pub position: i64,
    /// Minutes.
    pub duration: Option<i64>,
    /// Whether it has text of its own.
    pub has_content: bool,
    /// Whether it has a video of its own.
    pub has_video: bool,
    /// Whether learners see it.
    pub is_published: bool,
    /// Whether everybody may read it.
    pub is_free: bool,
    /// Grows with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What a chapter teaches.
#[derive(Clone, Debug, Default, FromQueryResult)]
pub struct ChapterBody {
    /// Sanitised HTML.
    pub content: Option<String>,
    /// A video that is hosted elsewhere.
    pub video_url: Option<String>,
}

/// A chapter to be made, at the end of its course.
#[derive(Clone, Debug)]
pub struct NewChapter {
    /// See [`Chapter::title`].
    pub title: String,
    /// See [`Chapter::description`].
    pub description: Option<String>,
    /// See [`Chapter::duration`].
    pub duration: Option<i64>,
    /// See [`Chapter::is_free`].
    pub is_free: bool,
    /// See [`ChapterBody`].
    pub body: ChapterBody,
}

/// What changes in a chapter: `None` keeps, `Some(None)` clears.
#[derive(Clone, Debug, Default)]
pub struct ChapterChange {
    /// See [`Chapter::title`].
    pub title: Option<String>,
    /// See [`Chapter::description`].
    pub description: Option<Option<String>>,
    /// See [`Chapter::duration`].
    pub duration: Option<Option<i64>>,
    /// See [`Chapter::is_free`].
    pub is_free: Option<bool>,
    /// See [`ChapterBody::content`].
    pub content: Option<Option<String>>,
    /// See [`ChapterBody::video_url`].
    pub video_url: Option<Option<String>>,
}

/// Adds a draft chapter at the end of a course.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`].
pub async fn create_chapter(tx: &Tx, course_id: Uuid, new: NewChapter) -> Result<(Chapter, ChapterBody)> {
    course::managed(tx, course_id).await?;
    let body = ChapterBody {
        content: rich_text::sanitise(new.body.content),
        video_url: new.body.video_url,
    };
    let chapter = Chapter {
        id: tx.new_id(),
        course_id,
        title: new.title.trim().to_owned(),
        description: new.description,
        position: store::next_chapter_position(tx, course_id).await?,
        duration: new.duration,
        has_content: body.content.is_some(),
        has_video: body.video_url.is_some(),
        is_published: false,
        is_free: new.is_free,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    store::insert_chapter(tx, &chapter, &body).await?;
    Ok((chapter, body))
}

/// A chapter as its author sees it.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`].
pub async fn chapter(tx: &Tx, id: Uuid) -> Result<(Chapter, ChapterBody)> {
    let chapter = managed(tx, id).await?;
    let body = store::chapter_body(tx, id).await?;
    Ok((chapter, body))
}

/// Changes a chapter, if its version is still one that `matches` accepts.
///
/// # Errors
/// [`Code::NotFound`], [`Code::PreconditionFailed`], [`Code::NotPublishable`] where a published chapter would be empty.
pub async fn change_chapter(
    tx: &Tx,
    id: Uuid,
    matches: impl Fn(i64) -> bool,
    change: ChapterChange,
) -> Result<(Chapter, ChapterBody)> {
    let (before, old) = chapter(tx, id).await?;
    if !matches(before.version) {
        return Err(Code::PreconditionFailed.into());
    }
    let body = ChapterBody {
        content: change.content.map_or(old.content, rich_text::sanitise),
        video_url: change.video_url.unwrap_or(old.video_url),
    };
    let after = Chapter {
        title: change.title.map_or(before.title, |title| title.trim().to_owned()),
        description: change.description.unwrap_or(before.description),
        duration: change.duration.unwrap_or(before.duration),
        is_free: change.is_free.unwrap_or(before.is_free),
        has_content: body.content.is_some(),
        has_video: body.video_url.is_some(),
        version: before.version + 1,
        updated_at: tx.now(),
        ..before
    };
    if after.is_published {
        publish::require(check(tx, &after).await?)?;
    }
    store::update_chapter(tx, &after, &body).await?;
    Ok((after, body))
}

/// Shows a chapter to learners. Doing it again changes nothing.
///
/// # Errors
/// [`Code::NotFound`], [`Code::NotPublishable`] with all reasons.
pub async fn publish_chapter(tx: &Tx, id: Uuid) -> Result<(Chapter, ChapterBody)> {
    let before = managed(tx, id).await?;
    publish::require(check(tx, &before).await?)?;
    if !before.is_published {
        store::set_chapter_published(tx, id, true).await?;
    }
    chapter(tx, id).await
}

/// Hides a chapter; a course in which nothing published is left is unpublished with it.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`].
pub async fn unpublish_chapter(tx: &Tx, id: Uuid) -> Result<(Chapter, ChapterBody)> {
    let before = managed(tx, id).await?;
    if before.is_published {
        withdraw(tx, &before).await?;
    }
    chapter(tx, id).await
}

/// Hides a chapter, by its author or because nothing published is left in it.
pub(crate) async fn withdraw(tx: &Tx, chapter: &Chapter) -> Result<()> {
    store::set_chapter_published(tx, chapter.id, false).await?;
    if store::published_chapters(tx, chapter.course_id).await? == 0
        && store::course_ref(tx, chapter.course_id)
            .await?
            .is_some_and(|course| course.is_published)
    {
        course::withdraw(tx, chapter.course_id).await?;
    }
    Ok(())
}

/// Everything that stands between a chapter and its publication.
pub(crate) async fn check(tx: &Tx, chapter: &Chapter) -> Result<Vec<FieldError>> {
    Ok(publish::chapter(
        chapter,
        store::published_lessons(tx, chapter.id).await?,
    ))
}

/// A chapter that the caller may change, its course locked.
pub(crate) async fn managed(tx: &Tx, id: Uuid) -> Result<Chapter> {
    let chapter = store::chapter(tx, id).await?.ok_or(Code::NotFound)?;
    let hidden = !chapter.is_published;
    match course::managed(tx, chapter.course_id).await {
        // An unpublished chapter of a published course is not there for others.
        Err(error) if error.code() == Code::Forbidden && hidden => return Err(Code::NotFound.into()),
        managed => managed?,
    };
    // Read again under the lock.
    store::chapter(tx, id).await?.ok_or_else(|| Code::NotFound.into())
}
