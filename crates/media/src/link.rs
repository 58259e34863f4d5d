use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{Code, Keyring, Result, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Key;

const PURPOSE: &str = "download links";
/// The longest name of a file, in characters.
const NAME: usize = 120;

/// What a browser does with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Disposition {
    /// Saves it.
    Attachment,
    /// Shows it.
    Inline,
}

/// The right to fetch one object until it expires, whoever holds it.
///
/// Sealed, it is the last part of `GET /files/{link}`: everything about the answer stands in the link, so that serving it
/// needs no statement, and nothing of it can be altered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The object.
    pub key: Key,
    /// The file's name, as the client is told.
    pub name: String,
    /// The file's type, as the client is told.
    pub content_type: String,
    /// Whether it is saved or shown.
    pub disposition: Disposition,
    /// Until when.
    pub expires_at: Timestamp,
}

impl Link {
    /// The link as a token.
    #[must_use]
    pub fn seal(&self, keyring: &Keyring) -> String {
        seal(keyring, PURPOSE, self)
    }

    /// Reads a token.
    ///
    /// # Errors
    /// [`Code::SignedUrlInvalid`] where it was altered, or made by somebody else, or has expired.
    pub fn open(keyring: &Keyring, token: &str, now: Timestamp) -> Result<Self> {
        let link: Self = open(keyring, PURPOSE, token)?;
        if link.expires_at <= now {
            return Err(Code::SignedUrlInvalid.into());
        }
        Ok(link)
    }
}

pub(crate) fn seal(keyring: &Keyring, purpose: &str, value: &impl Serialize) -> String {
    // These types are plain structs, which serde_json can always write; an empty token opens nothing.
    let plain = serde_json::to_vec(value).unwrap_or_default();
    kernel::to_base64url(&keyring.seal(purpose, &plain))
}

pub(crate) fn open<T: for<'de> Deserialize<'de>>(keyring: &Keyring, purpose: &str, token: &str) -> Result<T> {
    let sealed = URL_SAFE_NO_PAD.decode(token).ok();
    let plain = sealed.and_then(|sealed| keyring.open(purpose, &sealed));
    let value = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
    value.ok_or_else(|| Code::SignedUrlInvalid.into())
}

/// A file's name without what could mean something to a file system, a header or a reader: the last part of a path, without
/// control characters and marks that turn the direction of text, at most 120 characters.
#[must_use]
pub fn clean_name(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = kernel::legible(last)
        .chars()
        .filter(|c| !c.is_control())
        .collect();
    let plain = plain.trim_matches(|c: char| c.is_whitespace() || c == '.');
    // The end of a long name says what the file is.
    let too_many = plain.chars().count().saturating_sub(NAME);
    let name: String = plain.chars().skip(too_many).collect();
    if name.is_empty() { "file".to_owned() } else { name }
}

/// A name with the ending that belongs to the type, so that a file opens with what it is for.
#[must_use]
pub fn file_name(name: &str, content_type: &str) -> String {
    let endings: &[&str] = match content_type {
        "application/pdf" => &["pdf"],
        "application/zip" => &["zip"],
        "image/png" => &["png"],
        "image/jpeg" => &["jpg", "jpeg"],
        "image/webp" => &["webp"],
        "image/gif" => &["gif"],
        "video/mp4" => &["mp4", "m4v"],
        "video/webm" => &["webm"],
        "video/quicktime" => &["mov"],
        "audio/mpeg" => &["mp3"],
        "text/plain" => &["txt"],
        "text/csv" => &["csv"],
        "text/vtt" => &["vtt"],
        kind if kind.ends_with("wordprocessingml.document") => &["docx"],
        kind if kind.ends_with("spreadsheetml.sheet") => &["xlsx"],
        kind if kind.ends_with("presentationml.presentation") => &["pptx"],
        _ => &[],
    };
    let ending = name
        .rsplit_once('.')
        .map(|(_, ending)| ending.to_ascii_lowercase());
    match endings.first() {
        Some(first) if !endings.iter().any(|known| ending.as_deref() == Some(known)) => {
            format!("{name}.{first}")
        }
        _ => name.to_owned(),
    }
}

/// `Content-Disposition` (RFC 6266), with the name in full (RFC 8187) and in ASCII for those who cannot read that.
#[must_use]
pub fn content_disposition(disposition: Disposition, name: &str) -> String {
    let kind = match disposition {
        Disposition::Attachment => "attachment",
        Disposition::Inline => "inline",
    };
    let name = clean_name(name);
    let plain: String = name
        .chars()
        .map(|c| {
            if c == ' ' || c.is_ascii_alphanumeric() || "-_.()".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    let mut full = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            full.push(char::from(byte));
        } else {
            full.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{full}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_only_a_name() {
        for (given, clean) in [
            ("plan.pdf", "plan.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\lena\\Übung 1.pdf", "Übung 1.pdf"),
            ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie: x.pdf"),
            ("exe\u{202e}fdp.exe", "exefdp.exe"),
            ("..", "file"),
            ("a/", "file"),
        ] {
            assert_eq!(clean_name(given), clean);
        }
        assert_eq!(clean_name(&"x".repeat(300)).len(), NAME);
    }

    #[test]
    fn a_header_holds_any_name() {
        let header = content_disposition(Disposition::Attachment, "Übung \"1\".pdf");
        assert_eq!(
            header,
            "attachment; filename=\"_bung _1_.pdf\"; filename*=UTF-8''%C3%9Cbung%20%221%22.pdf"
        );
    }
}
