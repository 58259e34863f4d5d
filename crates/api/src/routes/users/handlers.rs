//! The operations below `/users`.

use kernel::Actor;

use super::dto::PublicUser;
use crate::http::prelude::*;

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, get_user);
}

/// Get a public profile
///
/// By the user's id or username. A username that somebody gave up leads to them for 90 days: `username` in the answer is the new one. The published courses of a trainer are at `GET /courses?authorId=…`.
#[utoipa::path(get, path = "/users/{user}",
    tag = "users", operation_id = "getUser", security(()),
    params(("user" = String, Path, description = "The user's id or username.", max_length = 36, example = "elena")),
    responses((status = 200, description = "The profile.", body = PublicUser)))]
async fn get_user(state: Data<State>, Path(user): Path<String>) -> Answer<PublicUser> {
    let work = async move |tx| identity::public_profile(&tx, &user).await;
    let profile = state.db.read(Actor::Anonymous, work).await?;
    Ok(Reply::ok(&PublicUser::from(profile))?)
}
