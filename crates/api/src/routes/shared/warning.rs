//! What is different from what was sent.

use dto::Dto;
use serde::Serialize;
use utoipa::ToSchema;

/// Something in a text that is different from what was sent.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = kernel::Warning)]
pub(in crate::routes) struct TextWarning {
    /// A JSON Pointer into what was sent.
    #[schema(example = "/content")]
    pointer: String,
    /// `element_removed`, `image_removed`, `link_removed`, `player_replaced`, `formatting_removed` or `shown_as_typed`; more may be added.
    #[schema(value_type = String, example = "image_removed")]
    code: &'static str,
    /// An explanation for people.
    #[schema(example = "1 picture was left out: a picture needs an address with https. Upload it first.")]
    detail: String,
}

/// The same for the document.
pub(in crate::routes) fn warned(warnings: Vec<kernel::Warning>) -> Vec<TextWarning> {
    warnings.into_iter().map(Into::into).collect()
}
