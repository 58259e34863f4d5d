//! The operations below `/me/blocks`.

use community::block;
use kernel::UserId;

use super::dto::{Block, BlockPage};
use crate::http::prelude::*;

pub(in crate::routes) fn configure(config: &mut impl Operations) {
    operations!(config, list_blocks, put_block, delete_block);
}

/// List my blocks
///
/// The people whom the caller has blocked, the newest first.
#[utoipa::path(get, path = "/me/blocks",
    tag = "messages", operation_id = "listMyBlocks", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, description = "A page of blocks.", body = BlockPage)))]
async fn list_blocks(caller: Member, list: List) -> Answer<BlockPage> {
    let List { after, limit, list_id, .. } = list;
    let work = async move |tx| block::list(&tx, after, limit).await;
    Ok(Reply::ok(&BlockPage::of(list_id, caller.read(work).await?))?)
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
async fn put_block(caller: Member, Path(user_id): Path<UserId>) -> Answer<Block> {
    Ok(Reply::ok(&Block::from(caller.run(async move |tx| block::block(&tx, user_id).await).await?))?)
}

/// Remove a block
///
/// Doing it again changes nothing.
#[utoipa::path(delete, path = "/me/blocks/{user_id}",
    tag = "messages", operation_id = "unblockUser", security(("bearer" = [])),
    params(("user_id" = Uuid, Path, description = "The user's id.")),
    responses((status = 204, description = "There is no block.")))]
async fn delete_block(caller: Member, Path(user_id): Path<UserId>) -> Answer<Nothing> {
    caller.run(async move |tx| block::unblock(&tx, user_id).await).await?;
    Ok(Reply::no_content())
}
