//! The operations below `/moderation/mutes`.

use community::mute;
use kernel::MuteId;

use super::dto::{MutePage, MuteQuery};
use crate::http::prelude::*;

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, list_mutes, lift_mute);
}

/// List mutes
///
/// The mutes in force, the newest first: all for admins; for trainers those of the courses that they edit. Muting is a decision about a
/// report: `decideReport`.
#[utoipa::path(get, path = "/moderation/mutes",
    tag = "moderation", operation_id = "listMutes", security(("bearer" = [])), params(PageQuery, MuteQuery),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 200, description = "A page of mutes.", body = MutePage)))]
async fn list_mutes(caller: Trainer, list: List<MuteQuery>) -> Answer<MutePage> {
    let List { filter, list_id, after, limit, .. } = list;
    let filter = filter.filter();
    let work = async move |tx| mute::list(&tx, filter, after, limit).await;
    Ok(Reply::ok(&MutePage::of(list_id, caller.read(work).await?))?)
}

/// Lift a mute
///
/// The person may write again. A mute that has ended already does not change.
#[utoipa::path(delete, path = "/moderation/mutes/{mute_id}",
    tag = "moderation", operation_id = "liftMute", security(("bearer" = [])),
    params(("mute_id" = Uuid, Path, description = "The mute's id.")),
    extensions(("x-problem-codes" = json!(["forbidden"]))),
    responses((status = 204, description = "The mute has ended.")))]
async fn lift_mute(caller: Member, Path(id): Path<MuteId>) -> Answer<Nothing> {
    caller.run(async move |tx| mute::lift(&tx, id).await).await?;
    Ok(Reply::no_content())
}
