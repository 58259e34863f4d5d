use database::Tx;
use kernel::{ChapterId, Code, CourseId, Error, FieldError, LessonId, Result, Timestamp, Uuid};
use sea_orm::FromQueryResult;

use crate::{
    Body, BodyChange, Chapter, catalogue, chapter, course, order, publish,
    store::{self, body::Of, order::Children},
};

/// A lesson without its body.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Lesson {
    /// The lesson's id.
    pub id: LessonId,
    /// The course it belongs to.
    pub course_id: CourseId,
    /// The chapter it stands in.
    pub chapter_id: ChapterId,
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

/// A lesson with all that decides whether somebody may see it.
#[derive(Clone, Debug)]
pub struct PlacedLesson {
    /// The lesson.
    pub lesson: Lesson,
    /// Whether its chapter is a free preview.
    pub is_free: bool,
    /// Whether the caller may edit it.
    pub staff: bool,
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
    /// What it teaches.
    pub body: Body,
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
    /// What it teaches.
    pub body: BodyChange,
}

/// Adds a draft lesson at the end of a chapter.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::ListFull`].
pub async fn create_lesson(tx: &Tx, chapter_id: ChapterId, new: NewLesson) -> Result<(Lesson, Body)> {
    let chapter = chapter::managed(tx, chapter_id).await?;
    new.body.check_video(tx, None).await?;
    insert(tx, &chapter, new).await
}

/// Writes a draft lesson into a chapter that the caller is known to edit.
pub(crate) async fn insert(tx: &Tx, chapter: &Chapter, new: NewLesson) -> Result<(Lesson, Body)> {
    let body = new.body.sanitised()?;
    let lesson = Lesson {
        id: tx.new_id(),
        course_id: chapter.course_id,
        chapter_id: chapter.id,
        title: new.title.trim().to_owned(),
        description: new.description,
        position: order::next(tx, Children::Lessons, chapter.id).await?,
        duration: new.duration,
        has_content: body.content.is_some(),
        has_video: body.has_video(),
        is_published: false,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    store::lesson::insert(tx, &lesson, &body).await?;
    Ok((lesson, body))
}

/// A lesson and where it stands, without its body: what the decision about access begins with.
///
/// # Errors
/// [`Code::NotFound`], also where it is not published and the caller may not edit it.
pub async fn placed_lesson(tx: &Tx, id: LessonId) -> Result<PlacedLesson> {
    let place = store::lesson::placed(tx, id).await?.ok_or(Code::NotFound)?;
    if place.staff || place.is_public {
        Ok(PlacedLesson {
            lesson: place.lesson,
            is_free: place.is_free,
            staff: place.staff,
        })
    } else {
        Err(Code::NotFound.into())
    }
}

/// What a lesson teaches. The caller has decided that the reader may have it.
///
/// # Errors
/// What the database answers.
pub async fn lesson_body(tx: &Tx, id: LessonId) -> Result<Body> {
    store::body::find(tx, Of::Lesson, id).await
}

/// The lessons of a chapter in their order: all of them for whoever may edit it, the published ones for everybody else.
///
/// # Errors
/// [`Code::NotFound`], also where the chapter is not published and the caller may not edit it.
pub async fn list_lessons(tx: &Tx, chapter_id: ChapterId) -> Result<Vec<Lesson>> {
    let staff = chapter::placed_chapter(tx, chapter_id).await?.staff;
    let mut lessons = store::lesson::of_chapter(tx, chapter_id).await?;
    lessons.retain(|lesson| staff || lesson.is_published);
    Ok(lessons)
}

/// Changes a lesson, if its version is still one that `matches` accepts. What changes nothing makes no new version.
///
/// # Errors
/// [`Code::NotFound`], [`Code::PreconditionFailed`], [`Code::NotPublishable`] where a published lesson would be empty.
pub async fn change_lesson(
    tx: &Tx,
    id: LessonId,
    matches: impl Fn(i64) -> bool,
    change: LessonChange,
) -> Result<(Lesson, Body)> {
    let before = managed(tx, id).await?;
    let old = store::body::find(tx, Of::Lesson, id).await?;
    if !matches(before.version) {
        return Err(Code::PreconditionFailed.into());
    }
    let body = old.clone().changed(change.body)?;
    body.check_video(tx, old.video_asset_id).await?;
    let after = Lesson {
        title: change
            .title
            .map_or_else(|| before.title.clone(), |title| title.trim().to_owned()),
        description: change.description.unwrap_or_else(|| before.description.clone()),
        duration: change.duration.unwrap_or(before.duration),
        has_content: body.content.is_some(),
        has_video: body.has_video(),
        ..before.clone()
    };
    if after == before && body == old {
        return Ok((before, old));
    }
    let after = Lesson {
        version: before.version + 1,
        updated_at: tx.now(),
        ..after
    };
    store::lesson::update(tx, &after, &body).await?;
    if after.is_published {
        publish::require(publish::lesson(&after, publish::Teaches::of(tx, &body).await?))?;
    }
    Ok((after, body))
}

/// Puts the lessons of a chapter in order: `ids` names each of them once.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::ValidationFailed`] with every id that is foreign, repeated or missing.
pub async fn order_lessons(tx: &Tx, chapter_id: ChapterId, ids: &[LessonId]) -> Result<Vec<Lesson>> {
    chapter::managed(tx, chapter_id).await?;
    let present = ids_of(tx, chapter_id).await?;
    order::set(tx, Children::Lessons, chapter_id, &present, ids, "/lessonIds").await?;
    store::lesson::of_chapter(tx, chapter_id).await
}

/// Moves a lesson into a chapter of the same course, to a place counted from 1, or to the end. A chapter in which nothing
/// published is left is unpublished.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::ListFull`], [`Code::ValidationFailed`] for a chapter of another course.
pub async fn move_lesson(
    tx: &Tx,
    id: LessonId,
    chapter_id: ChapterId,
    position: Option<usize>,
) -> Result<(Lesson, Body)> {
    let before = managed(tx, id).await?;
    let target = store::chapter::find(tx, chapter_id)
        .await?
        .filter(|target| target.course_id == before.course_id);
    if target.is_none() {
        let reason = FieldError::new(
            "/chapterId",
            "not_a_child",
            "There is no such chapter in this lesson's course.",
        );
        return Err(Error::invalid(vec![reason]));
    }
    if before.chapter_id != chapter_id {
        order::next(tx, Children::Lessons, chapter_id).await?;
        store::lesson::set_chapter(tx, id, chapter_id).await?;
        let left = ids_of(tx, before.chapter_id).await?;
        store::order::set(tx, Children::Lessons, before.chapter_id, &left).await?;
    }
    let mut ids = ids_of(tx, chapter_id).await?;
    ids.retain(|sibling| *sibling != id);
    let place = position.map_or(ids.len(), |place| place.saturating_sub(1).min(ids.len()));
    ids.insert(place, id);
    store::order::set(tx, Children::Lessons, chapter_id, &ids).await?;
    if before.is_published {
        chapter::withdraw_if_empty(tx, before.chapter_id).await?;
    }
    both(tx, id).await
}

/// Shows a lesson to learners. Doing it again changes nothing.
///
/// # Errors
/// [`Code::NotFound`], [`Code::NotPublishable`] with all reasons.
pub async fn publish_lesson(tx: &Tx, id: LessonId) -> Result<(Lesson, Body)> {
    let before = managed(tx, id).await?;
    let body = store::body::find(tx, Of::Lesson, id).await?;
    publish::require(publish::lesson(&before, publish::Teaches::of(tx, &body).await?))?;
    if !before.is_published {
        store::lesson::set_published(tx, id, true).await?;
        catalogue::recount(tx, before.course_id).await?;
    }
    both(tx, id).await
}

/// Hides a lesson; a chapter in which nothing is left is unpublished with it, and so is a course.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`].
pub async fn unpublish_lesson(tx: &Tx, id: LessonId) -> Result<(Lesson, Body)> {
    let before = managed(tx, id).await?;
    if before.is_published {
        store::lesson::set_published(tx, id, false).await?;
        chapter::withdraw_if_empty(tx, before.chapter_id).await?;
    }
    both(tx, id).await
}

/// Deletes a lesson, unless somebody has learnt from it; a chapter in which nothing is left is unpublished with it, and so is a
/// course.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::CourseHasLearners`].
pub async fn delete_lesson(tx: &Tx, id: LessonId) -> Result<()> {
    let lesson = managed(tx, id).await?;
    store::lesson::delete(tx, id)
        .await
        .map_err(course::refused_by_learners)?;
    if lesson.is_published {
        chapter::withdraw_if_empty(tx, lesson.chapter_id).await?;
    }
    Ok(())
}

async fn ids_of(tx: &Tx, chapter_id: ChapterId) -> Result<Vec<LessonId>> {
    let lessons = store::lesson::of_chapter(tx, chapter_id).await?;
    Ok(lessons.iter().map(|lesson| lesson.id).collect())
}

async fn both(tx: &Tx, id: LessonId) -> Result<(Lesson, Body)> {
    let lesson = store::lesson::find(tx, id).await?.ok_or(Code::NotFound)?;
    Ok((lesson, store::body::find(tx, Of::Lesson, id).await?))
}

/// A lesson that the caller may edit, its course locked.
pub(crate) async fn managed(tx: &Tx, id: LessonId) -> Result<Lesson> {
    let lesson = store::lesson::find(tx, id).await?.ok_or(Code::NotFound)?;
    match chapter::managed(tx, lesson.chapter_id).await {
        // An unpublished lesson of a published chapter is not there for others.
        Err(error) if error.code() == Code::Forbidden && !lesson.is_published => {
            return Err(Code::NotFound.into());
        }
        managed => managed?,
    };
    store::lesson::find(tx, id)
        .await?
        .ok_or_else(|| Code::NotFound.into())
}
