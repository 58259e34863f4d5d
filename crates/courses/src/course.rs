use database::{Tx, outbox};
use kernel::{Actor, Code, Cursor, Error, FieldError, Limit, Money, Page, Result, Role, Timestamp, Uuid};
use serde_json::json;

use crate::{Category, publish, rich_text, slug, store};

/// A course as its page shows it, without its outline.
#[derive(Clone, Debug)]
pub struct Course {
    /// The course's id.
    pub id: Uuid,
    /// Whose it is.
    pub author_id: Uuid,
    /// The title.
    pub title: String,
    /// Its address, made from the title.
    pub slug: String,
    /// Plain text.
    pub description: String,
    /// Sanitised HTML, for everybody to read. Lists leave it out.
    pub content: Option<String>,
    /// A picture.
    pub image_url: Option<String>,
    /// A video for everybody to see.
    pub preview_video_url: Option<String>,
    /// Minutes.
    pub duration: Option<i64>,
    /// `BEGINNER` … `EXPERT`.
    pub difficulty: String,
    /// `None` or zero is free.
    pub price: Option<Money>,
    /// Below the price, in its currency.
    pub discount_price: Option<Money>,
    /// Whether the catalogue shows it.
    pub is_published: bool,
    /// When it was first published.
    pub published_at: Option<Timestamp>,
    /// Since when it is closed for new learners.
    pub archived_at: Option<Timestamp>,
    /// Grows with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// The shelves it stands on.
    pub categories: Vec<Category>,
}

impl Course {
    /// Whether everybody may enrol without paying.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.price.is_none_or(|price| price.amount == 0)
    }

    fn is_visible_to(&self, actor: Actor) -> bool {
        self.is_published || actor.manages(self.author_id)
    }
}

/// A course with its outline.
#[derive(Clone, Debug)]
pub struct CourseDetail {
    /// The course.
    pub course: Course,
    /// What it consists of, as far as the reader may see.
    pub outline: CourseOutline,
}

/// Chapters in their order.
#[derive(Clone, Debug)]
pub struct CourseOutline {
    /// The chapters, each with its lessons.
    pub chapters: Vec<OutlineChapter>,
}

/// A chapter without its body.
#[derive(Clone, Debug)]
pub struct OutlineChapter {
    /// The chapter's id.
    pub id: Uuid,
    /// The title.
    pub title: String,
    /// Plain text.
    pub description: Option<String>,
    /// Its place among the chapters.
    pub position: i64,
    /// Minutes.
    pub duration: Option<i64>,
    /// Whether everybody may read it.
    pub is_free: bool,
    /// Whether learners see it.
    pub is_published: bool,
    /// Whether it has a body of its own.
    pub has_body: bool,
    /// The lessons in their order.
    pub lessons: Vec<OutlineLesson>,
}

/// A lesson without its body.
#[derive(Clone, Debug)]
pub struct OutlineLesson {
    /// The lesson's id.
    pub id: Uuid,
    /// The title.
    pub title: String,
    /// Its place among the lessons.
    pub position: i64,
    /// Minutes.
    pub duration: Option<i64>,
    /// Whether it has a video.
    pub has_video: bool,
    /// Whether learners see it.
    pub is_published: bool,
}

/// What other crates have to know of a course to decide about it.
#[derive(Clone, Debug)]
pub struct CourseRef {
    /// The course's id.
    pub id: Uuid,
    /// Whose it is.
    pub author_id: Uuid,
    /// Whether the catalogue shows it.
    pub is_published: bool,
    /// Whether everybody may enrol without paying.
    pub is_free: bool,
    /// Whether it is closed for new learners.
    pub is_archived: bool,
}

/// A course to be made.
#[derive(Clone, Debug)]
pub struct NewCourse {
    /// See [`Course::title`].
    pub title: String,
    /// See [`Course::description`].
    pub description: String,
    /// See [`Course::content`]; sanitised here.
    pub content: Option<String>,
    /// See [`Course::image_url`].
    pub image_url: Option<String>,
    /// See [`Course::preview_video_url`].
    pub preview_video_url: Option<String>,
    /// See [`Course::duration`].
    pub duration: Option<i64>,
    /// See [`Course::difficulty`].
    pub difficulty: String,
    /// See [`Course::price`].
    pub price: Option<Money>,
    /// See [`Course::discount_price`].
    pub discount_price: Option<Money>,
    /// The shelves it stands on.
    pub category_ids: Vec<Uuid>,
}

/// What changes in a course: `None` keeps, `Some(None)` clears.
#[derive(Clone, Debug, Default)]
pub struct CourseChange {
    /// See [`Course::title`]; a new title makes a new slug.
    pub title: Option<String>,
    /// See [`Course::description`].
    pub description: Option<String>,
    /// See [`Course::content`].
    pub content: Option<Option<String>>,
    /// See [`Course::image_url`].
    pub image_url: Option<Option<String>>,
    /// See [`Course::preview_video_url`].
    pub preview_video_url: Option<Option<String>>,
    /// See [`Course::duration`].
    pub duration: Option<Option<i64>>,
    /// See [`Course::difficulty`].
    pub difficulty: Option<String>,
    /// See [`Course::price`].
    pub price: Option<Option<Money>>,
    /// See [`Course::discount_price`].
    pub discount_price: Option<Option<Money>>,
    /// The whole new set of shelves.
    pub category_ids: Option<Vec<Uuid>>,
}

/// Which way a list runs along its sort key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    #[default]
    Descending,
}

/// Which published courses to list.
#[derive(Clone, Debug, Default)]
pub struct CourseFilter {
    /// By when they were published.
    pub direction: Direction,
    /// Only this difficulty.
    pub difficulty: Option<String>,
    /// Only this author's.
    pub author_id: Option<Uuid>,
    /// Only those on this shelf, by id or slug.
    pub category: Option<String>,
    /// Only free ones, or only those with a price.
    pub free: Option<bool>,
}

/// Makes a draft. Trainers and admins only.
///
/// # Errors
/// [`Code::Forbidden`], [`Code::ValidationFailed`] for a price or a category that cannot be.
pub async fn create_course(tx: &Tx, new: NewCourse) -> Result<Course> {
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
        author_id,
        title: new.title.trim().to_owned(),
        // Claimed as soon as the course stands, since the slug refers to it.
        slug: id.to_string(),
        description: new.description.trim().to_owned(),
        content: rich_text::sanitise(new.content),
        image_url: new.image_url,
        preview_video_url: new.preview_video_url,
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
        categories: Vec::new(),
    };
    check_price(&course)?;
    store::insert_course(tx, &course).await?;
    let slug = slug::claim(tx, id, &course.title).await?;
    store::set_slug(tx, id, &slug).await?;
    set_categories(tx, id, &new.category_ids).await?;
    by_id(tx, id).await
}

/// A course with its outline, by id, slug or former slug. Its author sees drafts and everything in them.
///
/// # Errors
/// [`Code::NotFound`], also where it is not published and not the reader's.
pub async fn course(tx: &Tx, key: &str) -> Result<CourseDetail> {
    let course = store::course(tx, key)
        .await?
        .filter(|course| course.is_visible_to(tx.actor()))
        .ok_or(Code::NotFound)?;
    let outline = store::outline(tx, course.id, !tx.actor().manages(course.author_id)).await?;
    Ok(CourseDetail { course, outline })
}

/// The published outline of a course, for whoever follows a learner through it.
///
/// # Errors
/// What the database answers.
pub async fn outline(tx: &Tx, course_id: Uuid) -> Result<CourseOutline> {
    store::outline(tx, course_id, true).await
}

/// What other crates have to know of a course.
///
/// # Errors
/// [`Code::NotFound`], also where it is not published and not the reader's.
pub async fn course_ref(tx: &Tx, id: Uuid) -> Result<CourseRef> {
    let course = store::course_ref(tx, id).await?;
    course
        .filter(|course| course.is_published || tx.actor().manages(course.author_id))
        .ok_or_else(|| Code::NotFound.into())
}

/// These courses, whatever their state: for lists of what somebody already has.
///
/// # Errors
/// What the database answers.
pub async fn courses_by_ids(tx: &Tx, ids: &[Uuid]) -> Result<Vec<Course>> {
    store::courses_by_ids(tx, ids).await
}

/// The public catalogue.
///
/// # Errors
/// What the database answers.
pub async fn list_courses(
    tx: &Tx,
    filter: &CourseFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Course>> {
    let rows = store::published_courses(tx, filter, after, limit).await?;
    let position = |course: &Course| Cursor::at(course.published_at.unwrap_or(course.created_at), course.id);
    Ok(Page::cut(rows, limit, position))
}

/// The caller's own courses, drafts included, newest first.
///
/// # Errors
/// [`Code::Unauthenticated`] where nobody has logged in.
pub async fn list_own_courses(tx: &Tx, after: Option<Cursor>, limit: Limit) -> Result<Page<Course>> {
    let rows = store::courses_of(tx, tx.user_id()?, after, limit).await?;
    Ok(Page::cut(rows, limit, |course| {
        Cursor::at(course.created_at, course.id)
    }))
}

/// Changes a course, if its version is still one that `matches` accepts.
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
    let id = store::course(tx, key).await?.ok_or(Code::NotFound)?.id;
    let before = managed(tx, id).await?;
    if !matches(before.version) {
        return Err(Code::PreconditionFailed.into());
    }
    let title = change
        .title
        .map(|title| title.trim().to_owned())
        .filter(|title| *title != before.title);
    let new_slug = match &title {
        Some(title) => slug::claim(tx, id, title).await?,
        None => before.slug.clone(),
    };
    let after = Course {
        title: title.unwrap_or(before.title),
        slug: new_slug,
        description: change
            .description
            .map_or(before.description, |text| text.trim().to_owned()),
        content: change.content.map_or(before.content, rich_text::sanitise),
        image_url: change.image_url.unwrap_or(before.image_url),
        preview_video_url: change.preview_video_url.unwrap_or(before.preview_video_url),
        duration: change.duration.unwrap_or(before.duration),
        difficulty: change.difficulty.unwrap_or(before.difficulty),
        price: change.price.unwrap_or(before.price),
        discount_price: change.discount_price.unwrap_or(before.discount_price),
        ..before
    };
    check_price(&after)?;
    store::update_course(tx, &after).await?;
    if let Some(ids) = change.category_ids {
        set_categories(tx, id, &ids).await?;
    }
    let after = by_id(tx, id).await?;
    if after.is_published {
        publish::require(publish::course(&after, store::published_chapters(tx, id).await?))?;
    }
    Ok(after)
}

/// Everything that stands between a course and its publication; empty where nothing does.
///
/// # Errors
/// [`Code::NotFound`] for a course that the caller does not manage.
pub async fn publish_check(tx: &Tx, id: Uuid) -> Result<Vec<FieldError>> {
    let course = managed(tx, id).await?;
    Ok(publish::course(&course, store::published_chapters(tx, id).await?))
}

/// Shows a course in the catalogue. Doing it again changes nothing.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::NotPublishable`] with all reasons.
pub async fn publish_course(tx: &Tx, id: Uuid) -> Result<Course> {
    let course = managed(tx, id).await?;
    publish::require(publish::course(&course, store::published_chapters(tx, id).await?))?;
    if !course.is_published {
        store::set_course_published(tx, id, true).await?;
        outbox::send(tx, "course.published", json!({ "courseId": id })).await?;
    }
    by_id(tx, id).await
}

/// Takes a course out of the catalogue; whoever is enrolled keeps the record. Doing it again changes nothing.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn unpublish_course(tx: &Tx, id: Uuid) -> Result<Course> {
    if managed(tx, id).await?.is_published {
        withdraw(tx, id).await?;
    }
    by_id(tx, id).await
}

/// Takes a course out of the catalogue, by its author or because nothing published is left in it.
pub(crate) async fn withdraw(tx: &Tx, id: Uuid) -> Result<()> {
    store::set_course_published(tx, id, false).await?;
    outbox::send(tx, "course.unpublished", json!({ "courseId": id })).await
}

/// A course that the caller may change, locked until the end of the transaction: its children's order and its
/// publication are decided one after another.
pub(crate) async fn managed(tx: &Tx, id: Uuid) -> Result<Course> {
    let actor = tx.actor();
    store::lock_course(tx, id).await?;
    match store::course(tx, &id.to_string()).await? {
        Some(course) if actor.manages(course.author_id) => Ok(course),
        // Seen, but not theirs.
        Some(course) if course.is_published => Err(Code::Forbidden.into()),
        _ => Err(Code::NotFound.into()),
    }
}

async fn by_id(tx: &Tx, id: Uuid) -> Result<Course> {
    store::course(tx, &id.to_string())
        .await?
        .ok_or_else(|| Code::NotFound.into())
}

async fn set_categories(tx: &Tx, id: Uuid, category_ids: &[Uuid]) -> Result<()> {
    let known = store::known_categories(tx, category_ids).await?;
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
    store::set_categories(tx, id, category_ids).await
}

fn check_price(course: &Course) -> Result<()> {
    let Some(discount) = course.discount_price else {
        return Ok(());
    };
    let reason = match course.price {
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
