use std::collections::{HashMap, HashSet};

use database::{MapDbErr, Tx};
use entity::categories;
use kernel::{CategoryId, CourseId, Cursor, FileId, Limit, Result, Timestamp, Uuid};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, FromQueryResult, Set, Value};
use serde::Deserialize;

use super::{gathered, marks, picture};
use crate::Category;

const COLUMNS: &str = "g.id, g.name, g.slug, g.image_url, g.image_id, g.version, g.created_at, g.updated_at";

/// In the order of [`COLUMNS`], so that an array of them reads as well.
#[derive(Deserialize, FromQueryResult)]
struct Row {
    id: CategoryId,
    name: String,
    slug: String,
    image_url: Option<String>,
    image_id: Option<FileId>,
    version: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl Row {
    fn with(self, tx: &Tx) -> Category {
        Category {
            id: self.id,
            name: self.name,
            slug: self.slug,
            picture_url: picture(tx, self.image_url.as_deref(), self.image_id),
            image_url: self.image_url,
            image_id: self.image_id,
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }
}

pub(crate) async fn insert(tx: &Tx, category: &Category) -> Result<(), DbErr> {
    let row = categories::ActiveModel {
        id: Set(category.id),
        name: Set(category.name.clone()),
        slug: Set(category.slug.clone()),
        image_url: Set(category.image_url.clone()),
        image_id: Set(category.image_id),
        version: Set(category.version),
        created_at: Set(category.created_at.into()),
        updated_at: Set(category.updated_at.into()),
    };
    categories::Entity::insert(row)
        .exec_without_returning(tx)
        .await
        .map(|_| ())
}

pub(crate) async fn update(tx: &Tx, category: &Category) -> Result<(), DbErr> {
    let sql = "UPDATE categories SET name = ?, slug = ?, image_url = ?, image_id = ?, version = ?, updated_at = ? WHERE id = ?";
    let values = [
        category.name.clone().into(),
        category.slug.clone().into(),
        category.image_url.clone().into(),
        category.image_id.into(),
        category.version.into(),
        category.updated_at.into(),
        category.id.into(),
    ];
    tx.execute_raw(tx.statement(sql, values)).await.map(drop)
}

/// Puts the courses of one shelf onto another.
pub(crate) async fn replace(tx: &Tx, from: CategoryId, to: CategoryId) -> Result<()> {
    let sql = "INSERT INTO course_categories (course_id, category_id) \
               SELECT course_id, ? FROM course_categories WHERE category_id = ? ON CONFLICT DO NOTHING";
    tx.change(sql, [to.into(), from.into()]).await?;
    tx.change(
        "DELETE FROM course_categories WHERE category_id = ?",
        [from.into()],
    )
    .await
    .map(drop)
}

pub(crate) async fn is_used(tx: &Tx, id: CategoryId) -> Result<bool> {
    let sql = "SELECT count(*) FROM course_categories WHERE category_id = ?";
    Ok(tx.count(sql, [id.into()]).await? > 0)
}

pub(crate) async fn delete(tx: &Tx, id: CategoryId) -> Result<()> {
    tx.change("DELETE FROM categories WHERE id = ?", [id.into()])
        .await
        .map(drop)
}

pub(crate) async fn list(tx: &Tx, after: Option<Cursor>, limit: Limit) -> Result<Vec<Category>> {
    let mut sql = format!("SELECT {COLUMNS} FROM categories g");
    let mut values: Vec<Value> = Vec::new();
    if let Some(after) = after {
        sql.push_str(" WHERE (g.created_at, g.id) > (?, ?)");
        values.extend([after.time().into(), after.id.into()]);
    }
    sql.push_str(&format!(" ORDER BY g.created_at, g.id LIMIT {}", limit.fetch()));
    let rows = tx.all::<Row>(&sql, values).await?;
    Ok(rows.into_iter().map(|row| row.with(tx)).collect())
}

pub(crate) async fn find(tx: &Tx, key: &str) -> Result<Option<Category>> {
    let (column, value): (_, Value) = match key.parse::<Uuid>() {
        Ok(id) => ("id", id.into()),
        Err(_) => ("slug", key.into()),
    };
    let sql = format!("SELECT {COLUMNS} FROM categories g WHERE g.{column} = ?");
    Ok(tx.one::<Row>(&sql, [value]).await?.map(|row| row.with(tx)))
}

pub(crate) async fn known(tx: &Tx, ids: &[CategoryId]) -> Result<HashSet<CategoryId>> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let sql = format!("SELECT id FROM categories WHERE id IN ({})", marks(ids.len()));
    let rows = tx
        .query_all_raw(tx.statement(&sql, ids.iter().map(|id| (*id).into())))
        .await
        .map_db_err()?;
    rows.iter()
        .map(|row| row.try_get::<CategoryId>("", "id"))
        .collect::<Result<_, _>>()
        .map_db_err()
}

/// The ids of the categories that have these slugs.
pub(crate) async fn by_slugs(tx: &Tx, slugs: &[&str]) -> Result<HashMap<String, CategoryId>> {
    if slugs.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!(
        "SELECT slug, id FROM categories WHERE slug IN ({})",
        marks(slugs.len())
    );
    let rows = tx
        .query_all_raw(tx.statement(&sql, slugs.iter().map(|slug| (*slug).into())))
        .await
        .map_db_err()?;
    rows.iter()
        .map(|row| Ok((row.try_get("", "slug")?, row.try_get("", "id")?)))
        .collect::<Result<_, DbErr>>()
        .map_db_err()
}

pub(crate) async fn set_of_course(tx: &Tx, course_id: CourseId, ids: &[CategoryId]) -> Result<()> {
    tx.change(
        "DELETE FROM course_categories WHERE course_id = ?",
        [course_id.into()],
    )
    .await?;
    let distinct: HashSet<CategoryId> = ids.iter().copied().collect();
    if distinct.is_empty() {
        return Ok(());
    }
    let rows = vec!["(?, ?)"; distinct.len()].join(", ");
    let sql = format!("INSERT INTO course_categories (course_id, category_id) VALUES {rows}");
    let values = distinct.into_iter().flat_map(|id| [course_id.into(), id.into()]);
    tx.change(&sql, values).await.map(drop)
}

/// The shelves of the course `c`, as a text.
pub(super) fn expression(tx: &Tx) -> String {
    let column = |name| match name {
        "g.id" | "g.image_id" => gathered::id(tx, name),
        name => name.to_owned(),
    };
    let columns: Vec<String> = COLUMNS.split(", ").map(column).collect();
    format!(
        "(SELECT {} FROM course_categories m JOIN categories g ON g.id = m.category_id WHERE m.course_id = c.id)",
        gathered::gather(tx, &columns.join(", "))
    )
}

/// What such a text says, in the order of their names.
pub(super) fn read(tx: &Tx, text: Option<&str>) -> Result<Vec<Category>> {
    let mut rows: Vec<Row> = gathered::rows(text)?;
    rows.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok(rows.into_iter().map(|row| row.with(tx)).collect())
}

/// The shelves of these courses, in one statement.
pub(crate) async fn of_courses(tx: &Tx, course_ids: &[CourseId]) -> Result<HashMap<CourseId, Vec<Category>>> {
    let mut shelves: HashMap<CourseId, Vec<Category>> = HashMap::new();
    if course_ids.is_empty() {
        return Ok(shelves);
    }
    let sql = format!(
        "SELECT m.course_id, {COLUMNS} FROM course_categories m JOIN categories g ON g.id = m.category_id \
         WHERE m.course_id IN ({}) ORDER BY g.name",
        marks(course_ids.len())
    );
    for row in tx
        .query_all_raw(tx.statement(&sql, course_ids.iter().map(|id| (*id).into())))
        .await
        .map_db_err()?
    {
        let course_id = row.try_get::<CourseId>("", "course_id").map_db_err()?;
        shelves
            .entry(course_id)
            .or_default()
            .push(Row::from_query_result(&row, "").map_db_err()?.with(tx));
    }
    Ok(shelves)
}

/// These categories with their counts, in the order of their names.
pub(crate) async fn counted(tx: &Tx, counts: &[(CategoryId, i64)]) -> Result<Vec<(Category, i64)>> {
    if counts.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM categories g WHERE g.id IN ({}) ORDER BY g.name",
        marks(counts.len())
    );
    let rows = tx
        .all::<Row>(&sql, counts.iter().map(|(id, _)| (*id).into()))
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let (_, count) = counts.iter().find(|(id, _)| *id == row.id)?;
            Some((row.with(tx), *count))
        })
        .collect())
}
