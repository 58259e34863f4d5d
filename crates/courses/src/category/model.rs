//! Categories of the catalogue.

use kernel::{CategoryId, FileId, Timestamp};
use sea_orm::{DeriveIntoActiveModel, DerivePartialModel};
use serde::Deserialize;

/// A category of the catalogue.
///
/// The course page reads it from an array of the columns in this order, as `store` selects them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, DerivePartialModel, DeriveIntoActiveModel)]
#[sea_orm(entity = "entity::categories::Entity", active_model = "entity::categories::ActiveModel")]
pub struct Category {
    /// The category's id.
    pub id: CategoryId,
    /// The name. No other category has one that is the same without case, accents and the like.
    pub name: String,
    /// The address, made from the name; no other category has it.
    pub slug: String,
    /// The address of a picture elsewhere; `None` where a picture was uploaded.
    pub image_url: Option<String>,
    /// The id of an uploaded picture.
    pub image_id: Option<FileId>,
    /// The address of the picture, whichever it is. The store derives it from the two fields above.
    #[sea_orm(skip)]
    #[serde(skip)]
    pub picture_url: Option<String>,
    /// The version, which grows by one with every change.
    pub version: i64,
    /// When the category was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A category to create.
#[derive(Clone, Debug)]
pub struct NewCategory {
    /// See [`Category::name`].
    pub name: String,
    /// See [`Category::image_url`].
    pub image_url: Option<String>,
    /// See [`Category::image_id`].
    pub image_id: Option<FileId>,
}

/// A change of a category: `None` keeps a field, `Some(None)` clears it.
#[derive(Clone, Debug)]
pub struct CategoryChange {
    /// See [`Category::name`]; a new name makes a new slug.
    pub name: Option<String>,
    /// See [`Category::image_url`]; setting it clears the uploaded picture.
    pub image_url: Option<Option<String>>,
    /// See [`Category::image_id`]; setting it clears the picture elsewhere.
    pub image_id: Option<Option<FileId>>,
}
