//! Uploads: a file is announced, its bytes are sent to a signed URL, and they are checked before the file can be used.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use database::{Db, Pool, Tx};
use entity::enums::{FilePurpose, FileStatus};
use futures_util::Stream;
use kernel::{Actor, Code, Environment, Error, FieldError, FileId, Keyring, Result, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use super::{
    model::{File, NewFile},
    store,
};
use crate::{
    content_type::{AllowedTypes, Claim},
    file_name::clean_name,
    image::{Budget, IMAGE_WIDTHS},
    signed_link,
    storage::{Key, Storage},
};

/// Names the key that seals upload tickets.
const SEALING_KEY: &str = "upload links";
/// How long a check of an upload may take before somebody else may check it.
const CHECK_TIMEOUT: Duration = Duration::from_secs(600);

/// How much may be uploaded, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most bytes of a picture.
    pub image: u64,
    /// The most bytes of an attachment.
    pub attachment: u64,
    /// The most bytes of a video.
    pub video: u64,
    /// The most bytes of captions.
    pub captions: u64,
    /// How long an announced file may be uploaded.
    pub lifetime: Duration,
    /// How many uploads of one user may be pending.
    pub pending: u32,
    /// How many bytes the pending uploads of one user may have in all.
    pub pending_bytes: u64,
}

impl Limits {
    /// The most bytes of a file for this purpose.
    #[must_use]
    pub fn max_bytes(&self, purpose: FilePurpose) -> u64 {
        match purpose {
            FilePurpose::Image => self.image,
            FilePurpose::Attachment => self.attachment,
            FilePurpose::Video => self.video,
            FilePurpose::Captions => self.captions,
        }
    }

    /// Refuses one more upload of so many bytes where too much is pending. Of two at once, one is counted first.
    pub(crate) async fn require_quota(&self, tx: &Tx, owner_id: UserId, bytes: i64) -> Result<()> {
        tx.advisory_lock(&format!("uploads {owner_id}")).await?;
        let pending = store::pending(tx, owner_id, tx.now() - self.lifetime).await?;
        let most = i64::try_from(self.pending_bytes).unwrap_or(i64::MAX);
        if pending.files >= i64::from(self.pending) || pending.bytes.saturating_add(bytes) > most {
            let waiting = format!(
                "{} uploads with {} bytes are not completed yet; at most {} with {most} bytes may be.",
                pending.files, pending.bytes, self.pending
            );
            return Err(Error::new(Code::TooManyUploads).detail(waiting));
        }
        Ok(())
    }
}

/// What files need besides the database.
pub struct Media {
    /// Where the objects are stored.
    pub storage: Storage,
    /// How much may be uploaded.
    pub limits: Limits,
    /// The address under which clients reach this server.
    pub public_url: String,
    /// What may be uploaded.
    pub types: Arc<AllowedTypes>,
    /// The memory in which pictures are decoded.
    pub(super) pictures: Budget,
}

/// Where a client uploads its bytes.
#[derive(Clone, Debug)]
pub struct Target {
    /// The signed URL.
    pub url: String,
    /// The media type to send along.
    pub content_type: String,
    /// When the URL expires.
    pub expires_at: Timestamp,
}

/// The right to upload one object of this length.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadTicket {
    /// The file's id.
    pub id: FileId,
    /// The size in bytes.
    pub size: u64,
    /// When the URL expires.
    pub expires_at: Timestamp,
}

impl UploadTicket {
    /// Reads the token of an upload's URL.
    ///
    /// # Errors
    /// [`Code::SignedUrlInvalid`] where it was altered, is another file's, or has expired.
    pub fn open(keyring: &Keyring, token: &str, id: FileId, now: Timestamp) -> Result<Self> {
        let ticket: Self = signed_link::open(keyring, SEALING_KEY, token)?;
        if ticket.id != id || ticket.expires_at <= now {
            return Err(Code::SignedUrlInvalid.into());
        }
        Ok(ticket)
    }
}

/// What stands in the header of an upload: something, also where nobody said the type.
pub(crate) fn sent_as(content_type: &str) -> String {
    let announced = content_type.trim();
    if announced.is_empty() { "application/octet-stream" } else { announced }.to_owned()
}

/// One's own file.
///
/// # Errors
/// [`Code::NotFound`], also for somebody else's.
pub async fn upload(tx: &Tx, id: FileId) -> Result<File> {
    let file = store::find(tx, id).await?;
    let file = file.filter(|file| file.is_for(tx.actor()));
    file.ok_or_else(|| Code::NotFound.into())
}

impl Media {
    /// Media with files in this storage.
    #[must_use]
    pub fn new(storage: Storage, limits: Limits, types: AllowedTypes, public_url: String) -> Self {
        Self { storage, limits, public_url, types: Arc::new(types), pictures: Budget::new() }
    }

    /// A file that may be uploaded, before it is saved with [`Media::save`]. Everybody uploads pictures; only trainers and admins
    /// upload anything else.
    ///
    /// # Errors
    /// [`Code::Forbidden`], [`Code::ValidationFailed`] with every reason.
    pub fn prepare(&self, environment: &Environment, actor: Actor, new: NewFile) -> Result<File> {
        if new.purpose != FilePurpose::Image && !actor.is_trainer() {
            return Err(Code::Forbidden.into());
        }
        let mut reasons = Vec::new();
        if !self.types.may_be(new.purpose, &Claim::new(&new.content_type, &new.name)) {
            let allowed = self.types.names(new.purpose).join(", ");
            let detail = format!("{} is not allowed here; one of {allowed} is.", new.content_type);
            reasons.push(FieldError::new("/contentType", "type_not_allowed", detail));
        }
        let most = self.limits.max_bytes(new.purpose);
        if new.size_bytes > most {
            let detail = format!("At most {most} bytes; this has {}.", new.size_bytes);
            reasons.push(FieldError::new("/sizeBytes", "too_large", detail));
        }
        if !reasons.is_empty() {
            return Err(Error::invalid(reasons));
        }
        let now = environment.now();
        Ok(File {
            id: environment.new_id(),
            owner_id: actor.user_id().ok_or(Code::Unauthenticated)?,
            purpose: new.purpose,
            name: clean_name(&new.name),
            content_type: new.content_type,
            size_bytes: i64::try_from(new.size_bytes).unwrap_or(i64::MAX),
            sha256: new.sha256.map(|sum| sum.to_vec()),
            status: FileStatus::Pending,
            problem: None,
            detail: None,
            created_at: now,
            expires_at: now + self.limits.lifetime,
        })
    }

    /// Saves a prepared file.
    ///
    /// # Errors
    /// [`Code::TooManyUploads`].
    pub async fn save(tx: &Tx, limits: Limits, file: File) -> Result<()> {
        limits.require_quota(tx, file.owner_id, file.size_bytes).await?;
        store::insert(tx, file).await
    }

    /// Where the bytes of an announced file are uploaded; `None` when it has expired or was checked already.
    #[must_use]
    pub fn target(&self, environment: &Environment, keyring: &Keyring, file: &File) -> Option<Target> {
        let left = (file.expires_at - environment.now()).to_std().unwrap_or_default();
        if file.status != FileStatus::Pending || left.is_zero() {
            return None;
        }
        let size = u64::try_from(file.size_bytes).unwrap_or_default();
        let url = match self.storage.presigned_put(Key::Upload(file.id), size, environment.now(), left) {
            Some(url) => url,
            None => {
                let ticket = UploadTicket { id: file.id, size, expires_at: file.expires_at };
                let token = signed_link::seal(keyring, SEALING_KEY, &ticket);
                let base = self.public_url.trim_end_matches('/');
                format!("{base}/api/v1/uploads/{}/content?ticket={token}", file.id)
            }
        };
        let content_type = sent_as(&file.content_type);
        Some(Target { url, content_type, expires_at: file.expires_at })
    }

    /// Stores the bytes of an announced file, where they come through this server.
    ///
    /// # Errors
    /// See [`Storage::put_stream`].
    pub async fn receive(
        &self,
        ticket: &UploadTicket,
        bytes: impl Stream<Item = Result<Bytes>> + Unpin,
    ) -> Result<()> {
        self.storage.put_stream(Key::Upload(ticket.id), ticket.size, bytes).await
    }

    /// Checks the bytes that were uploaded, and decides whether the file can be used. Doing it again answers the same.
    ///
    /// The object is moved first, to where no client can write: what is checked is what stays. Of two at once, one checks.
    ///
    /// # Errors
    /// [`Code::NotFound`], [`Code::UploadIncomplete`], [`Code::UploadChecking`].
    pub async fn complete(&self, db: &Db, actor: Actor, id: FileId) -> Result<File> {
        let claim = move |tx: Tx| async move {
            let file = upload(&tx, id).await?;
            let until = tx.now() + CHECK_TIMEOUT;
            if file.status != FileStatus::Pending {
                return Ok((file, None));
            }
            if !store::claim(&tx, id, until).await? {
                return Err(Error::new(Code::UploadChecking).retry_after(Duration::from_secs(1)));
            }
            Ok((file, Some(until)))
        };
        let (file, claimed) = db.run(actor, claim).await?;
        let Some(until) = claimed else { return Ok(file) };
        let checked = async {
            let mut verdict = self.check(&file).await?;
            let private = std::mem::take(&mut verdict.private);
            if !private.is_empty() {
                verdict.sha256 = Some(self.overwrite(db, (Pool::App, actor), id, private).await?);
            }
            Ok(verdict)
        };
        let verdict = match checked.await {
            Ok(verdict) => verdict,
            Err(error) => {
                db.run(actor, move |tx| async move { store::release(&tx, id, until).await }).await?;
                return Err(error);
            }
        };
        let settle = move |tx: Tx| async move {
            let is_ours = store::settle(&tx, id, until, verdict).await?;
            // Where the claim had run out, the file was collected or somebody else checks it.
            let file = upload(&tx, id).await?;
            if file.status == FileStatus::Pending && !is_ours {
                return Err(Error::new(Code::UploadChecking).retry_after(Duration::from_secs(1)));
            }
            Ok(file)
        };
        let settled = db.run(actor, settle).await;
        match &settled {
            // The original holds what a camera wrote into it, such as the place: only the re-encoded widths stay.
            Ok(file) if file.status == FileStatus::Ready && file.purpose == FilePurpose::Image => {
                self.storage.delete(Key::File(id)).await?;
            }
            // Captions were copied from it.
            Ok(file) if file.status == FileStatus::Ready => self.storage.delete(Key::Upload(id)).await?,
            Ok(_) => self.remove(id).await?,
            Err(error) if error.code() == Code::NotFound => self.remove(id).await?,
            Err(_) => {}
        }
        settled
    }

    /// Removes every object of a file.
    pub(crate) async fn remove(&self, id: FileId) -> Result<()> {
        self.storage.delete(Key::Upload(id)).await?;
        self.storage.delete(Key::File(id)).await?;
        for width in IMAGE_WIDTHS {
            self.storage.delete(Key::Image(id, width)).await?;
        }
        Ok(())
    }
}
