//! All SQL of this crate.

pub(crate) mod attachment;

use std::collections::{HashMap, HashSet};

use database::{IntoKernel, Tx};
use entity::{categories, chapter_bodies, chapters, courses, lesson_bodies, lessons};
use kernel::{Cursor, Error, Limit, Money, Result, Timestamp, Uuid};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, FromQueryResult, Set, Value};

use crate::{
    Category, Chapter, ChapterBody, Course, CourseFilter, CourseOutline, CourseRef, Direction, Lesson,
    LessonBody, NewCategory, OutlineChapter, OutlineLesson, PlacedLesson,
};

/// `?, ?, ?`
fn marks(n: usize) -> String {
    vec!["?"; n].join(", ")
}

// Categories -----------------------------------------------------------------------------------------------------

const CATEGORY: &str = "g.id, g.name, g.slug, g.image_url, g.version, g.created_at, g.updated_at";

pub(crate) async fn insert_category(tx: &Tx, id: Uuid, new: &NewCategory, slug: &str) -> Result<(), DbErr> {
    let row = categories::ActiveModel {
        id: Set(id),
        name: Set(new.name.trim().to_owned()),
        slug: Set(slug.to_owned()),
        image_url: Set(new.image_url.clone()),
        image_id: Set(None),
        version: Set(1),
        created_at: Set(tx.now().into()),
        updated_at: Set(tx.now().into()),
    };
    categories::Entity::insert(row)
        .exec_without_returning(tx)
        .await
        .map(|_| ())
}

pub(crate) async fn categories(tx: &Tx, after: Option<Cursor>, limit: Limit) -> Result<Vec<Category>> {
    let mut sql = format!("SELECT {CATEGORY} FROM categories g");
    let mut values: Vec<Value> = Vec::new();
    if let Some(after) = after {
        sql.push_str(" WHERE g.created_at > ? OR (g.created_at = ? AND g.id > ?)");
        values.extend([after.time().into(), after.time().into(), after.id.into()]);
    }
    sql.push_str(&format!(" ORDER BY g.created_at, g.id LIMIT {}", limit.fetch()));
    tx.all(&sql, values).await
}

pub(crate) async fn category(tx: &Tx, key: &str) -> Result<Option<Category>> {
    let (column, value): (_, Value) = match key.parse::<Uuid>() {
        Ok(id) => ("id", id.into()),
        Err(_) => ("slug", key.into()),
    };
    tx.one(
        &format!("SELECT {CATEGORY} FROM categories g WHERE g.{column} = ?"),
        [value],
    )
    .await
}

pub(crate) async fn known_categories(tx: &Tx, ids: &[Uuid]) -> Result<HashSet<Uuid>> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let sql = format!("SELECT id FROM categories WHERE id IN ({})", marks(ids.len()));
    let rows = tx
        .query_all_raw(tx.statement(&sql, ids.iter().map(|id| (*id).into())))
        .await
        .kernel()?;
    rows.iter()
        .map(|row| row.try_get::<Uuid>("", "id"))
        .collect::<Result<_, _>>()
        .kernel()
}

pub(crate) async fn set_categories(tx: &Tx, course_id: Uuid, ids: &[Uuid]) -> Result<()> {
    tx.change(
        "DELETE FROM course_categories WHERE course_id = ?",
        [course_id.into()],
    )
    .await?;
    let distinct: HashSet<Uuid> = ids.iter().copied().collect();
    if distinct.is_empty() {
        return Ok(());
    }
    let rows = vec!["(?, ?)"; distinct.len()].join(", ");
    let sql = format!("INSERT INTO course_categories (course_id, category_id) VALUES {rows}");
    let values = distinct.into_iter().flat_map(|id| [course_id.into(), id.into()]);
    tx.change(&sql, values).await.map(drop)
}

/// The shelves of these courses, in one statement.
async fn categories_of(tx: &Tx, course_ids: &[Uuid]) -> Result<HashMap<Uuid, Vec<Category>>> {
    let mut shelves: HashMap<Uuid, Vec<Category>> = HashMap::new();
    if course_ids.is_empty() {
        return Ok(shelves);
    }
    let sql = format!(
        "SELECT m.course_id, {CATEGORY} FROM course_categories m JOIN categories g ON g.id = m.category_id \
         WHERE m.course_id IN ({}) ORDER BY g.name",
        marks(course_ids.len())
    );
    for row in tx
        .query_all_raw(tx.statement(&sql, course_ids.iter().map(|id| (*id).into())))
        .await
        .kernel()?
    {
        let course_id = row.try_get::<Uuid>("", "course_id").kernel()?;
        shelves
            .entry(course_id)
            .or_default()
            .push(Category::from_query_result(&row, "").kernel()?);
    }
    Ok(shelves)
}

// Courses --------------------------------------------------------------------------------------------------------

const COURSE: &str = "c.id, c.author_id, c.title, c.slug, c.description, c.content, c.image_url, c.preview_video_url, \
                      c.duration, c.difficulty, c.price_amount, c.price_currency, c.discount_price_amount, \
                      c.is_published, c.published_at, c.archived_at, c.version, c.created_at, c.updated_at";

/// The same for lists: what fills a course's page would be most of a list's bytes, and no list shows it.
const CARD: &str = "c.id, c.author_id, c.title, c.slug, c.description, CAST(NULL AS text) AS content, c.image_url, \
                    c.preview_video_url, c.duration, c.difficulty, c.price_amount, c.price_currency, \
                    c.discount_price_amount, c.is_published, c.published_at, c.archived_at, c.version, c.created_at, \
                    c.updated_at";

#[derive(FromQueryResult)]
struct CourseRow {
    id: Uuid,
    author_id: Uuid,
    title: String,
    slug: String,
    description: String,
    content: Option<String>,
    image_url: Option<String>,
    preview_video_url: Option<String>,
    duration: Option<i64>,
    difficulty: String,
    price_amount: Option<i64>,
    price_currency: Option<String>,
    discount_price_amount: Option<i64>,
    is_published: bool,
    published_at: Option<Timestamp>,
    archived_at: Option<Timestamp>,
    version: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl CourseRow {
    fn with(self, categories: Vec<Category>) -> Result<Course> {
        let currency = self.price_currency.map(|code| {
            code.parse()
                .map_err(|()| Error::internal(format!("unknown currency {code} in the database")))
        });
        let currency = currency.transpose()?;
        let money = |amount: Option<i64>| {
            Some(Money {
                amount: amount?,
                currency: currency?,
            })
        };
        Ok(Course {
            id: self.id,
            author_id: self.author_id,
            title: self.title,
            slug: self.slug,
            description: self.description,
            content: self.content,
            image_url: self.image_url,
            preview_video_url: self.preview_video_url,
            duration: self.duration,
            difficulty: self.difficulty,
            price: money(self.price_amount),
            discount_price: money(self.discount_price_amount),
            is_published: self.is_published,
            published_at: self.published_at,
            archived_at: self.archived_at,
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
            categories,
        })
    }
}

async fn with_categories(tx: &Tx, rows: Vec<CourseRow>) -> Result<Vec<Course>> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut shelves = categories_of(tx, &ids).await?;
    rows.into_iter()
        .map(|row| {
            let categories = shelves.remove(&row.id).unwrap_or_default();
            row.with(categories)
        })
        .collect()
}

pub(crate) async fn insert_course(tx: &Tx, course: &Course) -> Result<()> {
    let row = courses::ActiveModel {
        id: Set(course.id),
        author_id: Set(course.author_id),
        title: Set(course.title.clone()),
        slug: Set(course.slug.clone()),
        description: Set(course.description.clone()),
        content: Set(course.content.clone()),
        image_url: Set(course.image_url.clone()),
        preview_video_url: Set(course.preview_video_url.clone()),
        image_id: Set(None),
        preview_video_asset_id: Set(None),
        duration: Set(course.duration),
        difficulty: Set(course.difficulty.clone()),
        price_amount: Set(course.price.map(|price| price.amount)),
        price_currency: Set(course.price.map(|price| price.currency.to_string())),
        discount_price_amount: Set(course.discount_price.map(|price| price.amount)),
        is_published: Set(course.is_published),
        published_at: Set(course.published_at.map(Into::into)),
        archived_at: Set(course.archived_at.map(Into::into)),
        version: Set(course.version),
        created_at: Set(course.created_at.into()),
        updated_at: Set(course.updated_at.into()),
    };
    courses::Entity::insert(row)
        .exec_without_returning(tx)
        .await
        .kernel()?;
    Ok(())
}

/// Writes what an author changes, and raises the version.
pub(crate) async fn update_course(tx: &Tx, course: &Course) -> Result<()> {
    let sql = "UPDATE courses SET title = ?, slug = ?, description = ?, content = ?, image_url = ?, \
               preview_video_url = ?, duration = ?, difficulty = ?, price_amount = ?, price_currency = ?, \
               discount_price_amount = ?, version = version + 1, updated_at = ? WHERE id = ?";
    let values = [
        course.title.clone().into(),
        course.slug.clone().into(),
        course.description.clone().into(),
        course.content.clone().into(),
        course.image_url.clone().into(),
        course.preview_video_url.clone().into(),
        course.duration.into(),
        course.difficulty.clone().into(),
        course.price.map(|price| price.amount).into(),
        course.price.map(|price| price.currency.to_string()).into(),
        course.discount_price.map(|price| price.amount).into(),
        tx.now().into(),
        course.id.into(),
    ];
    tx.change(sql, values).await.map(drop)
}

/// Takes a slug for a course; `false` where another course has or had it.
pub(crate) async fn claim_slug(tx: &Tx, slug: &str, course_id: Uuid) -> Result<bool> {
    let sql = "INSERT INTO course_slugs (slug, course_id) VALUES (?, ?) ON CONFLICT (slug) DO NOTHING";
    if tx.change(sql, [slug.into(), course_id.into()]).await? == 1 {
        return Ok(true);
    }
    let own = "SELECT count(*) FROM course_slugs WHERE slug = ? AND course_id = ?";
    Ok(tx.count(own, [slug.into(), course_id.into()]).await? == 1)
}

pub(crate) async fn set_slug(tx: &Tx, course_id: Uuid, slug: &str) -> Result<()> {
    tx.change(
        "UPDATE courses SET slug = ? WHERE id = ?",
        [slug.into(), course_id.into()],
    )
    .await
    .map(drop)
}

pub(crate) async fn lock_course(tx: &Tx, id: Uuid) -> Result<()> {
    let lock = tx.for_update();
    if !lock.is_empty() {
        let sql = format!("SELECT id FROM courses WHERE id = ?{lock}");
        tx.query_one_raw(tx.statement(&sql, [id.into()])).await.kernel()?;
    }
    Ok(())
}

/// By id, slug or former slug.
pub(crate) async fn course(tx: &Tx, key: &str) -> Result<Option<Course>> {
    let (condition, value): (_, Value) = match key.parse::<Uuid>() {
        Ok(id) => ("c.id = ?", id.into()),
        Err(_) => (
            "c.id = (SELECT course_id FROM course_slugs WHERE slug = ?)",
            key.into(),
        ),
    };
    let row = tx
        .one::<CourseRow>(
            &format!("SELECT {COURSE} FROM courses c WHERE {condition}"),
            [value],
        )
        .await?;
    Ok(with_categories(tx, row.into_iter().collect()).await?.pop())
}

pub(crate) async fn courses_by_ids(tx: &Tx, ids: &[Uuid]) -> Result<Vec<Course>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT {COURSE} FROM courses c WHERE c.id IN ({})",
        marks(ids.len())
    );
    let rows = tx.all(&sql, ids.iter().map(|id| (*id).into())).await?;
    with_categories(tx, rows).await
}

#[derive(FromQueryResult)]
struct RefRow {
    author_id: Uuid,
    is_published: bool,
    price_amount: Option<i64>,
    archived_at: Option<Timestamp>,
}

pub(crate) async fn course_ref(tx: &Tx, id: Uuid) -> Result<Option<CourseRef>> {
    let sql = "SELECT author_id, is_published, price_amount, archived_at FROM courses WHERE id = ?";
    let row = tx.one::<RefRow>(sql, [id.into()]).await?;
    Ok(row.map(|row| CourseRef {
        id,
        author_id: row.author_id,
        is_published: row.is_published,
        is_free: row.price_amount.unwrap_or(0) == 0,
        is_archived: row.archived_at.is_some(),
    }))
}

pub(crate) async fn published_courses(
    tx: &Tx,
    filter: &CourseFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Course>> {
    let mut sql = format!("SELECT {CARD} FROM courses c WHERE c.is_published AND c.archived_at IS NULL");
    let mut values: Vec<Value> = Vec::new();
    if let Some(difficulty) = &filter.difficulty {
        sql.push_str(" AND c.difficulty = ?");
        values.push(difficulty.clone().into());
    }
    if let Some(author_id) = filter.author_id {
        sql.push_str(" AND c.author_id = ?");
        values.push(author_id.into());
    }
    match filter.free {
        Some(true) => sql.push_str(" AND coalesce(c.price_amount, 0) = 0"),
        Some(false) => sql.push_str(" AND c.price_amount > 0"),
        None => {}
    }
    if let Some(category) = &filter.category {
        let (column, value): (_, Value) = match category.parse::<Uuid>() {
            Ok(id) => ("id", id.into()),
            Err(_) => ("slug", category.clone().into()),
        };
        sql.push_str(&format!(
            " AND c.id IN (SELECT m.course_id FROM course_categories m JOIN categories g ON g.id = m.category_id \
             WHERE g.{column} = ?)"
        ));
        values.push(value);
    }
    let (compare, order) = match filter.direction {
        Direction::Ascending => (">", "ASC"),
        Direction::Descending => ("<", "DESC"),
    };
    if let Some(after) = after {
        sql.push_str(&format!(
            " AND (c.published_at {compare} ? OR (c.published_at = ? AND c.id {compare} ?))"
        ));
        values.extend([after.time().into(), after.time().into(), after.id.into()]);
    }
    sql.push_str(&format!(
        " ORDER BY c.published_at {order}, c.id {order} LIMIT {}",
        limit.fetch()
    ));
    with_categories(tx, tx.all(&sql, values).await?).await
}

pub(crate) async fn courses_of(
    tx: &Tx,
    author_id: Uuid,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Course>> {
    let mut sql = format!("SELECT {CARD} FROM courses c WHERE c.author_id = ?");
    let mut values: Vec<Value> = vec![author_id.into()];
    if let Some(after) = after {
        sql.push_str(" AND (c.created_at < ? OR (c.created_at = ? AND c.id < ?))");
        values.extend([after.time().into(), after.time().into(), after.id.into()]);
    }
    sql.push_str(&format!(
        " ORDER BY c.created_at DESC, c.id DESC LIMIT {}",
        limit.fetch()
    ));
    with_categories(tx, tx.all(&sql, values).await?).await
}

pub(crate) async fn set_course_published(tx: &Tx, id: Uuid, published: bool) -> Result<()> {
    let sql = "UPDATE courses SET is_published = ?, published_at = CASE WHEN ? THEN coalesce(published_at, ?) \
               ELSE published_at END, version = version + 1, updated_at = ? WHERE id = ?";
    let values = [
        published.into(),
        published.into(),
        tx.now().into(),
        tx.now().into(),
        id.into(),
    ];
    tx.change(sql, values).await.map(drop)
}

// The outline ----------------------------------------------------------------------------------------------------

/// Chapters and lessons in their order, in two statements; only what is published, or everything.
pub(crate) async fn outline(tx: &Tx, course_id: Uuid, published_only: bool) -> Result<CourseOutline> {
    let only = if published_only { " AND is_published" } else { "" };
    let sql = format!("SELECT {CHAPTER} FROM chapters WHERE course_id = ?{only} ORDER BY position, id");
    let chapters = tx.all::<Chapter>(&sql, [course_id.into()]).await?;
    let sql =
        format!("SELECT {LESSON} FROM lessons WHERE course_id = ?{only} ORDER BY chapter_id, position, id");
    let mut lessons: HashMap<Uuid, Vec<OutlineLesson>> = HashMap::new();
    for lesson in tx.all::<Lesson>(&sql, [course_id.into()]).await? {
        lessons.entry(lesson.chapter_id).or_default().push(OutlineLesson {
            id: lesson.id,
            title: lesson.title,
            position: lesson.position,
            duration: lesson.duration,
            has_video: lesson.has_video,
            is_published: lesson.is_published,
        });
    }
    let chapters = chapters.into_iter().map(|chapter| OutlineChapter {
        lessons: lessons.remove(&chapter.id).unwrap_or_default(),
        id: chapter.id,
        title: chapter.title,
        description: chapter.description,
        position: chapter.position,
        duration: chapter.duration,
        is_free: chapter.is_free,
        is_published: chapter.is_published,
        has_body: chapter.has_content || chapter.has_video,
    });
    Ok(CourseOutline {
        chapters: chapters.collect(),
    })
}

// Chapters -------------------------------------------------------------------------------------------------------

const CHAPTER: &str = "id, course_id, title, description, position, duration, has_content, has_video, is_published, \
                       is_free, version, created_at, updated_at";

pub(crate) async fn chapter(tx: &Tx, id: Uuid) -> Result<Option<Chapter>> {
    tx.one(
        &format!("SELECT {CHAPTER} FROM chapters WHERE id = ?"),
        [id.into()],
    )
    .await
}

pub(crate) async fn chapter_body(tx: &Tx, id: Uuid) -> Result<ChapterBody> {
    let sql = "SELECT content, video_url FROM chapter_bodies WHERE chapter_id = ?";
    Ok(tx.one(sql, [id.into()]).await?.unwrap_or_default())
}

pub(crate) async fn next_chapter_position(tx: &Tx, course_id: Uuid) -> Result<i64> {
    let sql = "SELECT coalesce(max(position), 0) + 1 FROM chapters WHERE course_id = ?";
    tx.count(sql, [course_id.into()]).await
}

pub(crate) async fn insert_chapter(tx: &Tx, chapter: &Chapter, body: &ChapterBody) -> Result<()> {
    let row = chapters::ActiveModel {
        id: Set(chapter.id),
        course_id: Set(chapter.course_id),
        title: Set(chapter.title.clone()),
        description: Set(chapter.description.clone()),
        position: Set(chapter.position),
        duration: Set(chapter.duration),
        has_content: Set(chapter.has_content),
        has_video: Set(chapter.has_video),
        is_published: Set(chapter.is_published),
        is_free: Set(chapter.is_free),
        version: Set(chapter.version),
        created_at: Set(chapter.created_at.into()),
        updated_at: Set(chapter.updated_at.into()),
    };
    chapters::Entity::insert(row)
        .exec_without_returning(tx)
        .await
        .kernel()?;
    let body = chapter_bodies::ActiveModel {
        chapter_id: Set(chapter.id),
        course_id: Set(chapter.course_id),
        content: Set(body.content.clone()),
        video_url: Set(body.video_url.clone()),
        video_asset_id: Set(None),
    };
    chapter_bodies::Entity::insert(body)
        .exec_without_returning(tx)
        .await
        .kernel()?;
    Ok(())
}

pub(crate) async fn update_chapter(tx: &Tx, chapter: &Chapter, body: &ChapterBody) -> Result<()> {
    let sql = "UPDATE chapters SET title = ?, description = ?, duration = ?, is_free = ?, has_content = ?, \
               has_video = ?, version = ?, updated_at = ? WHERE id = ?";
    let values = [
        chapter.title.clone().into(),
        chapter.description.clone().into(),
        chapter.duration.into(),
        chapter.is_free.into(),
        chapter.has_content.into(),
        chapter.has_video.into(),
        chapter.version.into(),
        chapter.updated_at.into(),
        chapter.id.into(),
    ];
    tx.change(sql, values).await?;
    let sql = "UPDATE chapter_bodies SET content = ?, video_url = ? WHERE chapter_id = ?";
    tx.change(
        sql,
        [
            body.content.clone().into(),
            body.video_url.clone().into(),
            chapter.id.into(),
        ],
    )
    .await
    .map(drop)
}

pub(crate) async fn set_chapter_published(tx: &Tx, id: Uuid, published: bool) -> Result<()> {
    let sql = "UPDATE chapters SET is_published = ?, version = version + 1, updated_at = ? WHERE id = ?";
    tx.change(sql, [published.into(), tx.now().into(), id.into()])
        .await
        .map(drop)
}

pub(crate) async fn published_chapters(tx: &Tx, course_id: Uuid) -> Result<i64> {
    tx.count(
        "SELECT count(*) FROM chapters WHERE course_id = ? AND is_published",
        [course_id.into()],
    )
    .await
}

// Lessons --------------------------------------------------------------------------------------------------------

const LESSON: &str = "id, course_id, chapter_id, title, description, position, duration, has_content, has_video, \
                      is_published, version, created_at, updated_at";

pub(crate) async fn lesson(tx: &Tx, id: Uuid) -> Result<Option<Lesson>> {
    tx.one(&format!("SELECT {LESSON} FROM lessons WHERE id = ?"), [id.into()])
        .await
}

#[derive(FromQueryResult)]
struct Place {
    author_id: Uuid,
    is_public: bool,
    is_free: bool,
}

/// A lesson with what its chapter and course say about it, in one statement.
pub(crate) async fn placed_lesson(tx: &Tx, id: Uuid) -> Result<Option<PlacedLesson>> {
    let columns = LESSON
        .split(", ")
        .map(|column| format!("l.{column}"))
        .collect::<Vec<_>>()
        .join(", ");
    let sql = format!(
        "SELECT {columns}, k.author_id, h.is_free AND h.is_published AS is_free, \
         k.is_published AND h.is_published AND l.is_published AS is_public \
         FROM lessons l JOIN chapters h ON h.id = l.chapter_id JOIN courses k ON k.id = l.course_id WHERE l.id = ?"
    );
    let Some(row) = tx.query_one_raw(tx.statement(&sql, [id.into()])).await.kernel()? else {
        return Ok(None);
    };
    let place = Place::from_query_result(&row, "").kernel()?;
    let lesson = Lesson::from_query_result(&row, "").kernel()?;
    Ok(Some(PlacedLesson {
        lesson,
        author_id: place.author_id,
        is_public: place.is_public,
        is_free: place.is_free,
    }))
}

pub(crate) async fn lesson_body(tx: &Tx, id: Uuid) -> Result<LessonBody> {
    let sql = "SELECT content, video_url FROM lesson_bodies WHERE lesson_id = ?";
    Ok(tx.one(sql, [id.into()]).await?.unwrap_or_default())
}

pub(crate) async fn next_lesson_position(tx: &Tx, chapter_id: Uuid) -> Result<i64> {
    let sql = "SELECT coalesce(max(position), 0) + 1 FROM lessons WHERE chapter_id = ?";
    tx.count(sql, [chapter_id.into()]).await
}

pub(crate) async fn insert_lesson(tx: &Tx, lesson: &Lesson, body: &LessonBody) -> Result<()> {
    let row = lessons::ActiveModel {
        id: Set(lesson.id),
        course_id: Set(lesson.course_id),
        chapter_id: Set(lesson.chapter_id),
        title: Set(lesson.title.clone()),
        description: Set(lesson.description.clone()),
        position: Set(lesson.position),
        duration: Set(lesson.duration),
        has_content: Set(lesson.has_content),
        has_video: Set(lesson.has_video),
        is_published: Set(lesson.is_published),
        version: Set(lesson.version),
        created_at: Set(lesson.created_at.into()),
        updated_at: Set(lesson.updated_at.into()),
    };
    lessons::Entity::insert(row)
        .exec_without_returning(tx)
        .await
        .kernel()?;
    let body = lesson_bodies::ActiveModel {
        lesson_id: Set(lesson.id),
        course_id: Set(lesson.course_id),
        content: Set(body.content.clone()),
        video_url: Set(body.video_url.clone()),
        video_asset_id: Set(None),
    };
    lesson_bodies::Entity::insert(body)
        .exec_without_returning(tx)
        .await
        .kernel()?;
    Ok(())
}

pub(crate) async fn update_lesson(tx: &Tx, lesson: &Lesson, body: &LessonBody) -> Result<()> {
    let sql = "UPDATE lessons SET title = ?, description = ?, duration = ?, has_content = ?, has_video = ?, \
               version = ?, updated_at = ? WHERE id = ?";
    let values = [
        lesson.title.clone().into(),
        lesson.description.clone().into(),
        lesson.duration.into(),
        lesson.has_content.into(),
        lesson.has_video.into(),
        lesson.version.into(),
        lesson.updated_at.into(),
        lesson.id.into(),
    ];
    tx.change(sql, values).await?;
    let sql = "UPDATE lesson_bodies SET content = ?, video_url = ? WHERE lesson_id = ?";
    tx.change(
        sql,
        [
            body.content.clone().into(),
            body.video_url.clone().into(),
            lesson.id.into(),
        ],
    )
    .await
    .map(drop)
}

pub(crate) async fn set_lesson_published(tx: &Tx, id: Uuid, published: bool) -> Result<()> {
    let sql = "UPDATE lessons SET is_published = ?, version = version + 1, updated_at = ? WHERE id = ?";
    tx.change(sql, [published.into(), tx.now().into(), id.into()])
        .await
        .map(drop)
}

pub(crate) async fn published_lessons(tx: &Tx, chapter_id: Uuid) -> Result<i64> {
    tx.count(
        "SELECT count(*) FROM lessons WHERE chapter_id = ? AND is_published",
        [chapter_id.into()],
    )
    .await
}
