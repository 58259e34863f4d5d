use database::Tx;
use kernel::{Code, Result, Timestamp, Uuid};
use sea_orm::FromQueryResult;

use crate::{chapter, publish, rich_text, store};

/// A lesson without its body.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Lesson {
    /// The lesson's id.
    pub id: Uuid,
    /// The course it belongs to.
    pub course_id: Uuid,
    /// The chapter it stands in.
    pub chapter_id: Uuid,
    /// The title.
    pub title: String,
    /// Plain text.
    pub description: Option<String>,
    /// Its place among the lessons.
    pub position: i64,
    /// Minutes.
    pub duration: Option<i64>,
    /// Whether it has text.
    pub has_content: bool,
    /// Whether it has a video.
    pub has_video: bool,
    /// Whether learners see it.
    pub is_published: bool,
    /// Grows with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What a lesson teaches.
#[derive(Clone, Debug, Default, FromQueryResult)]
pub struct LessonBody {
    /// Sanitised HTML.
    pub content: Option<String>,
    /// A video that is hosted elsewhere.
    pub video_url: Option<String>,
}

/// A lesson with all that decides whether somebody may see it.
#[derive(Clone, Debug)]
pub struct PlacedLesson {
    /// The lesson.
    pub lesson: Lesson,
    /// The author of its course.
    pub author_id: Uuid,
    /// Whether its course, its chapter and itself are published.
    pub is_public: bool,
    /// Whether its chapter is a free preview.
    pub is_free: bool,
}

/// A lesson to be made, at the end of its chapter.
#[derive(Clone, Debug)]
pub struct NewLesson {
    /// See [`Lesson::title`].
    pub title: String,
    /// See [`Lesson::description`].
    pub description: Option<String>,
    /// See [`Lesson::duration`].
    pub duration: Option<i64>,
    /// See [`LessonBody`].
    pub body: LessonBody,
}

/// What changes in a lesson: `None` keeps, `Some(None)` clears.
#[derive(Clone, Debug, Default)]
pub struct LessonChange {
    /// See [`Lesson::title`].
    pub title: Option<String>,
    /// See [`Lesson::description`].
    pub description: Option<Option<String>>,
    /// See [`Lesson::duration`].
    pub duration: Option<Option<i64>>,
    /// See [`LessonBody::content`].
    pub content: Option<Option<String>>,
    /// See [`LessonBody::video_url`].
    pub video_url: Option<Option<String>>,
}

/// Adds a draft lesson at the end of a chapter.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`].
pub async fn create_lesson(tx: &Tx, chapter_id: Uuid, new: NewLesson) -> Result<(Lesson, LessonBody)> {
    let chapter = chapter::managed(tx, chapter_id).await?;
    let body = LessonBody {
        content: rich_text::sanitise(new.body.content),
        video_url: new.body.video_url,
    };
    let lesson = Lesson {
        id: tx.new_id(),
        course_id: chapter.course_id,
        chapter_id,
        title: new.title.trim().to_owned(),
        description: new.description,
        position: store::next_lesson_position(tx, chapter_id).await?,
        duration: new.duration,
        has_content: body.content.is_some(),
        has_video: body.video_url.is_some(),
        is_published: false,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    store::insert_lesson(tx, &lesson, &body).await?;
    Ok((lesson, body))
}

/// A lesson and where it stands, without its body: what the decision about access begins with.
///
/// # Errors
/// [`Code::NotFound`], also where it is not published and the caller does not manage it.
pub async fn placed_lesson(tx: &Tx, id: Uuid) -> Result<PlacedLesson> {
    let placed = store::placed_lesson(tx, id).await?;
    placed
        .filter(|placed| placed.is_public || tx.actor().manages(placed.author_id))
        .ok_or_else(|| Code::NotFound.into())
}

/// What a lesson teaches. The caller has decided that the reader may have it.
///
/// # Errors
/// What the database answers.
pub async fn lesson_body(tx: &Tx, id: Uuid) -> Result<LessonBody> {
    store::lesson_body(tx, id).await
}

/// Changes a lesson, if its version is still one that `matches` accepts.
///
/// # Errors
/// [`Code::NotFound`], [`Code::PreconditionFailed`], [`Code::NotPublishable`] where a published lesson would be empty.
pub async fn change_lesson(
    tx: &Tx,
    id: Uuid,
    matches: impl Fn(i64) -> bool,
    change: LessonChange,
) -> Result<(Lesson, LessonBody)> {
    let before = managed(tx, id).await?;
    let old = store::lesson_body(tx, id).await?;
    if !matches(before.version) {
        return Err(Code::PreconditionFailed.into());
    }
    let body = LessonBody {
        content: change.content.map_or(old.content, rich_text::sanitise),
        video_url: change.video_url.unwrap_or(old.video_url),
    };
    let after = Lesson {
        title: change.title.map_or(before.title, |title| title.trim().to_owned()),
        description: change.description.unwrap_or(before.description),
        duration: change.duration.unwrap_or(before.duration),
        has_content: body.content.is_some(),
        has_video: body.video_url.is_some(),
        version: before.version + 1,
        updated_at: tx.now(),
        ..before
    };
    if after.is_published {
        publish::require(publish::lesson(&after))?;
    }
    store::update_lesson(tx, &after, &body).await?;
    Ok((after, body))
}

/// Shows a lesson to learners. Doing it again changes nothing.
///
/// # Errors
/// [`Code::NotFound`], [`Code::NotPublishable`] with all reasons.
pub async fn publish_lesson(tx: &Tx, id: Uuid) -> Result<(Lesson, LessonBody)> {
    let before = managed(tx, id).await?;
    publish::require(publish::lesson(&before))?;
    if !before.is_published {
        store::set_lesson_published(tx, id, true).await?;
    }
    both(tx, id).await
}

/// Hides a lesson; a chapter in which nothing is left is unpublished with it, and so is a course.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`].
pub async fn unpublish_lesson(tx: &Tx, id: Uuid) -> Result<(Lesson, LessonBody)> {
    let before = managed(tx, id).await?;
    if before.is_published {
        store::set_lesson_published(tx, id, false).await?;
        let chapter = store::chapter(tx, before.chapter_id)
            .await?
            .ok_or(Code::NotFound)?;
        if chapter.is_published && !chapter::check(tx, &chapter).await?.is_empty() {
            chapter::withdraw(tx, &chapter).await?;
        }
    }
    both(tx, id).await
}

async fn both(tx: &Tx, id: Uuid) -> Result<(Lesson, LessonBody)> {
    let lesson = store::lesson(tx, id).await?.ok_or(Code::NotFound)?;
    Ok((lesson, store::lesson_body(tx, id).await?))
}

/// A lesson that the caller may change, its course locked.
async fn managed(tx: &Tx, id: Uuid) -> Result<Lesson> {
    let lesson = store::lesson(tx, id).await?.ok_or(Code::NotFound)?;
    match chapter::managed(tx, lesson.chapter_id).await {
        // An unpublished lesson of a published chapter is not there for others.
        Err(error) if error.code() == Code::Forbidden && !lesson.is_published => {
            return Err(Code::NotFound.into());
        }
        managed => managed?,
    };
    store::lesson(tx, id).await?.ok_or_else(|| Code::NotFound.into())
}
