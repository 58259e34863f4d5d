//! Who may change a group, and who is notified of it.

use database::Tx;
use kernel::{Code, ConversationId, Result};
use serde_json::json;

use super::{model::Membership, store};
use crate::live;

/// Requires a group that the caller owns, and locks it until the end of the transaction.
pub(super) async fn lock_owned_group(tx: &Tx, id: ConversationId) -> Result<Membership> {
    let membership = store::lock(tx, tx.user_id()?, id).await?;
    let membership = membership.ok_or(Code::NotFound)?;
    if membership.other_id.is_some() {
        return Err(Code::DirectConversation.into());
    }
    if !membership.is_owner {
        return Err(Code::Forbidden.into());
    }
    Ok(membership)
}

/// Publishes a live event about a conversation to all its members.
pub(super) async fn publish(tx: &Tx, id: ConversationId, kind: &'static str) -> Result<()> {
    let members = store::member_ids(tx, id).await?;
    live::publish(tx, &members, kind, json!({ "conversationId": id })).await
}
