//! Notifications: what recipients read in their list and by mail.

pub(crate) mod audience;
pub(crate) mod deliver;
mod event_store;
mod excerpt;
pub(crate) mod mail;
pub(crate) mod model;
mod recipient;
mod store;
mod unsubscribe;
mod visibility;
mod wording;

use database::Tx;
use kernel::{Cursor, Limit, Page, Result};
use serde_json::json;

pub use mail::MailContext;
pub use model::{MAX_UNREAD_COUNT, Notification, Which};
pub use unsubscribe::unsubscribe;

use excerpt::shortened;

use crate::live;

/// How long notifications are kept.
const RETENTION: chrono::Duration = chrono::Duration::days(180);

/// The caller's notifications whose subjects they may read now, newest first.
///
/// # Errors
/// [`kernel::Code::Unauthenticated`] where nobody has logged in.
pub async fn list_notifications(
    tx: &Tx,
    unread: Option<bool>,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Notification>> {
    let rows = store::list(tx, tx.user_id()?, unread, after, limit).await?;
    Ok(Page::cut(rows, limit, |row| Cursor::at(row.created_at, row.id)).map(shortened))
}

/// How many of the notifications in [`list_notifications`] are unread, counted up to [`MAX_UNREAD_COUNT`].
///
/// # Errors
/// [`kernel::Code::Unauthenticated`] where nobody has logged in.
pub async fn unread_count(tx: &Tx) -> Result<i64> {
    store::unread_count(tx, tx.user_id()?, MAX_UNREAD_COUNT).await
}

/// Marks notifications of the caller's as read, and answers with how many are unread. Doing it again changes nothing.
///
/// # Errors
/// [`kernel::Code::Unauthenticated`] where nobody has logged in.
pub async fn mark_read(tx: &Tx, which: &Which) -> Result<i64> {
    let user_id = tx.user_id()?;
    let marked = store::mark_read(tx, user_id, which).await?;
    let unread = unread_count(tx).await?;
    if marked > 0 {
        // For the number on the caller's other devices.
        live::publish(tx, &[user_id], "notification.read", json!({})).await?;
    }
    Ok(unread)
}

/// Deletes notifications that are older than 180 days, and answers with how many. For the worker.
///
/// # Errors
/// What the database answers.
pub async fn sweep_notifications(tx: &Tx) -> Result<u64> {
    store::sweep(tx, tx.now() - RETENTION).await
}
