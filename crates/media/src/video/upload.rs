//! Uploads of videos: announced, with a URL for the file; and checked, where the file is in our own storage.

use database::{Db, Tx};
use entity::enums::{FilePurpose, FileStatus, VideoProvider, VideoStatus};
use kernel::{Actor, Error, FieldError, Result, VideoAssetId};
use serde_json::json;

use super::{
    asset::{self, NewVideo, Video, VideoAsset, store},
    mux::UploadTarget,
    service::Videos,
};
use crate::{
    container::{self, Film},
    content_type::Claim,
    file::{
        model::{File, NewFile},
        upload::{Limits, Media, sent_as},
    },
    storage::{Key, Reader},
};

/// A video whose file can be uploaded once it is saved.
pub struct PreparedUpload {
    destination: Destination,
    target: UploadTarget,
}

enum Destination {
    Local(File),
    /// The row was inserted before Mux was asked, since its webhooks may be faster than its answer.
    Mux {
        id: VideoAssetId,
        upload_id: String,
    },
}

impl Videos {
    /// Prepares the upload of a new video: to Mux where that is configured, otherwise into our own storage. It may wait for Mux, so it is
    /// called outside a transaction; [`PreparedUpload::save`] follows inside one.
    ///
    /// # Errors
    /// [`kernel::Code::ValidationFailed`] for more than our storage takes; [`kernel::Code::Unavailable`] where Mux does not answer: the video
    /// then stays as one that failed.
    pub async fn prepare_upload(
        &self,
        media: &Media,
        db: &Db,
        actor: Actor,
        new: NewVideo,
    ) -> Result<PreparedUpload> {
        match self.mux {
            Some(_) => self.prepare_at_mux(media.limits, db, actor, new).await,
            None => prepare_local(media, db, actor, new).await,
        }
    }

    async fn prepare_at_mux(
        &self,
        limits: Limits,
        db: &Db,
        actor: Actor,
        new: NewVideo,
    ) -> Result<PreparedUpload> {
        require_video(&new.content_type)?;
        let create = move |tx: Tx| async move {
            limits.require_quota(&tx, tx.user_id()?, 0).await?;
            asset::create(&tx, VideoProvider::Mux, None).await
        };
        let id = db.run(actor, create).await?.id;
        match self.mux()?.create_upload(id, &sent_as(&new.content_type)).await {
            Ok((upload_id, target)) => {
                Ok(PreparedUpload { destination: Destination::Mux { id, upload_id }, target })
            }
            Err(error) => {
                let fail = move |tx: Tx| async move { store::fail_waiting(&tx, id, "upload_failed").await };
                db.run(actor, fail).await?;
                Err(error)
            }
        }
    }

    /// Checks the file of a video in our own storage, after it was uploaded. Mux reports about its videos by itself. Doing it
    /// again changes nothing.
    ///
    /// # Errors
    /// [`kernel::Code::NotFound`]; [`kernel::Code::UploadIncomplete`], [`kernel::Code::UploadChecking`].
    pub async fn complete(&self, media: &Media, db: &Db, actor: Actor, id: VideoAssetId) -> Result<Video> {
        let video = db.read(actor, move |tx| async move { asset::video(&tx, id).await }).await?;
        let (Some(file_id), VideoStatus::Waiting) = (video.asset.file_id, video.asset.status) else {
            return Ok(video);
        };
        let file = media.complete(db, actor, file_id).await?;
        let (film, problem) = match file.status {
            FileStatus::Ready => match inspect(media, &file).await? {
                Ok(film) => (Some(film), None),
                Err(problem) => (None, Some(problem.to_owned())),
            },
            _ => (None, file.problem),
        };
        db.run(actor, move |tx| async move {
            let before = asset::lock_own(&tx, id).await?;
            if before.status == VideoStatus::Waiting {
                let content_type = Some(file.content_type);
                let failed =
                    VideoAsset { status: VideoStatus::Errored, content_type, problem, ..before.clone() };
                let after = match film {
                    Some(film) => described(VideoAsset { status: VideoStatus::Ready, ..failed }, film),
                    None => failed,
                };
                asset::advance(&tx, &before, after).await?;
            }
            asset::video(&tx, id).await
        })
        .await
    }
}

/// The video, with what its file says.
pub(super) fn described(video: VideoAsset, film: Film) -> VideoAsset {
    let (width, height) = film.size.unzip();
    VideoAsset {
        duration_seconds: Some(film.seconds),
        codec: Some(film.codec),
        width: width.map(i64::from),
        height: height.map(i64::from),
        warnings: json!(film.warnings),
        ..video
    }
}

/// What the file of a video is, or why it cannot be played. What it gave away was removed when the file was checked.
async fn inspect(media: &Media, file: &File) -> Result<std::result::Result<Film, &'static str>> {
    let size = u64::try_from(file.size_bytes).unwrap_or_default();
    let reader = Reader::new(&media.storage, Key::File(file.id), size);
    Ok(container::inspect(reader, &file.content_type).await?.film)
}

/// Mux decodes whatever is a video; what is said to be something else is refused before it is sent.
fn require_video(content_type: &str) -> Result<()> {
    let claim = Claim::new(content_type, "");
    let is_video = match claim.announced {
        Some(kind) => kind.is_film(),
        None => !claim.is_unknown || content_type.to_ascii_lowercase().starts_with("video/"),
    };
    if is_video {
        return Ok(());
    }
    let detail = format!("{content_type} is no video.");
    Err(Error::invalid(vec![FieldError::new("/contentType", "type_not_allowed", detail)]))
}

async fn prepare_local(media: &Media, db: &Db, actor: Actor, new: NewVideo) -> Result<PreparedUpload> {
    let file = NewFile {
        purpose: FilePurpose::Video,
        name: new.name,
        content_type: new.content_type,
        size_bytes: new.size_bytes,
        sha256: None,
    };
    let file = media.prepare(db.environment(), actor, file)?;
    let target = media.target(db.environment(), db.keyring(), &file);
    let target = target.ok_or_else(|| Error::internal("a new file has no upload target"))?;
    Ok(PreparedUpload {
        target: UploadTarget {
            method: "PUT",
            url: target.url,
            headers: vec![("content-type".to_owned(), target.content_type)],
            expires_at: target.expires_at,
        },
        destination: Destination::Local(file),
    })
}

impl PreparedUpload {
    /// Saves the video, and answers where its file is uploaded.
    ///
    /// # Errors
    /// [`kernel::Code::NotFound`] where the video was deleted meanwhile; [`kernel::Code::TooManyUploads`].
    pub async fn save(self, tx: &Tx, limits: Limits) -> Result<(Video, UploadTarget)> {
        let Self { destination, target } = self;
        let video = match destination {
            Destination::Mux { id, upload_id } => asset::set_upload_id(tx, id, upload_id).await?,
            Destination::Local(file) => {
                let (id, content_type) = (file.id, file.content_type.clone());
                Media::save(tx, limits, file).await?;
                let asset = asset::create(tx, VideoProvider::Local, Some((id, content_type))).await?;
                Video { asset, captions: Vec::new() }
            }
        };
        Ok((video, target))
    }
}
