//! How a video begins: announced, with an address for its file; and looked at, where we keep the file ourselves.

use database::{Db, Tx};
use entity::enums::FileStatus;
use kernel::{Actor, Error, Result, VideoAssetId};

use super::{
    NewVideo, UploadTarget, Video, VideoAsset, VideoProvider, VideoStatus, Videos, asset, mp4, store,
};
use crate::{Announcement, File, FilePurpose, Limits, Media};

/// A video for whose file there is a place.
pub struct Announced {
    place: Place,
    target: UploadTarget,
}

enum Place {
    Local(File),
    /// The row is there since before Mux was asked, for its hooks may be faster than its answer.
    Mux {
        id: VideoAssetId,
        upload_id: String,
    },
}

impl Videos {
    /// Finds a place for the file of a new video: at Mux where that is configured, otherwise in our own storage. Not for the
    /// inside of a transaction; [`Announced::write_down`] follows.
    ///
    /// # Errors
    /// [`kernel::Code::ValidationFailed`] for more than our storage takes; [`kernel::Code::Unavailable`] where Mux does not answer: the video
    /// then stays as one that failed.
    pub async fn announce(&self, media: &Media, db: &Db, actor: Actor, new: NewVideo) -> Result<Announced> {
        match self.mux {
            Some(_) => self.announce_at_mux(media.limits, db, actor, new).await,
            None => announce_here(media, db, actor, new).await,
        }
    }

    async fn announce_at_mux(
        &self,
        limits: Limits,
        db: &Db,
        actor: Actor,
        new: NewVideo,
    ) -> Result<Announced> {
        let make = move |tx: Tx| async move {
            limits.require_room(&tx, tx.user_id()?, 0).await?;
            asset::make(&tx, VideoProvider::Mux, None).await
        };
        let id = db.run(actor, make).await?.id;
        match self.mux()?.create_upload(id, &new.content_type).await {
            Ok((upload_id, target)) => Ok(Announced {
                place: Place::Mux { id, upload_id },
                target,
            }),
            Err(error) => {
                let fail = move |tx: Tx| async move { store::fail_waiting(&tx, id, "upload_failed").await };
                db.run(actor, fail).await?;
                Err(error)
            }
        }
    }

    /// Looks at the file of a video in our own storage, after it was sent. Of a video at Mux, Mux tells by itself. Doing it
    /// again changes nothing.
    ///
    /// # Errors
    /// [`kernel::Code::NotFound`]; [`kernel::Code::UploadIncomplete`], [`kernel::Code::UploadChecking`].
    pub async fn complete(&self, media: &Media, db: &Db, actor: Actor, id: VideoAssetId) -> Result<Video> {
        let video = db
            .read(actor, move |tx| async move { asset::video(&tx, id).await })
            .await?;
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
            let before = asset::own(&tx, id, true).await?;
            let after = VideoAsset {
                status,
                duration_seconds: duration,
                problem: file.problem,
                ..before.clone()
            };
            if before.status == VideoStatus::Waiting {
                store::advance(&tx, &before, &after).await?;
            }
            asset::video(&tx, id).await
        })
        .await
    }
}

async fn announce_here(media: &Media, db: &Db, actor: Actor, new: NewVideo) -> Result<Announced> {
    let announcement = Announcement {
        purpose: FilePurpose::Video,
        name: new.name,
        content_type: new.content_type,
        size_bytes: new.size_bytes,
        sha256: None,
    };
    let file = media.plan(db.environment(), actor, announcement)?;
    let target = media.target(db.environment(), db.keyring(), &file);
    let target = target.ok_or_else(|| Error::internal("a new file has no place"))?;
    Ok(Announced {
        target: UploadTarget {
            method: "PUT",
            url: target.url,
            headers: vec![("content-type".to_owned(), file.content_type.clone())],
            expires_at: target.expires_at,
        },
        place: Place::Local(file),
    })
}

impl Announced {
    /// Writes down where the file goes.
    ///
    /// # Errors
    /// [`kernel::Code::NotFound`] where the video was deleted meanwhile; [`kernel::Code::TooManyUploads`].
    pub async fn write_down(self, tx: &Tx, limits: Limits) -> Result<(Video, UploadTarget)> {
        let Self { place, target } = self;
        let video = match place {
            Place::Mux { id, upload_id } => asset::set_upload(tx, id, &upload_id).await?,
            Place::Local(file) => {
                Media::announce(tx, limits, &file).await?;
                let asset = asset::make(tx, VideoProvider::Local, Some((file.id, file.content_type))).await?;
                Video {
                    asset,
                    captions: Vec::new(),
                }
            }
        };
        Ok((video, target))
    }
}
