//! MPEG-4 and QuickTime files.

use kernel::Result;

use super::{
    boxes::{Mp4Box, box_at, children, descend},
    codec::{self, Support},
    film::{Film, Inspection, plausible, seconds},
    fragments::{self, Fragments},
    track::{self, Track, clock},
};
use crate::storage::{Reader, patch::Patch};

/// How many boxes are read at the top of a file; a recording of a day has fewer fragments.
const MAX_TOP: usize = 200_000;
/// The profiles of H.264 with more than 8 bits or full colours, which hardly any browser plays.
const STUDIO_PROFILES: [u64; 4] = [110, 122, 144, 244];

/// What stands at the top of a file.
#[derive(Default)]
struct Top {
    movie: Option<Mp4Box>,
    fragments: Fragments,
    /// Boxes that say something about whoever filmed.
    private: Vec<Mp4Box>,
    /// Whether the last box ends before it should.
    is_cut: bool,
}

pub(super) async fn inspect(mut reader: Reader<'_>) -> Result<Inspection> {
    let reader = &mut reader;
    let top = read_top(reader).await?;
    let mut private = Vec::new();
    top.private.iter().for_each(|found| found.erase(&mut private));
    let Some(movie) = top.movie else {
        // A recording that was interrupted: the index would have been written at the end.
        return Ok(Inspection { film: Err("video_incomplete"), private });
    };
    let mut tracks = Vec::new();
    for part in children(reader, movie.content, movie.end).await? {
        match &part.name {
            b"gps " => {
                erase_places(reader, &part, &mut private).await?;
                part.erase(&mut private);
            }
            b"udta" | b"meta" | b"uuid" | b"XMP_" => part.erase(&mut private),
            b"trak" => {
                let track = track::read(reader, &part).await?;
                inspect_track(reader, &part, &track, &mut private).await?;
                tracks.push(track);
            }
            _ => {}
        }
    }
    let film = film(reader, &movie, &top, &tracks).await?;
    Ok(Inspection { film, private })
}

/// The blocks with places that a dash camera's index refers to: their offsets and lengths.
async fn erase_places(reader: &mut Reader<'_>, index: &Mp4Box, private: &mut Vec<Patch>) -> Result<()> {
    let count = reader.number(index.content + 4, 4).await?.unwrap_or_default();
    let mut left = reader.size();
    for entry in 0..count.min(index.end.saturating_sub(index.content) / 8) {
        let at = reader.number(index.content + 8 + entry * 8, 4).await?.unwrap_or_default();
        let length = reader.number(index.content + 12 + entry * 8, 4).await?.unwrap_or_default();
        let Some(rest) = left.checked_sub(length) else { break };
        left = rest;
        if length > 0 && at + length <= reader.size() {
            private.push(Patch::zeros(at, length));
        }
    }
    Ok(())
}

async fn read_top(reader: &mut Reader<'_>) -> Result<Top> {
    let (mut top, mut at, size) = (Top::default(), 0, reader.size());
    for _ in 0..MAX_TOP {
        if at + 8 > size {
            break;
        }
        let Some(found) = box_at(reader, at, size).await? else { break };
        if found.end > size {
            top.is_cut = found.name.iter().all(u8::is_ascii_graphic);
            break;
        }
        match &found.name {
            b"moov" if top.movie.is_none() => top.movie = Some(found),
            b"moof" => top.fragments.moofs.push(found),
            b"sidx" => top.fragments.indexes.push(found),
            b"meta" | b"udta" | b"uuid" | b"gps " | b"XMP_" => top.private.push(found),
            _ => {}
        }
        at = found.end;
    }
    Ok(top)
}

/// Notes what a track says about whoever filmed. A track that records places, or what a camera measured, goes as a whole.
async fn inspect_track(
    reader: &mut Reader<'_>,
    trak: &Mp4Box,
    track: &Track,
    private: &mut Vec<Patch>,
) -> Result<()> {
    let is_telemetry = track.handler == *b"meta"
        || matches!(
            &track.code,
            b"gpmd" | b"camm" | b"mebx" | b"mett" | b"metx" | b"rtmd" | b"djmd" | b"dbgi" | b"fdsc"
        );
    if is_telemetry {
        track::erase_samples(reader, track, private).await?;
        trak.erase(private);
        return Ok(());
    }
    for part in children(reader, trak.content, trak.end).await? {
        if part.is(b"udta") || part.is(b"meta") || part.is(b"uuid") {
            part.erase(private);
        }
    }
    Ok(())
}

async fn film(
    reader: &mut Reader<'_>,
    movie: &Mp4Box,
    top: &Top,
    tracks: &[Track],
) -> Result<std::result::Result<Film, &'static str>> {
    let picture = tracks.iter().find(|track| track.handler == *b"vide" && track.code != [0; 4]);
    let Some(picture) = picture else { return Ok(Err("no_video_track")) };
    let (codec, support) = codec::of_four_letters(picture.code);
    match support {
        Support::Nowhere => return Ok(Err("codec_unsupported")),
        Support::Encrypted => return Ok(Err("video_encrypted")),
        _ => {}
    }
    let is_fragmented =
        descend(reader, movie, &[b"mvex"]).await?.is_some() || !top.fragments.moofs.is_empty();
    let is_beyond = tracks.iter().any(|track| track.last_chunk.is_some_and(|chunk| chunk >= reader.size()));
    if top.is_cut && !is_fragmented || is_beyond || picture.samples == 0 && !is_fragmented {
        return Ok(Err("video_incomplete"));
    }
    let mut warnings = Vec::new();
    let is_studio = picture.profile.is_some_and(|profile| STUDIO_PROFILES.contains(&profile));
    match support {
        Support::Limited => warnings.push("codec_limited"),
        Support::Unknown => warnings.push("codec_unknown"),
        _ if is_studio => warnings.push("codec_limited"),
        _ => {}
    }
    let mut sounds = tracks.iter().filter(|track| track.handler == *b"soun");
    if sounds.any(|track| !codec::is_common_sound(track.code)) {
        warnings.push("audio_limited");
    }
    let head = match descend(reader, movie, &[b"mvhd"]).await? {
        Some(head) => clock(reader.read(head.content, 32).await?).unwrap_or_default(),
        None => (0, 0),
    };
    // The movie's own length, or the longest that a track says.
    let said = seconds(head.1, head.0).or_else(|| {
        let lengths = tracks.iter().filter_map(|track| seconds(track.duration, track.timescale));
        lengths.max_by(f64::total_cmp)
    });
    let fragments = if is_fragmented {
        fragments::duration(reader, movie, head.0, picture, &top.fragments).await?
    } else {
        None
    };
    let length = match (said, fragments) {
        (Some(said), Some(fragments)) => Some(said.max(fragments)),
        (said, fragments) => said.or(fragments),
    };
    let Some(seconds) = length.and_then(plausible) else {
        return Ok(Err("video_incomplete"));
    };
    Ok(Ok(Film { seconds, codec, size: picture.size, warnings }))
}
