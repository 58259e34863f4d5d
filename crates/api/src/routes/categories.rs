use actix_web::{get, post, web::Data};
use chrono::{DateTime, Utc};
use courses::NewCategory;
use database::Pool;
use kernel::{Actor, Result, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::shared::{PageQuery, page};
use crate::{
    extract::{Admin, Idempotency, Json, Path, Query},
    problem::Problem,
    reply::Reply,
    state::State,
};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(list_categories)
        .service(create_category)
        .service(get_category);
}

/// A shelf of the catalogue.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Category {
    /// The category's id.
    id: Uuid,
    /// Unique.
    #[schema(example = "Strength")]
    name: String,
    /// Unique, made from the name.
    #[schema(example = "strength")]
    slug: String,
    /// A picture.
    #[schema(format = "uri")]
    image_url: Option<String>,
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
            image_url,
            version: _,
            created_at,
            updated_at,
        } = category;
        Self {
            id,
            name,
            slug,
            image_url,
            created_at,
            updated_at,
        }
    }
}

/// A new shelf.
#[derive(Deserialize, ToSchema)]
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
}

page! {
    /// A page of categories.
    CategoryPage of Category
}

/// Categories
///
/// All shelves, in the order of their making.
#[utoipa::path(tag = "categories", operation_id = "listCategories", security(()), params(PageQuery),
    responses((status = 200, description = "A page of categories.", body = CategoryPage)))]
#[get("/categories")]
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
#[utoipa::path(tag = "categories", operation_id = "createCategory", security(("bearer" = [])), request_body = CreateCategory,
    extensions(("x-problem-codes" = json!(["session_revoked", "forbidden", "category_taken"]))),
    responses((status = 201, description = "The category.", body = Category)))]
#[post("/categories")]
async fn create_category(
    state: Data<State>,
    Admin(actor): Admin,
    key: Idempotency,
    body: Json<CreateCategory>,
) -> Result<Reply<Category>, Problem> {
    let CreateCategory { name, image_url } = body.value;
    let work = |tx| async move {
        let category = courses::create_category(&tx, NewCategory { name, image_url }).await?;
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
#[utoipa::path(tag = "categories", operation_id = "getCategory", security(()),
    params(("category" = String, Path, description = "Id or slug.", max_length = 120, example = "strength")),
    responses((status = 200, description = "The category.", body = Category)))]
#[get("/categories/{category}")]
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
