//! The mails of this crate. A use case enqueues a mail in its transaction; the worker makes the link's token when it sends the mail,
//! so that no token is ever stored readable.

use database::{Db, Pool, Tx, outbox};
use entity::enums::LinkPurpose;
use kernel::{
    Actor, Result, UserId,
    mail::{Mailer, Message},
};
use serde_json::json;

use crate::{
    credentials::{model::EmailAddress, store::find_address},
    link_token,
};

/// The mail that asks to verify the address.
pub const VERIFY_EMAIL: &str = "mail.verify_email";
/// The mail with a link to set a new password.
pub const RESET_PASSWORD: &str = "mail.reset_password";
/// The mail that says that the password was changed.
pub const PASSWORD_CHANGED: &str = "mail.password_changed";

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
pub async fn deliver(db: &Db, mailer: &dyn Mailer, app_url: &str, kind: &str, user_id: UserId) -> Result<()> {
    let (kind, app_url) = (kind.to_owned(), app_url.trim_end_matches('/').to_owned());
    let message =
        db.run_in(Pool::Auth, Actor::System, move |tx| async move {
            compose(&tx, &kind, &app_url, user_id).await
        })
        .await?;
    match message {
        Some(message) => mailer.send(message).await,
        None => Ok(()),
    }
}

async fn compose(tx: &Tx, kind: &str, app_url: &str, user_id: UserId) -> Result<Option<Message>> {
    // The account may be gone, or verified, by the time the worker comes to it.
    let Some(address) = find_address(tx, user_id).await? else {
        return Ok(None);
    };
    let greeting = greeting(&address);
    let (subject, body) = match kind {
        VERIFY_EMAIL if address.email_verified_at.is_some() => return Ok(None),
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
        _ => return Ok(None),
    };
    Ok(Some(Message {
        to: address.email_display,
        subject: subject.to_owned(),
        text: format!("{greeting}\n\n{body}\n"),
        unsubscribe: None,
    }))
}
