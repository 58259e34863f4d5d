//! The object storage: files by their [`Key`], in a folder of this machine or in a bucket.

pub(crate) mod key;
pub(crate) mod patch;
mod presign;
mod reader;
mod settings;

use std::{ops::Range, path::PathBuf, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, TryStreamExt, stream, stream::BoxStream};
use kernel::{Code, Error, Keyring, Result, Timestamp};
use object_store::{
    Attribute, Attributes, GetOptions, GetRange, GetResultPayload, ObjectStore, ObjectStoreExt, PutOptions,
    PutPayload,
    aws::AmazonS3,
    local::LocalFileSystem,
    path::Path,
    signer::{Method, SignedUrlOptions, Signer},
};

pub(crate) use self::reader::Reader;
pub use self::{
    key::Key,
    settings::{S3, Settings},
};
use crate::{file_name::content_disposition, signed_link::Link};

/// How many bytes of a local file are read or written at once.
const LOCAL_PART: usize = 256 * 1024;
/// How many bytes of an object are fetched from or sent to S3 at once; S3 takes no smaller parts than 5 MiB.
const S3_PART: usize = 8 * 1024 * 1024;
/// The most parts of one object that S3 takes.
const S3_PARTS: u64 = 9_999;

/// What is known of an object without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The object's name.
    pub key: Key,
    /// The size in bytes.
    pub size: u64,
    /// When it was written, by the storage's clock.
    pub modified: Timestamp,
}

/// An object, or a part of it, to be read as a stream.
pub struct Object {
    /// The size of the whole object in bytes.
    pub size: u64,
    /// Its bytes, as they are read.
    pub stream: BoxStream<'static, Result<Bytes>>,
}

/// The object storage. Cheap to clone.
#[derive(Clone)]
pub struct Storage {
    store: Arc<dyn ObjectStore>,
    s3: Option<Arc<(Arc<AmazonS3>, S3)>>,
    folder: Option<PathBuf>,
}

impl Storage {
    /// The storage that the settings describe. A bucket is not contacted yet: it may start later than this server.
    ///
    /// # Errors
    /// In words, where the folder cannot be made or the settings cannot be read.
    pub fn open(settings: Settings) -> Result<Self, String> {
        match settings {
            Settings::Local(folder) => {
                let refuse = |error: String| {
                    format!("the folder {} for files cannot be used: {error}", folder.display())
                };
                std::fs::create_dir_all(&folder).map_err(|error| refuse(error.to_string()))?;
                let store =
                    LocalFileSystem::new_with_prefix(&folder).map_err(|error| refuse(error.to_string()))?;
                Ok(Self { store: Arc::new(store.with_fsync(true)), s3: None, folder: Some(folder) })
            }
            Settings::S3(s3) => {
                let settings = s3.clone();
                let store = Arc::new(
                    settings::bucket(s3)
                        .map_err(|error| format!("the S3 storage cannot be used: {error}"))?,
                );
                Ok(Self { store: store.clone(), s3: Some(Arc::new((store, settings))), folder: None })
            }
        }
    }

    /// Whether objects are stored on this machine, so that their bytes go through this server.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.s3.is_none()
    }

    /// Writes a small object.
    ///
    /// # Errors
    /// [`Code::Unavailable`] where the storage does not take it.
    pub async fn put(&self, key: Key, bytes: Bytes, content_type: &str) -> Result<()> {
        let mut options = PutOptions::default();
        if self.s3.is_some() {
            options.attributes = Attributes::from_iter([(Attribute::ContentType, content_type.to_owned())]);
        }
        let (path, bytes) = (key.path(), PutPayload::from_bytes(bytes));
        let put = self.store.put_opts(&path, bytes, options).await;
        put.map(drop).map_err(unavailable)
    }

    /// Writes an object of exactly `size` bytes from a stream. It is stored as a whole or not at all.
    ///
    /// # Errors
    /// [`Code::PayloadTooLarge`] as soon as there is more, [`Code::SizeMismatch`] where there was less, what the stream
    /// answers, [`Code::Unavailable`] where the storage does not take it.
    pub async fn put_stream(
        &self,
        key: Key,
        size: u64,
        mut bytes: impl Stream<Item = Result<Bytes>> + Unpin,
    ) -> Result<()> {
        let part = self.part_size(size);
        let mut upload = self.store.put_multipart(&key.path()).await.map_err(unavailable)?;
        let (mut taken, mut waiting) = (0_u64, BytesMut::new());
        let written = async {
            while let Some(more) = bytes.try_next().await? {
                taken += more.len() as u64;
                if taken > size {
                    return Err(
                        Error::new(Code::PayloadTooLarge).detail(format!("{size} bytes were announced."))
                    );
                }
                waiting.extend_from_slice(&more);
                while waiting.len() >= part {
                    let full = waiting.split_to(part).freeze();
                    upload.put_part(full.into()).await.map_err(unavailable)?;
                }
            }
            if taken < size {
                let detail = format!("{size} bytes were announced, {taken} came.");
                return Err(Error::new(Code::SizeMismatch).detail(detail));
            }
            if !waiting.is_empty() {
                upload.put_part(waiting.split().freeze().into()).await.map_err(unavailable)?;
            }
            Ok(())
        };
        match written.await {
            Ok(()) => upload.complete().await.map(drop).map_err(unavailable),
            Err(error) => {
                if let Err(error) = upload.abort().await {
                    tracing::warn!(%key, %error, "what came of an upload cannot be removed");
                }
                Err(error)
            }
        }
    }

    fn part_size(&self, size: u64) -> usize {
        if self.s3.is_none() {
            return LOCAL_PART;
        }
        S3_PART.max(usize::try_from(size.div_ceil(S3_PARTS)).unwrap_or(S3_PART))
    }

    /// What is known of an object; `None` where there is none.
    ///
    /// # Errors
    /// [`Code::Unavailable`] where the storage does not answer.
    pub async fn head(&self, key: Key) -> Result<Option<Stored>> {
        let Some(meta) = found(self.store.head(&key.path()).await)? else {
            return Ok(None);
        };
        Ok(Some(Stored { key, size: meta.size, modified: meta.last_modified }))
    }

    /// An object, or these bytes of it; `None` where there is none. Read in constant memory.
    ///
    /// # Errors
    /// [`Code::Unavailable`] where the storage does not answer.
    pub async fn get(&self, key: Key, range: Option<Range<u64>>) -> Result<Option<Object>> {
        if self.s3.is_none() {
            return self.get_local(key, range).await;
        }
        let Some(Stored { size, .. }) = self.head(key).await? else {
            return Ok(None);
        };
        // One request for each part, so that a slow reader holds no connection to the storage.
        let (store, range) = (self.store.clone(), range.unwrap_or(0..size));
        let stream = stream::try_unfold(range.start, move |from| {
            let (store, end) = (store.clone(), range.end);
            async move {
                if from >= end {
                    return Ok(None);
                }
                let to = end.min(from + S3_PART as u64);
                let bytes = store.get_range(&key.path(), from..to).await.map_err(unavailable)?;
                Ok(Some((bytes, to)))
            }
        });
        Ok(Some(Object { size, stream: stream.boxed() }))
    }

    /// These bytes of an object.
    ///
    /// # Errors
    /// [`Code::Unavailable`] where the storage does not answer.
    pub(crate) async fn read_range(&self, key: Key, range: Range<u64>) -> Result<Bytes> {
        if range.is_empty() {
            return Ok(Bytes::new());
        }
        self.store.get_range(&key.path(), range).await.map_err(unavailable)
    }

    async fn get_local(&self, key: Key, range: Option<Range<u64>>) -> Result<Option<Object>> {
        let options = GetOptions { range: range.map(GetRange::Bounded), ..GetOptions::default() };
        let Some(result) = found(self.store.get_opts(&key.path(), options).await)? else {
            return Ok(None);
        };
        let (size, range) = (result.meta.size, result.range.clone());
        let stream = match result.payload {
            GetResultPayload::File(file, _) => blocks(file, range).boxed(),
            GetResultPayload::Stream(stream) => stream.map_err(unavailable).boxed(),
        };
        Ok(Some(Object { size, stream }))
    }

    /// Moves an object; answers whether there was one.
    ///
    /// # Errors
    /// [`Code::Unavailable`] where the storage does not answer.
    pub async fn rename(&self, from: Key, to: Key) -> Result<bool> {
        found(self.store.rename(&from.path(), &to.path()).await).map(|moved| moved.is_some())
    }

    /// Copies an object; answers whether there was one.
    ///
    /// # Errors
    /// [`Code::Unavailable`] where the storage does not answer.
    pub(crate) async fn copy(&self, from: Key, to: Key) -> Result<bool> {
        found(self.store.copy(&from.path(), &to.path()).await).map(|copied| copied.is_some())
    }

    /// Removes an object; one that is not there is removed already.
    ///
    /// # Errors
    /// [`Code::Unavailable`] where the storage does not answer.
    pub async fn delete(&self, key: Key) -> Result<()> {
        found(self.store.delete(&key.path()).await).map(drop)
    }

    /// Every object in one of our folders; anything else there is skipped.
    pub fn list(&self, folder: &str) -> BoxStream<'static, Result<Stored>> {
        let prefix = Path::from(folder);
        let stored = self.store.list(Some(&prefix)).map_err(unavailable);
        stored
            .try_filter_map(|meta| async move {
                Ok(Key::parse(&meta.location).map(|key| Stored {
                    key,
                    size: meta.size,
                    modified: meta.last_modified,
                }))
            })
            .boxed()
    }

    /// Removes what a process that was killed left of unfinished uploads.
    ///
    /// # Errors
    /// [`Code::Unavailable`] where the folder cannot be read.
    pub async fn remove_fragments(&self, before: Timestamp) -> Result<()> {
        let Some(folder) = self.folder.clone() else {
            return Ok(());
        };
        let work = move || -> std::io::Result<()> {
            for name in Key::FOLDERS {
                let Ok(entries) = std::fs::read_dir(folder.join(name)) else {
                    continue;
                };
                for entry in entries {
                    let entry = entry?;
                    // The storage writes beside the object, under its name and a number.
                    let is_fragment = entry.file_name().to_string_lossy().contains('#');
                    if is_fragment && Timestamp::from(entry.metadata()?.modified()?) < before {
                        std::fs::remove_file(entry.path())?;
                    }
                }
            }
            Ok(())
        };
        let done = tokio::task::spawn_blocking(work).await.map_err(Error::internal)?;
        done.map_err(|error| Error::new(Code::Unavailable).caused_by(error))
    }

    /// The URL to which a client uploads the object directly, valid for `lifetime`; `None` where the object has to come through this
    /// server. The signature is valid for this length alone.
    #[must_use]
    pub fn presigned_put(&self, key: Key, size: u64, now: Timestamp, lifetime: Duration) -> Option<String> {
        let (_, settings) = self.s3.as_deref()?;
        Some(presign::put(settings, &key.to_string(), size, now, lifetime.as_secs().max(1)))
    }

    /// The URL from which a client downloads the object directly; `None` where it has to come through this server.
    ///
    /// # Errors
    /// [`Code::Internal`] for what cannot be signed.
    pub async fn presigned_get(&self, link: &Link, now: Timestamp) -> Result<Option<String>> {
        let Some((s3, _)) = self.s3.as_deref() else {
            return Ok(None);
        };
        let lifetime = (link.expires_at - now).to_std().unwrap_or_default();
        let disposition = content_disposition(link.disposition, &link.name);
        let options = SignedUrlOptions::new().with_query([
            ("response-content-type", link.content_type.clone()),
            ("response-content-disposition", disposition),
        ]);
        let url = s3.signed_url_opts(Method::GET, &link.key.path(), lifetime, &options).await;
        url.map(|url| Some(url.to_string())).map_err(Error::internal)
    }

    /// The URL from which one object is downloaded until the link expires: at the storage itself where that is possible, otherwise
    /// `GET /files/{link}` of this server. The caller of this function has decided about access.
    ///
    /// # Errors
    /// [`Code::Internal`] for what cannot be signed.
    pub async fn download_url(
        &self,
        keyring: &Keyring,
        public_url: &str,
        now: Timestamp,
        link: &Link,
    ) -> Result<String> {
        if let Some(url) = self.presigned_get(link, now).await? {
            return Ok(url);
        }
        let base = public_url.trim_end_matches('/');
        Ok(format!("{base}/api/v1/files/{}", link.seal(keyring)))
    }
}

/// A part of an open file, read a block at a time on the threads for blocking work.
fn blocks(file: std::fs::File, range: Range<u64>) -> impl Stream<Item = Result<Bytes>> + Send {
    use std::io::{Read, Seek, SeekFrom};
    stream::try_unfold((file, range.start), move |(mut file, from)| {
        let end = range.end;
        async move {
            if from >= end {
                return Ok(None);
            }
            let read = move || -> std::io::Result<_> {
                let length = usize::try_from(end - from).map_or(LOCAL_PART, |left| left.min(LOCAL_PART));
                let mut block = vec![0; length];
                file.seek(SeekFrom::Start(from))?;
                file.read_exact(&mut block)?;
                Ok((file, block))
            };
            let read = tokio::task::spawn_blocking(read).await.map_err(Error::internal)?;
            let (file, block) = read.map_err(|error| Error::new(Code::Unavailable).caused_by(error))?;
            let next = from + block.len() as u64;
            Ok(Some((Bytes::from(block), (file, next))))
        }
    })
}

/// `None` where there is no such object.
fn found<T>(answer: object_store::Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(unavailable(error)),
    }
}

fn unavailable(error: object_store::Error) -> Error {
    Error::new(Code::Unavailable).detail("The storage of files does not answer.").caused_by(error)
}
