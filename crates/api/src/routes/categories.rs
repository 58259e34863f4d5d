use actix_web::web::Data;
use chrono::{DateTime, Utc};
use courses::{CategoryChange, NewCategory};
use database::Pool;
use kernel::{Actor, CategoryId, FileId, Result, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::shared::{PageQuery, page};
use crate::{
    http::{
        extract::{Admin, Idempotency, IfMatch, Json, Path, Query, merge},
        problem::Problem,
        reply::{Nothing, Reply},
        routing::{Operations, operations},
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(
        config,
        list_categories,
        create_category,
        get_category,
        update_category,
        delete_category
    );
}

/// A shelf of the catalogue.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Category {
    /// The category's id.
    id: CategoryId,
    /// Unique.
    #[schema(example = "Strength")]
    name: String,
    /// Unique, made from the name.
    #[schema(example = "strength")]
    slug: String,
    /// A picture. An uploaded one is there in three widths: the last part of its address may be 320, 640 or 1280.
    #[schema(format = "uri")]
    image_url: Option<String>,
    /// The picture that was uploaded, if it was.
    image_id: Option<FileId>,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
}

impl From<courses::Category> for Category {
    fn from(category: courses::Category) -> Self {
        let courses::Category {
            id,
            name,
            slug,
            image_url: _,
            image_id,
            picture_url,
            version: _,
            created_at,
            updated_at,
        } = category;
        Self {
            id,
            name,
            slug,
            image_url: picture_url,
            image_id,
            created_at,
            updated_at,
        }
    }
}

/// A new shelf.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CreateCategory {
    /// Unique.
    #[schema(
        min_length = 1,
        max_length = 80,
        pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$",
        example = "Strength"
    )]
    name: String,
    /// A picture; https only.
    #[schema(format = "uri", pattern = "^https://", max_length = 2000)]
    image_url: Option<String>,
    /// A picture of the caller's that was uploaded (`POST /uploads`); it takes the place of `imageUrl`.
    image_id: Option<FileId>,
}

/// What changes in a category.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PatchCategory {
    /// Unique; a new name makes a new slug.
    #[schema(
        min_length = 1,
        max_length = 80,
        pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$",
        nullable = false,
        example = "Strength"
    )]
    name: Option<String>,
    /// A picture; https only.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<String>, format = "uri", pattern = "^https://", max_length = 2000)]
    image_url: Option<Option<String>>,
    /// A picture of the caller's that was uploaded (`POST /uploads`); it takes the place of `imageUrl`.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<Uuid>)]
    image_id: Option<Option<FileId>>,
}

/// Where its courses go.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DeleteCategory {
    /// The category that takes the courses of the deleted one, by id or slug.
    #[param(max_length = 120, nullable = false, example = "mobility")]
    replacement: Option<String>,
}

page! {
    /// A page of categories.
    CategoryPage of Category
}

/// Categories
///
/// All shelves, in the order of their making.
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

/// Make a category
///
/// Admins only.
#[utoipa::path(post, path = "/categories",
    tag = "categories", operation_id = "createCategory", security(("bearer" = [])), request_body = CreateCategory,
    extensions(("x-problem-codes" = json!(["session_revoked", "forbidden", "category_taken"]))),
    responses((status = 201, description = "The category.", body = Category)))]
async fn create_category(
    state: Data<State>,
    Admin(actor): Admin,
    key: Idempotency,
    body: Json<CreateCategory>,
) -> Result<Reply<Category>, Problem> {
    let CreateCategory {
        name,
        image_url,
        image_id,
    } = body.value;
    let new = NewCategory {
        name,
        image_url,
        image_id,
    };
    let work = |tx| async move {
        let category = courses::create_category(&tx, new).await?;
        let (location, version) = (format!("/categories/{}", category.id), category.version);
        Ok(Reply::created(&location, &Category::from(category))?.version(version))
    };
    Ok(key
        .run(&state.db, (Pool::App, actor), "createCategory", &body.raw, work)
        .await?)
}

/// A category
///
/// By id or slug.
#[utoipa::path(get, path = "/categories/{category}",
    tag = "categories", operation_id = "getCategory", security(()),
    params(("category" = String, Path, description = "Id or slug.", max_length = 120, example = "strength")),
    responses((status = 200, description = "The category.", body = Category)))]
async fn get_category(state: Data<State>, Path(key): Path<String>) -> Result<Reply<Category>, Problem> {
    let category = state
        .db
        .read(Actor::Anonymous, |tx| async move {
            courses::category(&tx, &key).await
        })
        .await?;
    let version = category.version;
    Ok(Reply::ok(&Category::from(category))?.version(version))
}

/// Change a category
///
/// Admins only.
#[utoipa::path(patch, path = "/categories/{category}",
    tag = "categories", operation_id = "updateCategory", security(("bearer" = [])), request_body = PatchCategory,
    params(("category" = String, Path, description = "Id or slug.", max_length = 120, example = "strength")),
    extensions(("x-problem-codes" = json!(["session_revoked", "forbidden", "category_taken"]))),
    responses((status = 200, description = "The category as it is now.", body = Category)))]
async fn update_category(
    state: Data<State>,
    Admin(actor): Admin,
    Path(key): Path<String>,
    seen: IfMatch,
    body: Json<PatchCategory>,
) -> Result<Reply<Category>, Problem> {
    let PatchCategory {
        name,
        image_url,
        image_id,
    } = body.value;
    let change = CategoryChange {
        name,
        image_url,
        image_id,
    };
    let matches = move |version| seen.accepts(version);
    let work = |tx| async move { courses::change_category(&tx, &key, matches, change).await };
    let category = state.db.run(actor, work).await?;
    let version = category.version;
    Ok(Reply::ok(&Category::from(category))?.version(version))
}

/// Delete a category
///
/// Admins only. Where courses stand in it, `replacement` names the category that takes them.
#[utoipa::path(delete, path = "/categories/{category}",
    tag = "categories", operation_id = "deleteCategory", security(("bearer" = [])),
    params(("category" = String, Path, description = "Id or slug.", max_length = 120, example = "strength"), DeleteCategory),
    extensions(("x-problem-codes" = json!(["session_revoked", "forbidden", "category_in_use"]))),
    responses((status = 204, description = "It is gone.")))]
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
