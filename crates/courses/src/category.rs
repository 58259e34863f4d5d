use database::Tx;
use kernel::{Code, Cursor, Limit, Page, Result, Timestamp, Uuid};
use sea_orm::FromQueryResult;

use crate::{slug, store};

/// A shelf of the catalogue.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Category {
    /// The category's id.
    pub id: Uuid,
    /// Unique.
    pub name: String,
    /// Unique, made from the name.
    pub slug: String,
    /// A picture.
    pub image_url: Option<String>,
    /// Grows with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A category to be made.
#[derive(Clone, Debug)]
pub struct NewCategory {
    /// Unique.
    pub name: String,
    /// A picture.
    pub image_url: Option<String>,
}

/// All categories in the order of their making.
///
/// # Errors
/// What the database answers.
pub async fn categories(tx: &Tx, after: Option<Cursor>, limit: Limit) -> Result<Page<Category>> {
    let rows = store::categories(tx, after, limit).await?;
    Ok(Page::cut(rows, limit, |category| {
        Cursor::at(category.created_at, category.id)
    }))
}

/// One category, by id or slug.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn category(tx: &Tx, key: &str) -> Result<Category> {
    store::category(tx, key)
        .await?
        .ok_or_else(|| Code::NotFound.into())
}

/// Makes a category. Admins only.
///
/// # Errors
/// [`Code::Forbidden`], [`Code::CategoryTaken`].
pub async fn create_category(tx: &Tx, new: NewCategory) -> Result<Category> {
    if !tx.actor().is_admin() {
        return Err(Code::Forbidden.into());
    }
    let id = tx.new_id();
    let slug = slug::of(&new.name, "category");
    store::insert_category(tx, id, &new, &slug)
        .await
        .map_err(|error| match database::constraint(&error).as_deref() {
            // Two names may differ and still make one slug.
            Some("uq_categories_name" | "uq_categories_slug") => Code::CategoryTaken.into(),
            _ => database::from_db(error),
        })?;
    category(tx, &id.to_string()).await
}
