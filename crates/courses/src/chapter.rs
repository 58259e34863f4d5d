use database::Tx;
use kernel::{ChapterId, Code, CourseId, FieldError, Result, Timestamp, Uuid};
use sea_orm::FromQueryResult;

use crate::{
    Body, BodyChange, catalogue, course, editor, order, publish,
    store::{self, body::Of, order::Children},
};

/// A chapter without its body.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Chapter {
    /// The chapter's id.
    pub id: ChapterId,
    /// Where it belongs.
    pub course_id: CourseId,
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

/// A chapter with all that decides whether somebody may see it.
#[derive(Clone, Debug)]
pub struct PlacedChapter {
    /// The chapter.
    pub chapter: Chapter,
    /// Whether the caller may edit it.
    pub staff: bool,
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
    /// What it teaches.
    pub body: Body,
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
    /// What it teaches.
    pub body: BodyChange,
}

/// Adds a draft chapter at the end of a course.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::ListFull`].
pub async fn create_chapter(tx: &Tx, course_id: CourseId, new: NewChapter) -> Result<(Chapter, Body)> {
    course::managed(tx, course_id).await?;
    new.body.check_video(tx, None).await?;
    insert(tx, course_id, new).await
}

/// Writes a draft chapter into a course that the caller is known to edit.
pub(crate) async fn insert(tx: &Tx, course_id: CourseId, new: NewChapter) -> Result<(Chapter, Body)> {
    let body = new.body.sanitised()?;
    let chapter = Chapter {
        id: tx.new_id(),
        course_id,
        title: new.title.trim().to_owned(),
        description: new.description,
        position: order::next(tx, Children::Chapters, course_id).await?,
        duration: new.duration,
        has_content: body.content.is_some(),
        has_video: body.has_video(),
        is_published: false,
        is_free: new.is_free,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    store::chapter::insert(tx, &chapter, &body).await?;
    Ok((chapter, body))
}

/// A chapter with all that decides whether somebody may see it: what the decision about access begins with.
///
/// # Errors
/// [`Code::NotFound`], also where it is not published and the caller may not edit it.
pub async fn placed_chapter(tx: &Tx, id: ChapterId) -> Result<PlacedChapter> {
    let chapter = store::chapter::find(tx, id).await?.ok_or(Code::NotFound)?;
    let course = store::course::reference(tx, chapter.course_id)
        .await?
        .ok_or(Code::NotFound)?;
    let staff = editor::may_edit(tx, chapter.course_id, course.author_id).await?;
    if staff || (chapter.is_published && course.is_published) {
        Ok(PlacedChapter { chapter, staff })
    } else {
        Err(Code::NotFound.into())
    }
}

/// What a chapter teaches. The caller has decided that the reader may have it.
///
/// # Errors
/// What the database answers.
pub async fn chapter_body(tx: &Tx, id: ChapterId) -> Result<Body> {
    store::body::find(tx, Of::Chapter, id).await
}

/// Changes a chapter, if its version is still one that `matches` accepts. What changes nothing makes no new version.
///
/// # Errors
/// [`Code::NotFound`], [`Code::PreconditionFailed`], [`Code::NotPublishable`] where a published chapter would be empty.
pub async fn change_chapter(
    tx: &Tx,
    id: ChapterId,
    matches: impl Fn(i64) -> bool,
    change: ChapterChange,
) -> Result<(Chapter, Body)> {
    let (before, old) = both(tx, managed(tx, id).await?).await?;
    if !matches(before.version) {
        return Err(Code::PreconditionFailed.into());
    }
    let body = old.clone().changed(change.body)?;
    body.check_video(tx, old.video_asset_id).await?;
    let after = Chapter {
        title: change
            .title
            .map_or_else(|| before.title.clone(), |title| title.trim().to_owned()),
        description: change.description.unwrap_or_else(|| before.description.clone()),
        duration: change.duration.unwrap_or(before.duration),
        is_free: change.is_free.unwrap_or(before.is_free),
        has_content: body.content.is_some(),
        has_video: body.has_video(),
        ..before.clone()
    };
    if after == before && body == old {
        return Ok((before, old));
    }
    let after = Chapter {
        version: before.version + 1,
        updated_at: tx.now(),
        ..after
    };
    store::chapter::update(tx, &after, &body).await?;
    if after.is_published {
        publish::require(check(tx, &after).await?)?;
    }
    Ok((after, body))
}

/// Puts the chapters of a course in order: `ids` names each of them once.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::ValidationFailed`] with every id that is foreign, repeated or missing.
pub async fn order_chapters(tx: &Tx, course_id: CourseId, ids: &[ChapterId]) -> Result<Vec<Chapter>> {
    course::managed(tx, course_id).await?;
    let present: Vec<ChapterId> = store::chapter::of_course(tx, course_id)
        .await?
        .iter()
        .map(|chapter| chapter.id)
        .collect();
    order::set(tx, Children::Chapters, course_id, &present, ids, "/chapterIds").await?;
    store::chapter::of_course(tx, course_id).await
}

/// Shows a chapter to learners. Doing it again changes nothing.
///
/// # Errors
/// [`Code::NotFound`], [`Code::NotPublishable`] with all reasons.
pub async fn publish_chapter(tx: &Tx, id: ChapterId) -> Result<(Chapter, Body)> {
    let before = managed(tx, id).await?;
    publish::require(check(tx, &before).await?)?;
    if !before.is_published {
        store::chapter::set_published(tx, id, true).await?;
        catalogue::recount(tx, before.course_id).await?;
    }
    both(tx, again(tx, id).await?).await
}

/// Hides a chapter; a course in which nothing published is left is unpublished with it.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`].
pub async fn unpublish_chapter(tx: &Tx, id: ChapterId) -> Result<(Chapter, Body)> {
    let before = managed(tx, id).await?;
    if before.is_published {
        withdraw(tx, &before).await?;
    }
    both(tx, again(tx, id).await?).await
}

/// Deletes a chapter with its lessons, unless somebody has learnt from it or from one of them; a course in which nothing published
/// is left is unpublished with it.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::CourseHasLearners`].
pub async fn delete_chapter(tx: &Tx, id: ChapterId) -> Result<()> {
    let chapter = managed(tx, id).await?;
    if chapter.is_published {
        withdraw(tx, &chapter).await?;
    }
    store::chapter::delete(tx, id)
        .await
        .map_err(course::refused_by_learners)
}

/// Hides a chapter, by its author or because nothing published is left in it.
pub(crate) async fn withdraw(tx: &Tx, chapter: &Chapter) -> Result<()> {
    store::chapter::set_published(tx, chapter.id, false).await?;
    if store::chapter::published_in(tx, chapter.course_id).await? == 0
        && store::course::reference(tx, chapter.course_id)
            .await?
            .is_some_and(|course| course.is_published)
    {
        course::withdraw(tx, chapter.course_id).await?;
    }
    catalogue::recount(tx, chapter.course_id).await
}

/// Hides a chapter in which nothing is left.
pub(crate) async fn withdraw_if_empty(tx: &Tx, id: ChapterId) -> Result<()> {
    let chapter = again(tx, id).await?;
    if chapter.is_published && !check(tx, &chapter).await?.is_empty() {
        withdraw(tx, &chapter).await
    } else {
        catalogue::recount(tx, chapter.course_id).await
    }
}

/// Everything that stands between a chapter and its publication.
async fn check(tx: &Tx, chapter: &Chapter) -> Result<Vec<FieldError>> {
    let body = store::body::find(tx, Of::Chapter, chapter.id).await?;
    Ok(publish::chapter(
        chapter,
        publish::Teaches::of(tx, &body).await?,
        store::lesson::published_in(tx, chapter.id).await?,
    ))
}

/// A chapter that the caller may edit, its course locked.
pub(crate) async fn managed(tx: &Tx, id: ChapterId) -> Result<Chapter> {
    let chapter = again(tx, id).await?;
    let hidden = !chapter.is_published;
    match course::managed(tx, chapter.course_id).await {
        // An unpublished chapter of a published course is not there for others.
        Err(error) if error.code() == Code::Forbidden && hidden => return Err(Code::NotFound.into()),
        managed => managed?,
    };
    // Read again under the lock.
    again(tx, id).await
}

async fn again(tx: &Tx, id: ChapterId) -> Result<Chapter> {
    store::chapter::find(tx, id)
        .await?
        .ok_or_else(|| Code::NotFound.into())
}

async fn both(tx: &Tx, chapter: Chapter) -> Result<(Chapter, Body)> {
    let body = store::body::find(tx, Of::Chapter, chapter.id).await?;
    Ok((chapter, body))
}
