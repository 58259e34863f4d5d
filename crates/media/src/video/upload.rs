//! Uploads of videos: announced, with a URL for the file; and checked, where the file is in our own storage.

use database::{Db, Tx};
use entity::enums::{FilePurpose, FileStatus, VideoProvider, VideoStatus};
use kernel::{Actor, Error, Result, VideoAssetId};

use super::{
    asset::{self, NewVideo, Video, VideoAsset, store},
    mp4,
    mux::UploadTarget,
    service::Videos,
};
use crate::file::{
    model::{File, NewFile},
    upload::{Limits, Media},
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
        let create = move |tx: Tx| async move {
            limits.require_quota(&tx, tx.user_id()?, 0).await?;
            asset::create(&tx, VideoProvider::Mux, None).await
        };
        let id = db.run(actor, create).await?.id;
        match self.mux()?.create_upload(id, &new.content_type).await {
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
        let (status, duration) = if file.status == FileStatus::Ready {
            (VideoStatus::Ready, mp4::duration(&media.storage, file_id).await?)
        } else {
            (VideoStatus::Errored, None)
        };
        db.run(actor, move |tx| async move {
            let before = asset::lock_own(&tx, id).await?;
            let after =
                VideoAsset { status, duration_seconds: duration, problem: file.problem, ..before.clone() };
            if before.status == VideoStatus::Waiting {
                asset::advance(&tx, &before, after).await?;
            }
            asset::video(&tx, id).await
        })
        .await
    }
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
            headers: vec![("content-type".to_owned(), file.content_type.clone())],
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
