//! Outgoing mail: what is sent, and the one trait that sends it.

use crate::Result;

/// One plain-text message to one address.
#[derive(Clone)]
pub struct Message {
    /// The address.
    pub to: String,
    /// The subject line.
    pub subject: String,
    /// The text, lines separated by `\n`.
    pub text: String,
    /// Where a mail program says, with one POST, that its reader wants no more of these (RFC 8058); `None` for mails that
    /// nobody can do without.
    pub unsubscribe: Option<String>,
}

/// Whoever carries mail away: SMTP, or a folder on this machine.
#[async_trait::async_trait]
pub trait Mailer: Send + Sync {
    /// Delivers `message` or says why not; the worker tries again later.
    ///
    /// # Errors
    /// [`crate::Code::MailUndelivered`] where the other side refused for now or did not answer; [`crate::Code::MailRefused`] where it
    /// would refuse again.
    async fn send(&self, message: Message) -> Result<()>;
}
