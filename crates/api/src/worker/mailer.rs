//! Whoever carries mail away: SMTP where it is configured, a folder otherwise.

use std::{path::PathBuf, time::Duration};

use kernel::{
    Code, Environment, Error, Result, Uuid,
    mail::{Mailer, Message},
};
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor,
    message::{
        Mailbox,
        header::{ContentType, HeaderName, HeaderValue, MIME_VERSION_1_0},
    },
    transport::smtp,
};

use crate::config::Config;

/// How long a mail server may be silent.
const SILENCE: Duration = Duration::from_secs(15);
/// How long a mail may take in all: less than the lease of a message of the outbox.
const LONGEST: Duration = Duration::from_secs(45);

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
    let mut from: Mailbox = config.mail_from.parse().map_err(|error| {
        format!("PALESTRA_MAIL_FROM is «{}», but has to be an address such as Palestra <no-reply@example.com>: {error}", config.mail_from)
    })?;
    from.email = address(from.email.as_ref()).ok_or("PALESTRA_MAIL_FROM has a domain that cannot be")?;
    let Some(url) = &config.smtp_url else {
        return Ok(Box::new(Outbox { folder: config.data_dir.join("outbox"), from }));
    };
    let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
        .map_err(|error| format!("PALESTRA_SMTP_URL cannot be read: {error}"))?
        .timeout(Some(SILENCE))
        .build();
    Ok(Box::new(Smtp { transport, from }))
}

/// An address as it travels: its domain in ASCII, which every server takes. A local part beyond ASCII stays as it is.
fn address(text: &str) -> Option<Address> {
    let (local, domain) = text.trim().rsplit_once('@')?;
    let domain = idna::domain_to_ascii(domain).ok()?;
    Address::new(local, domain).ok()
}

/// The message with everything that a mail server or a spam filter expects of one that a program wrote.
fn compose(from: &Mailbox, message: &Message) -> Result<lettre::Message> {
    let refused = |cause: String| Error::new(Code::MailRefused).caused_by(cause);
    let to = address(&message.to).ok_or_else(|| refused("the address cannot be read".to_owned()))?;
    let name = HeaderName::new_from_ascii_str;
    let id = format!("<{}@{}>", Environment::default().new_id::<Uuid>(), from.email.domain());
    let mut mail = lettre::Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(&message.subject)
        .date_now()
        .message_id(Some(id))
        .header(MIME_VERSION_1_0)
        .header(ContentType::TEXT_PLAIN)
        // No holiday note answers it (RFC 3834).
        .raw_header(HeaderValue::new(name("Auto-Submitted"), "auto-generated".to_owned()));
    if let Some(url) = &message.unsubscribe {
        mail = mail.raw_header(HeaderValue::new(name("List-Unsubscribe"), format!("<{url}>"))).raw_header(
            HeaderValue::new(name("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click".to_owned()),
        );
    }
    mail.body(message.text.clone()).map_err(|error| refused(error.to_string()))
}

/// Why a mail did not go. A server's words quote the address, which no log may show; its number says enough.
fn failure(error: &smtp::Error, needs_utf8: bool) -> Error {
    // 53x is about our own credentials: once they are mended, every mail that waited goes.
    let is_about_us = error.status().is_some_and(|status| status.to_string().starts_with("53"));
    match error.status() {
        Some(status) if error.is_permanent() && !is_about_us => {
            Error::new(Code::MailRefused).caused_by(format!("the mail server answered {status}"))
        }
        Some(status) => {
            Error::new(Code::MailUndelivered).caused_by(format!("the mail server answered {status}"))
        }
        None if needs_utf8 && error.is_client() => {
            Error::new(Code::MailRefused).caused_by("the mail server takes no address beyond ASCII")
        }
        None if error.is_timeout() => late(),
        None => {
            Error::new(Code::MailUndelivered).caused_by("the mail server cannot be reached, or broke off")
        }
    }
}

fn late() -> Error {
    Error::new(Code::MailUndelivered).caused_by("the mail server did not answer in time")
}

#[async_trait::async_trait]
impl Mailer for Smtp {
    async fn send(&self, message: Message) -> Result<()> {
        let mail = compose(&self.from, &message)?;
        let needs_utf8 = mail.envelope().to().iter().any(|to| !to.user().is_ascii());
        let sent = tokio::time::timeout(LONGEST, self.transport.send(mail)).await;
        let sent = sent.map_err(|_| late())?;
        sent.map(drop).map_err(|error| failure(&error, needs_utf8))
    }
}

#[async_trait::async_trait]
impl Mailer for Outbox {
    async fn send(&self, message: Message) -> Result<()> {
        let mail = compose(&self.from, &message)?;
        let (folder, bytes) = (self.folder.clone(), mail.formatted());
        let name = format!("{}.eml", Environment::default().new_id::<Uuid>());
        let path = folder.join(name);
        let shown = path.display().to_string();
        let write = move || std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, bytes));
        let written = tokio::task::spawn_blocking(write).await.map_err(Error::internal)?;
        written.map_err(|error| Error::new(Code::MailUndelivered).caused_by(error))?;
        tracing::info!(file = shown, "mail written, since no SMTP server is configured");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(to: &str) -> String {
        let from = "Größe & Co <no-reply@example.com>".parse().unwrap();
        let message = Message {
            to: to.to_owned(),
            subject: "Übung".to_owned(),
            text: "Hello,\n".to_owned(),
            unsubscribe: None,
        };
        String::from_utf8(compose(&from, &message).unwrap().formatted()).unwrap()
    }

    #[test]
    fn a_letter_has_what_filters_look_for() {
        let mail = written("lena@example.com");
        for header in ["Message-ID: <", "MIME-Version: 1.0", "Auto-Submitted: auto-generated", "Date: "] {
            assert_eq!(mail.matches(header).count(), 1, "{header} in {mail}");
        }
        assert!(mail.contains("@example.com>\r\n"), "{mail}");
        assert_ne!(written("lena@example.com"), mail, "no two have one id");
    }

    #[test]
    fn an_international_domain_travels_in_ascii() {
        for given in ["lena@bücher.example", "lena@BÜCHER.example", "lena@xn--bcher-kva.example"] {
            assert!(written(given).contains("To: lena@xn--bcher-kva.example\r\n"), "{given}");
        }
        assert_eq!(address("jürgen@bücher.example").unwrap().domain(), "xn--bcher-kva.example");
        for odd in ["lena", "lena@", "@example.com", "lena@exa mple.com"] {
            assert!(address(odd).is_none(), "{odd}");
        }
    }
}
