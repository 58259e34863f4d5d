use database::{Tx, constraint, from_db, outbox};
use kernel::{CategoryId, Code, Cursor, Error, FieldError, FileId, Limit, Page, Result, Timestamp};
use serde_json::json;

use crate::{
    course::{check_image, either},
    slug, store,
};

/// A shelf of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// The category's id.
    pub id: CategoryId,
    /// Unique.
    pub name: String,
    /// Unique, made from the name.
    pub slug: String,
    /// A picture elsewhere.
    pub image_url: Option<String>,
    /// A picture that was uploaded.
    pub image_id: Option<FileId>,
    /// The address of the picture, whichever it is.
    pub picture_url: Option<String>,
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
    /// See [`Category::image_url`].
    pub image_url: Option<String>,
    /// See [`Category::image_id`].
    pub image_id: Option<FileId>,
}

/// What changes in a category: `None` keeps, `Some(None)` clears.
#[derive(Clone, Debug)]
pub struct CategoryChange {
    /// See [`Category::name`]; a new name makes a new slug.
    pub name: Option<String>,
    /// See [`Category::image_url`].
    pub image_url: Option<Option<String>>,
    /// See [`Category::image_id`].
    pub image_id: Option<Option<FileId>>,
}

/// All categories in the order of their making.
///
/// # Errors
/// What the database answers.
pub async fn categories(tx: &Tx, after: Option<Cursor>, limit: Limit) -> Result<Page<Category>> {
    let rows = store::category::list(tx, after, limit).await?;
    Ok(Page::cut(rows, limit, |category| {
        Cursor::at(category.created_at, category.id)
    }))
}

/// One category, by id or slug.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn category(tx: &Tx, key: &str) -> Result<Category> {
    store::category::find(tx, key)
        .await?
        .ok_or_else(|| Code::NotFound.into())
}

/// Makes a category. Admins only.
///
/// # Errors
/// [`Code::Forbidden`], [`Code::CategoryTaken`].
pub async fn create_category(tx: &Tx, new: NewCategory) -> Result<Category> {
    admins_only(tx)?;
    check_image(tx, new.image_id, None).await?;
    let name = new.name.trim().to_owned();
    let new = Category {
        id: tx.new_id(),
        slug: slug::of(&name, "category"),
        name,
        image_url: new.image_url,
        image_id: new.image_id,
        picture_url: None,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    store::category::insert(tx, &new).await.map_err(taken)?;
    tx.invalidate_public_cache().await?;
    category(tx, &new.id.to_string()).await
}

/// Changes a category, if its version is still one that `matches` accepts. Admins only. Searches find its courses by the
/// new name as soon as the worker has been there.
///
/// # Errors
/// [`Code::Forbidden`], [`Code::NotFound`], [`Code::PreconditionFailed`], [`Code::CategoryTaken`].
pub async fn change_category(
    tx: &Tx,
    key: &str,
    matches: impl Fn(i64) -> bool,
    change: CategoryChange,
) -> Result<Category> {
    admins_only(tx)?;
    let before = category(tx, key).await?;
    if !matches(before.version) {
        return Err(Code::PreconditionFailed.into());
    }
    let name = change
        .name
        .map_or_else(|| before.name.clone(), |name| name.trim().to_owned());
    let (image_url, image_id) = either(
        (before.image_url.clone(), before.image_id),
        change.image_url,
        change.image_id,
    );
    check_image(tx, image_id, before.image_id).await?;
    let slug = if name == before.name {
        before.slug.clone()
    } else {
        slug::of(&name, "category")
    };
    let after = Category {
        name,
        slug,
        image_url,
        image_id,
        ..before.clone()
    };
    if after == before {
        return Ok(before);
    }
    let after = Category {
        version: before.version + 1,
        updated_at: tx.now(),
        ..after
    };
    store::category::update(tx, &after).await.map_err(taken)?;
    if after.name != before.name {
        renamed(tx, after.id).await?;
    }
    tx.invalidate_public_cache().await?;
    category(tx, &after.id.to_string()).await
}

/// Deletes a category. Where courses stand on it, another one has to be named that takes them. Admins only.
///
/// # Errors
/// [`Code::Forbidden`], [`Code::NotFound`], [`Code::CategoryInUse`], [`Code::ValidationFailed`] for a replacement that is not
/// there or is the category itself.
pub async fn delete_category(tx: &Tx, key: &str, replacement: Option<&str>) -> Result<()> {
    admins_only(tx)?;
    let id = category(tx, key).await?.id;
    match replacement {
        Some(replacement) => {
            let to = store::category::find(tx, replacement)
                .await?
                .filter(|to| to.id != id)
                .ok_or_else(|| {
                    let detail = "This is no other category.";
                    Error::invalid(vec![FieldError::new("?replacement", "unknown_category", detail)])
                })?;
            store::category::replace(tx, id, to.id).await?;
            renamed(tx, to.id).await?;
        }
        None if store::category::is_used(tx, id).await? => return Err(Code::CategoryInUse.into()),
        None => {}
    }
    store::category::delete(tx, id).await?;
    tx.invalidate_public_cache().await
}

/// The worker writes the words anew that its courses are found by.
async fn renamed(tx: &Tx, id: CategoryId) -> Result<()> {
    outbox::send(tx, "category.renamed", json!({ "categoryId": id })).await
}

fn admins_only(tx: &Tx) -> Result<()> {
    if tx.actor().is_admin() {
        Ok(())
    } else {
        Err(Code::Forbidden.into())
    }
}

/// Two names may differ and still make one slug.
fn taken(error: sea_orm::DbErr) -> Error {
    match constraint(&error).as_deref() {
        Some("uq_categories_name" | "uq_categories_slug") => Code::CategoryTaken.into(),
        _ => from_db(error),
    }
}
