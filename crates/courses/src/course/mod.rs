//! Courses: creating, reading, changing, publishing, archiving and deleting them.

pub(crate) mod model;
pub(crate) mod price;
pub(crate) mod store;

use database::{Tx, outbox};
use kernel::{
    CategoryId, Code, CourseId, Cursor, Error, FieldError, Limit, Page, Result, Written, trimmed,
    visible_line,
};
use media::TextPlace;
use serde_json::json;

use crate::{
    body::check_video,
    catalogue, category,
    chapter::store::any_published as any_published_chapter,
    content::{self, Content},
    deletion::deletion_refusal,
    outline, permission,
    picture::{check_image, url_or_upload},
    publication, slug,
};

pub use model::{Author, Course, CourseChange, CourseDetail, CourseRef, NewCourse, is_free};
use price::Prices;

/// The outbox message that the price of a course is another one, or that it became free. Carries `courseId`.
pub const OFFER_CHANGED: &str = "course.offer_changed";

/// Creates a draft. Trainers and admins only.
///
/// # Errors
/// [`Code::Forbidden`], [`Code::ValidationFailed`] for a title, a text, a price, a category, a picture or a video that is not
/// acceptable.
pub async fn create_course(tx: &Tx, new: NewCourse) -> Result<Written<Course>> {
    check_image(tx, new.image_id, None).await?;
    check_video(tx, new.preview_video_asset_id, None, "/previewVideoAssetId").await?;
    let Written { value: id, warnings } = insert(tx, new).await?;
    Ok(Written { value: by_id(tx, id).await?, warnings })
}

/// Inserts a draft of the caller's, and returns its id.
pub(crate) async fn insert(tx: &Tx, new: NewCourse) -> Result<Written<CourseId>> {
    let author_id = tx.actor().trainer_id()?;
    let text = content::checked(new.content, new.content_format, tx.players(), content::POINTER)?;
    let id = tx.new_id();
    let course = Course {
        id,
        author: Author { id: author_id, username: None, name: None, avatar_url: None },
        title: visible_line(&new.title, "/title")?,
        // A slug refers to its course, so that it can be claimed only once the course is there.
        slug: id.to_string(),
        description: trimmed(&new.description).to_owned(),
        content: text.text,
        content_format: text.format,
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
    price::check(prices(&course), None)?;
    store::insert(tx, &course).await?;
    keep_pictures(tx, None, &course).await?;
    let slug = slug::claim(tx, id, &course.title).await?;
    store::set_slug(tx, id, slug).await?;
    set_categories(tx, id, &new.category_ids).await?;
    Ok(Written { value: id, warnings: text.warnings })
}

/// A course with its outline, by id, slug or former slug. Whoever may edit it also sees its drafts.
///
/// # Errors
/// [`Code::NotFound`], also where it is not published and the reader may not edit it.
pub async fn course(tx: &Tx, key: &str) -> Result<CourseDetail> {
    let (course, mut outline) = store::find_with_outline(tx, key).await?.ok_or(Code::NotFound)?;
    let staff = permission::may_edit(tx, course.id, course.author.id).await?;
    if !course.is_published && !staff {
        return Err(Code::NotFound.into());
    }
    if staff {
        outline = outline::store::find(tx, course.id, false).await?;
    }
    Ok(CourseDetail { course, outline, staff })
}

/// What other crates need to know of a course.
///
/// # Errors
/// [`Code::NotFound`], also where it is not published and the reader may not edit it.
pub async fn course_ref(tx: &Tx, id: CourseId) -> Result<CourseRef> {
    let course = store::find_ref(tx, id).await?.ok_or(Code::NotFound)?;
    if course.is_published || course.staff { Ok(course) } else { Err(Code::NotFound.into()) }
}

/// What other crates need to know of these courses, whatever their state: for lists of courses that somebody already has.
///
/// # Errors
/// What the database answers.
pub async fn course_refs(tx: &Tx, ids: &[CourseId]) -> Result<Vec<CourseRef>> {
    store::find_refs(tx, ids).await
}

/// Those of these courses that are published, and every course that the caller may edit.
///
/// # Errors
/// What the database answers.
pub async fn visible_courses(tx: &Tx, ids: &[CourseId]) -> Result<Vec<CourseId>> {
    store::visible(tx, ids, tx.user_id()?, tx.actor().is_trainer()).await
}

/// These courses, whatever their state: for lists of courses that somebody already has.
///
/// # Errors
/// What the database answers.
pub async fn courses_by_ids(tx: &Tx, ids: &[CourseId]) -> Result<Vec<Course>> {
    store::find_all(tx, ids).await
}

/// The courses that the caller owns or edits, drafts included, newest first. Whoever is no trainer has none.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn list_own_courses(tx: &Tx, after: Option<Cursor>, limit: Limit) -> Result<Page<Course>> {
    let user_id = tx.user_id()?;
    let rows = if tx.actor().is_trainer() {
        store::list_of_trainer(tx, user_id, after, limit).await?
    } else {
        Vec::new()
    };
    Ok(Page::cut(rows, limit, |course| Cursor::at(course.created_at, course.id)))
}

/// Changes a course if `matches` accepts its present version. A change without effect makes no new version.
///
/// # Errors
/// [`Code::NotFound`], [`Code::PreconditionFailed`], [`Code::ValidationFailed`], [`Code::NotPublishable`] where a
/// published course would not be complete any more.
pub async fn change_course(
    tx: &Tx,
    key: &str,
    matches: impl Fn(i64) -> bool,
    change: CourseChange,
) -> Result<Written<Course>> {
    let id = store::find(tx, key).await?.ok_or(Code::NotFound)?.id;
    let before = permission::lock_editable(tx, id).await?;
    if !matches(before.version) {
        return Err(Code::PreconditionFailed.into());
    }
    let Written { value: after, warnings } = changed(tx, before.clone(), change.clone())?;
    let is_repriced = prices(&after) != prices(&before);
    price::check(prices(&after), Some(prices(&before)))?;
    check_image(tx, after.image_id, before.image_id).await?;
    check_video(tx, after.preview_video_asset_id, before.preview_video_asset_id, "/previewVideoAssetId")
        .await?;
    let categories = change.category_ids.filter(|ids| {
        let present: Vec<CategoryId> = before.categories.iter().map(|category| category.id).collect();
        ids.len() != present.len() || ids.iter().any(|id| !present.contains(id))
    });
    if after == before && categories.is_none() {
        return Ok(Written { value: before, warnings });
    }
    let known = if before.is_published { unpublishable(tx, &before).await? } else { Vec::new() };
    keep_pictures(tx, Some(&before), &after).await?;
    let slug =
        if after.title == before.title { before.slug } else { slug::claim(tx, id, &after.title).await? };
    store::update(tx, &Course { slug, ..after }).await?;
    if let Some(ids) = categories {
        set_categories(tx, id, &ids).await?;
    }
    let after = by_id(tx, id).await?;
    if is_repriced {
        outbox::send(tx, OFFER_CHANGED, json!({ "courseId": id })).await?;
    }
    if after.is_published {
        publication::require_no_worse(&known, unpublishable(tx, &after).await?)?;
        catalogue::refresh(tx, &after).await?;
    }
    Ok(Written { value: after, warnings })
}

/// Keeps the pictures that the page of a course names.
async fn keep_pictures(tx: &Tx, before: Option<&Course>, course: &Course) -> Result<()> {
    let texts = |course: &Course| [course.content.clone(), course.image_url.clone()];
    let (before, after) = (before.map(texts).unwrap_or_default(), texts(course));
    let [before, after] = [&before, &after].map(|texts| texts.each_ref().map(Option::as_deref));
    media::keep_pictures(tx, TextPlace::Course(course.id), &before, &after).await
}

fn prices(course: &Course) -> Prices {
    Prices { price: course.price, discount_price: course.discount_price }
}

/// A course with a change applied to it, apart from its categories.
fn changed(tx: &Tx, before: Course, change: CourseChange) -> Result<Written<Course>> {
    let CourseChange {
        title,
        description,
        content,
        content_format,
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
    let (image_url, image_id) = url_or_upload((before.image_url, before.image_id), image_url, image_id);
    let (preview_video_url, preview_video_asset_id) = url_or_upload(
        (before.preview_video_url, before.preview_video_asset_id),
        preview_video_url,
        preview_video_asset_id,
    );
    let text = (before.content, before.content_format);
    let Content { text, format, warnings } = content::changed(tx, text, content, content_format)?;
    let course = Course {
        title: title.map_or(Ok(before.title), |title| visible_line(&title, "/title"))?,
        description: description.map_or(before.description, |text| trimmed(&text).to_owned()),
        content: text,
        content_format: format,
        image_url,
        image_id,
        preview_video_url,
        preview_video_asset_id,
        duration: duration.unwrap_or(before.duration),
        difficulty: difficulty.unwrap_or(before.difficulty),
        price: price.unwrap_or(before.price),
        discount_price: discount_price.unwrap_or(before.discount_price),
        ..before
    };
    Ok(Written { value: course, warnings })
}

/// Everything that prevents the publication of a course; empty where nothing does.
///
/// # Errors
/// [`Code::NotFound`] for a course that the caller may not edit.
pub async fn publish_check(tx: &Tx, id: CourseId) -> Result<Vec<FieldError>> {
    let course = permission::lock_editable(tx, id).await?;
    unpublishable(tx, &course).await
}

async fn unpublishable(tx: &Tx, course: &Course) -> Result<Vec<FieldError>> {
    Ok(publication::check_course(course, any_published_chapter(tx, course.id).await?))
}

/// Publishes a course, also one that was archived: the catalogue shows it. Repeating it changes nothing.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::NotPublishable`] with all reasons.
pub async fn publish_course(tx: &Tx, id: CourseId) -> Result<Course> {
    let course = permission::lock_editable(tx, id).await?;
    publication::require(unpublishable(tx, &course).await?)?;
    if !course.is_published || course.archived_at.is_some() {
        store::set_published(tx, id, course.published_at.unwrap_or(tx.now())).await?;
        let published = by_id(tx, id).await?;
        catalogue::refresh(tx, &published).await?;
        outbox::send(tx, "course.published", json!({ "courseId": id })).await?;
    }
    // Read again, with what the catalogue has counted in it.
    by_id(tx, id).await
}

/// Unpublishes a course: neither the catalogue nor its learners see it any more; learners keep their records. Repeating it changes
/// nothing.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn unpublish_course(tx: &Tx, id: CourseId) -> Result<Course> {
    if permission::lock_editable(tx, id).await?.is_published {
        unpublish(tx, id).await?;
    }
    by_id(tx, id).await
}

/// Unpublishes a course, on request or because no published chapter is left in it.
pub(crate) async fn unpublish(tx: &Tx, id: CourseId) -> Result<()> {
    store::set_unpublished(tx, id).await?;
    catalogue::remove(tx, id).await?;
    outbox::send(tx, "course.unpublished", json!({ "courseId": id })).await
}

/// Archives a course: it is closed for new learners and leaves the catalogue; whoever has access keeps it. The owner or an admin.
/// Repeating it changes nothing.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`].
pub async fn archive_course(tx: &Tx, id: CourseId) -> Result<Course> {
    if permission::lock_owned(tx, id).await?.archived_at.is_none() {
        store::set_archived(tx, id).await?;
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
    let id = store::find(tx, key).await?.ok_or(Code::NotFound)?.id;
    permission::lock_owned(tx, id).await?;
    catalogue::remove(tx, id).await?;
    store::delete(tx, id).await.map_err(deletion_refusal)
}

pub(crate) async fn by_id(tx: &Tx, id: CourseId) -> Result<Course> {
    store::find(tx, &id.to_string()).await?.ok_or_else(|| Code::NotFound.into())
}

async fn set_categories(tx: &Tx, id: CourseId, category_ids: &[CategoryId]) -> Result<()> {
    let known = category::store::existing(tx, category_ids).await?;
    let unknown = category_ids.iter().enumerate().filter(|(_, id)| !known.contains(id));
    let reasons: Vec<_> = unknown
        .map(|(index, _)| {
            FieldError::new(format!("/categoryIds/{index}"), "unknown_category", "There is no such category.")
        })
        .collect();
    if !reasons.is_empty() {
        return Err(Error::invalid(reasons));
    }
    category::store::set_of_course(tx, id, category_ids).await
}
