//! A file that somebody uploads.

use entity::enums::{FilePurpose, FileStatus};
use kernel::{Actor, FileId, Timestamp, UserId};
use sea_orm::{DerivePartialModel, EntityTrait, FromQueryResult};

use crate::storage::patch::Patch;

/// A file: announced, uploaded, checked.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "entity::files::Entity", into_active_model)]
pub struct File {
    /// The file's id.
    pub id: FileId,
    /// The user who announced it.
    pub owner_id: UserId,
    /// What it is uploaded for.
    pub purpose: FilePurpose,
    /// Its name, cleaned of everything that could mean something to a file system or a header.
    pub name: String,
    /// Its media type: as it was announced, and once the file is ready, as its content says.
    pub content_type: String,
    /// Its size in bytes.
    pub size_bytes: i64,
    /// The SHA-256 of its bytes: as it was announced, and once the file is ready, as it is.
    pub sha256: Option<Vec<u8>>,
    /// Whether it can be used.
    pub status: FileStatus,
    /// Why it was rejected: a stable code.
    pub problem: Option<String>,
    /// More about that, or about what was left out, in words.
    pub detail: Option<String>,
    /// When it was announced.
    pub created_at: Timestamp,
    /// Until when it may be uploaded.
    pub expires_at: Timestamp,
}

impl File {
    /// Whether this caller may use the file: one's own picture as whoever one is, anything else as a trainer ([`Actor::manages`]).
    pub(crate) fn is_for(&self, actor: Actor) -> bool {
        match self.purpose {
            FilePurpose::Image => actor.acts_for(self.owner_id),
            FilePurpose::Attachment | FilePurpose::Video | FilePurpose::Captions => {
                actor.manages(self.owner_id)
            }
        }
    }
}

/// A file that somebody wants to upload.
#[derive(Clone, Debug)]
pub struct NewFile {
    /// What it is for.
    pub purpose: FilePurpose,
    /// Its name on the client's machine.
    pub name: String,
    /// Its media type.
    pub content_type: String,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// The SHA-256 of its bytes.
    pub sha256: Option<[u8; 32]>,
}

/// What was found in the bytes of an uploaded file.
#[derive(Default)]
pub(crate) struct Verdict {
    pub(crate) sha256: Option<Vec<u8>>,
    /// The media type that the content says.
    pub(crate) content_type: Option<String>,
    /// The size, where the file was converted.
    pub(crate) size_bytes: Option<i64>,
    /// What has to be overwritten before anybody may read the file.
    pub(crate) private: Vec<Patch>,
    /// Why the file is rejected: a stable code.
    pub(crate) problem: Option<&'static str>,
    /// More about that, or about what was left out, in words.
    pub(crate) detail: Option<String>,
}

/// What somebody has announced and not completed.
#[derive(FromQueryResult)]
pub(crate) struct PendingUploads {
    pub(crate) files: i64,
    pub(crate) bytes: i64,
}
