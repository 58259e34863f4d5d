//! Lessons: creating, reading, changing, ordering, moving, publishing and deleting them.

pub(crate) mod model;
pub(crate) mod store;

use database::Tx;
use kernel::{ChapterId, Code, Error, FieldError, LessonId, Result, Written, visible_line};
use media::TextPlace;

use crate::{
    body::{self, Body, BodyOwner},
    catalogue,
    chapter::{self, Chapter},
    deletion::deletion_refusal,
    ordering::{self, Parent},
    publication,
};

pub use model::{Lesson, LessonChange, NewLesson, PlacedLesson};

/// Adds a draft lesson at the end of a chapter.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::ListFull`], [`Code::ValidationFailed`] for a title in which nothing can be seen and
/// for a text that cannot be stored.
pub async fn create_lesson(
    tx: &Tx,
    chapter_id: ChapterId,
    new: NewLesson,
) -> Result<Written<(Lesson, Body)>> {
    let chapter = chapter::lock_editable(tx, chapter_id).await?;
    body::check_video(tx, new.body.video_asset_id, None, "/videoAssetId").await?;
    insert(tx, &chapter, new).await
}

/// Inserts a draft lesson into a chapter that the caller may edit.
pub(crate) async fn insert(tx: &Tx, chapter: &Chapter, new: NewLesson) -> Result<Written<(Lesson, Body)>> {
    let Written { value: body, warnings } = body::checked(tx, new.body)?;
    let lesson = Lesson {
        id: tx.new_id(),
        course_id: chapter.course_id,
        chapter_id: chapter.id,
        title: visible_line(&new.title, "/title")?,
        description: chapter::shown(new.description),
        position: ordering::next_position(tx, Parent::Chapter(chapter.id)).await?,
        duration: new.duration,
        has_content: body.has_text(),
        has_video: body.has_video(),
        is_published: false,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    store::insert_all(tx, &[(&lesson, &body)]).await?;
    Ok(Written { value: (lesson, body), warnings })
}

/// A lesson with what decides whether the caller may read it. Whether they may, `enrollment` decides.
///
/// # Errors
/// [`Code::NotFound`], also where it is not published and the caller may not edit it.
pub async fn placed_lesson(tx: &Tx, id: LessonId) -> Result<PlacedLesson> {
    let (lesson, visibility) = store::find_with_visibility(tx, id).await?.ok_or(Code::NotFound)?;
    if visibility.is_staff || visibility.is_public {
        Ok(PlacedLesson { lesson, is_free: visibility.is_free, staff: visibility.is_staff })
    } else {
        Err(Code::NotFound.into())
    }
}

/// What a lesson teaches, without a check: whoever calls this has decided that the reader may read it.
///
/// # Errors
/// What the database answers.
pub async fn lesson_body(tx: &Tx, id: LessonId) -> Result<Body> {
    body::store::find(tx, BodyOwner::Lesson(id)).await
}

/// A placed lesson with its description, and what it teaches; without a check, like [`lesson_body`].
///
/// # Errors
/// What the database answers.
pub async fn described_lesson(tx: &Tx, lesson: Lesson) -> Result<(Lesson, Body)> {
    let (description, body) = body::store::find_of_lesson(tx, lesson.id).await?;
    Ok((Lesson { description, ..lesson }, body))
}

/// The lessons of a chapter in their order: all of them for whoever may edit it, the published ones for everybody else.
///
/// # Errors
/// [`Code::NotFound`], also where the chapter is not published and the caller may not edit it.
pub async fn list_lessons(tx: &Tx, chapter_id: ChapterId) -> Result<Vec<Lesson>> {
    let staff = chapter::placed_chapter(tx, chapter_id).await?.staff;
    let mut lessons = store::list_of_chapter(tx, chapter_id).await?;
    lessons.retain(|lesson| staff || lesson.is_published);
    Ok(lessons)
}

/// Changes a lesson if `matches` accepts its present version. A change without effect makes no new version.
///
/// # Errors
/// [`Code::NotFound`], [`Code::PreconditionFailed`], [`Code::NotPublishable`] where a published lesson would be empty.
pub async fn change_lesson(
    tx: &Tx,
    id: LessonId,
    matches: impl Fn(i64) -> bool,
    change: LessonChange,
) -> Result<Written<(Lesson, Body)>> {
    let before = lock_editable(tx, id).await?;
    let old = body::store::find(tx, BodyOwner::Lesson(id)).await?;
    if !matches(before.version) {
        return Err(Code::PreconditionFailed.into());
    }
    let Written { value: body, warnings } = body::changed(tx, old.clone(), change.body)?;
    body::check_video(tx, body.video_asset_id, old.video_asset_id, "/videoAssetId").await?;
    let after = Lesson {
        title: match change.title {
            Some(title) => visible_line(&title, "/title")?,
            None => before.title.clone(),
        },
        description: change.description.map_or_else(|| before.description.clone(), chapter::shown),
        duration: change.duration.unwrap_or(before.duration),
        has_content: body.has_text(),
        has_video: body.has_video(),
        ..before.clone()
    };
    if after == before && body == old {
        return Ok(Written { value: (before, old), warnings });
    }
    let after = Lesson { version: before.version + 1, updated_at: tx.now(), ..after };
    if after.is_published {
        let known = publication::check_lesson(&before, publication::BodyState::of(tx, &old).await?);
        let reasons = publication::check_lesson(&after, publication::BodyState::of(tx, &body).await?);
        publication::require_no_worse(&known, reasons)?;
    }
    store::update(tx, &after, body.clone()).await?;
    let place = TextPlace::Lesson(after.course_id, after.id);
    media::keep_pictures(tx, place, &[old.content.as_deref()], &[body.content.as_deref()]).await?;
    Ok(Written { value: (after, body), warnings })
}

/// Orders the lessons of a chapter: `ids` names each of them once.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::ValidationFailed`] with every id that is foreign, repeated or missing.
pub async fn order_lessons(tx: &Tx, chapter_id: ChapterId, ids: &[LessonId]) -> Result<Vec<Lesson>> {
    chapter::lock_editable(tx, chapter_id).await?;
    let present = sibling_ids(tx, chapter_id).await?;
    ordering::check_order(&present, ids, "/lessonIds")?;
    ordering::store::set_lesson_positions(tx, chapter_id, ids).await?;
    store::list_of_chapter(tx, chapter_id).await
}

/// Moves a lesson into a chapter of the same course: to a position counted from 1, or to the end. A chapter that has nothing left to
/// show is unpublished.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::ListFull`], [`Code::ValidationFailed`] for a chapter of another course.
pub async fn move_lesson(
    tx: &Tx,
    id: LessonId,
    chapter_id: ChapterId,
    position: Option<usize>,
) -> Result<(Lesson, Body)> {
    let before = lock_editable(tx, id).await?;
    let target =
        chapter::store::find(tx, chapter_id).await?.filter(|target| target.course_id == before.course_id);
    if target.is_none() {
        let reason =
            FieldError::new("/chapterId", "not_a_child", "There is no such chapter in this lesson's course.");
        return Err(Error::invalid(vec![reason]));
    }
    if before.chapter_id != chapter_id {
        ordering::next_position(tx, Parent::Chapter(chapter_id)).await?;
        store::set_chapter(tx, id, chapter_id).await?;
        let left = sibling_ids(tx, before.chapter_id).await?;
        ordering::store::set_lesson_positions(tx, before.chapter_id, &left).await?;
    }
    let mut ids = sibling_ids(tx, chapter_id).await?;
    ids.retain(|sibling| *sibling != id);
    let index = position.map_or(ids.len(), |position| position.saturating_sub(1).min(ids.len()));
    ids.insert(index, id);
    ordering::store::set_lesson_positions(tx, chapter_id, &ids).await?;
    if before.is_published {
        chapter::unpublish_if_empty(tx, before.chapter_id).await?;
    }
    with_body(tx, id).await
}

/// Publishes a lesson. Repeating it changes nothing.
///
/// # Errors
/// [`Code::NotFound`], [`Code::NotPublishable`] with all reasons.
pub async fn publish_lesson(tx: &Tx, id: LessonId) -> Result<(Lesson, Body)> {
    let before = lock_editable(tx, id).await?;
    let body = body::store::find(tx, BodyOwner::Lesson(id)).await?;
    publication::require(publication::check_lesson(&before, publication::BodyState::of(tx, &body).await?))?;
    if !before.is_published {
        store::set_published(tx, id, true).await?;
        catalogue::recount(tx, before.course_id).await?;
    }
    with_body(tx, id).await
}

/// Unpublishes a lesson, and with it a chapter that has nothing left to show and a course without published chapters.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`].
pub async fn unpublish_lesson(tx: &Tx, id: LessonId) -> Result<(Lesson, Body)> {
    let before = lock_editable(tx, id).await?;
    if before.is_published {
        store::set_published(tx, id, false).await?;
        chapter::unpublish_if_empty(tx, before.chapter_id).await?;
    }
    with_body(tx, id).await
}

/// Deletes a lesson, unless somebody has learnt from it. Unpublishes a chapter that has nothing left to show, and a course without
/// published chapters.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::CourseHasLearners`].
pub async fn delete_lesson(tx: &Tx, id: LessonId) -> Result<()> {
    let lesson = lock_editable(tx, id).await?;
    store::delete(tx, id).await.map_err(deletion_refusal)?;
    if lesson.is_published {
        chapter::unpublish_if_empty(tx, lesson.chapter_id).await?;
    }
    Ok(())
}

async fn sibling_ids(tx: &Tx, chapter_id: ChapterId) -> Result<Vec<LessonId>> {
    let lessons = store::list_of_chapter(tx, chapter_id).await?;
    Ok(lessons.iter().map(|lesson| lesson.id).collect())
}

async fn with_body(tx: &Tx, id: LessonId) -> Result<(Lesson, Body)> {
    let lesson = store::find(tx, id).await?.ok_or(Code::NotFound)?;
    Ok((lesson, body::store::find(tx, BodyOwner::Lesson(id)).await?))
}

/// A lesson that the caller may edit, its course locked.
pub(crate) async fn lock_editable(tx: &Tx, id: LessonId) -> Result<Lesson> {
    let lesson = store::find(tx, id).await?.ok_or(Code::NotFound)?;
    match chapter::lock_editable(tx, lesson.chapter_id).await {
        // An unpublished lesson of a published chapter does not exist for others.
        Err(error) if error.code() == Code::Forbidden && !lesson.is_published => {
            return Err(Code::NotFound.into());
        }
        locked => locked?,
    };
    store::find(tx, id).await?.ok_or_else(|| Code::NotFound.into())
}
