//! Uploads: a file is announced, its bytes are sent to a signed URL, and they are checked before the file can be used.

use std::{sync::Arc, time::Duration};

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use database::{Db, Tx};
use entity::enums::{FilePurpose, FileStatus};
use futures_util::{Stream, TryStreamExt};
use kernel::{Actor, Code, Environment, Error, FieldError, FileId, Keyring, Result, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use super::{
    model::{File, NewFile, Verdict},
    store,
};
use crate::{
    content_type::{self, allowed_types},
    file_name::clean_name,
    image::{self, IMAGE_WIDTHS},
    signed_link,
    storage::{Key, Storage},
    web_vtt,
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
    fn max_bytes(&self, purpose: FilePurpose) -> u64 {
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
            return Err(Code::TooManyUploads.into());
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
    /// Decoding takes much memory: one picture at a time.
    image_decoder: Arc<Semaphore>,
}

/// Where a client uploads its bytes.
#[derive(Clone, Debug)]
pub struct Target {
    /// The signed URL.
    pub url: String,
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
    pub fn new(storage: Storage, limits: Limits, public_url: String) -> Self {
        Self { storage, limits, public_url, image_decoder: Arc::new(Semaphore::new(1)) }
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
        if !allowed_types(new.purpose).contains(&new.content_type.as_str()) {
            let detail = format!("One of {}.", allowed_types(new.purpose).join(", "));
            reasons.push(FieldError::new("/contentType", "type_not_allowed", detail));
        }
        let most = self.limits.max_bytes(new.purpose);
        if new.size_bytes > most {
            reasons.push(FieldError::new("/sizeBytes", "too_large", format!("At most {most} bytes.")));
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
        Some(Target { url, expires_at: file.expires_at })
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
        let verdict = match self.check(&file).await {
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
            Ok(file) if file.status == FileStatus::Ready => {}
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

    async fn check(&self, file: &File) -> Result<Verdict> {
        let key = Key::File(file.id);
        // It is there already where an earlier check was interrupted.
        self.storage.rename(Key::Upload(file.id), key).await?;
        let Some(object) = self.storage.get(key, None).await? else {
            return Err(Code::UploadIncomplete.into());
        };
        let rejected = |problem| Verdict { sha256: None, problem };
        let size = object.size;
        if u64::try_from(file.size_bytes) != Ok(size) {
            return Ok(rejected(Some("size_mismatch")));
        }
        let purpose = file.purpose;
        let keep = match purpose {
            FilePurpose::Image | FilePurpose::Captions => usize::try_from(size).unwrap_or(usize::MAX),
            FilePurpose::Attachment | FilePurpose::Video => content_type::HEAD,
        };
        let (mut sum, mut head, mut bytes) = (Context::new(&SHA256), Vec::new(), object.stream);
        while let Some(block) = bytes.try_next().await? {
            sum.update(&block);
            let (first, _) = block.split_at(block.len().min(keep.saturating_sub(head.len())));
            head.extend_from_slice(first);
        }
        let sha256 = sum.finish().as_ref().to_vec();
        if file.sha256.as_ref().is_some_and(|announced| *announced != sha256) {
            return Ok(rejected(Some("checksum_mismatch")));
        }
        let problem = match purpose {
            FilePurpose::Captions => (!web_vtt::is_web_vtt(&head)).then_some("captions_unreadable"),
            _ => content_type::problem(purpose, &file.content_type, &head),
        };
        let problem = match (purpose, problem) {
            (FilePurpose::Image, None) => self.write_image(file.id, head).await?,
            (_, problem) => problem,
        };
        Ok(Verdict { sha256: Some(sha256), problem })
    }

    /// Writes a picture in every width.
    async fn write_image(&self, id: FileId, bytes: Vec<u8>) -> Result<Option<&'static str>> {
        let permit = self.image_decoder.clone().acquire_owned().await.map_err(Error::internal)?;
        let work = move || {
            let made = image::variants(&bytes);
            drop(permit);
            made
        };
        let made = match tokio::task::spawn_blocking(work).await.map_err(Error::internal)? {
            Ok(made) => made,
            Err(problem) => return Ok(Some(problem)),
        };
        for (width, bytes) in made {
            let kind = image::image_kind(&bytes);
            self.storage.put(Key::Image(id, width), bytes, kind).await?;
        }
        Ok(None)
    }
}
