//! Notifications by mail. Each is read again on behalf of its recipient right before it is sent: what they may not read by then, have
//! read, or do not want any more is not mailed.

use chrono::Duration;
use database::{Db, Pool, Tx, outbox};
use entity::enums::Digest;
use identity::Account;
use kernel::{
    Actor, NotificationId, Result, Role, Timestamp, UserId, Uuid,
    mail::{Mailer, Message},
};
use serde_json::json;

use super::{excerpt::shortened, model::Notification, recipient::reader, store, unsubscribe, wording};
use crate::preference::{self, Preferences};

/// The outbox message that sends one notification.
pub(crate) const SEND_ONE: &str = "notification.mail";
/// The outbox message that sends a digest.
pub(crate) const SEND_DIGEST: &str = "notification.digest";
/// The age from which on a notification is not mailed any more.
const MAX_AGE: Duration = Duration::days(8);
/// The most notifications that a digest lists.
const MAX_LISTED: u64 = 50;

/// What it takes to send mails.
pub struct MailContext<'a> {
    /// What sends them.
    pub mailer: &'a dyn Mailer,
    /// The address of the front end, to which their links lead.
    pub app_url: &'a str,
}

/// A mail, and the notifications that it is about.
struct Mail {
    message: Message,
    notifications: Vec<NotificationId>,
}

/// Sends one notification, unless its recipient has digests by now. In quiet hours it waits until they end.
pub(crate) async fn send_one(
    db: &Db,
    context: &MailContext<'_>,
    user_id: UserId,
    id: NotificationId,
) -> Result<()> {
    let again = (SEND_ONE, json!({ "userId": user_id, "notificationId": id }));
    send(db, context, user_id, again, Some(id)).await
}

/// Sends a digest of the unread notifications, if there are any.
pub(crate) async fn send_digest(db: &Db, context: &MailContext<'_>, user_id: UserId) -> Result<()> {
    let again = (SEND_DIGEST, json!({ "userId": user_id }));
    send(db, context, user_id, again, None).await
}

/// Sends the digest that is due, if it is still wanted, and schedules the next one.
pub(crate) async fn digest_due(db: &Db, user_id: UserId, message: &outbox::Message) -> Result<()> {
    let at = message.payload.get("at").and_then(|at| at.as_str());
    let Some(due) = at.and_then(|at| at.parse::<Timestamp>().ok()) else {
        return Ok(());
    };
    // Also while the account is suspended: otherwise there would be no next digest once the account is active again.
    let reader = Actor::User { id: user_id, role: Role::User, session: Uuid::nil().into() };
    let work = move |tx: Tx| async move {
        if preference::advance_digest(&tx, due).await? {
            outbox::send(&tx, SEND_DIGEST, json!({ "userId": user_id })).await?;
        }
        Ok(())
    };
    db.run_in(Pool::Worker, reader, work).await
}

async fn send(
    db: &Db,
    context: &MailContext<'_>,
    user_id: UserId,
    again: (&'static str, serde_json::Value),
    only: Option<NotificationId>,
) -> Result<()> {
    let Some(reader) = reader(db, user_id).await? else {
        return Ok(());
    };
    let app_url = context.app_url.trim_end_matches('/').to_owned();
    let compose = move |tx: Tx| async move {
        let preferences = preference::notification_preferences(&tx).await?;
        if let Some(end) = preferences.quiet_until(tx.now()) {
            let (kind, payload) = again;
            outbox::schedule(&tx, kind, vec![(payload, end)]).await?;
            return Ok(None);
        }
        compose(&tx, &preferences, &app_url, only).await
    };
    let Some(Mail { message, notifications }) = db.run(reader, compose).await? else {
        return Ok(());
    };
    context.mailer.send(message).await?;
    let mark = move |tx: Tx| async move { store::mark_mailed(&tx, user_id, &notifications).await };
    db.run(reader, mark).await
}

async fn compose(
    tx: &Tx,
    preferences: &Preferences,
    app_url: &str,
    only: Option<NotificationId>,
) -> Result<Option<Mail>> {
    // Single mails are for recipients without digests, and digests for all others.
    if (preferences.digest == Digest::Off) != only.is_some() {
        return Ok(None);
    }
    let account = identity::account(tx).await?;
    if account.email_verified_at.is_none() {
        return Ok(None);
    }
    let since = tx.now() - MAX_AGE;
    let rows = store::unmailed(tx, account.id, only, since, MAX_LISTED).await?;
    let wants = |row: &Notification| preferences.channel(row.kind).email;
    let rows: Vec<Notification> = rows.into_iter().filter(wants).map(shortened).collect();
    let kind = match (only, rows.first()) {
        (_, None) => return Ok(None),
        (Some(_), Some(row)) => Some(row.kind),
        (None, Some(_)) => None,
    };
    let link = unsubscribe::link(tx.keyring(), account.id, kind);
    Ok(Some(Mail {
        notifications: rows.iter().map(|row| row.id).collect(),
        message: message(tx, account, &rows, app_url, &link),
    }))
}

fn message(tx: &Tx, account: Account, rows: &[Notification], app_url: &str, link: &str) -> Message {
    let (subject, body) = match rows {
        [row] => (wording::subject(row), wording::text(row)),
        rows => {
            let lines: Vec<String> = rows.iter().map(wording::line).collect();
            (format!("{} things are new", rows.len()), lines.join("\n"))
        }
    };
    let greeting = account
        .name
        .map_or_else(|| "Hello,".to_owned(), |name| format!("Hello {},", kernel::one_line(&name)));
    let text = format!(
        "{greeting}\n\n{body}\n\nSee all: {app_url}/notifications\n\n\
         No more of these: {app_url}/notifications/unsubscribe?link={link}\n"
    );
    Message {
        to: account.email,
        subject,
        text,
        unsubscribe: Some(tx.link(&format!("/notifications/unsubscribe?link={link}"))),
    }
}
