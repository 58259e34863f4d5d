use database::Tx;
use kernel::{Error, FieldError, Result, Timestamp, Uuid};
use sea_orm::FromQueryResult;

use crate::store;

/// What a file is sent for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A picture.
    Image,
    /// Something to be downloaded.
    Attachment,
    /// A film.
    Video,
    /// `WebVTT`.
    Captions,
}

impl Purpose {
    /// The name in JSON and the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Image => "IMAGE",
            Self::Attachment => "ATTACHMENT",
            Self::Video => "VIDEO",
            Self::Captions => "CAPTIONS",
        }
    }

    pub(crate) fn read(text: &str) -> Option<Self> {
        [Self::Image, Self::Attachment, Self::Video, Self::Captions]
            .into_iter()
            .find(|purpose| purpose.as_str() == text)
    }
}

/// A file: announced, sent, looked at.
#[derive(Clone, Debug, FromQueryResult)]
pub struct File {
    /// The file's id.
    pub id: Uuid,
    /// Who announced it.
    pub owner_id: Uuid,
    /// See [`Purpose`].
    pub purpose: String,
    /// Its name, cleaned.
    pub name: String,
    /// Its type.
    pub content_type: String,
    /// Bytes.
    pub size_bytes: i64,
    /// SHA-256: as announced, later as it is.
    pub sha256: Option<Vec<u8>>,
    /// `PENDING`, `READY` or `REJECTED`.
    pub status: String,
    /// Why it was rejected: a stable code.
    pub problem: Option<String>,
    /// When it was announced.
    pub created_at: Timestamp,
    /// Until when it may be sent.
    pub expires_at: Timestamp,
}

/// A file that the caller may use for this: sent by themselves, looked at, and good. It cannot be collected before the
/// transaction ends.
///
/// # Errors
/// [`kernel::Code::ValidationFailed`] at `pointer`.
pub async fn ready_file(tx: &Tx, id: Uuid, purpose: Purpose, pointer: &str) -> Result<File> {
    let refuse = |code, detail: &str| Error::invalid(vec![FieldError::new(pointer, code, detail)]);
    let file = store::file(tx, id, true).await?;
    let file = file.filter(|file| tx.actor().manages(file.owner_id));
    let file = file.ok_or_else(|| refuse("unknown_file", "You have sent no such file."))?;
    if file.purpose != purpose.as_str() {
        return Err(refuse("wrong_purpose", "This file was sent for something else."));
    }
    if file.status != "READY" {
        return Err(refuse(
            "file_not_ready",
            "This file is not complete, or was rejected.",
        ));
    }
    Ok(file)
}

/// Insists that a picture may be used: one of the caller's own, or the one that is there already (`current`).
///
/// # Errors
/// [`kernel::Code::ValidationFailed`] at `pointer`.
pub async fn usable_image(tx: &Tx, id: Uuid, current: Option<Uuid>, pointer: &str) -> Result<()> {
    if current == Some(id) {
        return Ok(());
    }
    ready_file(tx, id, Purpose::Image, pointer).await.map(drop)
}
