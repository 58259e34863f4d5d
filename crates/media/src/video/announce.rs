//! How a video begins: announced, and with an address for its file.

use database::{Db, Tx};
use kernel::{Actor, Code, Error, Result, Uuid};

use super::{NewVideo, Provider, UploadTarget, Video, Videos, asset, store};

/// A video for whose file there is a place.
pub struct Announced {
    place: Place,
    target: UploadTarget,
}

enum Place {
    /// The row is there since before Mux was asked, for its hooks may be faster than its answer.
    Mux { id: Uuid, upload_id: String },
}

impl Videos {
    /// Finds a place for the file of a new video. Not for the inside of a transaction; [`Announced::write_down`] follows.
    ///
    /// # Errors
    /// [`Code::Unavailable`] where Mux does not answer: the video then stays as one that failed.
    pub async fn announce(&self, db: &Db, actor: Actor, new: NewVideo) -> Result<Announced> {
        if self.mux.is_some() {
            return self.announce_at_mux(db, actor, new).await;
        }
        Err(Error::from(Code::Unavailable))
    }

    async fn announce_at_mux(&self, db: &Db, actor: Actor, new: NewVideo) -> Result<Announced> {
        let make = |tx: Tx| async move { asset::make(&tx, Provider::Mux, None).await };
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
    /// [`Code::NotFound`].
    pub async fn complete(&self, db: &Db, actor: Actor, id: Uuid) -> Result<Video> {
        db.read(actor, move |tx| async move { asset::video(&tx, id).await }).await
    }
}

impl Announced {
    /// Writes down where the file goes.
    ///
    /// # Errors
    /// [`Code::NotFound`] where the video was deleted meanwhile.
    pub async fn write_down(self, tx: &Tx) -> Result<(Video, UploadTarget)> {
        let Self { place, target } = self;
        let video = match place {
            Place::Mux { id, upload_id } => asset::set_upload(tx, id, &upload_id).await?,
        };
        Ok((video, target))
    }
}
