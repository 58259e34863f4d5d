//! The courses, with their authors and what the catalogue counts.

use database::{MapDbErr, Tx, values};
use entity::courses;
use kernel::{CourseId, Cursor, Limit, Money, Result, Timestamp, UserId};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter,
    QuerySelect, UpdateMany, Value,
};

use super::model::{Course, CourseRef, currency, effective_price};
use crate::{
    category::{self, Category},
    editor::model::can_edit,
    outline::{self, CourseOutline},
    picture::picture_url,
};

/// What a course `c` is joined with: the public columns of its author, what the catalogue counts, and its popularity.
const JOINS: &str = "JOIN users u ON u.id = c.author_id LEFT JOIN catalogue_entries e ON e.course_id = c.id \
                     LEFT JOIN course_popularity p ON p.course_id = c.id";

/// The columns of a [`Course`] in lists. They leave out `content`, which would be most of a list's bytes and which no list shows.
const LIST_COLUMNS: &str = "c.id, u.id AS author_id, u.username AS author_username, u.name AS author_name, \
                            u.avatar_url AS author_avatar_url, c.title, c.slug, c.description, c.content_format, c.image_url, \
                            c.image_id, c.preview_video_url, c.preview_video_asset_id, c.duration, c.difficulty, \
                            c.price_amount, c.price_currency, c.discount_price_amount, c.is_published, \
                            c.published_at, c.archived_at, c.version, c.created_at, c.updated_at, \
                            coalesce(e.chapter_count, 0) AS chapter_count, \
                            coalesce(e.lesson_count, 0) AS lesson_count, \
                            coalesce(p.enrollment_count, 0) AS enrollment_count";

/// The courses of a query, and their categories in a second statement. `rest` begins with `WHERE`. It is text because lists are hot.
async fn list(
    tx: &Tx,
    rest: &str,
    values: impl IntoIterator<Item = (&'static str, Value)>,
) -> Result<Vec<Course>> {
    let sql = format!("SELECT {LIST_COLUMNS}, CAST(NULL AS text) AS content FROM courses c {JOINS} {rest}");
    with_categories(tx, tx.fetch_all(&sql, values).await?).await
}

/// The courses that a query found, each with the `rank` and the `sort_title` that the query gave to its `course_id`. `rest` orders by the
/// columns of that query, which is `h`. It is text because the catalogue is hot.
pub(crate) async fn list_ranked(
    tx: &Tx,
    query: &str,
    rest: &str,
    values: impl IntoIterator<Item = (&'static str, Value)>,
) -> Result<Vec<(Course, i64, String)>> {
    let sql = format!(
        "SELECT {LIST_COLUMNS}, CAST(NULL AS text) AS content, h.rank, h.sort_title FROM ({query}) h \
         JOIN courses c ON c.id = h.course_id {JOINS} {rest}"
    );
    let rows = tx.query_all_raw(tx.named(&sql, values)).await.map_db_err()?;
    let mut courses = Vec::with_capacity(rows.len());
    let mut keys = Vec::with_capacity(rows.len());
    for row in &rows {
        courses.push(Course::from_query_result(row, "").map_db_err()?);
        let keys_of =
            || Ok::<(i64, String), DbErr>((row.try_get("", "rank")?, row.try_get("", "sort_title")?));
        keys.push(keys_of().map_db_err()?);
    }
    let courses = with_categories(tx, courses).await?.into_iter();
    Ok(courses.zip(keys).map(|(course, (rank, sort_title))| (course, rank, sort_title)).collect())
}

async fn with_categories(tx: &Tx, courses: Vec<Course>) -> Result<Vec<Course>> {
    let ids: Vec<CourseId> = courses.iter().map(|course| course.id).collect();
    let mut categories = category::store::of_courses(tx, &ids).await?;
    let complete = courses.into_iter().map(|course| {
        let categories = categories.remove(&course.id).unwrap_or_default();
        complete(tx, course, categories)
    });
    Ok(complete.collect())
}

/// A row with what is not in it.
fn complete(tx: &Tx, course: Course, categories: Vec<Category>) -> Course {
    Course {
        picture_url: picture_url(tx, course.image_url.as_deref(), course.image_id),
        categories,
        ..course
    }
}

/// What an author writes.
fn authored(course: &Course) -> courses::ActiveModel {
    courses::ActiveModel {
        title: Set(course.title.clone()),
        slug: Set(course.slug.clone()),
        description: Set(course.description.clone()),
        content: Set(course.content.clone()),
        content_format: Set(course.content_format),
        image_url: Set(course.image_url.clone()),
        image_id: Set(course.image_id),
        preview_video_url: Set(course.preview_video_url.clone()),
        preview_video_asset_id: Set(course.preview_video_asset_id),
        duration: Set(course.duration),
        difficulty: Set(course.difficulty),
        price_amount: Set(course.price.map(|price| price.amount)),
        price_currency: Set(course.price.map(|price| price.currency.to_string())),
        discount_price_amount: Set(course.discount_price.map(|price| price.amount)),
        ..Default::default()
    }
}

pub(super) async fn insert(tx: &Tx, course: &Course) -> Result<()> {
    let row = courses::ActiveModel {
        id: Set(course.id),
        author_id: Set(course.author.id),
        is_published: Set(course.is_published),
        published_at: Set(course.published_at),
        archived_at: Set(course.archived_at),
        version: Set(course.version),
        created_at: Set(course.created_at),
        updated_at: Set(course.updated_at),
        ..authored(course)
    };
    let insert = courses::Entity::insert(row);
    insert.exec_without_returning(tx).await.map_db_err().map(drop)
}

/// Writes what an author may change.
pub(super) async fn update(tx: &Tx, course: &Course) -> Result<()> {
    write(tx, course.id, authored(course)).await
}

pub(super) async fn set_slug(tx: &Tx, id: CourseId, slug: String) -> Result<()> {
    let change = courses::ActiveModel { slug: Set(slug), ..Default::default() };
    let update = change_one(id, change);
    update.exec(tx).await.map_db_err().map(drop)
}

/// Shows a course in the catalogue, and opens it for new learners.
pub(super) async fn set_published(tx: &Tx, id: CourseId, published_at: Timestamp) -> Result<()> {
    let change = courses::ActiveModel {
        is_published: Set(true),
        published_at: Set(Some(published_at)),
        archived_at: Set(None),
        ..Default::default()
    };
    write(tx, id, change).await
}

pub(super) async fn set_unpublished(tx: &Tx, id: CourseId) -> Result<()> {
    let change = courses::ActiveModel { is_published: Set(false), ..Default::default() };
    write(tx, id, change).await
}

pub(super) async fn set_archived(tx: &Tx, id: CourseId) -> Result<()> {
    let change = courses::ActiveModel { archived_at: Set(Some(tx.now())), ..Default::default() };
    write(tx, id, change).await
}

/// Writes a change, and raises the version.
async fn write(tx: &Tx, id: CourseId, change: courses::ActiveModel) -> Result<()> {
    let change = courses::ActiveModel { updated_at: Set(tx.now()), ..change };
    let update = change_one(id, change).col_expr(courses::Column::Version, courses::COLUMN.version.add(1));
    update.exec(tx).await.map_db_err().map(drop)
}

fn change_one(id: CourseId, change: courses::ActiveModel) -> UpdateMany<courses::Entity> {
    courses::Entity::update_many().set(change).filter(courses::COLUMN.id.eq(id))
}

pub(super) async fn delete(tx: &Tx, id: CourseId) -> Result<(), DbErr> {
    courses::Entity::delete_by_id(id).exec(tx).await.map(drop)
}

/// Locks a course until the end of the transaction. SQLite has one writer, which needs no lock.
pub(crate) async fn lock(tx: &Tx, id: CourseId) -> Result<()> {
    if tx.is_postgres() {
        let course = courses::Entity::find_by_id(id)
            .select_only()
            .column(courses::Column::Id)
            .lock_exclusive()
            .into_tuple::<CourseId>();
        course.one(tx).await.map_db_err()?;
    }
    Ok(())
}

/// A course with its categories, by id, slug or former slug.
pub(crate) async fn find(tx: &Tx, key: &str) -> Result<Option<Course>> {
    let found = find_by_key(tx, key, "NULL").await?;
    Ok(found.map(|(course, _)| course))
}

/// The same with its published outline, in the same statement.
pub(super) async fn find_with_outline(tx: &Tx, key: &str) -> Result<Option<(Course, CourseOutline)>> {
    let expression = outline::store::of_course_expression(tx, true);
    let found = find_by_key(tx, key, &expression).await?;
    found.map(|(course, text)| Ok((course, outline::store::parse(text.as_deref())?))).transpose()
}

/// It is text because the page of a course is hot.
async fn find_by_key(tx: &Tx, key: &str, outline: &str) -> Result<Option<(Course, Option<String>)>> {
    let (condition, key): (_, Value) = match key.parse::<CourseId>() {
        Ok(id) => ("c.id = :key", id.into()),
        Err(_) => ("c.id = (SELECT course_id FROM course_slugs WHERE slug = :key)", key.into()),
    };
    let sql = format!(
        "SELECT {LIST_COLUMNS}, c.content, {categories} AS categories, {outline} AS outline \
         FROM courses c {JOINS} WHERE {condition}",
        categories = category::store::of_course_expression(tx)
    );
    let statement = tx.named(&sql, values! { key });
    let Some(row) = tx.query_one_raw(statement).await.map_db_err()? else {
        return Ok(None);
    };
    let categories: Option<String> = row.try_get("", "categories").map_db_err()?;
    let categories = category::store::parse(tx, categories.as_deref())?;
    let course = Course::from_query_result(&row, "").map_db_err()?;
    let outline = row.try_get("", "outline").map_db_err()?;
    Ok(Some((complete(tx, course, categories), outline)))
}

pub(crate) async fn find_all(tx: &Tx, ids: &[CourseId]) -> Result<Vec<Course>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let (among, ids) = tx.any_of("ids", ids);
    list(tx, &format!("WHERE c.id {among}"), values! { ids }).await
}

#[derive(FromQueryResult)]
struct RefRow {
    id: CourseId,
    author_id: UserId,
    is_published: bool,
    price_amount: Option<i64>,
    discount_price_amount: Option<i64>,
    price_currency: Option<String>,
    archived_at: Option<Timestamp>,
    is_editor: bool,
}

/// It is text because nearly every request about a course asks for it.
impl RefRow {
    fn course_ref(self, tx: &Tx) -> Result<CourseRef> {
        let currency = currency(self.price_currency).map_db_err()?;
        let amount = effective_price(self.price_amount, self.discount_price_amount);
        let price = currency.map(|currency| Money { amount, currency });
        Ok(CourseRef {
            id: self.id,
            author_id: self.author_id,
            is_published: self.is_published,
            is_free: amount == 0,
            price: price.filter(|price| price.amount > 0),
            is_archived: self.archived_at.is_some(),
            staff: can_edit(tx.actor(), self.author_id, self.is_editor),
        })
    }
}

/// What others need to know of a course. It is text because every decision about access asks it.
const REF: &str = "SELECT id, author_id, is_published, price_amount, discount_price_amount, price_currency, archived_at, \
                   EXISTS (SELECT 1 FROM course_editors e WHERE e.course_id = c.id AND e.user_id = :user_id) AS is_editor \
                   FROM courses c";

pub(crate) async fn find_ref(tx: &Tx, id: CourseId) -> Result<Option<CourseRef>> {
    let sql = format!("{REF} WHERE c.id = :id");
    let row = tx.fetch_optional::<RefRow>(&sql, values! { id, user_id: tx.actor().user_id() }).await?;
    row.map(|row| row.course_ref(tx)).transpose()
}

pub(super) async fn find_refs(tx: &Tx, ids: &[CourseId]) -> Result<Vec<CourseRef>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let (among, ids) = tx.any_of("ids", ids);
    let sql = format!("{REF} WHERE c.id {among}");
    let rows = tx.fetch_all::<RefRow>(&sql, values! { ids, user_id: tx.actor().user_id() }).await?;
    rows.into_iter().map(|row| row.course_ref(tx)).collect()
}

#[derive(FromQueryResult)]
struct IdRow {
    id: CourseId,
}

/// Those of these courses that are published, and, where `is_trainer`, every course that somebody owns or edits. It is text because
/// each list of the community asks for it.
pub(super) async fn visible(
    tx: &Tx,
    ids: &[CourseId],
    user_id: UserId,
    is_trainer: bool,
) -> Result<Vec<CourseId>> {
    let (among, ids) = tx.any_of("ids", ids);
    let sql = format!(
        "SELECT id FROM courses WHERE (is_published AND id {among}) OR (:is_trainer AND (author_id = :user_id \
         OR id IN (SELECT course_id FROM course_editors WHERE user_id = :user_id)))"
    );
    let rows: Vec<IdRow> = tx.fetch_all(&sql, values! { ids, user_id, is_trainer }).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// What somebody owns or edits, newest first.
pub(super) async fn list_of_trainer(
    tx: &Tx,
    user_id: UserId,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Course>> {
    let mut values: Vec<(&'static str, Value)> = values! { user_id }.into();
    let mut condition = "(c.author_id = :user_id \
                         OR c.id IN (SELECT course_id FROM course_editors WHERE user_id = :user_id))"
        .to_owned();
    if let Some(after) = after {
        condition.push_str(" AND (c.created_at, c.id) < (:after_time, :after_id)");
        values.extend(values! { after_time: after.time(), after_id: after.id });
    }
    let limit = limit.fetch();
    let rest = format!("WHERE {condition} ORDER BY c.created_at DESC, c.id DESC LIMIT {limit}");
    list(tx, &rest, values).await
}
