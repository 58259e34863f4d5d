//! From a message of the outbox to what it asks of this crate. For the worker.

use database::{Db, outbox};
use kernel::Result;

use crate::{
    announcement,
    notification::{MailContext, audience, mail},
    preference, report,
};

/// Handles a message of the outbox: notifies the people whom it concerns, or sends the mails that are due. Handling it again notifies
/// nobody twice. Messages that do not concern this crate are ignored.
///
/// # Errors
/// What the database and the mailer answer; the worker tries again.
pub async fn notify(db: &Db, context: &MailContext<'_>, message: &outbox::Message) -> Result<()> {
    match (message.kind.as_str(), message.id_of("userId")) {
        ("post.published", _) => match message.id_of("postId") {
            Some(post) => audience::notify_of_post(db, post).await,
            None => Ok(()),
        },
        ("comment.created", _) => match message.id_of("commentId") {
            Some(comment) => audience::notify_of_comment(db, comment).await,
            None => Ok(()),
        },
        ("message.sent", _) => match message.id_of("messageId") {
            Some(message) => audience::notify_of_message(db, message).await,
            None => Ok(()),
        },
        (announcement::CREATED, _) => match message.id_of("announcementId") {
            Some(announcement) => announcement::notify_learners(db, announcement).await,
            None => Ok(()),
        },
        (report::DECIDED, _) => audience::notify_of_decision(db, message).await,
        ("grant.created", Some(user)) => match (message.id_of("courseId"), message.id_of("grantId")) {
            (Some(course), Some(grant)) => audience::notify_of_grant(db, user, course, grant).await,
            _ => Ok(()),
        },
        (mail::SEND_ONE, Some(user)) => match message.id_of("notificationId") {
            Some(notification) => mail::send_one(db, context, user, notification).await,
            None => Ok(()),
        },
        (preference::DIGEST_DUE, Some(user)) => mail::digest_due(db, user, message).await,
        (mail::SEND_DIGEST, Some(user)) => mail::send_digest(db, context, user).await,
        _ => Ok(()),
    }
}
