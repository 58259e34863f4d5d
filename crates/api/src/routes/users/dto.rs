//! What anybody may see of a person.

use identity::Role;
use kernel::UserId;

use crate::routes::shared::{Links, links, prelude::*};

/// What anybody may see of a person.
#[derive(Serialize, ToSchema, Dto)]
#[serde(rename_all = "camelCase")]
#[dto(from = identity::PublicProfile, used(social_media_links))]
pub(super) struct PublicUser {
    /// The user's id.
    id: UserId,
    /// The unique username.
    #[schema(example = "elena")]
    username: Option<String>,
    /// The name to show.
    #[schema(example = "Elena Marchetti")]
    name: Option<String>,
    /// A few words about the person, plain text.
    #[schema(example = "Strength and mobility for people with desks.")]
    bio: Option<String>,
    /// The address of a picture.
    #[schema(format = "uri")]
    avatar_url: Option<String>,
    /// The links to social media: any object that their owner wrote, such as one from the network's name to an address. Whoever shows
    /// them makes sure of what an address leads to.
    #[schema(value_type = Object, additional_properties = true, example = json!({"instagram": "https://instagram.com/elena"}))]
    #[dto(with = links(&social_media_links))]
    social_media_links: Links,
    /// What the account may do: `USER`, `TRAINER` or `ADMIN`; more may be added.
    #[schema(value_type = String, example = "TRAINER")]
    role: Role,
    /// When the person registered.
    created_at: DateTime<Utc>,
}
