use std::{fmt, ops::Range, path::PathBuf, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, TryStreamExt, stream, stream::BoxStream};
use kernel::{Code, Error, FileId, Keyring, Result, Timestamp, Uuid};
use object_store::{
    Attribute, Attributes, ClientOptions, GetOptions, GetRange, GetResultPayload, ObjectStore,
    ObjectStoreExt, PutOptions, PutPayload, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
    local::LocalFileSystem,
    path::Path,
    signer::{Method, SignedUrlOptions, Signer},
};
use serde::{Deserialize, Serialize};

use crate::{Link, content_disposition, presign};

/// How much of a local file is read or written at once.
const LOCAL_PART: usize = 256 * 1024;
/// How much of an object is fetched from or sent to S3 at once; S3 takes no smaller parts than 5 MiB.
const S3_PART: usize = 8 * 1024 * 1024;
/// S3 takes no more parts than this of one object.
const S3_PARTS: u64 = 9_999;

/// Where an object lies. Made of ids alone: nothing that somebody sent ever becomes part of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Key {
    /// What a client has sent, before it was looked at.
    Upload(FileId),
    /// A file that was looked at.
    File(FileId),
    /// A picture in one of its widths.
    Image(FileId, u32),
}

impl Key {
    /// The folders in which objects lie.
    pub(crate) const FOLDERS: [&'static str; 3] = ["uploads", "files", "images"];

    /// The file to which the object belongs.
    #[must_use]
    pub fn id(&self) -> FileId {
        match self {
            Self::Upload(id) | Self::File(id) | Self::Image(id, _) => *id,
        }
    }

    fn path(self) -> Path {
        Path::from(self.to_string())
    }

    fn read(path: &Path) -> Option<Self> {
        let mut parts = path.as_ref().split('/');
        let (folder, id) = (parts.next()?, parts.next()?.parse().ok()?);
        let key = match folder {
            "uploads" => Self::Upload(id),
            "files" => Self::File(id),
            "images" => Self::Image(id, parts.next()?.parse().ok()?),
            _ => return None,
        };
        parts.next().is_none().then_some(key)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Upload(id) => write!(f, "uploads/{id}"),
            Self::File(id) => write!(f, "files/{id}"),
            Self::Image(id, width) => write!(f, "images/{id}/{width}"),
        }
    }
}

/// Where objects are kept.
#[derive(Clone)]
pub enum Settings {
    /// A folder on this machine.
    Local(PathBuf),
    /// A bucket.
    S3(S3),
}

/// A bucket of an S3-compatible service.
#[derive(Clone)]
pub struct S3 {
    /// The bucket.
    pub bucket: String,
    /// The region, which is part of each signature.
    pub region: String,
    /// The address of the service; `None` is Amazon's for the region.
    pub endpoint: Option<String>,
    /// The name of the key.
    pub access_key: String,
    /// The key.
    pub secret_key: String,
    /// Whether the bucket stands in the path and not in the host name.
    pub path_style: bool,
    /// Whether the endpoint may be without TLS.
    pub allow_http: bool,
}

/// What is known of an object without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Where it lies.
    pub key: Key,
    /// Bytes.
    pub size: u64,
    /// When it was written, by the storage's clock.
    pub modified: Timestamp,
}

/// An object, or a part of it, to be read bit by bit.
pub struct Object {
    /// Bytes of the whole object.
    pub size: u64,
    /// Its bytes, as they are read.
    pub stream: BoxStream<'static, Result<Bytes>>,
}

/// Where objects are kept. Cheap to clone.
#[derive(Clone)]
pub struct Storage {
    store: Arc<dyn ObjectStore>,
    s3: Option<Arc<(Arc<AmazonS3>, S3)>>,
    folder: Option<PathBuf>,
}

impl Storage {
    /// The storage that the settings describe. A bucket is not asked for yet: it may come up later than we do.
    ///
    /// # Errors
    /// In words, where the folder cannot be made or the settings cannot be read.
    pub fn open(settings: Settings) -> Result<Self, String> {
        match settings {
            Settings::Local(folder) => {
                let refuse = |error: String| {
                    format!(
                        "the folder {} for files cannot be used: {error}",
                        folder.display()
                    )
                };
                std::fs::create_dir_all(&folder).map_err(|error| refuse(error.to_string()))?;
                let store =
                    LocalFileSystem::new_with_prefix(&folder).map_err(|error| refuse(error.to_string()))?;
                Ok(Self {
                    store: Arc::new(store.with_fsync(true)),
                    s3: None,
                    folder: Some(folder),
                })
            }
            Settings::S3(s3) => {
                let settings = s3.clone();
                let store =
                    Arc::new(bucket(s3).map_err(|error| format!("the S3 storage cannot be used: {error}"))?);
                Ok(Self {
                    store: store.clone(),
                    s3: Some(Arc::new((store, settings))),
                    folder: None,
                })
            }
        }
    }

    /// Whether objects lie on this machine, so that their bytes go through this server.
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

    /// Writes an object of exactly `size` bytes as they come. It is there as a whole or not at all.
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
        let part = self.part(size);
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
                upload
                    .put_part(waiting.split().freeze().into())
                    .await
                    .map_err(unavailable)?;
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

    fn part(&self, size: u64) -> usize {
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
        Ok(Some(Stored {
            key,
            size: meta.size,
            modified: meta.last_modified,
        }))
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
        // One request for each part: whoever reads slowly holds no connection to the storage.
        let (store, range) = (self.store.clone(), range.unwrap_or(0..size));
        let stream = stream::try_unfold(range.start, move |from| {
            let (store, end) = (store.clone(), range.end);
            async move {
                if from >= end {
                    return Ok(None);
                }
                let to = end.min(from + S3_PART as u64);
                let bytes = store
                    .get_range(&key.path(), from..to)
                    .await
                    .map_err(unavailable)?;
                Ok(Some((bytes, to)))
            }
        });
        Ok(Some(Object {
            size,
            stream: stream.boxed(),
        }))
    }

    async fn get_local(&self, key: Key, range: Option<Range<u64>>) -> Result<Option<Object>> {
        let options = GetOptions {
            range: range.map(GetRange::Bounded),
            ..GetOptions::default()
        };
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

    /// Removes an object; one that is not there is removed already.
    ///
    /// # Errors
    /// [`Code::Unavailable`] where the storage does not answer.
    pub async fn delete(&self, key: Key) -> Result<()> {
        found(self.store.delete(&key.path()).await).map(drop)
    }

    /// Every object in one of our folders; what is none of ours is passed over.
    pub fn list(&self, folder: &str) -> BoxStream<'static, Result<Stored>> {
        let prefix = Path::from(folder);
        let stored = self.store.list(Some(&prefix)).map_err(unavailable);
        stored
            .try_filter_map(|meta| async move {
                Ok(Key::read(&meta.location).map(|key| Stored {
                    key,
                    size: meta.size,
                    modified: meta.last_modified,
                }))
            })
            .boxed()
    }

    /// Removes what a process that was killed left of the uploads that it was taking in.
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

    /// Where a client may send the object by itself, for so long; `None` where it has to come through this server. The
    /// signature holds for this length alone.
    #[must_use]
    pub fn presigned_put(&self, key: Key, size: u64, now: Timestamp, lifetime: Duration) -> Option<String> {
        let (_, settings) = self.s3.as_deref()?;
        Some(presign::put(
            settings,
            &key.to_string(),
            size,
            now,
            lifetime.as_secs().max(1),
        ))
    }

    /// Where a client may fetch the object by itself; `None` where it has to come through this server.
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
        let url = s3
            .signed_url_opts(Method::GET, &link.key.path(), lifetime, &options)
            .await;
        url.map(|url| Some(url.to_string())).map_err(Error::internal)
    }

    /// Where somebody fetches one object, until the link expires: at the storage itself where that can be, otherwise at
    /// `GET /files/{link}` of this server. The caller has decided that they may have it.
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

fn bucket(settings: S3) -> object_store::Result<AmazonS3> {
    let retry = RetryConfig {
        max_retries: 3,
        retry_timeout: Duration::from_secs(15),
        ..RetryConfig::default()
    };
    let client = ClientOptions::new()
        .with_connect_timeout(Duration::from_secs(5))
        .with_timeout(Duration::from_secs(60));
    let builder = AmazonS3Builder::new()
        .with_bucket_name(settings.bucket)
        .with_region(settings.region)
        .with_access_key_id(settings.access_key)
        .with_secret_access_key(settings.secret_key)
        .with_virtual_hosted_style_request(!settings.path_style)
        .with_client_options(client)
        .with_allow_http(settings.allow_http)
        .with_retry(retry);
    match settings.endpoint {
        Some(endpoint) => builder.with_endpoint(endpoint).build(),
        None => builder.build(),
    }
}

/// A part of an open file, read a block at a time on the threads for what blocks.
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

fn found<T>(answer: object_store::Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(unavailable(error)),
    }
}

fn unavailable(error: object_store::Error) -> Error {
    Error::new(Code::Unavailable)
        .detail("The storage of files does not answer.")
        .caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_from_its_own_path_and_from_no_other() {
        let id = Uuid::from_u128(7);
        for key in [Key::Upload(id), Key::File(id), Key::Image(id, 320)] {
            assert_eq!(Key::read(&key.path()), Some(key));
        }
        for odd in [
            "files",
            "files/x",
            "other/00000000-0000-0000-0000-000000000007",
            "images/00000000-0000-0000-0000-000000000007",
        ] {
            assert_eq!(Key::read(&Path::from(odd)), None, "{odd}");
        }
    }
}
