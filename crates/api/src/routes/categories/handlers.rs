//! The operations on categories.

use actix_web::web::Data;
use courses::{CategoryChange, NewCategory};
use database::Pool;
use kernel::Actor;

use super::dto::{Category, CategoryPage, CreateCategory, DeleteCategory, PatchCategory};
use crate::{
    http::{
        extract::{Admin, Idempotency, IfMatch, Json, Path, Query},
        problem::Problem,
        reply::{Nothing, Reply},
        routing::{Operations, operations},
    },
    routes::shared::PageQuery,
    state::State,
};

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, list_categories, create_category, get_category, update_category, delete_category);
}

/// List categories
///
/// Lists the categories of the catalogue, oldest first.
#[utoipa::path(get, path = "/categories",
    tag = "categories", operation_id = "listCategories", security(()), params(PageQuery),
    responses((status = 200, description = "A page of categories.", body = CategoryPage)))]
async fn list_categories(
    state: Data<State>,
    Query(page): Query<PageQuery>,
) -> Result<Reply<CategoryPage>, Problem> {
    let (after, limit) = page.position();
    let work = move |tx| async move { courses::categories(&tx, after, limit).await };
    let page = state.db.read(Actor::Anonymous, work).await?;
    Ok(Reply::ok(&CategoryPage::from(page))?)
}

/// Create a category
///
/// Creates a category, by an admin.
#[utoipa::path(post, path = "/categories",
    tag = "categories", operation_id = "createCategory", security(("bearer" = [])), request_body = CreateCategory,
    extensions(("x-problem-codes" = json!(["forbidden", "category_taken"]))),
    responses((status = 201, description = "The category.", body = Category)))]
async fn create_category(
    state: Data<State>,
    Admin(actor): Admin,
    key: Idempotency,
    body: Json<CreateCategory>,
) -> Result<Reply<Category>, Problem> {
    let new = NewCategory::from(body.value);
    let work = |tx| async move {
        let category = courses::create_category(&tx, new).await?;
        let (location, version) = (format!("/categories/{}", category.id), category.version);
        Ok(Reply::created(&location, &Category::from(category))?.version(version))
    };
    let whose = (Pool::App, actor);
    Ok(key.run(&state.db, whose, "createCategory", &body.raw, work).await?)
}

/// Get a category
///
/// Gives a category by its id or slug.
#[utoipa::path(get, path = "/categories/{category}",
    tag = "categories", operation_id = "getCategory", security(()),
    params(("category" = String, Path, description = "Id or slug.", max_length = 120, example = "strength")),
    responses((status = 200, description = "The category.", body = Category)))]
async fn get_category(state: Data<State>, Path(key): Path<String>) -> Result<Reply<Category>, Problem> {
    let work = |tx| async move { courses::category(&tx, &key).await };
    reply(state.db.read(Actor::Anonymous, work).await?)
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
    state: Data<State>,
    Admin(actor): Admin,
    Path(key): Path<String>,
    seen: IfMatch,
    body: Json<PatchCategory>,
) -> Result<Reply<Category>, Problem> {
    let change = CategoryChange::from(body.value);
    let matches = move |version| seen.accepts(version);
    let work = |tx| async move { courses::change_category(&tx, &key, matches, change).await };
    reply(state.db.run(actor, work).await?)
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
    state: Data<State>,
    Admin(actor): Admin,
    Path(key): Path<String>,
    Query(query): Query<DeleteCategory>,
) -> Result<Reply<Nothing>, Problem> {
    let work = |tx| async move { courses::delete_category(&tx, &key, query.replacement.as_deref()).await };
    state.db.run(actor, work).await?;
    Ok(Reply::no_content())
}

fn reply(category: courses::Category) -> Result<Reply<Category>, Problem> {
    let version = category.version;
    Ok(Reply::ok(&Category::from(category))?.version(version))
}
