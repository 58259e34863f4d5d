//! The categories of the catalogue, which admins keep.

pub(crate) mod model;
pub(crate) mod store;

use database::{Tx, constraint, from_db, outbox};
use kernel::{CategoryId, Code, Cursor, Error, FieldError, Limit, Page, Result};
use sea_orm::DbErr;
use serde_json::json;

use crate::{
    picture::{check_image, url_or_upload},
    slug::slugify,
};

pub use model::{Category, CategoryChange, NewCategory};

/// All categories, oldest first.
///
/// # Errors
/// What the database answers.
pub async fn categories(tx: &Tx, after: Option<Cursor>, limit: Limit) -> Result<Page<Category>> {
    let rows = store::list(tx, after, limit).await?;
    Ok(Page::cut(rows, limit, |category| Cursor::at(category.created_at, category.id)))
}

/// One category, by id or slug.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn category(tx: &Tx, key: &str) -> Result<Category> {
    store::find_by_key(tx, key).await?.ok_or_else(|| Code::NotFound.into())
}

/// Creates a category. Admins only.
///
/// # Errors
/// [`Code::Forbidden`], [`Code::CategoryTaken`], [`Code::ValidationFailed`] for a name in which nothing can be seen.
pub async fn create_category(tx: &Tx, new: NewCategory) -> Result<Category> {
    require_admin(tx)?;
    check_image(tx, new.image_id, None).await?;
    let name = kernel::visible_line(&new.name, "/name")?;
    let new = Category {
        id: tx.new_id(),
        slug: free_slug(tx, &name, None).await?,
        name,
        image_url: new.image_url,
        image_id: new.image_id,
        picture_url: None,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    let id = new.id;
    store::insert(tx, new).await.map_err(taken)?;
    tx.invalidate_public_cache().await?;
    category(tx, &id.to_string()).await
}

/// Changes a category if `matches` accepts its present version. Admins only. Searches find its courses by a new name once the
/// worker has updated the search index.
///
/// # Errors
/// [`Code::Forbidden`], [`Code::NotFound`], [`Code::PreconditionFailed`], [`Code::CategoryTaken`], [`Code::ValidationFailed`] for a name
/// in which nothing can be seen.
pub async fn change_category(
    tx: &Tx,
    key: &str,
    matches: impl Fn(i64) -> bool,
    change: CategoryChange,
) -> Result<Category> {
    require_admin(tx)?;
    let before = category(tx, key).await?;
    if !matches(before.version) {
        return Err(Code::PreconditionFailed.into());
    }
    let name = match change.name {
        Some(name) => kernel::visible_line(&name, "/name")?,
        None => before.name.clone(),
    };
    let (image_url, image_id) =
        url_or_upload((before.image_url.clone(), before.image_id), change.image_url, change.image_id);
    check_image(tx, image_id, before.image_id).await?;
    let slug =
        if name == before.name { before.slug.clone() } else { free_slug(tx, &name, Some(before.id)).await? };
    let after = Category { name, slug, image_url, image_id, ..before.clone() };
    if after == before {
        return Ok(before);
    }
    let after = Category { version: before.version + 1, updated_at: tx.now(), ..after };
    let is_renamed = after.name != before.name;
    store::update(tx, after).await.map_err(taken)?;
    if is_renamed {
        send_renamed(tx, before.id).await?;
    }
    tx.invalidate_public_cache().await?;
    category(tx, &before.id.to_string()).await
}

/// Deletes a category. Where it has courses, `replacement` names the category that takes them, by id or slug. Admins only.
///
/// # Errors
/// [`Code::Forbidden`], [`Code::NotFound`], [`Code::CategoryInUse`], [`Code::ValidationFailed`] for a replacement that does not
/// exist or is the category itself.
pub async fn delete_category(tx: &Tx, key: &str, replacement: Option<&str>) -> Result<()> {
    require_admin(tx)?;
    let id = category(tx, key).await?.id;
    match replacement {
        Some(replacement) => {
            let to =
                store::find_by_key(tx, replacement).await?.filter(|to| to.id != id).ok_or_else(|| {
                    let detail = "This is no other category.";
                    Error::invalid(vec![FieldError::new("?replacement", "unknown_category", detail)])
                })?;
            store::move_courses(tx, id, to.id).await?;
            send_renamed(tx, to.id).await?;
        }
        None if store::has_courses(tx, id).await? => return Err(Code::CategoryInUse.into()),
        None => {}
    }
    store::delete(tx, id).await?;
    tx.invalidate_public_cache().await
}

/// Asks the worker to update the words by which searches find the courses of a category.
async fn send_renamed(tx: &Tx, id: CategoryId) -> Result<()> {
    outbox::send(tx, "category.renamed", json!({ "categoryId": id })).await
}

fn require_admin(tx: &Tx) -> Result<()> {
    if tx.actor().is_admin() { Ok(()) } else { Err(Code::Forbidden.into()) }
}

/// The slug of a name, or that with the first free number behind it: different names can make the same one.
async fn free_slug(tx: &Tx, name: &str, own: Option<CategoryId>) -> Result<String> {
    let base = slugify(name, "category");
    let taken = store::slugs_like(tx, &base, own).await?;
    let numbered = (2..).map(|number| format!("{base}-{number}"));
    let mut slugs = std::iter::once(base.clone()).chain(numbered);
    slugs.find(|slug| !taken.contains(slug)).ok_or_else(|| Error::internal("no slug is free"))
}

/// Names are the same that differ only in case, accents, width and the like. Of two at once that make the same slug, one wins.
fn taken(error: DbErr) -> Error {
    match constraint(&error).as_deref() {
        Some("uq_categories_folded_name" | "uq_categories_name" | "uq_categories_slug") => {
            Code::CategoryTaken.into()
        }
        _ => from_db(error),
    }
}
