//! The entries of the catalogue, and the words by which they are found.

use database::{MapDbErr, Tx, values};
use entity::{catalogue_entries, course_popularity};
use kernel::{CategoryId, CourseId, Result, Timestamp};
use sea_orm::{ActiveValue::Set, EntityTrait, FromQueryResult, sea_query::OnConflict};

use super::terms;
use crate::{
    catalogue::search::{indexed, sortable},
    course::model::Course,
};

/// The most courses of a category that are locked at once.
const BATCH: usize = 100;

/// The most characters by which titles are ordered: a cursor carries them. Transliterated, a title can be many times as long.
const MAX_SORT_TITLE: usize = 200;

/// The published chapters of a course, and the published lessons in them.
const CHAPTER_COUNT: &str = "(SELECT count(*) FROM chapters WHERE course_id = :course_id AND is_published)";
const LESSON_COUNT: &str = "(SELECT count(*) FROM lessons l JOIN chapters h ON h.id = l.chapter_id \
                            WHERE l.course_id = :course_id AND l.is_published AND h.is_published)";

/// Counts what is published in a course, if it has an entry. It is text because it counts inside the statement.
pub(in crate::catalogue) async fn recount(tx: &Tx, course_id: CourseId) -> Result<()> {
    let sql = format!(
        "UPDATE catalogue_entries SET chapter_count = {CHAPTER_COUNT}, lesson_count = {LESSON_COUNT} \
         WHERE course_id = :course_id"
    );
    tx.execute(&sql, values! { course_id }).await.map(drop)
}

#[derive(FromQueryResult)]
struct IdRow {
    course_id: CourseId,
}

/// The next courses of a category that have an entry, with their entries locked: a concurrent change of such a course writes its entry
/// either before what this transaction reads of it, or after this transaction. It is text because it locks one of two tables.
pub(in crate::catalogue) async fn lock_of_category(
    tx: &Tx,
    category_id: CategoryId,
    after: CourseId,
) -> Result<Vec<CourseId>> {
    let lock = if tx.is_postgres() { " FOR UPDATE OF e" } else { "" };
    let sql = format!(
        "SELECT e.course_id FROM course_categories m JOIN catalogue_entries e ON e.course_id = m.course_id \
         WHERE m.category_id = :category_id AND m.course_id > :after ORDER BY m.course_id LIMIT {BATCH}{lock}"
    );
    let rows: Vec<IdRow> = tx.fetch_all(&sql, values! { category_id, after }).await?;
    Ok(rows.into_iter().map(|row| row.course_id).collect())
}

/// Writes the entry of a course. It is text because it counts inside the statement.
pub(in crate::catalogue) async fn put(tx: &Tx, course: &Course, published_at: Timestamp) -> Result<()> {
    let words = Words::of(course);
    let sql = format!(
        "INSERT INTO catalogue_entries (course_id, author_id, published_at, sort_title, difficulty, price, currency, \
         duration, chapter_count, lesson_count) VALUES (:course_id, :author_id, :published_at, :sort_title, \
         :difficulty, :price, :currency, :duration, {CHAPTER_COUNT}, {LESSON_COUNT}) \
         ON CONFLICT (course_id) DO UPDATE SET published_at = excluded.published_at, sort_title = excluded.sort_title, \
         difficulty = excluded.difficulty, price = excluded.price, currency = excluded.currency, \
         duration = excluded.duration, chapter_count = excluded.chapter_count, lesson_count = excluded.lesson_count"
    );
    let values = values! {
        course_id: course.id,
        author_id: course.author.id,
        published_at,
        sort_title: sortable(&course.title).chars().take(MAX_SORT_TITLE).collect::<String>(),
        difficulty: course.difficulty,
        price: course.effective_price(),
        currency: course.price.map(|price| price.currency.to_string()),
        duration: course.duration,
    };
    tx.execute(&sql, values).await?;
    terms::add(tx, [&words.title, &words.people, &words.categories, &words.description]).await?;
    if tx.is_postgres() {
        index_in_postgres(tx, course.id, words).await
    } else {
        index_in_sqlite(tx, course.id, words).await
    }
}

/// The words by which a course is found.
struct Words {
    title: String,
    people: String,
    categories: String,
    description: String,
}

impl Words {
    fn of(course: &Course) -> Self {
        let author = &course.author;
        let people: Vec<&str> =
            [&author.name, &author.username].into_iter().flatten().map(String::as_str).collect();
        let categories: Vec<&str> = course.categories.iter().map(|category| category.name.as_str()).collect();
        Self {
            title: indexed(&course.title),
            people: indexed(&people.join(" ")),
            categories: indexed(&categories.join(" ")),
            description: indexed(&course.description),
        }
    }
}

/// It is text because the table is for full-text search, and has no entity.
async fn index_in_postgres(tx: &Tx, course_id: CourseId, words: Words) -> Result<()> {
    let sql = "INSERT INTO catalogue_search (course_id, document) VALUES (:course_id, \
               setweight(to_tsvector('simple', :title), 'A') || setweight(to_tsvector('simple', :names), 'B') \
               || setweight(to_tsvector('simple', :description), 'D')) \
               ON CONFLICT (course_id) DO UPDATE SET document = excluded.document";
    let Words { title, people, categories, description } = words;
    let names = format!("{people} {categories}");
    tx.execute(sql, values! { course_id, title, names, description }).await.map(drop)
}

/// It is text because the tables are for full-text search, and have no entities. FTS5 knows a row by a number.
async fn index_in_sqlite(tx: &Tx, course_id: CourseId, words: Words) -> Result<()> {
    let sql = "INSERT INTO catalogue_search_ids (course_id) VALUES (:course_id) ON CONFLICT DO NOTHING";
    tx.execute(sql, values! { course_id }).await?;
    let sql = "SELECT id FROM catalogue_search_ids WHERE course_id = :course_id";
    let id: Option<i64> = tx.fetch_scalar(sql, values! { course_id }).await?;
    tx.execute("DELETE FROM catalogue_search WHERE rowid = :id", values! { id }).await?;
    let sql = "INSERT INTO catalogue_search (rowid, title, people, shelves, description) \
               VALUES (:id, :title, :people, :categories, :description)";
    let Words { title, people, categories, description } = words;
    tx.execute(sql, values! { id, title, people, categories, description }).await.map(drop)
}

/// Removes the entry of a course, and its words. The words are text because their tables have no entities.
pub(in crate::catalogue) async fn remove(tx: &Tx, course_id: CourseId) -> Result<()> {
    let delete = catalogue_entries::Entity::delete_by_id(course_id);
    delete.exec(tx).await.map_db_err()?;
    if tx.is_postgres() {
        let sql = "DELETE FROM catalogue_search WHERE course_id = :course_id";
        return tx.execute(sql, values! { course_id }).await.map(drop);
    }
    let sql = "DELETE FROM catalogue_search \
               WHERE rowid = (SELECT id FROM catalogue_search_ids WHERE course_id = :course_id)";
    tx.execute(sql, values! { course_id }).await?;
    let sql = "DELETE FROM catalogue_search_ids WHERE course_id = :course_id";
    tx.execute(sql, values! { course_id }).await.map(drop)
}

pub(in crate::catalogue) async fn set_popularity(
    tx: &Tx,
    course_id: CourseId,
    enrollments: i64,
) -> Result<()> {
    let row =
        course_popularity::ActiveModel { course_id: Set(course_id), enrollment_count: Set(enrollments) };
    let replace = OnConflict::column(course_popularity::Column::CourseId)
        .update_column(course_popularity::Column::EnrollmentCount)
        .to_owned();
    let insert = course_popularity::Entity::insert(row).on_conflict(replace);
    insert.exec_without_returning(tx).await.map_db_err().map(drop)
}
