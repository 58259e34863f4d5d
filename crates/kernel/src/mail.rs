//! Outgoing mail: what is sent, and the one trait that sends it.

use unicode_normalization::UnicodeNormalization;

use crate::{Result, trimmed};

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

/// The form in which addresses are compared and unique: without what cannot be seen around it, without regard to case, and with an
/// international domain in the letters of ASCII, whichever way it was typed.
#[must_use]
pub fn comparable(address: &str) -> String {
    let address: String = trimmed(address).nfkc().flat_map(char::to_lowercase).collect();
    let Some((name, domain)) = address.rsplit_once('@') else { return address };
    match idna::domain_to_ascii(domain) {
        Ok(domain) => format!("{name}@{domain}"),
        Err(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::comparable;

    #[test]
    fn one_address_has_one_form() {
        for (given, compared) in [
            ("Lena@Example.com", "lena@example.com"),
            (" lena@example.com\u{a0}\u{200b}", "lena@example.com"),
            ("lena@müller.example", "lena@xn--mller-kva.example"),
            ("lena@MU\u{308}LLER.example", "lena@xn--mller-kva.example"),
            ("lena@xn--mller-kva.example", "lena@xn--mller-kva.example"),
            ("ｌｅｎａ@example.com", "lena@example.com"),
            ("no address", "no address"),
        ] {
            assert_eq!(comparable(given), compared, "{given}");
        }
    }
}
