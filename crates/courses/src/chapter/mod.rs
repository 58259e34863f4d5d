//! Chapters: creating, reading, changing, ordering, publishing and deleting them.

pub(crate) mod model;
pub(crate) mod store;

use database::Tx;
use kernel::{ChapterId, Code, CourseId, FieldError, Result, Written, trimmed, visible_line};
use media::TextPlace;

use crate::{
    body::{self, Body, BodyOwner},
    catalogue, course,
    deletion::deletion_refusal,
    lesson::store::any_published as any_published_lesson,
    ordering::{self, Parent},
    permission, publication,
};

pub use model::{Chapter, ChapterChange, NewChapter, PlacedChapter};

/// Adds a draft chapter at the end of a course.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::ListFull`], [`Code::ValidationFailed`] for a title in which nothing can be seen and
/// for a text that cannot be stored.
pub async fn create_chapter(
    tx: &Tx,
    course_id: CourseId,
    new: NewChapter,
) -> Result<Written<(Chapter, Body)>> {
    permission::lock_editable(tx, course_id).await?;
    body::check_video(tx, new.body.video_asset_id, None, "/videoAssetId").await?;
    insert(tx, course_id, new).await
}

/// Inserts a draft chapter into a course that the caller may edit.
pub(crate) async fn insert(
    tx: &Tx,
    course_id: CourseId,
    new: NewChapter,
) -> Result<Written<(Chapter, Body)>> {
    let Written { value: body, warnings } = body::checked(tx, new.body)?;
    let chapter = Chapter {
        id: tx.new_id(),
        course_id,
        title: visible_line(&new.title, "/title")?,
        description: shown(new.description),
        position: ordering::next_position(tx, Parent::Course(course_id)).await?,
        duration: new.duration,
        has_content: body.has_text(),
        has_video: body.has_video(),
        is_published: false,
        is_free: new.is_free,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    store::insert_all(tx, &[(&chapter, &body)]).await?;
    Ok(Written { value: (chapter, body), warnings })
}

/// A chapter with what decides whether the caller may read it. Whether they may, `enrollment` decides.
///
/// # Errors
/// [`Code::NotFound`], also where it is not published and the caller may not edit it.
pub async fn placed_chapter(tx: &Tx, id: ChapterId) -> Result<PlacedChapter> {
    let chapter = store::find(tx, id).await?.ok_or(Code::NotFound)?;
    let course = course::store::find_ref(tx, chapter.course_id).await?.ok_or(Code::NotFound)?;
    let staff = permission::may_edit(tx, chapter.course_id, course.author_id).await?;
    if staff || (chapter.is_published && course.is_published) {
        Ok(PlacedChapter { chapter, staff })
    } else {
        Err(Code::NotFound.into())
    }
}

/// What a chapter teaches, without a check: whoever calls this has decided that the reader may read it.
///
/// # Errors
/// What the database answers.
pub async fn chapter_body(tx: &Tx, id: ChapterId) -> Result<Body> {
    body::store::find(tx, BodyOwner::Chapter(id)).await
}

/// Changes a chapter if `matches` accepts its present version. A change without effect makes no new version.
///
/// # Errors
/// [`Code::NotFound`], [`Code::PreconditionFailed`], [`Code::NotPublishable`] where a published chapter would be empty.
pub async fn change_chapter(
    tx: &Tx,
    id: ChapterId,
    matches: impl Fn(i64) -> bool,
    change: ChapterChange,
) -> Result<Written<(Chapter, Body)>> {
    let (before, old) = with_body(tx, lock_editable(tx, id).await?).await?;
    if !matches(before.version) {
        return Err(Code::PreconditionFailed.into());
    }
    let Written { value: body, warnings } = body::changed(tx, old.clone(), change.body)?;
    body::check_video(tx, body.video_asset_id, old.video_asset_id, "/videoAssetId").await?;
    let after = Chapter {
        title: match change.title {
            Some(title) => visible_line(&title, "/title")?,
            None => before.title.clone(),
        },
        description: change.description.map_or_else(|| before.description.clone(), shown),
        duration: change.duration.unwrap_or(before.duration),
        is_free: change.is_free.unwrap_or(before.is_free),
        has_content: body.has_text(),
        has_video: body.has_video(),
        ..before.clone()
    };
    if after == before && body == old {
        return Ok(Written { value: (before, old), warnings });
    }
    let after = Chapter { version: before.version + 1, updated_at: tx.now(), ..after };
    let known = if after.is_published { unpublishable(tx, &before).await? } else { Vec::new() };
    store::update(tx, &after, body.clone()).await?;
    let place = TextPlace::Chapter(after.course_id, after.id);
    media::keep_pictures(tx, place, &[old.content.as_deref()], &[body.content.as_deref()]).await?;
    if after.is_published {
        publication::require_no_worse(&known, unpublishable(tx, &after).await?)?;
    }
    Ok(Written { value: (after, body), warnings })
}

/// A description, without what cannot be seen around it; none where nothing can be seen.
pub(crate) fn shown(description: Option<String>) -> Option<String> {
    description.map(|text| trimmed(&text).to_owned()).filter(|text| !text.is_empty())
}

/// Orders the chapters of a course: `ids` names each of them once.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::ValidationFailed`] with every id that is foreign, repeated or missing.
pub async fn order_chapters(tx: &Tx, course_id: CourseId, ids: &[ChapterId]) -> Result<Vec<Chapter>> {
    permission::lock_editable(tx, course_id).await?;
    let present: Vec<ChapterId> =
        store::list_of_course(tx, course_id).await?.iter().map(|chapter| chapter.id).collect();
    ordering::check_order(&present, ids, "/chapterIds")?;
    ordering::store::set_chapter_positions(tx, course_id, ids).await?;
    store::list_of_course(tx, course_id).await
}

/// Publishes a chapter. Repeating it changes nothing.
///
/// # Errors
/// [`Code::NotFound`], [`Code::NotPublishable`] with all reasons.
pub async fn publish_chapter(tx: &Tx, id: ChapterId) -> Result<(Chapter, Body)> {
    let before = lock_editable(tx, id).await?;
    publication::require(unpublishable(tx, &before).await?)?;
    if !before.is_published {
        store::set_published(tx, id, true).await?;
        catalogue::recount(tx, before.course_id).await?;
    }
    with_body(tx, require(tx, id).await?).await
}

/// Unpublishes a chapter, and its course with it where no published chapter is left.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`].
pub async fn unpublish_chapter(tx: &Tx, id: ChapterId) -> Result<(Chapter, Body)> {
    let before = lock_editable(tx, id).await?;
    if before.is_published {
        unpublish(tx, &before).await?;
    }
    with_body(tx, require(tx, id).await?).await
}

/// Deletes a chapter with its lessons, unless somebody has learnt from it or from one of them. Unpublishes its course where no
/// published chapter is left.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::CourseHasLearners`].
pub async fn delete_chapter(tx: &Tx, id: ChapterId) -> Result<()> {
    let chapter = lock_editable(tx, id).await?;
    if chapter.is_published {
        unpublish(tx, &chapter).await?;
    }
    store::delete(tx, id).await.map_err(deletion_refusal)
}

/// Unpublishes a chapter, on request or because nothing is left in it.
pub(crate) async fn unpublish(tx: &Tx, chapter: &Chapter) -> Result<()> {
    store::set_published(tx, chapter.id, false).await?;
    if !store::any_published(tx, chapter.course_id).await?
        && course::store::find_ref(tx, chapter.course_id).await?.is_some_and(|course| course.is_published)
    {
        course::unpublish(tx, chapter.course_id).await?;
    }
    catalogue::recount(tx, chapter.course_id).await
}

/// Unpublishes a chapter that has nothing left to show.
pub(crate) async fn unpublish_if_empty(tx: &Tx, id: ChapterId) -> Result<()> {
    let chapter = require(tx, id).await?;
    if chapter.is_published && !unpublishable(tx, &chapter).await?.is_empty() {
        unpublish(tx, &chapter).await
    } else {
        catalogue::recount(tx, chapter.course_id).await
    }
}

/// Everything that prevents the publication of a chapter.
async fn unpublishable(tx: &Tx, chapter: &Chapter) -> Result<Vec<FieldError>> {
    let body = body::store::find(tx, BodyOwner::Chapter(chapter.id)).await?;
    Ok(publication::check_chapter(
        chapter,
        publication::BodyState::of(tx, &body).await?,
        any_published_lesson(tx, chapter.id).await?,
    ))
}

/// A chapter that the caller may edit, its course locked.
pub(crate) async fn lock_editable(tx: &Tx, id: ChapterId) -> Result<Chapter> {
    let chapter = require(tx, id).await?;
    let hidden = !chapter.is_published;
    match permission::lock_editable(tx, chapter.course_id).await {
        // An unpublished chapter of a published course does not exist for others.
        Err(error) if error.code() == Code::Forbidden && hidden => return Err(Code::NotFound.into()),
        locked => locked?,
    };
    // Read again under the lock.
    require(tx, id).await
}

async fn require(tx: &Tx, id: ChapterId) -> Result<Chapter> {
    store::find(tx, id).await?.ok_or_else(|| Code::NotFound.into())
}

async fn with_body(tx: &Tx, chapter: Chapter) -> Result<(Chapter, Body)> {
    let body = body::store::find(tx, BodyOwner::Chapter(chapter.id)).await?;
    Ok((chapter, body))
}
