//! What is found in the bytes of an uploaded file: whether they are what was announced, what they are, and what in them is nobody's
//! business. Files are read as streams; only pictures and captions, which are bounded, are held as a whole.

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use database::{Db, Pool, Tx};
use entity::enums::FilePurpose;
use futures_util::TryStreamExt;
use kernel::{Actor, Code, Error, FileId, Result};

use super::{
    model::{File, Verdict},
    store,
    upload::Media,
};
use crate::{
    captions,
    container::{self, Inspection},
    content_type::{self, Claim, Family, Kind},
    image::{self, Refusal},
    picture_metadata,
    storage::{Key, Reader, patch::Patch},
};

impl Media {
    /// Checks the bytes of a file, after they were moved to where no client can write.
    pub(super) async fn check(&self, file: &File) -> Result<Verdict> {
        let key = Key::File(file.id);
        if file.purpose == FilePurpose::Captions {
            // They may be converted: a check that is interrupted begins again with what was uploaded.
            self.storage.copy(Key::Upload(file.id), key).await?;
        } else {
            // It is there already where an earlier check was interrupted.
            self.storage.rename(Key::Upload(file.id), key).await?;
        }
        let Some(size) = self.storage.head(key).await?.map(|object| object.size) else {
            return Err(Code::UploadIncomplete.into());
        };
        if u64::try_from(file.size_bytes) != Ok(size) {
            let detail = format!("{} bytes were announced, {size} came.", file.size_bytes);
            return Ok(rejected("size_mismatch", detail));
        }
        let (sha256, head) = self.digest(key).await?;
        if file.sha256.as_ref().is_some_and(|announced| *announced != sha256) {
            return Ok(rejected("checksum_mismatch", format!("The checksum is {}.", kernel::hex(&sha256))));
        }
        if file.purpose == FilePurpose::Captions {
            return self.check_captions(key, size, sha256).await;
        }
        let mut reader = Reader::new(&self.storage, key, size);
        let claim = Claim::new(&file.content_type, &file.name);
        let content = content_type::detect(&head, &mut reader).await?;
        let kind = match content_type::decide(file.purpose, &self.types, &claim, content) {
            Ok(kind) => kind,
            Err(problem) => {
                let allowed = self.types.names(file.purpose).join(", ");
                let detail = match (problem, content) {
                    ("file_unreadable", _) => "The file is damaged: it ends early.".to_owned(),
                    ("type_mismatch", _) => "The content is not what was announced.".to_owned(),
                    (_, content_type::Content::Known(kind)) => {
                        format!("The content is {}; allowed are {allowed}.", kind.name)
                    }
                    _ => format!("The content is of no type that is allowed: {allowed}."),
                };
                return Ok(Verdict { sha256: Some(sha256), ..rejected(problem, detail) });
            }
        };
        let mut verdict = Verdict {
            sha256: Some(sha256.clone()),
            content_type: Some(kind.name.to_owned()),
            ..Verdict::default()
        };
        match file.purpose {
            FilePurpose::Image => {
                if let Some(refusal) = self.write_image(file.id, size, &head).await? {
                    (verdict.problem, verdict.detail) = (Some(refusal.code), Some(refusal.detail));
                }
            }
            purpose => {
                let Findings { problem, private } = self.find_private(key, size, kind).await?;
                if let (FilePurpose::Video, Some(problem)) = (purpose, problem) {
                    let detail = container::explanation(problem).to_owned();
                    return Ok(Verdict { sha256: Some(sha256), ..rejected(problem, detail) });
                }
                verdict.private = private;
            }
        }
        Ok(verdict)
    }

    /// The checksum of an object, and its first bytes.
    async fn digest(&self, key: Key) -> Result<(Vec<u8>, Vec<u8>)> {
        let (mut sum, mut head) = (Context::new(&SHA256), Vec::new());
        let mut bytes = self.storage.get(key, None).await?.ok_or(Code::UploadIncomplete)?.stream;
        while let Some(block) = bytes.try_next().await? {
            sum.update(&block);
            let wanted = content_type::HEAD.saturating_sub(head.len()).min(block.len());
            head.extend_from_slice(block.get(..wanted).unwrap_or_default());
        }
        Ok((sum.finish().as_ref().to_vec(), head))
    }

    /// Reads captions; where a browser would not take them as they are, they are written anew.
    async fn check_captions(&self, key: Key, size: u64, sha256: Vec<u8>) -> Result<Verdict> {
        let bytes = self.storage.read_range(key, 0..size).await?;
        let read = match captions::read(&bytes) {
            Ok(read) => read,
            Err(detail) => {
                return Ok(Verdict { sha256: Some(sha256), ..rejected("captions_unreadable", detail) });
            }
        };
        let mut verdict = Verdict {
            sha256: Some(sha256),
            content_type: Some("text/vtt".to_owned()),
            detail: read.detail,
            ..Verdict::default()
        };
        if let std::borrow::Cow::Owned(converted) = read.web_vtt {
            verdict.size_bytes = i64::try_from(converted.len()).ok();
            self.storage.put(key, converted.into(), "text/vtt").await?;
            verdict.sha256 = Some(self.digest(key).await?.0);
        }
        Ok(verdict)
    }

    /// Finds what a camera wrote about the place, and in a video about itself, into a file that is handed on as it is.
    async fn find_private(&self, key: Key, size: u64, kind: &Kind) -> Result<Findings> {
        let mut reader = Reader::new(&self.storage, key, size);
        if kind.family == Family::Picture {
            let private = picture_metadata::private(&mut reader, kind.name).await?;
            return Ok(Findings { problem: None, private });
        }
        if kind.is_film() {
            let Inspection { film, private } = container::inspect(reader, kind.name).await?;
            return Ok(Findings { problem: film.err(), private });
        }
        Ok(Findings::default())
    }

    /// Overwrites parts of a checked file; answers its new checksum. The old one is forgotten first: a check that is interrupted
    /// here begins again, and does not find the bytes that were announced.
    pub(crate) async fn overwrite(
        &self,
        db: &Db,
        (pool, actor): (Pool, Actor),
        id: FileId,
        private: Vec<Patch>,
    ) -> Result<Vec<u8>> {
        let forget = move |tx: Tx| async move { store::set_checksum(&tx, id, None).await };
        db.run_in(pool, actor, forget).await?;
        self.storage.patch(Key::File(id), private).await?;
        let (sha256, _) = self.digest(Key::File(id)).await?;
        let new = sha256.clone();
        let remember = move |tx: Tx| async move { store::set_checksum(&tx, id, Some(new)).await };
        db.run_in(pool, actor, remember).await?;
        Ok(sha256)
    }

    /// Writes a picture in every width; answers why not, where it is refused.
    async fn write_image(&self, id: FileId, size: u64, head: &[u8]) -> Result<Option<Refusal>> {
        // Where the first bytes do not say it, nothing else is decoded meanwhile.
        let memory = match image::header(head).map(|header| header.memory(size)) {
            Some(Ok(memory)) => memory,
            Some(Err(refusal)) => return Ok(Some(refusal)),
            None => u64::MAX,
        };
        let place = self.pictures.place(memory).await?;
        let bytes = self.storage.read_range(Key::File(id), 0..size).await?;
        let work = move || {
            // A header that came late is asked before anything is decoded.
            let header = image::header(&bytes).ok_or_else(|| Refusal::unreadable("nothing says its size"));
            let made = header.and_then(|header| header.memory(size)).and_then(|_| image::variants(&bytes));
            drop(bytes);
            (made, place)
        };
        let (made, place) = tokio::task::spawn_blocking(work).await.map_err(Error::internal)?;
        let made: Vec<(u32, Bytes)> = match made {
            Ok(made) => made,
            Err(refusal) => return Ok(Some(refusal)),
        };
        for (width, bytes) in made {
            let kind = image::image_kind(&bytes);
            self.storage.put(Key::Image(id, width), bytes, kind).await?;
        }
        drop(place);
        Ok(None)
    }
}

/// What was found in a file that is handed on as it is.
#[derive(Default)]
struct Findings {
    /// Why it cannot be played.
    problem: Option<&'static str>,
    /// What is nobody's business.
    private: Vec<Patch>,
}

fn rejected(problem: &'static str, detail: String) -> Verdict {
    Verdict { problem: Some(problem), detail: Some(detail), ..Verdict::default() }
}
