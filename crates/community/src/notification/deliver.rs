//! Writes notifications, announces them to the recipients' devices, and schedules their mails.

use std::collections::{HashMap, HashSet};

use database::{Db, Pool, Tx, outbox};
use entity::enums::{Digest, NotificationKind};
use kernel::{Actor, NotificationId, Result, UserId};
use serde_json::json;

use super::{event_store, mail, model::NewNotification, store};
use crate::{block, live, preference};

/// Writes some notifications, and answers with how many were new. Left out are recipients who are suspended, from whom a block
/// separates the actor, or who do not want this kind. All notifications have the same actor, or none.
///
/// # Errors
/// What the database answers.
pub(crate) async fn write(tx: &Tx, new: Vec<NewNotification>) -> Result<u64> {
    let new = without_blocked(tx, new).await?;
    let users: Vec<UserId> = new.iter().map(|new| new.user_id).collect();
    let active: HashSet<UserId> = event_store::active_users(tx, &users).await?;
    let preferences = preference::store::of(tx, &users).await?;
    let preferences_of = |user_id| preferences.get(&user_id).cloned().unwrap_or_default();
    let wanted: Vec<_> = new
        .into_iter()
        .filter(|new| active.contains(&new.user_id))
        .map(|new| (preferences_of(new.user_id).channel(new.kind), new))
        .filter(|(channel, _)| channel.in_app || channel.email)
        .collect();
    let recipients: Vec<_> = wanted.iter().map(|(channel, new)| (new.user_id, new.kind, *channel)).collect();
    let written: HashMap<UserId, NotificationId> = store::insert(tx, wanted).await?.into_iter().collect();
    let mut to_tell = Vec::new();
    let mut mails = Vec::new();
    for (user_id, kind, channel) in recipients {
        let Some(id) = written.get(&user_id) else {
            continue;
        };
        // The members learn of a message by its own event.
        if channel.in_app && kind != NotificationKind::Message {
            to_tell.push(user_id);
        }
        let preferences = preferences_of(user_id);
        if channel.email && preferences.digest == Digest::Off {
            let payload = json!({ "userId": user_id, "notificationId": id });
            mails.push((payload, preferences.send_at(tx.now())));
        }
    }
    outbox::schedule(tx, mail::SEND_ONE, mails).await?;
    // Last, and once, because it locks a row of each recipient until the end of the transaction.
    live::publish(tx, &to_tell, "notification.created", json!({})).await?;
    Ok(u64::try_from(written.len()).unwrap_or(u64::MAX))
}

async fn without_blocked(tx: &Tx, new: Vec<NewNotification>) -> Result<Vec<NewNotification>> {
    let Some(actor) = new.iter().find_map(|new| new.actor_id) else {
        return Ok(new);
    };
    let users: Vec<UserId> = new.iter().map(|new| new.user_id).collect();
    let blocked = block::among(tx, actor, &users).await?;
    let is_wanted =
        |new: &NewNotification| new.actor_id != Some(new.user_id) && !blocked.contains(&new.user_id);
    Ok(new.into_iter().filter(is_wanted).collect())
}

/// Writes some notifications in a transaction of their own.
pub(super) async fn write_alone(db: &Db, new: Vec<NewNotification>) -> Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    let work = move |tx: Tx| async move { write(&tx, new).await };
    db.run_in(Pool::Worker, Actor::System, work).await.map(drop)
}
