//! Categories in requests and answers.

use courses::{CategoryChange, NewCategory};
use kernel::{CategoryId, FileId};

use crate::routes::shared::prelude::*;

bounded! {
    /// The name of a category: 1 to 80 characters, of which one can be seen.
    #[schema(min_length = 1, max_length = 80, pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$", example = "Strength")]
    CategoryName(String);
}

/// A category of the catalogue.
#[derive(Clone, Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = courses::Category, ignore(version, image_url), used(picture_url))]
pub(in crate::routes) struct Category {
    /// The category's id.
    id: CategoryId,
    /// The name, which no other category has.
    #[schema(example = "Strength")]
    name: String,
    /// The address, made from the name; no other category has it.
    #[schema(example = "strength")]
    slug: String,
    /// The address of a picture. An uploaded picture comes in three widths: the last part of its address may be 320, 640 or 1280.
    #[schema(format = "uri")]
    #[dto(with = picture_url)]
    image_url: Option<String>,
    /// The id of the picture, if it was uploaded.
    image_id: Option<FileId>,
    /// When the category was created.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
}

page! {
    /// A page of categories.
    CategoryPage of Category
}

/// A category to create.
#[derive(Deserialize, ToSchema, Validate, Dto)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[dto(into = NewCategory)]
pub(super) struct CreateCategory {
    /// The name, which no other category may have.
    name: CategoryName,
    /// The address of a picture elsewhere.
    image_url: Option<HttpsUrl>,
    /// The id of a picture that the caller has uploaded (`POST /uploads`); it replaces `imageUrl`.
    image_id: Option<FileId>,
}

/// A change of a category.
#[derive(Deserialize, ToSchema, Validate, Dto)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[dto(into = CategoryChange)]
pub(super) struct PatchCategory {
    /// The name, which no other category may have. A new name makes a new slug.
    #[schema(nullable = false)]
    name: Option<CategoryName>,
    /// The address of a picture elsewhere.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<HttpsUrl>)]
    image_url: Option<Option<HttpsUrl>>,
    /// The id of a picture that the caller has uploaded (`POST /uploads`); it replaces `imageUrl`.
    #[serde(default, deserialize_with = "merge::member")]
    #[schema(value_type = Option<FileId>)]
    image_id: Option<Option<FileId>>,
}

/// What happens to the courses of a deleted category.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DeleteCategory {
    /// The category that takes the courses of the deleted one, by id or slug.
    #[param(max_length = 120, nullable = false, example = "mobility")]
    pub(super) replacement: Option<String>,
}
