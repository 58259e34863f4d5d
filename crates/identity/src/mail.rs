//! The mails of this crate. A use case enqueues a mail in its transaction; the worker makes the link's token when it sends the mail,
//! so that no token is ever stored readable.

use std::time::Duration;

use database::{Db, MapDbErr, Pool, Tx, outbox};
use entity::{
    enums::{LinkPurpose, UserStatus},
    sent_mails,
};
use kernel::{
    Actor, Result, UserId, from_base64url,
    mail::{Mailer, Message},
    to_base64url,
};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, Set};
use serde_json::json;

use crate::{
    credentials::{
        model::EmailAddress,
        store::{find_address, find_by_email},
    },
    link_token,
};

/// The mail that asks to verify the address.
pub const VERIFY_EMAIL: &str = "mail.verify_email";
/// The mail with a link to set a new password.
pub const RESET_PASSWORD: &str = "mail.reset_password";
/// The mail that says that the password was changed.
pub const PASSWORD_CHANGED: &str = "mail.password_changed";
/// The mail that says that somebody wanted to register with an address that has an account.
pub const ADDRESS_TAKEN: &str = "mail.address_taken";
/// Somebody asked for [`RESET_PASSWORD`] with an address. Whether it has an account is found out by the worker, so that asking takes the
/// same time for every address.
pub(crate) const RESET_REQUESTED: &str = "mail.reset_requested";
/// The same for [`VERIFY_EMAIL`].
pub(crate) const VERIFY_REQUESTED: &str = "mail.verify_requested";

/// Names the key that seals an address in the outbox.
const SEALING_KEY: &str = "requested mail";
/// How many mails of one kind that anybody can ask for somebody is sent in an hour.
const PER_HOUR: u64 = 3;
const HOUR: Duration = Duration::from_secs(3600);

/// Has a mail sent to whoever has this address, if anybody does. The address is sealed: no value is readable in the outbox.
pub(crate) async fn request(tx: &Tx, kind: &str, email: &str) -> Result<()> {
    let address = to_base64url(&tx.keyring().seal(SEALING_KEY, email.as_bytes()));
    outbox::send(tx, kind, json!({ "address": address })).await
}

pub(crate) async fn enqueue(tx: &Tx, kind: &str, user_id: UserId) -> Result<()> {
    outbox::send(tx, kind, json!({ "userId": user_id })).await
}

/// Where a mail about an account goes, and how it begins.
pub struct Recipient {
    /// The address, as the person wrote it.
    pub address: String,
    /// The first line.
    pub greeting: String,
}

/// The recipient of mails about an account, for other crates; `None` where the account has no address.
///
/// # Errors
/// What the database answers.
pub async fn recipient(db: &Db, user_id: UserId) -> Result<Option<Recipient>> {
    let find = move |tx| async move { find_address(&tx, user_id).await };
    let address = db.read_in(Pool::Auth, Actor::System, find).await?;
    Ok(address.map(|address| Recipient { greeting: greeting(&address), address: address.email_display }))
}

/// Anybody can register anybody's address: until it is verified, the name may be a stranger's text.
fn greeting(address: &EmailAddress) -> String {
    let name = address.name.as_ref().filter(|_| address.email_verified_at.is_some());
    name.map_or_else(|| "Hello,".to_owned(), |name| format!("Hello {name},"))
}

/// Composes and sends the mail of an outbox message. `app_url` is the front end that the links lead to.
///
/// # Errors
/// What the database and the mailer answer; the worker tries again.
pub async fn deliver(db: &Db, mailer: &dyn Mailer, app_url: &str, asked: &outbox::Message) -> Result<()> {
    let app_url = app_url.trim_end_matches('/').to_owned();
    let (outbox_id, kind, user_id) = (asked.id, asked.kind.clone(), asked.id_of("userId"));
    let sealed = asked.payload.get("address").and_then(|address| from_base64url(address.as_str()?));
    let work = move |tx: Tx| async move {
        let (kind, user_id) = match (user_id, sealed) {
            (Some(user_id), _) => (kind.as_str(), Some(user_id)),
            (None, Some(sealed)) => requested(&tx, &kind, &sealed).await?,
            (None, None) => return Ok(None),
        };
        match user_id {
            Some(user_id) => compose(&tx, outbox_id, kind, &app_url, user_id).await,
            None => Ok(None),
        }
    };
    match db.run_in(Pool::Auth, Actor::System, work).await? {
        Some(message) => mailer.send(message).await,
        None => Ok(()),
    }
}

/// Which mail was asked for, and whose account has the address: nobody's, where it has none or is suspended.
async fn requested(tx: &Tx, kind: &str, sealed: &[u8]) -> Result<(&'static str, Option<UserId>)> {
    let kind = if kind == RESET_REQUESTED { RESET_PASSWORD } else { VERIFY_EMAIL };
    let email = tx.keyring().open(SEALING_KEY, sealed).and_then(|email| String::from_utf8(email).ok());
    let found = match email {
        Some(email) => find_by_email(tx, &email).await?,
        None => None,
    };
    Ok((kind, found.filter(|found| found.status == UserStatus::Active).map(|found| found.user_id)))
}

/// Whether somebody is sent another mail of this kind now. Those that anybody can ask for are few, so that nobody's mailbox is filled.
async fn take_turn(tx: &Tx, outbox_id: i64, kind: &str, user_id: UserId) -> Result<bool> {
    // Several lanes send mails: each counts those before it.
    tx.advisory_lock(&format!("mails to {user_id}")).await?;
    let sent = sent_mails::Entity::find()
        .filter(sent_mails::COLUMN.user_id.eq(user_id))
        .filter(sent_mails::COLUMN.kind.eq(kind))
        .filter(sent_mails::COLUMN.sent_at.gt(tx.now() - HOUR))
        .filter(sent_mails::COLUMN.outbox_id.ne(outbox_id))
        .count(tx)
        .await
        .map_db_err()?;
    if sent >= PER_HOUR {
        return Ok(false);
    }
    let row = sent_mails::ActiveModel {
        outbox_id: Set(outbox_id),
        user_id: Set(user_id),
        kind: Set(kind.to_owned()),
        sent_at: Set(tx.now()),
    };
    let insert = sent_mails::Entity::insert(row).on_conflict_do_nothing();
    insert.exec_without_returning(tx).await.map_db_err()?;
    Ok(true)
}

/// Forgets which mails were sent more than an hour ago; answers how many.
pub(crate) async fn sweep(tx: &Tx) -> Result<u64> {
    let delete = sent_mails::Entity::delete_many().filter(sent_mails::COLUMN.sent_at.lt(tx.now() - HOUR));
    Ok(delete.exec(tx).await.map_db_err()?.rows_affected)
}

async fn compose(
    tx: &Tx,
    outbox_id: i64,
    kind: &str,
    app_url: &str,
    user_id: UserId,
) -> Result<Option<Message>> {
    // The account may be gone, or verified, by the time the worker comes to it.
    let Some(address) = find_address(tx, user_id).await? else {
        return Ok(None);
    };
    if kind == VERIFY_EMAIL && address.email_verified_at.is_some() {
        return Ok(None);
    }
    // What the owner did is always told.
    if kind != PASSWORD_CHANGED && !take_turn(tx, outbox_id, kind, user_id).await? {
        return Ok(None);
    }
    let greeting = greeting(&address);
    let (subject, body) = match kind {
        VERIFY_EMAIL => {
            let token = link_token::create(tx, user_id, LinkPurpose::VerifyEmail, &address.email).await?;
            (
                "Confirm your e-mail address",
                format!(
                    "please confirm that this address is yours. The link works once, for 48 hours:\n\n\
                     {app_url}/verify-email?token={token}\n\nIf you did not register, ignore this message."
                ),
            )
        }
        RESET_PASSWORD => {
            let token = link_token::create(tx, user_id, LinkPurpose::ResetPassword, &address.email).await?;
            (
                "Choose a new password",
                format!(
                    "somebody, hopefully you, asked for a new password. The link works once, for one hour:\n\n\
                     {app_url}/reset-password?token={token}\n\nIf it was not you, ignore this message: nothing has changed."
                ),
            )
        }
        PASSWORD_CHANGED => (
            "Your password was changed",
            "the password of your account was changed, and other devices were logged out.\n\n\
             If it was not you, ask for a new password at once."
                .to_owned(),
        ),
        ADDRESS_TAKEN => (
            "You have an account already",
            format!(
                "somebody, perhaps you, wanted to register with this address, which has an account. Log in, or choose a new \
                 password:\n\n{app_url}/forgot-password\n\nIf it was not you, ignore this message: nothing has changed."
            ),
        ),
        _ => return Ok(None),
    };
    Ok(Some(Message {
        to: address.email_display,
        subject: subject.to_owned(),
        text: format!("{greeting}\n\n{body}\n"),
        unsubscribe: None,
    }))
}
