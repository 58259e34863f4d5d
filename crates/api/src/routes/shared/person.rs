//! People beside what they wrote or did.

use dto::Dto;
use kernel::UserId;
use serde::Serialize;
use utoipa::ToSchema;

/// A person, with a name to show.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = identity::Person)]
pub(in crate::routes) struct Person {
    /// The user's id: `GET /users/{id}`.
    id: UserId,
    /// The unique username.
    #[schema(example = "lena")]
    username: Option<String>,
    /// The name to show.
    #[schema(example = "Lena Novak")]
    name: Option<String>,
    /// The address of a picture.
    #[schema(format = "uri")]
    avatar_url: Option<String>,
}
