use actix_web::web::Data;
use chrono::{DateTime, Utc};
use identity::PublicProfile;
use kernel::{Actor, Result, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use super::shared::{Links, links};
use crate::{
    http::{
        extract::Path,
        problem::Problem,
        reply::Reply,
        routing::{Operations, operations},
    },
    state::State,
};

pub(super) fn configure(config: &mut impl Operations) {
    operations!(config, get_user);
}

/// What anybody may see of somebody.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PublicUser {
    /// The user's id.
    id: UserId,
    /// Unique.
    #[schema(example = "elena")]
    username: Option<String>,
    /// The name to show.
    #[schema(example = "Elena Marchetti")]
    name: Option<String>,
    /// A few words.
    #[schema(example = "Strength and mobility for people with desks.")]
    bio: Option<String>,
    /// A picture.
    #[schema(format = "uri")]
    avatar_url: Option<String>,
    /// Network to address.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    social_media_links: Links,
    /// `USER`, `TRAINER` or `ADMIN`; more may be added.
    #[schema(example = "TRAINER")]
    role: String,
    /// Since when.
    created_at: DateTime<Utc>,
}

impl From<PublicProfile> for PublicUser {
    fn from(profile: PublicProfile) -> Self {
        let PublicProfile {
            id,
            username,
            name,
            bio,
            avatar_url,
            social_media_links,
            role,
            created_at,
        } = profile;
        let social_media_links = links(&social_media_links);
        Self {
            id,
            username,
            name,
            bio,
            avatar_url,
            social_media_links,
            role,
            created_at,
        }
    }
}

/// A public profile
///
/// By id or username. A trainer's published courses are `GET /courses?authorId=…`.
#[utoipa::path(get, path = "/users/{user}",
    tag = "users", operation_id = "getUser", security(()),
    params(("user" = String, Path, description = "Id or username.", max_length = 36, example = "elena")),
    responses((status = 200, description = "The profile.", body = PublicUser)))]
async fn get_user(state: Data<State>, Path(user): Path<String>) -> Result<Reply<PublicUser>, Problem> {
    let work = |tx| async move { identity::public_profile(&tx, &user).await };
    let profile = state.db.read(Actor::Anonymous, work).await?;
    Ok(Reply::ok(&PublicUser::from(profile))?)
}
