use database::Tx;
use entity::enums::{FilePurpose, FileStatus};
use kernel::{Error, FieldError, FileId, Result, Timestamp, UserId};
use sea_orm::FromQueryResult;

use crate::store;

/// A file: announced, sent, looked at.
#[derive(Clone, Debug, FromQueryResult)]
pub struct File {
    /// The file's id.
    pub id: FileId,
    /// Who announced it.
    pub owner_id: UserId,
    /// See [`FilePurpose`].
    pub purpose: FilePurpose,
    /// Its name, cleaned.
    pub name: String,
    /// Its type.
    pub content_type: String,
    /// Bytes.
    pub size_bytes: i64,
    /// SHA-256: as announced, later as it is.
    pub sha256: Option<Vec<u8>>,
    /// `PENDING`, `READY` or `REJECTED`.
    pub status: FileStatus,
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
pub async fn ready_file(tx: &Tx, id: FileId, purpose: FilePurpose, pointer: &str) -> Result<File> {
    let refuse = |code, detail: &str| Error::invalid(vec![FieldError::new(pointer, code, detail)]);
    let file = store::file(tx, id, true).await?;
    let file = file.filter(|file| tx.actor().manages(file.owner_id));
    let file = file.ok_or_else(|| refuse("unknown_file", "You have sent no such file."))?;
    if file.purpose != purpose {
        return Err(refuse("wrong_purpose", "This file was sent for something else."));
    }
    if file.status != FileStatus::Ready {
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
pub async fn usable_image(tx: &Tx, id: FileId, current: Option<FileId>, pointer: &str) -> Result<()> {
    if current == Some(id) {
        return Ok(());
    }
    ready_file(tx, id, FilePurpose::Image, pointer).await.map(drop)
}
