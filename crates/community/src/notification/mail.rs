//! Notifications by mail. Each is read again as its reader when it is sent: what they may not see by then, have read, or want no
//! more is not mailed.

use chrono::Duration;
use database::{Db, Tx, outbox};
use identity::Account;
use kernel::{
    Actor, NotificationId, Result, Role, Timestamp, UserId, Uuid,
    mail::{Mailer, Message},
};
use serde_json::json;

use super::{Kind, Notification, audience, letter, shortened, unsubscribe};
use crate::{
    preference::{self, Digest, Preferences},
    store,
};

/// The outbox message that sends one notification.
pub(super) const ONE: &str = "notification.mail";
/// The outbox message that sends a digest.
pub(super) const DIGEST: &str = "notification.digest";
/// What is older is news no more.
const FRESH: Duration = Duration::days(8);
/// As many as a digest lists.
const LISTED: u64 = 50;

/// Who carries letters, and where their links lead.
pub struct Letters<'a> {
    /// Who carries them.
    pub mailer: &'a dyn Mailer,
    /// The front end.
    pub app_url: &'a str,
}

/// A letter, and what it tells of.
struct Letter {
    message: Message,
    tells: Vec<NotificationId>,
}

/// Sends one notification, unless its reader wants digests by now; in quiet hours it waits for their end.
pub(super) async fn one(db: &Db, letters: &Letters<'_>, user_id: UserId, id: NotificationId) -> Result<()> {
    let again = (ONE, json!({ "userId": user_id, "notificationId": id }));
    send(db, letters, user_id, again, Some(id)).await
}

/// Sends a digest of what is unread, where there is something.
pub(super) async fn digest(db: &Db, letters: &Letters<'_>, user_id: UserId) -> Result<()> {
    send(db, letters, user_id, (DIGEST, json!({ "userId": user_id })), None).await
}

/// The digest of this instant is due: it is sent where it is still wanted, and the next one is put in line.
pub(super) async fn digest_due(db: &Db, user_id: UserId, message: &outbox::Message) -> Result<()> {
    let at = message.payload.get("at").and_then(|at| at.as_str());
    let Some(due) = at.and_then(|at| at.parse::<Timestamp>().ok()) else {
        return Ok(());
    };
    // Also while the account is suspended: otherwise there would be no next one when it is restored.
    let reader = Actor::User {
        id: user_id,
        role: Role::User,
        session: Uuid::nil().into(),
    };
    let work = move |tx: Tx| async move {
        if preference::advance_digest(&tx, due).await? {
            outbox::send(&tx, DIGEST, json!({ "userId": user_id })).await?;
        }
        Ok(())
    };
    db.run(reader, work).await
}

async fn send(
    db: &Db,
    letters: &Letters<'_>,
    user_id: UserId,
    again: (&'static str, serde_json::Value),
    one: Option<NotificationId>,
) -> Result<()> {
    let Some(reader) = audience::reader(db, user_id).await? else {
        return Ok(());
    };
    let app_url = letters.app_url.trim_end_matches('/').to_owned();
    let compose = move |tx: Tx| async move {
        let preferences = preference::notification_preferences(&tx).await?;
        if let Some(end) = preferences.quiet_until(tx.now()) {
            let (kind, payload) = again;
            outbox::schedule(&tx, kind, vec![(payload, end)]).await?;
            return Ok(None);
        }
        compose(&tx, &preferences, &app_url, one).await
    };
    let Some(Letter { message, tells }) = db.run(reader, compose).await? else {
        return Ok(());
    };
    letters.mailer.send(message).await?;
    let mark = move |tx: Tx| async move { store::notification::mark_mailed(&tx, user_id, &tells).await };
    db.run(reader, mark).await
}

async fn compose(
    tx: &Tx,
    preferences: &Preferences,
    app_url: &str,
    one: Option<NotificationId>,
) -> Result<Option<Letter>> {
    // One by one without digests, and digests with them.
    if (preferences.digest == Digest::Off) != one.is_some() {
        return Ok(None);
    }
    let account = identity::account(tx).await?;
    if account.email_verified_at.is_none() {
        return Ok(None);
    }
    let since = tx.now() - FRESH;
    let rows = store::notification::to_mail(tx, account.id, one, since, LISTED).await?;
    let wants = |row: &Notification| Kind::of(&row.kind).is_some_and(|kind| preferences.channel(kind).email);
    let rows: Vec<Notification> = rows.into_iter().filter(wants).map(shortened).collect();
    let kind = match (one, rows.first()) {
        (_, None) => return Ok(None),
        (Some(_), Some(row)) => Kind::of(&row.kind),
        (None, Some(_)) => None,
    };
    let link = unsubscribe::link(tx.keyring(), account.id, kind);
    Ok(Some(Letter {
        tells: rows.iter().map(|row| row.id).collect(),
        message: written(tx, account, &rows, app_url, &link),
    }))
}

fn written(tx: &Tx, account: Account, rows: &[Notification], app_url: &str, link: &str) -> Message {
    let (subject, news) = match rows {
        [row] => (letter::subject(row), letter::text(row)),
        rows => {
            let lines: Vec<String> = rows.iter().map(letter::line).collect();
            (format!("{} things are new", rows.len()), lines.join("\n"))
        }
    };
    let hello = account.name.map_or_else(
        || "Hello,".to_owned(),
        |name| format!("Hello {},", kernel::one_line(&name)),
    );
    let text = format!(
        "{hello}\n\n{news}\n\nSee all: {app_url}/notifications\n\n\
         No more of these: {app_url}/notifications/unsubscribe?link={link}\n"
    );
    Message {
        to: account.email,
        subject,
        text,
        unsubscribe: Some(tx.link(&format!("/notifications/unsubscribe?link={link}"))),
    }
}
