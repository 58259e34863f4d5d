//! The operations below `/me/blocks`.

use actix_web::web::Data;
use community::block;
use kernel::{Result, UserId};

use super::dto::{Block, BlockPage};
use crate::{
    http::{
        extract::{Member, Path, Query},
        problem::Problem,
        reply::{Nothing, Reply},
        routing::{Operations, operations},
    },
    routes::shared::PageQuery,
    state::State,
};

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, list_blocks, put_block, delete_block);
}

/// List my blocks
///
/// The people whom the caller has blocked, the newest first.
#[utoipa::path(get, path = "/me/blocks",
    tag = "messages", operation_id = "listMyBlocks", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, description = "A page of blocks.", body = BlockPage)))]
async fn list_blocks(
    state: Data<State>,
    Member(actor): Member,
    Query(page): Query<PageQuery>,
) -> Result<Reply<BlockPage>, Problem> {
    let (after, limit) = page.position();
    let work = move |tx| async move { block::list(&tx, after, limit).await };
    Ok(Reply::ok(&BlockPage::from(state.db.read(actor, work).await?))?)
}

/// Block a person
///
/// Neither can write to the other any more, and neither is told who blocked whom. Earlier messages stay readable. Doing it again changes
/// nothing.
#[utoipa::path(put, path = "/me/blocks/{user_id}",
    tag = "messages", operation_id = "blockUser", security(("bearer" = [])),
    params(("user_id" = Uuid, Path, description = "The user's id.")),
    extensions(("x-problem-codes" = json!(["validation_failed"]))),
    responses((status = 200, description = "The block.", body = Block)))]
async fn put_block(
    state: Data<State>,
    Member(actor): Member,
    Path(user_id): Path<UserId>,
) -> Result<Reply<Block>, Problem> {
    let work = move |tx| async move { block::block(&tx, user_id).await };
    Ok(Reply::ok(&Block::from(state.db.run(actor, work).await?))?)
}

/// Remove a block
///
/// Doing it again changes nothing.
#[utoipa::path(delete, path = "/me/blocks/{user_id}",
    tag = "messages", operation_id = "unblockUser", security(("bearer" = [])),
    params(("user_id" = Uuid, Path, description = "The user's id.")),
    responses((status = 204, description = "There is no block.")))]
async fn delete_block(
    state: Data<State>,
    Member(actor): Member,
    Path(user_id): Path<UserId>,
) -> Result<Reply<Nothing>, Problem> {
    let work = move |tx| async move { block::unblock(&tx, user_id).await };
    state.db.run(actor, work).await?;
    Ok(Reply::no_content())
}
