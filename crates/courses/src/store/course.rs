use database::{MapDbErr, Tx};
use entity::{courses, enums::Level};
use kernel::{
    CourseId, Currency, Cursor, Error, FileId, Limit, Money, Result, Timestamp, UserId, Uuid, VideoAssetId,
};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, FromQueryResult, Set, Value};

use super::{category, marks, outline, picture};
use crate::{Author, Category, Course, CourseOutline, CourseRef, course::to_be_paid, editor};

/// Everything of a course that is not a list: joined are the public columns of its author (`users` belongs to identity,
/// which publishes them to everybody) and what is counted.
const MORE: &str = "JOIN users u ON u.id = c.author_id LEFT JOIN catalogue_entries e ON e.course_id = c.id \
                    LEFT JOIN course_popularity p ON p.course_id = c.id";

/// What lists show. What fills a course's page would be most of a list's bytes, and no list shows it.
const CARD: &str = "c.id, c.author_id, u.username AS author_username, u.name AS author_name, \
                    u.avatar_url AS author_avatar_url, c.title, c.slug, c.description, c.image_url, c.image_id, \
                    c.preview_video_url, c.preview_video_asset_id, c.duration, c.difficulty, c.price_amount, \
                    c.price_currency, c.discount_price_amount, c.is_published, c.published_at, c.archived_at, c.version, \
                    c.created_at, c.updated_at, coalesce(e.chapter_count, 0) AS chapter_count, \
                    coalesce(e.lesson_count, 0) AS lesson_count, \
                    coalesce(p.enrollment_count, 0) AS enrollment_count";

#[derive(FromQueryResult)]
struct Row {
    id: CourseId,
    author_id: UserId,
    author_username: Option<String>,
    author_name: Option<String>,
    author_avatar_url: Option<String>,
    title: String,
    slug: String,
    description: String,
    content: Option<String>,
    image_url: Option<String>,
    image_id: Option<FileId>,
    preview_video_url: Option<String>,
    preview_video_asset_id: Option<VideoAssetId>,
    duration: Option<i64>,
    difficulty: Level,
    price_amount: Option<i64>,
    price_currency: Option<String>,
    discount_price_amount: Option<i64>,
    is_published: bool,
    published_at: Option<Timestamp>,
    archived_at: Option<Timestamp>,
    version: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
    chapter_count: i64,
    lesson_count: i64,
    enrollment_count: i64,
}

fn currency(code: Option<String>) -> Result<Option<Currency>> {
    let parsed = code.map(|code| {
        code.parse()
            .map_err(|()| Error::internal(format!("unknown currency {code} in the database")))
    });
    parsed.transpose()
}

impl Row {
    fn with(self, tx: &Tx, categories: Vec<Category>) -> Result<Course> {
        let currency = currency(self.price_currency)?;
        let money = |amount: Option<i64>| {
            Some(Money {
                amount: amount?,
                currency: currency?,
            })
        };
        Ok(Course {
            id: self.id,
            picture_url: picture(tx, self.image_url.as_deref(), self.image_id),
            author: Author {
                id: self.author_id,
                username: self.author_username,
                name: self.author_name,
                avatar_url: self.author_avatar_url,
            },
            title: self.title,
            slug: self.slug,
            description: self.description,
            content: self.content,
            image_url: self.image_url,
            image_id: self.image_id,
            preview_video_url: self.preview_video_url,
            preview_video_asset_id: self.preview_video_asset_id,
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
            chapter_count: self.chapter_count,
            lesson_count: self.lesson_count,
            enrollment_count: self.enrollment_count,
            categories,
        })
    }
}

/// The cards of a query, and their shelves in a second statement. `rest` begins with `WHERE`.
async fn cards(tx: &Tx, rest: &str, values: Vec<Value>) -> Result<Vec<Course>> {
    let sql = format!("SELECT {CARD}, CAST(NULL AS text) AS content FROM courses c {MORE} {rest}");
    with_categories(tx, tx.all(&sql, values).await?).await
}

/// The cards of what a query found, with the `rank` it gave each `course_id`; `h` in `rest` is that query.
pub(crate) async fn cards_of(
    tx: &Tx,
    found: &str,
    rest: &str,
    values: Vec<Value>,
) -> Result<Vec<(Course, i64)>> {
    let sql = format!(
        "SELECT {CARD}, CAST(NULL AS text) AS content, h.rank FROM ({found}) h JOIN courses c ON c.id = h.course_id \
         {MORE} {rest}"
    );
    let rows = tx.query_all_raw(tx.statement(&sql, values)).await.map_db_err()?;
    let read = |row| Ok((Row::from_query_result(row, "")?, row.try_get("", "rank")?));
    let rows: Vec<(Row, i64)> = rows.iter().map(read).collect::<Result<_, DbErr>>().map_db_err()?;
    let (rows, ranks): (Vec<Row>, Vec<i64>) = rows.into_iter().unzip();
    Ok(with_categories(tx, rows).await?.into_iter().zip(ranks).collect())
}

async fn with_categories(tx: &Tx, rows: Vec<Row>) -> Result<Vec<Course>> {
    let ids: Vec<CourseId> = rows.iter().map(|row| row.id).collect();
    let mut shelves = category::of_courses(tx, &ids).await?;
    rows.into_iter()
        .map(|row| {
            let categories = shelves.remove(&row.id).unwrap_or_default();
            row.with(tx, categories)
        })
        .collect()
}

pub(crate) async fn insert(tx: &Tx, course: &Course) -> Result<()> {
    let row = courses::ActiveModel {
        id: Set(course.id),
        author_id: Set(course.author.id),
        title: Set(course.title.clone()),
        slug: Set(course.slug.clone()),
        description: Set(course.description.clone()),
        content: Set(course.content.clone()),
        image_url: Set(course.image_url.clone()),
        image_id: Set(course.image_id),
        preview_video_url: Set(course.preview_video_url.clone()),
        preview_video_asset_id: Set(course.preview_video_asset_id),
        duration: Set(course.duration),
        difficulty: Set(course.difficulty),
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
        .map_db_err()?;
    Ok(())
}

/// Writes what an author changes, and raises the version.
pub(crate) async fn update(tx: &Tx, course: &Course) -> Result<()> {
    let sql = "UPDATE courses SET title = ?, slug = ?, description = ?, content = ?, image_url = ?, image_id = ?, \
               preview_video_url = ?, preview_video_asset_id = ?, duration = ?, difficulty = ?, price_amount = ?, \
               price_currency = ?, discount_price_amount = ?, version = version + 1, updated_at = ? WHERE id = ?";
    let values = [
        course.title.clone().into(),
        course.slug.clone().into(),
        course.description.clone().into(),
        course.content.clone().into(),
        course.image_url.clone().into(),
        course.image_id.into(),
        course.preview_video_url.clone().into(),
        course.preview_video_asset_id.into(),
        course.duration.into(),
        course.difficulty.into(),
        course.price.map(|price| price.amount).into(),
        course.price.map(|price| price.currency.to_string()).into(),
        course.discount_price.map(|price| price.amount).into(),
        tx.now().into(),
        course.id.into(),
    ];
    tx.change(sql, values).await.map(drop)
}

/// Takes a slug for a course; `false` where another course has or had it.
pub(crate) async fn claim_slug(tx: &Tx, slug: &str, course_id: CourseId) -> Result<bool> {
    let sql = "INSERT INTO course_slugs (slug, course_id) VALUES (?, ?) ON CONFLICT (slug) DO NOTHING";
    if tx.change(sql, [slug.into(), course_id.into()]).await? == 1 {
        return Ok(true);
    }
    let own = "SELECT count(*) FROM course_slugs WHERE slug = ? AND course_id = ?";
    Ok(tx.count(own, [slug.into(), course_id.into()]).await? == 1)
}

pub(crate) async fn set_slug(tx: &Tx, course_id: CourseId, slug: &str) -> Result<()> {
    tx.change(
        "UPDATE courses SET slug = ? WHERE id = ?",
        [slug.into(), course_id.into()],
    )
    .await
    .map(drop)
}

pub(crate) async fn lock(tx: &Tx, id: CourseId) -> Result<()> {
    let lock = tx.for_update();
    if !lock.is_empty() {
        let sql = format!("SELECT id FROM courses WHERE id = ?{lock}");
        tx.query_one_raw(tx.statement(&sql, [id.into()]))
            .await
            .map_db_err()?;
    }
    Ok(())
}

/// By id, slug or former slug, with its shelves, in one statement.
pub(crate) async fn find(tx: &Tx, key: &str) -> Result<Option<Course>> {
    let found = look(tx, key, "NULL").await?;
    Ok(found.map(|(course, _)| course))
}

/// The same with its outline as everybody sees it, in the same statement.
pub(crate) async fn find_with_outline(tx: &Tx, key: &str) -> Result<Option<(Course, CourseOutline)>> {
    let found = look(tx, key, &outline::expression(tx, true)).await?;
    found
        .map(|(course, text)| Ok((course, outline::read(text.as_deref())?)))
        .transpose()
}

async fn look(tx: &Tx, key: &str, outline: &str) -> Result<Option<(Course, Option<String>)>> {
    let (condition, value): (_, Value) = match key.parse::<Uuid>() {
        Ok(id) => ("c.id = ?", id.into()),
        Err(_) => (
            "c.id = (SELECT course_id FROM course_slugs WHERE slug = ?)",
            key.into(),
        ),
    };
    let sql = format!(
        "SELECT {CARD}, c.content, {shelves} AS shelves, {outline} AS outline FROM courses c {MORE} WHERE {condition}",
        shelves = category::expression(tx)
    );
    let Some(row) = tx.query_one_raw(tx.statement(&sql, [value])).await.map_db_err()? else {
        return Ok(None);
    };
    let shelves: Option<String> = row.try_get("", "shelves").map_db_err()?;
    let shelves = category::read(tx, shelves.as_deref())?;
    let course = Row::from_query_result(&row, "").map_db_err()?.with(tx, shelves)?;
    Ok(Some((course, row.try_get("", "outline").map_db_err()?)))
}

pub(crate) async fn by_ids(tx: &Tx, ids: &[CourseId]) -> Result<Vec<Course>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let condition = format!("WHERE c.id IN ({})", marks(ids.len()));
    cards(tx, &condition, ids.iter().map(|id| (*id).into()).collect()).await
}

#[derive(FromQueryResult)]
struct RefRow {
    author_id: UserId,
    is_published: bool,
    price_amount: Option<i64>,
    discount_price_amount: Option<i64>,
    price_currency: Option<String>,
    archived_at: Option<Timestamp>,
    is_editor: bool,
}

pub(crate) async fn reference(tx: &Tx, id: CourseId) -> Result<Option<CourseRef>> {
    let sql = "SELECT author_id, is_published, price_amount, discount_price_amount, price_currency, archived_at, \
               EXISTS (SELECT 1 FROM course_editors e WHERE e.course_id = c.id AND e.user_id = ?) AS is_editor \
               FROM courses c WHERE c.id = ?";
    let values = [tx.actor().user_id().into(), id.into()];
    let Some(row) = tx.one::<RefRow>(sql, values).await? else {
        return Ok(None);
    };
    let currency = currency(row.price_currency)?;
    let amount = to_be_paid(row.price_amount, row.discount_price_amount);
    let price = currency.map(|currency| Money { amount, currency });
    Ok(Some(CourseRef {
        id,
        author_id: row.author_id,
        is_published: row.is_published,
        is_free: amount == 0,
        price: price.filter(|price| price.amount > 0),
        is_archived: row.archived_at.is_some(),
        staff: editor::edits(tx.actor(), row.author_id, row.is_editor),
    }))
}

/// Of these the published ones, and those that somebody owns or, as a trainer, edits.
pub(crate) async fn visible(
    tx: &Tx,
    ids: &[CourseId],
    user_id: UserId,
    trains: bool,
) -> Result<Vec<CourseId>> {
    #[derive(FromQueryResult)]
    struct Row {
        id: CourseId,
    }
    let among = marks(ids.len() + 1);
    let sql = format!(
        "SELECT id FROM courses WHERE author_id = ? OR (is_published AND id IN ({among})) \
         OR (? AND id IN (SELECT course_id FROM course_editors WHERE user_id = ?))"
    );
    // No list is empty: a course has never the reader's id.
    let mut values: Vec<Value> = vec![user_id.into(), user_id.into()];
    values.extend(ids.iter().map(|id| Value::from(*id)));
    values.extend([trains.into(), user_id.into()]);
    let rows: Vec<Row> = tx.all(&sql, values).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// What somebody owns or edits, newest first.
pub(crate) async fn of_trainer(
    tx: &Tx,
    user_id: UserId,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Course>> {
    let mut rest =
        "WHERE (c.author_id = ? OR c.id IN (SELECT course_id FROM course_editors WHERE user_id = ?))"
            .to_owned();
    let mut values: Vec<Value> = vec![user_id.into(), user_id.into()];
    if let Some(after) = after {
        rest.push_str(" AND (c.created_at, c.id) < (?, ?)");
        values.extend([after.time().into(), after.id.into()]);
    }
    rest.push_str(&format!(
        " ORDER BY c.created_at DESC, c.id DESC LIMIT {}",
        limit.fetch()
    ));
    cards(tx, &rest, values).await
}

pub(crate) async fn set_published(tx: &Tx, id: CourseId, published: bool) -> Result<()> {
    let sql = "UPDATE courses SET is_published = ?, published_at = CASE WHEN ? THEN coalesce(published_at, ?) \
               ELSE published_at END, archived_at = CASE WHEN ? THEN NULL ELSE archived_at END, \
               version = version + 1, updated_at = ? WHERE id = ?";
    let values = [
        published.into(),
        published.into(),
        tx.now().into(),
        published.into(),
        tx.now().into(),
        id.into(),
    ];
    tx.change(sql, values).await.map(drop)
}

pub(crate) async fn archive(tx: &Tx, id: CourseId) -> Result<()> {
    let sql = "UPDATE courses SET archived_at = ?, version = version + 1, updated_at = ? WHERE id = ?";
    tx.change(sql, [tx.now().into(), tx.now().into(), id.into()])
        .await
        .map(drop)
}

pub(crate) async fn delete(tx: &Tx, id: CourseId) -> Result<(), DbErr> {
    tx.execute_raw(tx.statement("DELETE FROM courses WHERE id = ?", [id.into()]))
        .await
        .map(drop)
}
