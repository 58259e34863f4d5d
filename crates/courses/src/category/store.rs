//! The categories, and which courses are in them.

use std::collections::{HashMap, HashSet};

use database::{MapDbErr, OldestFirst, Tx, json_rows, values};
use entity::{categories, course_categories};
use kernel::{CategoryId, CourseId, Cursor, Limit, Result};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, IntoActiveModel,
    QueryFilter, QuerySelect, QueryTrait, entity::prelude::SelectExt,
};

use super::model::Category;
use crate::picture::picture_url;

/// The columns of the category `g`, in the order of the fields of [`Category`], whose arrays are read by position.
const COLUMNS: &str = "g.id, g.name, g.slug, g.image_url, g.image_id, g.version, g.created_at, g.updated_at";

/// A row with the address of its picture.
fn complete(tx: &Tx, category: Category) -> Category {
    Category { picture_url: picture_url(tx, category.image_url.as_deref(), category.image_id), ..category }
}

pub(super) async fn insert(tx: &Tx, category: Category) -> Result<(), DbErr> {
    let folded_name = Set(kernel::comparable_name(&category.name));
    let row = categories::ActiveModel { folded_name, ..category.into_active_model() };
    let insert = categories::Entity::insert(row);
    insert.exec_without_returning(tx).await.map(drop)
}

pub(super) async fn update(tx: &Tx, category: Category) -> Result<(), DbErr> {
    let change = categories::ActiveModel {
        folded_name: Set(kernel::comparable_name(&category.name)),
        name: Set(category.name),
        slug: Set(category.slug),
        image_url: Set(category.image_url),
        image_id: Set(category.image_id),
        version: Set(category.version),
        updated_at: Set(category.updated_at),
        ..Default::default()
    };
    let update = categories::Entity::update_many().set(change).filter(categories::COLUMN.id.eq(category.id));
    update.exec(tx).await.map(drop)
}

/// The slugs that begin like this one, of all categories but `own`.
pub(super) async fn slugs_like(tx: &Tx, slug: &str, own: Option<CategoryId>) -> Result<HashSet<String>> {
    let slugs: Vec<String> = categories::Entity::find()
        .select_only()
        .column(categories::Column::Slug)
        .filter(categories::COLUMN.slug.starts_with(slug))
        .apply_if(own, |select, own| select.filter(categories::COLUMN.id.ne(own)))
        .into_tuple()
        .all(tx)
        .await
        .map_db_err()?;
    Ok(slugs.into_iter().collect())
}

/// Moves the courses of one category into another. The insert is text because it selects its rows.
pub(super) async fn move_courses(tx: &Tx, from: CategoryId, to: CategoryId) -> Result<()> {
    let sql = "INSERT INTO course_categories (course_id, category_id) \
               SELECT course_id, :to FROM course_categories WHERE category_id = :from ON CONFLICT DO NOTHING";
    tx.execute(sql, values! { to, from }).await?;
    let delete =
        course_categories::Entity::delete_many().filter(course_categories::COLUMN.category_id.eq(from));
    delete.exec(tx).await.map_db_err().map(drop)
}

pub(super) async fn has_courses(tx: &Tx, id: CategoryId) -> Result<bool> {
    let courses = course_categories::Entity::find().filter(course_categories::COLUMN.category_id.eq(id));
    courses.exists(tx).await.map_db_err()
}

pub(super) async fn delete(tx: &Tx, id: CategoryId) -> Result<()> {
    let delete = categories::Entity::delete_by_id(id);
    delete.exec(tx).await.map_db_err().map(drop)
}

pub(super) async fn list(tx: &Tx, after: Option<Cursor>, limit: Limit) -> Result<Vec<Category>> {
    let rows: Vec<Category> = categories::Entity::find()
        .oldest_first(categories::Column::CreatedAt, categories::Column::Id, after, limit)
        .into_partial_model()
        .all(tx)
        .await
        .map_db_err()?;
    Ok(rows.into_iter().map(|row| complete(tx, row)).collect())
}

/// By id or slug.
pub(super) async fn find_by_key(tx: &Tx, key: &str) -> Result<Option<Category>> {
    let condition = match key.parse::<CategoryId>() {
        Ok(id) => categories::COLUMN.id.eq(id),
        Err(_) => categories::COLUMN.slug.eq(key),
    };
    let row: Option<Category> =
        categories::Entity::find().filter(condition).into_partial_model().one(tx).await.map_db_err()?;
    Ok(row.map(|row| complete(tx, row)))
}

/// Those of these ids that a category has.
pub(crate) async fn existing(tx: &Tx, ids: &[CategoryId]) -> Result<HashSet<CategoryId>> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let known: Vec<CategoryId> = categories::Entity::find()
        .select_only()
        .column(categories::Column::Id)
        .filter(categories::COLUMN.id.is_in(ids.iter().copied()))
        .into_tuple()
        .all(tx)
        .await
        .map_db_err()?;
    Ok(known.into_iter().collect())
}

/// The ids of the categories that have these slugs.
pub(crate) async fn ids_by_slug(tx: &Tx, slugs: &[&str]) -> Result<HashMap<String, CategoryId>> {
    if slugs.is_empty() {
        return Ok(HashMap::new());
    }
    let known: Vec<(String, CategoryId)> = categories::Entity::find()
        .select_only()
        .column(categories::Column::Slug)
        .column(categories::Column::Id)
        .filter(categories::COLUMN.slug.is_in(slugs.iter().copied()))
        .into_tuple()
        .all(tx)
        .await
        .map_db_err()?;
    Ok(known.into_iter().collect())
}

/// Replaces the categories of a course.
pub(crate) async fn set_of_course(tx: &Tx, course_id: CourseId, ids: &[CategoryId]) -> Result<()> {
    let delete =
        course_categories::Entity::delete_many().filter(course_categories::COLUMN.course_id.eq(course_id));
    delete.exec(tx).await.map_db_err()?;
    let distinct: HashSet<CategoryId> = ids.iter().copied().collect();
    let rows = distinct
        .into_iter()
        .map(|id| course_categories::ActiveModel { course_id: Set(course_id), category_id: Set(id) });
    let insert = course_categories::Entity::insert_many(rows);
    insert.exec_without_returning(tx).await.map_db_err().map(drop)
}

/// The expression for the categories of the course `c`, which [`parse`] reads.
pub(crate) fn of_course_expression(tx: &Tx) -> String {
    let column = |name| match name {
        "g.id" | "g.image_id" => json_rows::id_column(tx, name),
        name => name.to_owned(),
    };
    let columns: Vec<String> = COLUMNS.split(", ").map(column).collect();
    format!(
        "(SELECT {} FROM course_categories m JOIN categories g ON g.id = m.category_id WHERE m.course_id = c.id)",
        json_rows::json_agg(tx, &columns.join(", "))
    )
}

/// The categories in the value of that expression, in the order of their names.
pub(crate) fn parse(tx: &Tx, text: Option<&str>) -> Result<Vec<Category>> {
    let mut rows: Vec<Category> = json_rows::parse_rows(text)?;
    rows.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok(rows.into_iter().map(|row| complete(tx, row)).collect())
}

/// The categories of these courses, in the order of their names. It is text because every list of courses asks for it.
pub(crate) async fn of_courses(tx: &Tx, course_ids: &[CourseId]) -> Result<HashMap<CourseId, Vec<Category>>> {
    let mut by_course: HashMap<CourseId, Vec<Category>> = HashMap::new();
    if course_ids.is_empty() {
        return Ok(by_course);
    }
    let (among, course_ids) = tx.any_of("course_ids", course_ids);
    let sql = format!(
        "SELECT m.course_id, {COLUMNS} FROM course_categories m JOIN categories g ON g.id = m.category_id \
         WHERE m.course_id {among} ORDER BY g.name"
    );
    let statement = tx.named(&sql, values! { course_ids });
    for row in tx.query_all_raw(statement).await.map_db_err()? {
        let course_id: CourseId = row.try_get("", "course_id").map_db_err()?;
        let category = Category::from_query_result(&row, "").map_db_err()?;
        by_course.entry(course_id).or_default().push(complete(tx, category));
    }
    Ok(by_course)
}

/// These categories with their counts, in the order of their names. It is text because the filters of the catalogue ask for it.
pub(crate) async fn with_counts(tx: &Tx, counts: &HashMap<CategoryId, i64>) -> Result<Vec<(Category, i64)>> {
    if counts.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<CategoryId> = counts.keys().copied().collect();
    let (among, ids) = tx.any_of("ids", &ids);
    let sql = format!("SELECT {COLUMNS} FROM categories g WHERE g.id {among} ORDER BY g.name");
    let rows: Vec<Category> = tx.fetch_all(&sql, values! { ids }).await?;
    let counted = rows.into_iter().filter_map(|row| {
        let count = *counts.get(&row.id)?;
        Some((complete(tx, row), count))
    });
    Ok(counted.collect())
}
