//! Files: announced, uploaded, checked, used, and collected once nothing refers to them.

mod check;
mod collect;
pub(crate) mod model;
mod store;
pub(crate) mod upload;

use database::Tx;
use entity::enums::{FilePurpose, FileStatus};
use kernel::{Error, FieldError, FileId, Result};

pub use self::{
    collect::{RETENTION, collect_files, collect_objects},
    model::{File, NewFile},
    upload::{Limits, Media, Target, UploadTicket, upload},
};

/// A file that the caller may use for this purpose: uploaded by themselves, checked, and good. It cannot be collected before the
/// transaction ends.
///
/// # Errors
/// [`kernel::Code::ValidationFailed`] at `pointer`.
pub async fn ready_file(tx: &Tx, id: FileId, purpose: FilePurpose, pointer: &str) -> Result<File> {
    let refuse = |code, detail: &str| Error::invalid(vec![FieldError::new(pointer, code, detail)]);
    let file = store::lock(tx, id).await?;
    let file = file.filter(|file| file.is_for(tx.actor()));
    let file = file.ok_or_else(|| refuse("unknown_file", "You have sent no such file."))?;
    if file.purpose != purpose {
        return Err(refuse("wrong_purpose", "This file was sent for something else."));
    }
    if file.status != FileStatus::Ready {
        return Err(refuse("file_not_ready", "This file is not complete, or was rejected."));
    }
    Ok(file)
}

/// Refuses a picture that may not be used: it has to be one of the caller's own, or the one that is used already (`current`).
///
/// # Errors
/// [`kernel::Code::ValidationFailed`] at `pointer`.
pub async fn usable_image(tx: &Tx, id: FileId, current: Option<FileId>, pointer: &str) -> Result<()> {
    if current == Some(id) {
        return Ok(());
    }
    ready_file(tx, id, FilePurpose::Image, pointer).await.map(drop)
}
