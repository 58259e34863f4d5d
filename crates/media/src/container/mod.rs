//! What the file of a video says about itself: whether it is whole, how long it is, how it is coded, and what it gives away about
//! whoever filmed it. Nothing is decoded: only the structure is read, a little at a time, from wherever the file is stored.

mod boxes;
mod codec;
mod ebml;
mod film;
mod fragments;
mod mp4;
mod track;
mod webm;

use kernel::Result;

pub(crate) use self::film::{Film, Inspection};
use crate::storage::Reader;

/// Inspects a file of this media type.
pub(crate) async fn inspect(reader: Reader<'_>, content_type: &str) -> Result<Inspection> {
    match content_type {
        "video/webm" => webm::inspect(reader).await,
        _ => mp4::inspect(reader).await,
    }
}

/// What a code of [`Inspection::film`] means, in words.
pub(crate) fn explanation(problem: &str) -> &'static str {
    match problem {
        "no_video_track" => "There is no picture in the file, only sound or nothing.",
        "codec_unsupported" => "The picture is coded in a way that browsers do not play: export it as H.264.",
        "video_encrypted" => "The video is encrypted.",
        _ => {
            "The file is not whole: its index is missing, or its end. A recording or a copy was interrupted."
        }
    }
}
