//! The operations on categories.

use courses::{CategoryChange, NewCategory};
use kernel::Actor;

use super::dto::{Category, CategoryPage, CreateCategory, DeleteCategory, PatchCategory};
use crate::http::prelude::*;

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, list_categories, create_category, get_category, update_category, delete_category);
}

/// List categories
///
/// Lists the categories of the catalogue, oldest first.
#[utoipa::path(get, path = "/categories",
    tag = "categories", operation_id = "listCategories", security(()), params(PageQuery),
    responses((status = 200, description = "A page of categories.", body = CategoryPage)))]
async fn list_categories(state: Data<State>, list: List) -> Answer<CategoryPage> {
    let List { after, limit, list_id, .. } = list;
    let work = async move |tx| courses::categories(&tx, after, limit).await;
    let page = state.db.read(Actor::Anonymous, work).await?;
    Ok(Reply::ok(&CategoryPage::of(list_id, page))?)
}

/// Create a category
///
/// Creates a category, by an admin.
#[utoipa::path(post, path = "/categories",
    tag = "categories", operation_id = "createCategory", security(("bearer" = [])), request_body = CreateCategory,
    extensions(("x-problem-codes" = json!(["forbidden", "category_taken"]))),
    responses((status = 201, description = "The category.", body = Category)))]
async fn create_category(caller: Admin, key: Idempotency, body: Json<CreateCategory>) -> Answer<Category> {
    let new = NewCategory::from(body.value);
    let work = async move |tx| {
        let category = courses::create_category(&tx, new).await?;
        let (location, version) = (format!("/categories/{}", category.id), category.version);
        Ok(Reply::created(&location, &Category::from(category))?.version(version))
    };
    Ok(key.run(&caller, "createCategory", &body.raw, work).await?)
}

/// Get a category
///
/// Gives a category by its id or slug.
#[utoipa::path(get, path = "/categories/{category}",
    tag = "categories", operation_id = "getCategory", security(()),
    params(("category" = String, Path, description = "Id or slug.", max_length = 120, example = "strength")),
    responses((status = 200, description = "The category.", body = Category)))]
async fn get_category(state: Data<State>, Path(key): Path<String>) -> Answer<Category> {
    reply(state.db.read(Actor::Anonymous, async move |tx| courses::category(&tx, &key).await).await?)
}

/// Update a category
///
/// Changes a category, by an admin. Searches find its courses by a new name after some seconds.
#[utoipa::path(patch, path = "/categories/{category}",
    tag = "categories", operation_id = "updateCategory", security(("bearer" = [])), request_body = PatchCategory,
    params(("category" = String, Path, description = "Id or slug.", max_length = 120, example = "strength")),
    extensions(("x-problem-codes" = json!(["forbidden", "category_taken"]))),
    responses((status = 200, description = "The category as it is now.", body = Category)))]
async fn update_category(
    caller: Admin,
    Path(key): Path<String>,
    seen: IfMatch,
    body: Json<PatchCategory>,
) -> Answer<Category> {
    let change = CategoryChange::from(body.value);
    let matches = move |version| seen.accepts(version);
    reply(caller.run(async move |tx| courses::change_category(&tx, &key, matches, change).await).await?)
}

/// Delete a category
///
/// Deletes a category, by an admin. Where it has courses, `replacement` names the category that takes them.
#[utoipa::path(delete, path = "/categories/{category}",
    tag = "categories", operation_id = "deleteCategory", security(("bearer" = [])),
    params(("category" = String, Path, description = "Id or slug.", max_length = 120, example = "strength"), DeleteCategory),
    extensions(("x-problem-codes" = json!(["forbidden", "category_in_use"]))),
    responses((status = 204, description = "The category is deleted.")))]
async fn delete_category(
    caller: Admin,
    Path(key): Path<String>,
    Query(query): Query<DeleteCategory>,
) -> Answer<Nothing> {
    let work = async move |tx| courses::delete_category(&tx, &key, query.replacement.as_deref()).await;
    caller.run(work).await?;
    Ok(Reply::no_content())
}

fn reply(category: courses::Category) -> Answer<Category> {
    let version = category.version;
    Ok(Reply::ok(&Category::from(category))?.version(version))
}
