//! Captions of a video, one file for each language.

pub(crate) mod model;
pub(crate) mod store;

use database::Tx;
use entity::enums::FilePurpose;
use kernel::{Code, Result, VideoAssetId};

pub use self::model::Captions;
use super::asset::{self, Video, store::touch};
use crate::file::ready_file;

/// Gives a video captions in a language, in place of those that were there.
///
/// # Errors
/// [`Code::NotFound`] for the video; [`Code::ValidationFailed`] for a file that is no ready caption file of the caller's, and
/// for a label in which nothing can be seen.
pub async fn put_captions(tx: &Tx, id: VideoAssetId, captions: Captions) -> Result<Video> {
    asset::lock_own(tx, id).await?;
    let language = canonical_language(&captions.language)?;
    let label = kernel::visible_line(&captions.label, "/label")?;
    ready_file(tx, captions.file_id, FilePurpose::Captions, "/fileId").await?;
    store::put(tx, id, Captions { language, label, ..captions }).await?;
    touch(tx, id).await?;
    asset::video(tx, id).await
}

/// Deletes the captions of a language.
///
/// # Errors
/// [`Code::NotFound`], also where there are none.
pub async fn delete_captions(tx: &Tx, id: VideoAssetId, language: &str) -> Result<()> {
    asset::lock_own(tx, id).await?;
    if !store::delete(tx, id, &canonical_language(language)?).await? {
        return Err(Code::NotFound.into());
    }
    touch(tx, id).await
}

/// A language tag in its canonical spelling (`pt-BR`, `zh-Hant`), so that a video has each language once.
///
/// # Errors
/// [`Code::NotFound`] for what is no tag of language, script and region: there are no captions in it.
fn canonical_language(tag: &str) -> Result<String> {
    let mut parts = Vec::new();
    for (index, part) in tag.split('-').enumerate() {
        let letters = part.bytes().all(|byte| byte.is_ascii_alphabetic());
        let lower = part.to_ascii_lowercase();
        let part = match (index, part.len(), letters) {
            (0, 2 | 3, true) => lower,
            (1, 4, true) => {
                let (first, rest) = lower.split_at(1);
                first.to_ascii_uppercase() + rest
            }
            (1 | 2, 2, true) => part.to_ascii_uppercase(),
            (1 | 2, 3, false) if part.bytes().all(|byte| byte.is_ascii_digit()) => lower,
            _ => return Err(Code::NotFound.into()),
        };
        parts.push(part);
    }
    Ok(parts.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_has_one_spelling() {
        for (given, kept) in
            [("EN", "en"), ("pt-br", "pt-BR"), ("zh-hant-tw", "zh-Hant-TW"), ("es-419", "es-419")]
        {
            assert_eq!(canonical_language(given).unwrap(), kept);
        }
        for wrong in ["", "e", "english", "en-", "en--GB", "en-GB-oed", "12", "en-G1", "é"] {
            assert!(canonical_language(wrong).is_err(), "{wrong}");
        }
    }
}
