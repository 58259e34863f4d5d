mod types;

use std::collections::HashMap;

use database::{Tx, from_db, outbox};
use kernel::{
    Actor, CategoryId, Code, CourseId, Cursor, Error, FieldError, FileId, Limit, Money, Page, Result, Role,
    UserId, Uuid, VideoAssetId,
};
use sea_orm::DbErr;
use serde_json::json;

use crate::{body::check_video, catalogue, editor, publish, rich_text, slug, store};

pub(crate) use types::to_be_paid;
pub use types::{
    Author, Course, CourseChange, CourseDetail, CourseOutline, CourseRef, NewCourse, OutlineChapter,
    OutlineLesson,
};

/// Makes a draft. Trainers and admins only.
///
/// # Errors
/// [`Code::Forbidden`], [`Code::ValidationFailed`] for a price, a category, a picture or a video that cannot be.
pub async fn create_course(tx: &Tx, new: NewCourse) -> Result<Course> {
    check_image(tx, new.image_id, None).await?;
    check_video(tx, new.preview_video_asset_id, None, "/previewVideoAssetId").await?;
    let id = insert(tx, new).await?;
    by_id(tx, id).await
}

/// Writes a draft of the caller's, and answers with its id.
pub(crate) async fn insert(tx: &Tx, new: NewCourse) -> Result<CourseId> {
    let author_id = match tx.actor() {
        Actor::User {
            id,
            role: Role::Trainer | Role::Admin,
            ..
        } => id,
        Actor::Anonymous => return Err(Code::Unauthenticated.into()),
        _ => return Err(Code::Forbidden.into()),
    };
    let id = tx.new_id();
    let course = Course {
        id,
        author: Author {
            id: author_id,
            username: None,
            name: None,
            avatar_url: None,
        },
        title: new.title.trim().to_owned(),
        // Claimed as soon as the course stands, since the slug refers to it.
        slug: id.to_string(),
        description: new.description.trim().to_owned(),
        content: rich_text::content(new.content)?,
        image_url: new.image_url,
        image_id: new.image_id,
        picture_url: None,
        preview_video_url: new.preview_video_url,
        preview_video_asset_id: new.preview_video_asset_id,
        duration: new.duration,
        difficulty: new.difficulty,
        price: new.price,
        discount_price: new.discount_price,
        is_published: false,
        published_at: None,
        archived_at: None,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
        chapter_count: 0,
        lesson_count: 0,
        enrollment_count: 0,
        categories: Vec::new(),
    };
    check_price(course.price, course.discount_price)?;
    store::course::insert(tx, &course).await?;
    let slug = slug::claim(tx, id, &course.title).await?;
    store::course::set_slug(tx, id, &slug).await?;
    set_categories(tx, id, &new.category_ids).await?;
    Ok(id)
}

/// A course with its outline, by id, slug or former slug. Whoever may edit it sees drafts and everything in them.
///
/// # Errors
/// [`Code::NotFound`], also where it is not published and the reader may not edit it.
pub async fn course(tx: &Tx, key: &str) -> Result<CourseDetail> {
    let (course, mut outline) = store::course::find_with_outline(tx, key)
        .await?
        .ok_or(Code::NotFound)?;
    let staff = editor::may_edit(tx, course.id, course.author.id).await?;
    if !course.is_published && !staff {
        return Err(Code::NotFound.into());
    }
    if staff {
        outline = store::outline::find(tx, course.id, false).await?;
    }
    Ok(CourseDetail { course, outline })
}

/// The published outline of a course, for whoever follows a learner through it.
///
/// # Errors
/// What the database answers.
pub async fn outline(tx: &Tx, course_id: CourseId) -> Result<CourseOutline> {
    store::outline::find(tx, course_id, true).await
}

/// What other crates have to know of a course.
///
/// # Errors
/// [`Code::NotFound`], also where it is not published and the reader may not edit it.
pub async fn course_ref(tx: &Tx, id: CourseId) -> Result<CourseRef> {
    let course = store::course::reference(tx, id).await?.ok_or(Code::NotFound)?;
    if course.is_published || course.staff {
        Ok(course)
    } else {
        Err(Code::NotFound.into())
    }
}

/// Of these courses the published ones, and every course that the caller may edit.
///
/// # Errors
/// What the database answers.
pub async fn visible_courses(tx: &Tx, ids: &[CourseId]) -> Result<Vec<CourseId>> {
    let trains = matches!(
        tx.actor(),
        Actor::User {
            role: Role::Trainer,
            ..
        }
    );
    store::course::visible(tx, ids, tx.user_id()?, trains).await
}

/// Whether somebody, the caller or not, may see everything of a course: its owner, an editor who still is a trainer, an admin.
///
/// # Errors
/// What the database answers.
pub async fn is_staff(tx: &Tx, course: &CourseRef, user_id: UserId) -> Result<bool> {
    Ok(course.author_id == user_id || store::editor::is_staff(tx, course.id, user_id).await?)
}

/// The published outlines of several courses, in one statement.
///
/// # Errors
/// What the database answers.
pub async fn outlines(tx: &Tx, course_ids: &[CourseId]) -> Result<HashMap<CourseId, CourseOutline>> {
    store::outline::find_all(tx, course_ids, true).await
}

/// These courses, whatever their state: for lists of what somebody already has.
///
/// # Errors
/// What the database answers.
pub async fn courses_by_ids(tx: &Tx, ids: &[CourseId]) -> Result<Vec<Course>> {
    store::course::by_ids(tx, ids).await
}

/// The courses that the caller owns or edits, drafts included, newest first.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn list_own_courses(tx: &Tx, after: Option<Cursor>, limit: Limit) -> Result<Page<Course>> {
    let rows = store::course::of_trainer(tx, tx.user_id()?, after, limit).await?;
    Ok(Page::cut(rows, limit, |course| {
        Cursor::at(course.created_at, course.id)
    }))
}

/// Changes a course, if its version is still one that `matches` accepts. What changes nothing makes no new version.
///
/// # Errors
/// [`Code::NotFound`], [`Code::PreconditionFailed`], [`Code::ValidationFailed`], [`Code::NotPublishable`] where a
/// published course would not be complete any more.
pub async fn change_course(
    tx: &Tx,
    key: &str,
    matches: impl Fn(i64) -> bool,
    change: CourseChange,
) -> Result<Course> {
    let id = store::course::find(tx, key).await?.ok_or(Code::NotFound)?.id;
    let before = managed(tx, id).await?;
    if !matches(before.version) {
        return Err(Code::PreconditionFailed.into());
    }
    let after = apply(before.clone(), change.clone())?;
    check_price(after.price, after.discount_price)?;
    check_image(tx, after.image_id, before.image_id).await?;
    check_video(
        tx,
        after.preview_video_asset_id,
        before.preview_video_asset_id,
        "/previewVideoAssetId",
    )
    .await?;
    let shelves = change.category_ids.filter(|ids| {
        let now: Vec<CategoryId> = before.categories.iter().map(|category| category.id).collect();
        ids.len() != now.len() || ids.iter().any(|id| !now.contains(id))
    });
    if after == before && shelves.is_none() {
        return Ok(before);
    }
    let slug = if after.title == before.title {
        before.slug
    } else {
        slug::claim(tx, id, &after.title).await?
    };
    store::course::update(tx, &Course { slug, ..after }).await?;
    if let Some(ids) = shelves {
        set_categories(tx, id, &ids).await?;
    }
    let after = by_id(tx, id).await?;
    if after.is_published {
        publish::require(publish::course(
            &after,
            store::chapter::published_in(tx, id).await?,
        ))?;
        catalogue::refresh(tx, &after).await?;
    }
    Ok(after)
}

/// A picture is either of ours or elsewhere: naming one takes the other away. The same with the preview.
fn apply(before: Course, change: CourseChange) -> Result<Course> {
    let CourseChange {
        title,
        description,
        content,
        image_url,
        image_id,
        preview_video_url,
        preview_video_asset_id,
        duration,
        difficulty,
        price,
        discount_price,
        category_ids: _,
    } = change;
    let (image_url, image_id) = either((before.image_url, before.image_id), image_url, image_id);
    let (preview_video_url, preview_video_asset_id) = either(
        (before.preview_video_url, before.preview_video_asset_id),
        preview_video_url,
        preview_video_asset_id,
    );
    Ok(Course {
        title: title.map_or(before.title, |title| title.trim().to_owned()),
        description: description.map_or(before.description, |text| text.trim().to_owned()),
        content: content.map_or(Ok(before.content), rich_text::content)?,
        image_url,
        image_id,
        preview_video_url,
        preview_video_asset_id,
        duration: duration.unwrap_or(before.duration),
        difficulty: difficulty.unwrap_or(before.difficulty),
        price: price.unwrap_or(before.price),
        discount_price: discount_price.unwrap_or(before.discount_price),
        ..before
    })
}

/// A link elsewhere or something of ours, never both.
pub(crate) fn either<I>(
    before: (Option<String>, Option<I>),
    url: Option<Option<String>>,
    id: Option<Option<I>>,
) -> (Option<String>, Option<I>) {
    match (url, id) {
        (_, Some(Some(id))) => (None, Some(id)),
        (Some(Some(url)), _) => (Some(url), None),
        (url, id) => (url.unwrap_or(before.0), id.unwrap_or(before.1)),
    }
}

/// Everything that stands between a course and its publication; empty where nothing does.
///
/// # Errors
/// [`Code::NotFound`] for a course that the caller may not edit.
pub async fn publish_check(tx: &Tx, id: CourseId) -> Result<Vec<FieldError>> {
    let course = managed(tx, id).await?;
    Ok(publish::course(
        &course,
        store::chapter::published_in(tx, id).await?,
    ))
}

/// Shows a course in the catalogue, also one that was archived. Doing it again changes nothing.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::NotPublishable`] with all reasons.
pub async fn publish_course(tx: &Tx, id: CourseId) -> Result<Course> {
    let course = managed(tx, id).await?;
    publish::require(publish::course(
        &course,
        store::chapter::published_in(tx, id).await?,
    ))?;
    if !course.is_published || course.archived_at.is_some() {
        store::course::set_published(tx, id, true).await?;
        let shown = by_id(tx, id).await?;
        catalogue::refresh(tx, &shown).await?;
        outbox::send(tx, "course.published", json!({ "courseId": id })).await?;
    }
    // With what the catalogue counts in it.
    by_id(tx, id).await
}

/// Takes a course out of the catalogue and out of its learners' sight; they keep their records. Doing it again changes
/// nothing.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn unpublish_course(tx: &Tx, id: CourseId) -> Result<Course> {
    if managed(tx, id).await?.is_published {
        withdraw(tx, id).await?;
    }
    by_id(tx, id).await
}

/// Takes a course out of the catalogue, by its author or because nothing published is left in it.
pub(crate) async fn withdraw(tx: &Tx, id: CourseId) -> Result<()> {
    store::course::set_published(tx, id, false).await?;
    catalogue::remove(tx, id).await?;
    outbox::send(tx, "course.unpublished", json!({ "courseId": id })).await
}

/// Closes a course for new learners and takes it out of the catalogue; whoever has access goes on. The owner or an admin.
/// Doing it again changes nothing.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`].
pub async fn archive_course(tx: &Tx, id: CourseId) -> Result<Course> {
    if owned(tx, id).await?.archived_at.is_none() {
        store::course::archive(tx, id).await?;
        catalogue::remove(tx, id).await?;
        outbox::send(tx, "course.archived", json!({ "courseId": id })).await?;
    }
    by_id(tx, id).await
}

/// Deletes a course with everything in it, if nobody ever enrolled in it, bought it or learnt from it. The owner or an admin.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::CourseHasLearners`].
pub async fn delete_course(tx: &Tx, key: &str) -> Result<()> {
    let id = store::course::find(tx, key).await?.ok_or(Code::NotFound)?.id;
    owned(tx, id).await?;
    catalogue::remove(tx, id).await?;
    store::course::delete(tx, id).await.map_err(refused_by_learners)
}

/// Why a course, a chapter or a lesson could not be deleted: grants, enrollments, purchases and learning records refer to it, and
/// no foreign key deletes them along.
pub(crate) fn refused_by_learners(error: DbErr) -> Error {
    match database::constraint(&error) {
        Some(name) if name.starts_with("fk") => Code::CourseHasLearners.into(),
        _ => from_db(error),
    }
}

/// A course that the caller may edit, locked until the end of the transaction: its children's order and its
/// publication are decided one after another.
pub(crate) async fn managed(tx: &Tx, id: CourseId) -> Result<Course> {
    store::course::lock(tx, id).await?;
    let course = editable(tx, id).await?;
    announce(tx, &course).await?;
    Ok(course)
}

/// Whoever opens a published course for writing is about to change what everybody may read.
async fn announce(tx: &Tx, course: &Course) -> Result<()> {
    if course.is_published {
        tx.invalidate_public_cache().await?;
    }
    Ok(())
}

/// A course that the caller may edit, to be read: nothing is locked.
pub(crate) async fn editable(tx: &Tx, id: CourseId) -> Result<Course> {
    let course = by_id(tx, id).await?;
    if editor::may_edit(tx, id, course.author.id).await? {
        Ok(course)
    } else {
        Err(refusal(&course).into())
    }
}

/// A course that is the caller's, locked: what editors may not do.
pub(crate) async fn owned(tx: &Tx, id: CourseId) -> Result<Course> {
    store::course::lock(tx, id).await?;
    let course = by_id(tx, id).await?;
    if tx.actor().manages(course.author.id) {
        announce(tx, &course).await?;
        Ok(course)
    } else if editor::may_edit(tx, id, course.author.id).await? {
        Err(Code::Forbidden.into())
    } else {
        Err(refusal(&course).into())
    }
}

/// Seen but not theirs, or not there for them.
fn refusal(course: &Course) -> Code {
    if course.is_published {
        Code::Forbidden
    } else {
        Code::NotFound
    }
}

pub(crate) async fn by_id(tx: &Tx, id: CourseId) -> Result<Course> {
    store::course::find(tx, &id.to_string())
        .await?
        .ok_or_else(|| Code::NotFound.into())
}

async fn set_categories(tx: &Tx, id: CourseId, category_ids: &[CategoryId]) -> Result<()> {
    let known = store::category::known(tx, category_ids).await?;
    let unknown = category_ids
        .iter()
        .enumerate()
        .filter(|(_, id)| !known.contains(id));
    let reasons: Vec<_> = unknown
        .map(|(index, _)| {
            FieldError::new(
                format!("/categoryIds/{index}"),
                "unknown_category",
                "There is no such category.",
            )
        })
        .collect();
    if !reasons.is_empty() {
        return Err(Error::invalid(reasons));
    }
    store::category::set_of_course(tx, id, category_ids).await
}

/// A picture has to be a ready one of the caller's, or the one that is there already.
pub(crate) async fn check_image(tx: &Tx, id: Option<FileId>, current: Option<FileId>) -> Result<()> {
    match id {
        Some(id) => media::usable_image(tx, id, current, "/imageId").await,
        None => Ok(()),
    }
}

pub(crate) fn check_price(price: Option<Money>, discount: Option<Money>) -> Result<()> {
    let Some(discount) = discount else {
        return Ok(());
    };
    let reason = match price {
        Some(price) if price.currency != discount.currency => {
            Some(("other_currency", "The discount must be in the price's currency."))
        }
        Some(price) if discount.amount < price.amount => None,
        _ => Some(("not_below_price", "The discounted price must be below the price.")),
    };
    reason.map_or(Ok(()), |(code, detail)| {
        Err(Error::invalid(vec![FieldError::new(
            "/discountPrice",
            code,
            detail,
        )]))
    })
}
