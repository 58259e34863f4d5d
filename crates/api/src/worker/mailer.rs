//! Whoever carries mail away: SMTP where it is configured, a folder otherwise.

use std::path::PathBuf;

use kernel::{
    Code, Error, Result,
    mail::{Mailer, Message},
};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Tokio1Executor,
    message::{
        Mailbox,
        header::{ContentType, HeaderName, HeaderValue},
    },
};

use crate::config::Config;

/// A mail server.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// A folder on this machine, one file a message, for development.
pub struct Outbox {
    folder: PathBuf,
    from: Mailbox,
}

/// The mailer that the configuration asks for.
///
/// # Errors
/// In words, where the server's address or the sender cannot be read.
pub fn from_config(config: &Config) -> Result<Box<dyn Mailer>, String> {
    let from: Mailbox = config.mail_from.parse().map_err(|error| {
        format!("PALESTRA_MAIL_FROM is «{}», but has to be an address such as Palestra <no-reply@example.com>: {error}", config.mail_from)
    })?;
    let Some(url) = &config.smtp_url else {
        return Ok(Box::new(Outbox { folder: config.data_dir.join("outbox"), from }));
    };
    let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
        .map_err(|error| format!("PALESTRA_SMTP_URL cannot be read: {error}"))?
        .timeout(Some(std::time::Duration::from_secs(15)))
        .build();
    Ok(Box::new(Smtp { transport, from }))
}

fn compose(from: &Mailbox, message: &Message) -> Result<lettre::Message> {
    let undeliverable = |error: String| Error::new(Code::MailUndelivered).caused_by(error);
    let to: Mailbox =
        message.to.parse().map_err(|_| undeliverable("the address cannot be read".to_owned()))?;
    let mut mail = lettre::Message::builder()
        .from(from.clone())
        .to(to)
        .subject(&message.subject)
        .header(ContentType::TEXT_PLAIN);
    if let Some(url) = &message.unsubscribe {
        let name = HeaderName::new_from_ascii_str;
        mail = mail.raw_header(HeaderValue::new(name("List-Unsubscribe"), format!("<{url}>"))).raw_header(
            HeaderValue::new(name("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click".to_owned()),
        );
    }
    mail.body(message.text.clone()).map_err(|error| undeliverable(error.to_string()))
}

#[async_trait::async_trait]
impl Mailer for Smtp {
    async fn send(&self, message: Message) -> Result<()> {
        let mail = compose(&self.from, &message)?;
        let sent = self.transport.send(mail).await;
        sent.map(drop).map_err(|error| {
            // A server's words quote the address, which no log may show; its number says enough.
            let cause = match error.status() {
                Some(status) => format!("the mail server answered {status}"),
                None if error.is_timeout() => "the mail server did not answer in time".to_owned(),
                None => "the mail server cannot be reached, or broke off".to_owned(),
            };
            Error::new(Code::MailUndelivered).caused_by(cause)
        })
    }
}

#[async_trait::async_trait]
impl Mailer for Outbox {
    async fn send(&self, message: Message) -> Result<()> {
        let mail = compose(&self.from, &message)?;
        let (folder, bytes) = (self.folder.clone(), mail.formatted());
        let name = format!("{}.eml", kernel::Environment::default().new_id::<kernel::Uuid>());
        let path = folder.join(name);
        let shown = path.display().to_string();
        let write = move || std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, bytes));
        let written = tokio::task::spawn_blocking(write).await.map_err(Error::internal)?;
        written.map_err(|error| Error::new(Code::MailUndelivered).caused_by(error))?;
        tracing::info!(file = shown, "mail written, since no SMTP server is configured");
        Ok(())
    }
}
